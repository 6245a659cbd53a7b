// SPDX-License-Identifier: Apache-2.0
#include "core/service/probe_run.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_folder.h"

namespace graph_milter::service {
namespace {

using probe::Answer;
using probe::Question;

class KeptReport : public ::testing::Test {
 protected:
  test::TempFolder folder;
  config::Settings settings = make_settings();

  config::Settings make_settings() {
    config::Settings out;
    out.spool_directory = folder.path();
    out.tenant = "contoso.onmicrosoft.com";
    out.graph_url = "https://graph.microsoft.com";
    return out;
  }

  void keep(Answer mime_draft) {
    probe::Report report;
    report.tenant = settings.tenant;
    report.graph_url = settings.graph_url;
    report.mailbox = "scanner@contoso.com";
    report.findings = {{Question::MimeDraft, mime_draft, "", ""}};
    report.session_floor = 2'097'152;
    ASSERT_TRUE(keep_report(settings, report));
  }
};

TEST_F(KeptReport, WithoutOneAutoMeansMimeAndAWarning) {
  const Learned known = learned(settings);
  EXPECT_FALSE(known.auto_is_json);
  EXPECT_EQ(known.session_floor, 0U);
  EXPECT_EQ(known.warning,
            "draft = auto means MIME: nobody has asked this Graph whether MIME drafts stay whole; run graph-milterctl "
            "probe MAILBOX, or set draft");
}

TEST_F(KeptReport, ItsAnswerDecidesWhatAutoMeans) {
  keep(Answer::Yes);
  EXPECT_FALSE(learned(settings).auto_is_json);
  EXPECT_EQ(learned(settings).warning, "");
  keep(Answer::No);
  EXPECT_TRUE(learned(settings).auto_is_json);
  EXPECT_EQ(learned(settings).warning, "");
  keep(Answer::Unknown);
  EXPECT_FALSE(learned(settings).auto_is_json);
  EXPECT_EQ(learned(settings).warning,
            "draft = auto means MIME: the kept probe did not find out whether MIME drafts stay whole; run "
            "graph-milterctl probe MAILBOX, or set draft");
}

TEST_F(KeptReport, ItsSessionFloorIsForTheArrivingHalf) {
  keep(Answer::No);
  intake::IntakeSettings intake;
  apply(learned(settings), intake);
  EXPECT_EQ(intake.service.session_floor, 2'097'152U);
  EXPECT_TRUE(intake.auto_is_json);
}

TEST_F(KeptReport, WhereTheConfFileDecidesNobodyIsWarned) {
  settings.draft = config::DraftWay::Mime;
  EXPECT_EQ(learned(settings).warning, "");
}

TEST_F(KeptReport, OfAnotherTenantOrAnotherGraphCountsAsNone) {
  keep(Answer::No);
  settings.tenant = "fabrikam.onmicrosoft.com";
  EXPECT_FALSE(learned(settings).auto_is_json);
  EXPECT_EQ(learned(settings).session_floor, 0U);
  settings.tenant = "contoso.onmicrosoft.com";
  settings.graph_url = "https://graph.microsoft.us";
  EXPECT_FALSE(learned(settings).auto_is_json);
}

TEST_F(KeptReport, DamageIsWarnedOfAndNotUsed) {
  folder.write("probe.json", "{\"version\":1");
  EXPECT_EQ(
      learned(settings).warning,
      "draft = auto means MIME: " + folder.path() +
          "/probe.json: the kept result is not one that this version wrote (run graph-milterctl probe again); run "
          "graph-milterctl probe MAILBOX, or set draft");
}

TEST_F(KeptReport, CanBeReadByTheDaemonWhateverTheUmask) {
  const mode_t before = ::umask(0077);
  keep(Answer::Yes);
  ::umask(before);
  struct stat facts {};
  ASSERT_EQ(::stat((folder.path() + "/probe.json").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0644U);
}

TEST(DraftWish, IsTheRulesThenTheOptionsThenTheProbes) {
  using config::DraftWay;
  using plan::DraftWish;
  intake::IntakeSettings settings;
  policy::Rule rule;
  EXPECT_EQ(intake::draft_wish(settings, rule), DraftWish::Mime);
  settings.auto_is_json = true;
  EXPECT_EQ(intake::draft_wish(settings, rule), DraftWish::JsonIfPossible);
  settings.draft = DraftWay::Mime;
  EXPECT_EQ(intake::draft_wish(settings, rule), DraftWish::Mime);
  settings.draft = DraftWay::Json;
  EXPECT_EQ(intake::draft_wish(settings, rule), DraftWish::Json);
  rule.draft = DraftWay::Auto;
  EXPECT_EQ(intake::draft_wish(settings, rule), DraftWish::JsonIfPossible);
  rule.draft = DraftWay::Mime;
  EXPECT_EQ(intake::draft_wish(settings, rule), DraftWish::Mime);
}

}  // namespace
}  // namespace graph_milter::service
