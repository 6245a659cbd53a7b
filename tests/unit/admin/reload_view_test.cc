// SPDX-License-Identifier: Apache-2.0
#include "core/admin/reload_view.h"

#include <gtest/gtest.h>

namespace graph_milter::admin {
namespace {

ReloadReport taken() {
  ReloadReport report;
  report.conf_file = "/etc/graph-milter/graph-milter.conf";
  report.rules = 3;
  report.maps = 1;
  report.taken = {{"log-level", "info", "debug", config::Reload::Live}};
  report.needs_restart = {{"instance", "", "mx1", config::Reload::Restart}};
  return report;
}

ReloadReport refused() {
  ReloadReport report;
  report.conf_file = "a.conf";
  report.errors = {make_error(ErrorKind::Usage, "a.conf:3:1", "unknown option \"wrkers\"", "did you mean workers?"),
                   make_error(ErrorKind::Usage, "a.conf:9", "rule a has no action")};
  return report;
}

TEST(ReloadView, SaysWhatWasTakenAndWhatNeedsARestart) {
  EXPECT_EQ(print_reload(taken(), Form::Words),
            "/etc/graph-milter/graph-milter.conf was read again: 3 rules, 1 map\n"
            "log-level = debug (was info)\n"
            "instance = mx1 needs a restart ((nothing) is in force)\n");
  EXPECT_EQ(reload_log_words(taken()),
            "/etc/graph-milter/graph-milter.conf was read again: 3 rules, 1 map; log-level = debug (was info); "
            "instance = mx1 needs a restart ((nothing) is in force)");
  EXPECT_EQ(print_reload(taken(), Form::Json),
            "{\"conf_file\":\"/etc/graph-milter/graph-milter.conf\",\"done\":true,\"rules\":3,\"maps\":1,"
            "\"taken\":[{\"option\":\"log-level\",\"before\":\"info\",\"after\":\"debug\"}],"
            "\"needs_restart\":[{\"option\":\"instance\",\"before\":\"\",\"after\":\"mx1\"}],\"errors\":[]}\n");
}

TEST(ReloadView, SaysAllThatIsWrong) {
  EXPECT_EQ(print_reload(refused(), Form::Words),
            "nothing was taken, the old configuration stays:\n"
            "a.conf:3:1: unknown option \"wrkers\" (did you mean workers?)\n"
            "a.conf:9: rule a has no action\n");
  EXPECT_EQ(reload_log_words(refused()),
            "the old configuration stays: a.conf:3:1: unknown option \"wrkers\" (did you mean workers?) (and 1 more "
            "error)");
  EXPECT_EQ(print_reload(refused(), Form::Json),
            "{\"conf_file\":\"a.conf\",\"done\":false,\"rules\":0,\"maps\":0,\"taken\":[],\"needs_restart\":[],"
            "\"errors\":[{\"where\":\"a.conf:3:1\",\"what\":\"unknown option \\\"wrkers\\\"\",\"hint\":\"did you mean "
            "workers?\"},{\"where\":\"a.conf:9\",\"what\":\"rule a has no action\",\"hint\":\"\"}]}\n");
}

}  // namespace
}  // namespace graph_milter::admin
