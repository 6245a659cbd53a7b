// SPDX-License-Identifier: Apache-2.0
#include "tests/graph/emulator_client.h"

namespace graph_milter::emulator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Messages : public EmulatorTest {
 protected:
  std::vector<std::string> names_in(const std::string& item) {
    std::vector<std::string> names;
    const Json listed = get(item + "/attachments?$select=name").json["value"];
    for (const Json& each : listed.items()) names.push_back(each["name"].text());
    return names;
  }

  std::size_t found_by(const std::string& filter, const std::string& folder = "") {
    const std::string place = folder.empty() ? "" : "/mailFolders/" + folder;
    return get(std::string(kMailbox) + place + "/messages?$filter=" + percent_encode(filter))
        .json["value"]
        .items()
        .size();
  }
};

constexpr const char* kMixed = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n";
constexpr const char* kParts =
    "--B\r\nContent-Type: text/plain\r\n\r\nHi\r\n"
    "--B\r\nContent-Type: application/pdf; name=\"=?utf-8?Q?=C3=9C.pdf?=\"\r\nContent-Transfer-Encoding: "
    "base64\r\n\r\nJVBERg==\r\n"
    "--B\r\nContent-Type: image/png\r\nContent-ID: <logo@x>\r\nContent-Disposition: inline; "
    "filename*=utf-8''l%C3%B6go.png\r\n\r\nPNG\r\n"
    "--B\r\nContent-Type: message/rfc822\r\n\r\nSubject: Inner\r\n\r\ntext\r\n"
    "--B\r\nContent-Type: text/plain\r\n\r\na footer\r\n"
    "--B--\r\n";

TEST_F(Messages, AreDraftsWithIdsThatMustBeEscaped) {
  const Answer created = post_mime(mime());
  EXPECT_EQ(created.status, 201);
  EXPECT_TRUE(created.json["isDraft"].boolean());
  EXPECT_EQ(created.json["internetMessageId"].text(), "<1@example.org>");
  EXPECT_EQ(created.json.find("internetMessageHeaders"), nullptr);
  EXPECT_EQ(created.response.header("preference-applied"), "IdType=\"ImmutableId\"");
  const std::string id = created.json["id"].text();
  for (const char c : {'/', '+', '='}) EXPECT_NE(id.find(c), std::string::npos);
  EXPECT_EQ(get(std::string(kMailbox) + "/messages/" + percent_encode(id)).status, 200);
  EXPECT_THAT(violations(), IsEmpty());
  EXPECT_EQ(get(std::string(kMailbox) + "/messages/" + id).status, 404);
  EXPECT_THAT(violations(), ElementsAre(HasSubstr("GET /v1.0/users/scanner@contoso.com/messages/")));
}

TEST_F(Messages, HaveTwoIdSpaces) {
  const std::string item = draft();
  immutable = false;
  EXPECT_EQ(get(item).code(), "ErrorItemNotFound");
  EXPECT_EQ(draft().find("AAkALg"), std::string::npos);
}

TEST_F(Messages, ShowAttachmentsOfTheirMimeAsExchangeWould) {
  const std::string item = draft(mime(kMixed, kParts));
  EXPECT_THAT(names_in(item), ElementsAre("Ü.pdf", "lögo.png", "Inner", "ATT00001.txt"));
  const Json::Array listed = get(item + "/attachments").json["value"].items();
  EXPECT_EQ(listed[0]["contentBytes"].text(), "JVBERg==");
  EXPECT_FALSE(listed[0]["isInline"].boolean());
  EXPECT_TRUE(listed[1]["isInline"].boolean());
  EXPECT_EQ(listed[1]["contentId"].text(), "logo@x");
  EXPECT_EQ(listed[2]["@odata.type"].text(), "#microsoft.graph.itemAttachment");
}

TEST_F(Messages, RefuseWhatIsNotStrictBase64) {
  for (const char* body : {"QUJD\r\nREVG", "QUI", "QUJ=", "Q U=", "####"}) {
    EXPECT_EQ(post(std::string(kMailbox) + "/messages", body, "text/plain").code(),
              "ErrorMimeContentInvalidBase64String");
  }
  EXPECT_EQ(violations().size(), 5U);
}

