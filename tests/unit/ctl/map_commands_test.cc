// SPDX-License-Identifier: Apache-2.0
// graph-milterctl map test, and reload where nobody listens.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sysexits.h>

#include "core/base/format.h"
#include "tests/unit/ctl/ctl_test.h"

namespace graph_milter::ctl {
namespace {

class MapCommands : public CtlTest {
 protected:
  MapCommands() {
    folder_.write("senders", "# who\nscanner@contoso.com  the one upstairs\n@print.contoso.com\n");
    folder_.write("logins", "anna  anna@contoso.com, team@contoso.com\n");
    folder_.write("sizes", "@contoso.com  35M\n");
    conf_ =
        conf(format("max-message-size = map:{0}/sizes\n"
                    "[rule a]\nclient = 10.1.20.0/24\nfrom = map:{0}/senders\naction = relay\n"
                    "[rule b]\nsender-map = {0}/logins\naction = relay\n",
                    folder_.path()));
  }

  Outcome ask(const std::string& map, const std::string& key, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {"-c", conf_, "map", "test", map, key};
    words.insert(words.end(), more.begin(), more.end());
    return run_ctl(words);
  }

  std::string conf_;
};

TEST_F(MapCommands, SayWhatAMapHasAndWhere) {
  const std::string found = "the one upstairs\t" + folder_.file("senders") + ":2\n";
  for (const std::string& name : {"map:" + folder_.file("senders"), folder_.file("senders"), std::string("senders")}) {
    const Outcome outcome = ask(name, "Scanner@contoso.com");
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.out, found);
  }
  EXPECT_EQ(ask("senders", "x@print.contoso.com").out, "(no value)\t" + folder_.file("senders") + ":3\n");
  EXPECT_EQ(ask("logins", "anna").out, "anna@contoso.com, team@contoso.com\t" + folder_.file("logins") + ":1\n");
  EXPECT_EQ(ask("sizes", "anybody@contoso.com").out, "35M\t" + folder_.file("sizes") + ":1\n");
}

TEST_F(MapCommands, EndWithOneWhereAMapHasNothing) {
  const Outcome outcome = ask("senders", "bert@contoso.com");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err,
            format("graph-milterctl: map:{} has no line for \"bert@contoso.com\"\n", folder_.file("senders")));
}

TEST_F(MapCommands, SpeakJson) {
  const std::string file = folder_.file("senders");
  EXPECT_EQ(ask("senders", "scanner@contoso.com", {"--json"}).out,
            format("{{\"map\":\"map:{0}\",\"key\":\"scanner@contoso.com\",\"found\":true,\"value\":\"the one "
                   "upstairs\",\"file\":\"{0}\",\"line\":2,\"exact\":true}}\n",
                   file));
  const Outcome none = ask("senders", "x", {"--json"});
  EXPECT_EQ(none.status, 1);
  EXPECT_EQ(none.out, format("{{\"map\":\"map:{}\",\"key\":\"x\",\"found\":false}}\n", file));
}

TEST_F(MapCommands, NameTheNearestMap) {
  const Outcome outcome = ask("sender", "x");
  EXPECT_EQ(outcome.status, EX_USAGE);
  EXPECT_EQ(outcome.err,
            "graph-milterctl: map test: the configuration has no map \"sender\" (did you mean senders?)\n");
  EXPECT_EQ(ask("offices", "x").err,
            format("graph-milterctl: map test: the configuration has no map \"offices\" (it has map:{0}/logins "
                   "map:{0}/senders map:{0}/sizes)\n",
                   folder_.path()));
  EXPECT_EQ(run_ctl({"-c", conf(), "map", "test", "a", "b"}).err,
            "graph-milterctl: map test: the configuration has no map \"a\" (the configuration has no maps)\n");
}

TEST_F(MapCommands, NameTheLineOfABrokenMap) {
  folder_.write("senders", "a@contoso.com\na@contoso.com\n");
  const Outcome outcome = ask("senders", "a@contoso.com");
  EXPECT_EQ(outcome.status, EX_CONFIG);
  EXPECT_EQ(outcome.err, format("graph-milterctl: {}:2: a@contoso.com has a line already (it is line 1; keep one of "
                                "them)\n",
                                folder_.file("senders")));
}

TEST_F(MapCommands, ReloadNeedsADaemonAndNoGoodConfiguration) {
  const std::string words = format(
      "graph-milterctl: {}: no daemon listens there (graph-milter reads its configuration "
      "when it starts)\n",
      folder_.file("control.sock"));
  const Outcome good = run_ctl({"-c", conf_, "reload"});
  EXPECT_EQ(good.status, EX_UNAVAILABLE);
  EXPECT_EQ(good.err, words);
  EXPECT_EQ(run_ctl({"-c", conf("wrkers = 3\n"), "reload"}).err, words) << "it is the daemon that judges the file";

  const std::string unreadable = folder_.write("unreadable.conf", "control-socket = /x\n# caf\xE9\n");
  EXPECT_EQ(run_ctl({"-c", unreadable, "-o", "control-socket=" + folder_.file("control.sock"), "reload"}).err, words);
  const Outcome lost = run_ctl({"-c", unreadable, "reload"});
  EXPECT_EQ(lost.status, EX_UNAVAILABLE);
  EXPECT_EQ(lost.err, "graph-milterctl: " + unreadable +
                          ":2:6: not UTF-8 (save the file as UTF-8)\n"
                          "graph-milterctl: /run/graph-milter/control.sock: no daemon listens there (where the daemon "
                          "listens stands in the conf file: correct that, or add -o control-socket=PATH)\n");
}

}  // namespace
}  // namespace graph_milter::ctl
