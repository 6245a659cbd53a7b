// SPDX-License-Identifier: Apache-2.0
#include "core/targets/draft_check.h"

#include <gtest/gtest.h>

namespace graph_milter::targets {
namespace {

plan::PlannedPart part(std::string name, ByteCount size) {
  plan::PlannedPart planned;
  planned.name = std::move(name);
  planned.body.decoded_size = size;
  return planned;
}

graph::Attachment listed(std::string name, ByteCount size) {
  graph::Attachment attachment;
  attachment.id = "id-" + name;
  attachment.name = std::move(name);
  attachment.size = size;
  return attachment;
}

// One PDF to two recipients and a hidden one, and the draft as it should be.
class DraftCheck : public testing::Test {
 protected:
  DraftCheck() {
    plan_.parts = {part("scan.pdf", 20'000'000)};
    plan_.to = {"a@example.org"};
    plan_.cc = {"b@example.org"};
    plan_.bcc = {"c@example.org"};
    draft_.is_draft = true;
    draft_.to = {"a@example.org"};
    draft_.cc = {"b@example.org"};
    draft_.bcc = {"c@example.org"};
    attachments_ = {listed("scan.pdf", 20'900'000)};
  }

  std::string difference() const {
    const auto found = find_difference(plan_, draft_, attachments_);
    return found ? found->what : "none";
  }
  bool may_be_lag() const { return find_difference(plan_, draft_, attachments_).value().may_be_lag; }