TEST_F(Messages, DoNothingButSay200WhenTheirMimeIsTooLarge) {
  const std::string body(4'194'308, 'A');
  const Answer answer = post(std::string(kMailbox) + "/messages", body, "text/plain");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(found_by("isDraft eq true"), 0U);
  switch_to("oversize_mime_ok", false);
  EXPECT_EQ(post(std::string(kMailbox) + "/messages", body, "text/plain").status, 413);
}

TEST_F(Messages, TakeAnAttachmentOfExactlyFourMebibytesOfRequest) {
  const std::string item = draft();
  Json body = file("a", std::string(3'145'000, 'x'));
  body.set("contentId", "");
  body.set("contentId", std::string(4'194'304 - body.dump().size(), 'c'));
  ASSERT_EQ(body.dump().size(), 4'194'304U);
  EXPECT_EQ(post(item + "/attachments", body.dump()).status, 201);
  body.set("contentId", body["contentId"].text() + "c");
  EXPECT_EQ(post(item + "/attachments", body.dump()).status, 413);
  EXPECT_THAT(violations(), ElementsAre("a request body above 4 MiB"));
}

TEST_F(Messages, WantTheTypeOfAnAttachment) {
  const std::string item = draft();
  Json body = file("a", "x");
  body.erase("@odata.type");
  const Answer answer = post(item + "/attachments", body.dump());
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.code(), "UnprocessableType");
  Json unknown = file("a", "x").set("disposition", "inline");
  EXPECT_EQ(post(item + "/attachments", unknown.dump()).code(), "RequestBodyRead");
}

TEST_F(Messages, CantSelectContentIdInAList) {
  EXPECT_EQ(get(draft() + "/attachments?$select=id,contentId").status, 400);
}

TEST_F(Messages, FromJsonLimitTheirOwnHeaderFields) {
  const auto with = [this](Json headers) {
    return post(std::string(kMailbox) + "/messages",
                Json::object({{"internetMessageHeaders", std::move(headers)}}).dump())
        .code();
  };
  const Json good = Json::object({{"name", "x-a"}, {"value", "1"}});
  EXPECT_EQ(with(Json::array()), "InvalidInternetMessageHeaderCollection");
  EXPECT_EQ(with(Json(Json::Array(6, good))), "InvalidInternetMessageHeaderCollection");
  EXPECT_EQ(with(Json::array().push(Json::object({{"name", "In-Reply-To"}, {"value", "1"}}))),
            "InvalidInternetMessageHeader");
  EXPECT_EQ(with(Json::array().push(good)), "");
}

TEST_F(Messages, IgnoreAttachmentsInAChange) {
  const std::string item = draft();
  const Json change = Json::object({{"subject", "Other"}, {"attachments", Json::array().push(file("a", "x"))}});
  EXPECT_EQ(patch(item, change).json["subject"].text(), "Other");
  EXPECT_THAT(names_in(item), IsEmpty());
}

TEST_F(Messages, AreFoundByMessageIdWithQuotesDoubled) {
  draft("From: scanner@contoso.com\r\nMessage-ID: <o'neil+1@example.org>\r\n\r\n");
  EXPECT_EQ(found_by("internetMessageId eq '<o''neil+1@example.org>'"), 1U);
  EXPECT_EQ(found_by("internetMessageId eq '<O''neil+1@example.org>'"), 0U);
  EXPECT_EQ(get(std::string(kMailbox) + "/messages?$filter=internetMessageId%20eq%20'%3Co''neil+1@example.org%3E'")
                .json["value"]
                .items()
                .size(),
            0U);  // a bare plus is a space
}

TEST_F(Messages, AreFoundByTheirMarkerOnlyWhereSwitched) {
  draft();
  const std::string filter =
      "singleValueExtendedProperties/Any(ep: ep/id eq 'String {00020386-0000-0000-C000-000000000046} Name "
      "X-Graph-Milter-Id' and ep/value eq 'INST/entry')";
  EXPECT_EQ(found_by(filter), 0U);
  switch_to("header_property", "found");
  EXPECT_EQ(found_by(filter), 1U);
  EXPECT_EQ(found_by(filter, "drafts"), 1U);
  EXPECT_EQ(found_by(filter, "sentitems"), 0U);
  switch_to("header_property", "refused");
  EXPECT_EQ(get(std::string(kMailbox) + "/messages?$filter=" + percent_encode(filter)).status, 400);
  EXPECT_THAT(violations(), IsEmpty());
}

