// SPDX-License-Identifier: Apache-2.0
#include "core/graph/fault_table.h"

#include <gtest/gtest.h>

#include "core/base/format.h"

namespace graph_milter::graph {
namespace {

using enum Operation;

constexpr TimePoint kNow = TimePoint(std::chrono::seconds(1'700'000'000));

http::Response reply(int status, std::string body = "", std::map<std::string, std::string> headers = {}) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  response.headers = std::move(headers);
  return response;
}

std::string envelope(const std::string& code, const std::string& message = "words") {
  return format(R"({{"error":{{"code":"{}","message":"{}"}}}})", code, message);
}

struct Row {
  Operation operation;
  int status;
  const char* code;
  ErrorKind kind;
};

// What the service's documentation and its users say, written down independently of the table in core/graph.
constexpr Row kRows[] = {
    {Create, 400, "ErrorMimeContentInvalidBase64String", ErrorKind::Permanent},
    {Create, 400, "InvalidInternetMessageHeader", ErrorKind::Permanent},
    {Create, 400, "InvalidInternetMessageHeaderCollection", ErrorKind::Permanent},
    {Create, 400, "ErrorInvalidRecipients", ErrorKind::Permanent},
    {Send, 400, "ErrorInvalidRecipients", ErrorKind::Permanent},
    {Create, 400, "RequestBodyRead", ErrorKind::Permanent},
    {Create, 422, "UnprocessableType", ErrorKind::Permanent},
    {Create, 400, "BadRequest", ErrorKind::Permanent},
    {Create, 413, "", ErrorKind::Permanent},
    {PutRange, 400, "ErrorMessageSizeExceeded", ErrorKind::Permanent},
    {PutRange, 413, "ErrorMessageSizeExceeded", ErrorKind::Permanent},
    {PutRange, 500, "ErrorMessageSizeExceeded", ErrorKind::Permanent},
    {Create, 507, "ErrorQuotaExceeded", ErrorKind::Configuration},
    {Create, 403, "ErrorQuotaExceeded", ErrorKind::Configuration},
    {Read, 401, "InvalidAuthenticationToken", ErrorKind::Unauthorized},
    {Read, 401, "", ErrorKind::Unauthorized},
    {Send, 401, "", ErrorKind::Unauthorized},
    {PutRange, 401, "InvalidAudienceForResource", ErrorKind::SessionGone},
    {Read, 401, "InvalidAudienceForResource", ErrorKind::Configuration},
    {Create, 403, "ErrorAccessDenied", ErrorKind::Configuration},
    {Create, 403, "Authorization_RequestDenied", ErrorKind::Configuration},
    {Send, 403, "ErrorSendAsDenied", ErrorKind::Permanent},
    {Delete, 403, "ErrorCannotDeleteObject", ErrorKind::NotFound},
    {Create, 403, "SomethingElse", ErrorKind::Configuration},
    {Create, 404, "ErrorItemNotFound", ErrorKind::NotFound},
    {OpenSession, 404, "ErrorItemNotFound", ErrorKind::NotFound},
    {Read, 404, "", ErrorKind::NotFound},
    {Send, 404, "ErrorItemNotFound", ErrorKind::Unclear},
    {Send, 404, "", ErrorKind::Unclear},
    {Create, 404, "MailboxNotEnabledForRESTAPI", ErrorKind::Configuration},
    {Create, 404, "ErrorInvalidUser", ErrorKind::Permanent},
    {Create, 404, "ResourceNotFound", ErrorKind::Permanent},
    {Create, 404, "Request_ResourceNotFound", ErrorKind::Permanent},
    {Create, 404, "ErrorNonExistentMailbox", ErrorKind::Permanent},
    {OpenSession, 405, "ErrorAttachmentSessionIsSupportedOnlyForFileAttachments", ErrorKind::Permanent},
    {OpenSession, 400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize", ErrorKind::Permanent},
    {PutRange, 400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize", ErrorKind::Permanent},
    {Read, 408, "", ErrorKind::Transient},
    {Create, 408, "", ErrorKind::Unclear},
    {Send, 408, "", ErrorKind::Unclear},
    {Read, 500, "ErrorInternalServerError", ErrorKind::Transient},
    {Read, 500, "ErrorInternalServerTransientError", ErrorKind::Transient},
    {Create, 500, "ErrorInternalServerError", ErrorKind::Unclear},
    {Send, 500, "ErrorInternalServerTransientError", ErrorKind::Unclear},
    {Read, 502, "", ErrorKind::Transient},
    {Create, 502, "", ErrorKind::Unclear},
    {Send, 502, "", ErrorKind::Unclear},
    {Create, 503, "", ErrorKind::Transient},
    {Send, 503, "", ErrorKind::Unclear},
    {Read, 504, "UnknownError", ErrorKind::Transient},
    {Create, 504, "UnknownError", ErrorKind::Unclear},
    {Send, 504, "UnknownError", ErrorKind::Unclear},
    {OpenSession, 504, "", ErrorKind::Transient},
    {Delete, 504, "", ErrorKind::Transient},
    {Create, 509, "", ErrorKind::Transient},
    {Read, 412, "ErrorIrresolvableConflict", ErrorKind::Transient},
    {Create, 412, "ErrorIrresolvableConflict", ErrorKind::Transient},
    {Read, 409, "", ErrorKind::Transient},
    {Read, 423, "", ErrorKind::Transient},
    {Read, 429, "ApplicationThrottled", ErrorKind::Throttled},
    {Send, 429, "TooManyRequests", ErrorKind::Throttled},
    {Create, 429, "", ErrorKind::Throttled},
    {Create, 507, "", ErrorKind::Transient},
    {Create, 400, "malwareDetected", ErrorKind::Permanent},
    {PutRange, 403, "malwareDetected", ErrorKind::Permanent},
    {Create, 500, "ErrorCorruptData", ErrorKind::Permanent},
    {PutRange, 400, "", ErrorKind::SessionGone},
    {PutRange, 403, "ErrorAccessDenied", ErrorKind::SessionGone},
    {PutRange, 404, "ErrorItemNotFound", ErrorKind::SessionGone},
    {PutRange, 410, "", ErrorKind::SessionGone},
    {PutRange, 408, "", ErrorKind::Unclear},
    {PutRange, 409, "", ErrorKind::OutOfStep},
    {PutRange, 412, "ErrorIrresolvableConflict", ErrorKind::OutOfStep},
    {PutRange, 416, "", ErrorKind::OutOfStep},
    {PutRange, 423, "", ErrorKind::Transient},
    {PutRange, 429, "ApplicationThrottled", ErrorKind::Throttled},
    {PutRange, 500, "", ErrorKind::Unclear},
    {PutRange, 503, "", ErrorKind::Unclear},
    {PutRange, 504, "", ErrorKind::Unclear},
    {PutRange, 507, "", ErrorKind::Transient},
    {AskRange, 404, "", ErrorKind::NotFound},
    {AskRange, 405, "", ErrorKind::Permanent},
    {AskRange, 401, "", ErrorKind::Permanent},
    {AskRange, 410, "", ErrorKind::NotFound},
    {AskRange, 429, "", ErrorKind::Throttled},
    {AskRange, 503, "", ErrorKind::Transient},
    {Read, 302, "", ErrorKind::Configuration},
    {Read, 402, "", ErrorKind::Configuration},
    {Read, 410, "", ErrorKind::NotFound},
    {Read, 406, "", ErrorKind::Permanent},
    {Read, 415, "", ErrorKind::Permanent},
    {Read, 501, "", ErrorKind::Permanent},
    {Send, 200, "", ErrorKind::Unclear},
};

TEST(FaultTable, SaysWhatEveryKnownAnswerMeans) {
  for (const Row& row : kRows) {
    const std::string body = *row.code != '\0' ? envelope(row.code) : "";
    const Error error = read_fault(row.operation, reply(row.status, body), kNow, "here");
    EXPECT_EQ(error.kind, row.kind) << name_of(row.operation) << " " << row.status << " " << row.code << " became "
                                    << name_of(error.kind);
    EXPECT_EQ(error.status, row.status);
    EXPECT_EQ(error.code, row.code);
  }
}

TEST(FaultTable, HasAnAnswerForEveryStatus) {
  for (const Operation operation : {Read, Create, OpenSession, Delete, Send, PutRange, AskRange, CancelRange}) {
    for (int status = 100; status < 600; ++status) {
      const Fault& fault = find_fault(operation, status, "NoSuchCode", "");
      if (status < 300) {
        EXPECT_EQ(fault.kind, ErrorKind::Unclear) << name_of(operation) << " " << status;
      }
      if (operation == Send && status >= 500) {
        EXPECT_EQ(fault.kind, ErrorKind::Unclear) << status;
      }
    }
  }
}

TEST(FaultTable, TakesTheSpamServicesRefusalForAPassingOne) {
  const std::string body = envelope("ErrorAccessDenied",
                                    "Account suspended. Follow the instructions: a transient error, WASCL UserAction "
                                    "verdict is not None. Actual verdict is Suspend");
  EXPECT_EQ(read_fault(Send, reply(403, body), kNow, "").kind, ErrorKind::Transient);
}

std::string code_of(const std::string& body) { return read_fault(Read, reply(400, body), kNow, "").code; }

TEST(FaultBody, GivesTheLastKnownCodeOnTheWayInward) {
  EXPECT_EQ(code_of(R"({"error":{"code":"Outer","innerError":{"code":"ErrorItemNotFound"}}})"), "ErrorItemNotFound");
  EXPECT_EQ(code_of(R"({"error":{"code":"ErrorItemNotFound","innererror":{"code":"Newer"}}})"), "ErrorItemNotFound");
  EXPECT_EQ(code_of(R"({"error":{"code":"Outer","innerError":{"code":"Inner"}}})"), "Outer");
  EXPECT_EQ(code_of(R"({"error":{"code":"A","innerError":{"innererror":{"code":"ErrorQuotaExceeded",)"
                    R"("innerError":{"code":"429"}}}}})"),
            "ErrorQuotaExceeded");
  EXPECT_EQ(code_of(R"({"error":{"code":"ErrorItemNotFound","innerError":{"code":"ErrorQuotaExceeded"}}})"),
            "ErrorQuotaExceeded");
}

TEST(FaultBody, SurvivesEveryShape) {
  for (const char* body : {"", "<html><body>Bad gateway</body></html>", "{", "[]", "null", "{}", R"({"error":null})",
                           R"({"error":"text"})", R"({"error":{}})", R"({"error":{"code":5,"message":[]}})",
                           R"({"error":{"innerError":"x"}})", "\xFF\xFE"}) {
    const Error error = read_fault(Read, reply(502, body), kNow, "here");
    EXPECT_EQ(error.kind, ErrorKind::Transient) << body;
    EXPECT_EQ(error.code, "") << body;
  }
}

TEST(FaultBody, BecomesWordsForPeople) {
  EXPECT_EQ(read_fault(Create, reply(403, envelope("ErrorAccessDenied", "Access to OData is disabled.")), kNow, "Graph")
                .text(),
            "Graph: answered 403 ErrorAccessDenied: Access to OData is disabled. (the application's access policy or "
            "role scope leaves this mailbox out)");
  EXPECT_EQ(read_fault(Read, reply(404), kNow, "Graph").text(), "Graph: answered 404 without a body");
  EXPECT_EQ(read_fault(Read, reply(502, "<html>", {{"content-type", "text/html"}}), kNow, "Graph").text(),
            "Graph: answered 502 with 6 bytes of text/html");
}

TEST(FaultBody, IsCutAndEscaped) {
  const Error error = read_fault(Read, reply(400, envelope("X\\n", std::string(5000, 'y') + "\\u0007")), kNow, "Graph");
  EXPECT_LT(error.what.size(), 500U);
  EXPECT_EQ(error.text().find('\n'), std::string::npos);
}

TEST(FaultBody, NamesTheRequestForSupport) {
  EXPECT_EQ(read_fault(Read, reply(500, "", {{"request-id", "r-1"}}), kNow, "").request_id, "r-1");
  EXPECT_EQ(
      read_fault(Read, reply(500, R"({"error":{"code":"X","innerError":{"request-id":"r-2"}}})"), kNow, "").request_id,
      "r-2");
  EXPECT_EQ(
      read_fault(Read, reply(500, R"({"error":{"code":"X","innererror":{"requestId":"r-3"}}})"), kNow, "").request_id,
      "r-3");
}

TEST(FaultTimes, FollowTheServiceAndTheTable) {
  EXPECT_EQ(read_fault(Read, reply(429, "", {{"retry-after", "2.128"}}), kNow, "").retry_after, Duration(2128));
  EXPECT_EQ(read_fault(Send, reply(503, "", {{"retry-after", "30"}}), kNow, "").retry_after, Duration(30'000));
  EXPECT_EQ(read_fault(Read, reply(429), kNow, "").retry_after, std::nullopt);
  EXPECT_EQ(read_fault(Create, reply(507, envelope("ErrorQuotaExceeded")), kNow, "").retry_after,
            Duration(std::chrono::minutes(30)));
  EXPECT_EQ(
      read_fault(Create, reply(507, envelope("ErrorQuotaExceeded"), {{"retry-after", "3600"}}), kNow, "").retry_after,
      Duration(std::chrono::minutes(60)));
}

}  // namespace
}  // namespace graph_milter::graph