  plan::Plan plan_;
  graph::Message draft_;
  std::vector<graph::Attachment> attachments_;
};

TEST_F(DraftCheck, ADraftAsPlannedHasNoDifference) { EXPECT_EQ(difference(), "none"); }

TEST_F(DraftCheck, RecipientsAreComparedAsASet) {
  draft_.to = {"B@Example.ORG", "c@example.org", "a@example.org"};
  draft_.cc = {};
  draft_.bcc = {"c@EXAMPLE.org"};
  EXPECT_EQ(difference(), "none");
}

TEST_F(DraftCheck, TheFromThatARuleHasSetIsThere) {
  draft_.from = "mfp3@corp.local";
  EXPECT_EQ(difference(), "none") << "nobody has set one";
  plan_.mailbox = "shared@contoso.com";
  plan_.from = "mfp@contoso.com";
  EXPECT_EQ(difference(), "the draft is from mfp3@corp.local instead of mfp@contoso.com");
  EXPECT_FALSE(may_be_lag());
  for (const char* from : {"MFP@contoso.com", "shared@contoso.com", ""}) {
    draft_.from = from;
    EXPECT_EQ(difference(), "none") << from;
  }
}

TEST_F(DraftCheck, AMissingRecipientIsADifference) {
  draft_.bcc = {};
  EXPECT_EQ(difference(), "the draft lacks the recipient c@example.org");
  EXPECT_FALSE(may_be_lag());
}

TEST_F(DraftCheck, ARecipientTooManyIsADifference) {
  draft_.to.push_back("eve@example.net");
  EXPECT_EQ(difference(), "the draft has a recipient that the envelope has not: eve@example.net");
  draft_.to.back() = "undisclosed-recipients:;";
  EXPECT_EQ(difference(), "the draft has a recipient that the envelope has not: undisclosed-recipients:;");
}

TEST_F(DraftCheck, AMissingAttachmentIsADifferenceThatMayBeLag) {
  attachments_.clear();
  EXPECT_EQ(difference(), "attachment \"scan.pdf\" is not in the draft");
  EXPECT_TRUE(may_be_lag());
}

TEST_F(DraftCheck, AnAttachmentTwiceIsADifferenceThatStays) {
  attachments_.push_back(attachments_[0]);
  EXPECT_EQ(difference(), "the draft has 2 attachments instead of 1, among them \"scan.pdf\" of 20900000 bytes");
  EXPECT_FALSE(may_be_lag());
}

TEST_F(DraftCheck, AnotherNameIsADifference) {
  attachments_[0].name = "scam.pdf";
  EXPECT_EQ(difference(), "attachment \"scan.pdf\" is not in the draft");
}

struct SizeRow {
  ByteCount uploaded;
  ByteCount reported;
  bool equal;
};

TEST(DraftSizes, ReportedIsAtLeastUploadedAndAtMostATenthAnd64KiBMore) {
  const SizeRow rows[] = {{20'000'000, 20'000'000, true},
                          {20'000'000, 19'999'999, false},
                          {20'000'000, 22'065'536, true},
                          {20'000'000, 22'065'537, false},
                          {3'483'322, 3'640'066, true},
                          {1, 1, true},
                          {1, 65'537, true},
                          {1, 65'538, false},
                          {1, 0, false},
                          {150'000'000, 165'065'536, true}};
  for (const SizeRow& row : rows) {
    EXPECT_EQ(may_be(listed("a.pdf", row.reported), "a.pdf", row.uploaded), row.equal)
        << row.uploaded << " reported as " << row.reported;
  }
}

TEST_F(DraftCheck, ACutAttachmentIsADifference) {
  attachments_[0].size = 19'999'999;
  EXPECT_EQ(difference(), "attachment \"scan.pdf\" has 19999999 bytes instead of 20000000");
}

TEST_F(DraftCheck, TwoPartsOfOneNameNeedTwoAttachments) {
  plan_.parts = {part("a.pdf", 4'000'000), part("a.pdf", 4'100'000)};
  attachments_ = {listed("a.pdf", 4'300'000), listed("a.pdf", 4'050'000)};
  EXPECT_EQ(difference(), "none") << "the larger one fits both, the smaller one only one";
  attachments_[1].size = 4'300'000;
  EXPECT_EQ(difference(), "none");
  attachments_.pop_back();
  EXPECT_EQ(difference(), "attachment \"a.pdf\" is not in the draft");
}

TEST_F(DraftCheck, ACertainAttachmentOfTheSkeletonMustBeThere) {
  plan_.in_skeleton = {{"notes.txt", true}};
  EXPECT_EQ(difference(), "attachment \"notes.txt\" is not in the draft");
  attachments_.push_back(listed("notes.txt", 12));
  EXPECT_EQ(difference(), "none");
}

TEST_F(DraftCheck, AnUncertainOneMayBeThereUnderAnyNameOrNot) {
  plan_.in_skeleton = {{"", false}, {"invite.ics", false}};
  EXPECT_EQ(difference(), "none");
  attachments_.push_back(listed("Subject of a nested message", 3'000));
  EXPECT_EQ(difference(), "none");
  attachments_.push_back(listed("invite.ics", 3'000));
  EXPECT_EQ(difference(), "none");
  attachments_.push_back(listed("one-too-many", 3'000));
  EXPECT_EQ(difference(),
            "the draft has 4 attachments instead of 3, among them "
            "\"Subject of a nested message\" of 3000 bytes");
}

TEST(DraftNames, AreComparedAfterTheServicesCleanUp) {
  EXPECT_EQ(comparable_name("a/b\\c:d*e?f\"g<h>i|j.pdf"), "a_b_c_d_e_f_g_h_i_j.pdf");
  EXPECT_EQ(comparable_name(" .scan.pdf. "), "scan.pdf");
  EXPECT_EQ(comparable_name("a\tb\x7f.pdf"), "ab.pdf");
  EXPECT_EQ(comparable_name("Grüße.pdf"), "Grüße.pdf");
  EXPECT_NE(comparable_name("a.pdf"), comparable_name("A.pdf"));
  EXPECT_EQ(comparable_name("..."), "");
}

TEST_F(DraftCheck, PartsAreFoundBesideWhatCameWithTheSkeleton) {
  attachments_.insert(attachments_.begin(), listed("scan.pdf", 20'100'000));
  attachments_[0].id = "from-mime";
  const auto found = match_parts(plan_, {0}, attachments_, {"from-mime"});
  ASSERT_TRUE(found.at(0));
  EXPECT_EQ(found[0]->id, "id-scan.pdf");
  attachments_.pop_back();
  EXPECT_FALSE(match_parts(plan_, {0}, attachments_, {"from-mime"}).at(0));
}

TEST_F(DraftCheck, AnAttachmentThatIsAPartAlreadyIsNotFoundAgain) {
  plan_.parts = {part("a.pdf", 4'000'000), part("a.pdf", 4'000'000)};
  attachments_ = {listed("a.pdf", 4'000'000)};
  const auto found = match_parts(plan_, {0, 1}, attachments_, {});
  EXPECT_TRUE(found.at(0));
  EXPECT_FALSE(found.at(1));
}

}  // namespace
}  // namespace graph_milter::targets