TEST_F(Messages, CompareNamesOfPropertiesWithCaseAndValuesWithout) {
  const std::string id = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Marker";
  const Json property = Json::object({{"id", id}, {"value", "Entry-1"}});
  post(std::string(kMailbox) + "/messages",
       Json::object({{"singleValueExtendedProperties", Json::array().push(property)}}).dump());
  const auto any = [&](const std::string& name, const std::string& test) {
    return found_by("singleValueExtendedProperties/Any(ep: ep/id eq '" + name + "' and " + test + ")");
  };
  EXPECT_EQ(any(id, "ep/value eq 'ENTRY-1'"), 1U);
  EXPECT_EQ(any(id, "startswith(ep/value, 'entry')"), 1U);
  EXPECT_EQ(any(to_lower(id), "ep/value eq 'Entry-1'"), 0U);
}

TEST_F(Messages, RefuseInefficientAndUnknownFilters) {
  const std::string list = std::string(kMailbox) + "/messages?$filter=";
  EXPECT_EQ(get(list + percent_encode("isDraft eq true") + "&$orderby=createdDateTime").code(), "InefficientFilter");
  EXPECT_EQ(get(list + percent_encode("createdDateTime ge 2020-01-01T00:00:00Z and isDraft eq true") +
                "&$orderby=createdDateTime%20desc")
                .status,
            200);
  EXPECT_EQ(get(list + percent_encode("internetMessageHeaders/any(h: h/name eq 'x')")).status, 400);
}

TEST_F(Messages, ComeInPages) {
  for (int i = 0; i < 25; ++i) draft();
  std::size_t seen = 0;
  std::string path = std::string(kMailbox) + "/messages?$select=id,subject";
  for (int pages = 0; pages < 3; ++pages) {
    const Answer page = get(path);
    seen += page.json["value"].items().size();
    const std::string next = page.json["@odata.nextLink"].text();
    EXPECT_EQ(next.empty(), pages == 2);
    if (!next.empty()) path = next.substr(std::string(kGraph).size());
  }
  EXPECT_EQ(seen, 25U);
  EXPECT_THAT(violations(), IsEmpty());
}

TEST_F(Messages, GoToDeletedItemsAndAreThenForbiddenByTheirImmutableId) {
  const std::string item = draft();
  EXPECT_EQ(remove(item).status, 204);
  EXPECT_EQ(get(std::string(kMailbox) + "/mailFolders/deleteditems").json["totalItemCount"].integer(), 1);
  EXPECT_EQ(post(item + "/permanentDelete").status, 204);
  const Answer again = remove(item);
  EXPECT_EQ(again.status, 403);
  EXPECT_EQ(again.code(), "ErrorCannotDeleteObject");
}

TEST_F(Messages, OfOtherMailboxesAreRefusedByTheirState) {
  const auto state = [this](const char* address, const char* value) {
    ASSERT_TRUE(model().change_mailbox(Json::object({{"address", address}, {"state", value}})).has_value());
  };
  EXPECT_EQ(post_mime(mime(), "nobody@contoso.com").code(), "ErrorInvalidUser");
  state("alice@contoso.com", "no-licence");
  EXPECT_EQ(post_mime(mime(), "alice@contoso.com").code(), "MailboxNotEnabledForRESTAPI");
  state("alice@contoso.com", "out-of-scope");
  EXPECT_EQ(post_mime(mime(), "Alice@Contoso.com").code(), "ErrorAccessDenied");
}

TEST_F(Messages, ConflictWhileARangeIsOnItsWay) {
  const std::string item = draft();
  const std::string url = open_session(item, 5'000'000).json["uploadUrl"].text();
  switch_to("think_range_ms", 1);
  int inner = 0;
  service.on_wait([&](Duration) { inner = post(item + "/attachments", file("a", "x").dump()).status; });
  EXPECT_EQ(put(url, std::string(3'000'000, 'x'), 0, 5'000'000).status, 200);
  EXPECT_EQ(inner, 412);
  EXPECT_EQ(model().counts().conflicts, 1);
}

}  // namespace
}  // namespace graph_milter::emulator
