// SPDX-License-Identifier: Apache-2.0
#include "core/admin/check_report.h"

#include <gtest/gtest.h>

namespace graph_milter::admin {
namespace {

const Finding kGood{Severity::Good, "postfix", "smtpd asks us", ""};
const Finding kWarning{Severity::Warning, "a.conf:3", "shadowed", "leave it out"};
const Finding kError{Severity::Error, "b", "broken", ""};

TEST(CheckReport, IsSummedUp) {
  EXPECT_EQ(check_summary({"f", 3, {kGood, kWarning, kWarning, kError}}), "f: 1 error, 2 warnings, 3 rules\n");
  EXPECT_EQ(check_summary({"f", 0, {kGood}}), "f: no errors, no rules\n");
  EXPECT_EQ(check_summary({"f", {}, {kError}}), "f: 1 error\n");
}

TEST(CheckReport, IsJson) {
  EXPECT_EQ(check_json({"f", {}, {kGood, kError}}),
            R"({"conf_file":"f","rules":null,"errors":1,"warnings":0,"findings":[)"
            R"({"severity":"good","where":"postfix","what":"smtpd asks us","hint":""},)"
            R"({"severity":"error","where":"b","what":"broken","hint":""}]})"
            "\n");
  EXPECT_EQ(check_json({"f", 2, {}}),
            "{\"conf_file\":\"f\",\"rules\":2,\"errors\":0,\"warnings\":0,\"findings\":[]}\n");
}

}  // namespace
}  // namespace graph_milter::admin
