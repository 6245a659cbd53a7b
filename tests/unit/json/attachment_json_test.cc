// SPDX-License-Identifier: Apache-2.0
#include "core/json/attachment_json.h"

#include <gtest/gtest.h>

#include "core/json/json.h"

namespace graph_milter::json {
namespace {

TEST(AttachmentJson, NamesTheTypeFirstAndEndsWhereTheContentBegins) {
  EXPECT_EQ(attachment_json_prefix("a.pdf", "application/pdf", false, ""),
            R"({"@odata.type":"#microsoft.graph.fileAttachment","name":"a.pdf","contentType":"application/pdf",)"
            R"("isInline":false,"contentBytes":")");
}

TEST(AttachmentJson, CarriesTheContentIdOfAnInlinePart) {
  EXPECT_EQ(attachment_json_prefix("a.png", "image/png", true, "img1@x"),
            R"({"@odata.type":"#microsoft.graph.fileAttachment","name":"a.png","contentType":"image/png",)"
            R"("isInline":true,"contentId":"img1@x","contentBytes":")");
}

TEST(AttachmentJson, IsJsonWithContentAndSuffixWhateverTheNames) {
  const std::string name = "quote \" back\\slash \xE2\x82\xAC.pdf";
  const std::string text =
      attachment_json_prefix(name, "x/\"y", true, "c\"id") + "QUJD" + std::string(kAttachmentJsonSuffix);
  const auto value = parse(text);
  ASSERT_TRUE(value.has_value()) << value.error().text();
  EXPECT_EQ(*value->find_string("name"), name);
  EXPECT_EQ(*value->find_string("contentType"), "x/\"y");
  EXPECT_EQ(*value->find_string("contentId"), "c\"id");
  EXPECT_EQ(*value->find_string("contentBytes"), "QUJD");
  EXPECT_EQ(value->members().size(), 6U);
}

}  // namespace
}  // namespace graph_milter::json
