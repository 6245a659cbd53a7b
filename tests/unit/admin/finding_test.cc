// SPDX-License-Identifier: Apache-2.0
#include "core/admin/finding.h"

#include <gtest/gtest.h>

namespace graph_milter::admin {
namespace {

const std::vector<Finding> kSome = {
    {Severity::Good, "scanner@contoso.com", "answers", ""},
    {Severity::Warning, "", "nothing was proven", "name an address"},
    {Severity::Error, "tenant", "is not \"contoso\"", "mend it"},
};

TEST(Finding, IsPrintedOneALine) {
  EXPECT_EQ(print_findings(kSome),
            "good: scanner@contoso.com: answers\n"
            "warning: nothing was proven (name an address)\n"
            "error: tenant: is not \"contoso\" (mend it)\n");
  EXPECT_EQ(print_findings({}), "");
}

TEST(Finding, IsAnObjectInJson) {
  json::Writer writer;
  write_findings(writer, kSome);
  EXPECT_EQ(writer.take(), R"([{"severity":"good","where":"scanner@contoso.com","what":"answers","hint":""},)"
                           R"({"severity":"warning","where":"","what":"nothing was proven","hint":"name an address"},)"
                           R"({"severity":"error","where":"tenant","what":"is not \"contoso\"","hint":"mend it"}])");
}

TEST(Finding, OnlyErrorsAreErrors) {
  EXPECT_TRUE(has_error(kSome));
  EXPECT_FALSE(has_error({kSome[0], kSome[1]}));
  EXPECT_FALSE(has_error({}));
}

TEST(Finding, SaysWhatAnErrorSays) {
  const Error error = make_error(ErrorKind::Configuration, "ca-file", "cannot open", "chmod it");
  EXPECT_EQ(finding_of(Severity::Error, error), (Finding{Severity::Error, "ca-file", "cannot open", "chmod it"}));
}

}  // namespace
}  // namespace graph_milter::admin
