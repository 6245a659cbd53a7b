// SPDX-License-Identifier: Apache-2.0
#include "milter/milter_session.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <utility>

#include "core/base/failpoint.h"
#include "core/base/text.h"

namespace graph_milter::milter {

std::optional<intake::Answer> MilterSession::begin_message(mail::EnvelopePath sender, std::string login,
                                                           std::string auth_type) {
  forget_message();
  ticket_ = host_.traffic->open_message();
  if (!ticket_) return busy_answer(*host_.traffic);
  context_ = host_.context();
  envelope_.client_address = client_.address;
  envelope_.client_name = client_.name;
  envelope_.helo = client_.helo;
  envelope_.daemon_name = client_.daemon_name;
  envelope_.login = std::move(login);
  envelope_.auth_type = std::move(auth_type);
  envelope_.sender = std::move(sender);
  envelope_.received = context_->clock->now();
  return make_room();
}

std::optional<intake::Answer> MilterSession::make_room() {
  const ByteCount wanted = intake::declared_room(*context_, envelope_);
  if (wanted == 0) return std::nullopt;
  auto refusal = intake::at_mail(*context_, envelope_, ticket_->promise(wanted));
  if (refusal) forget_message();
  return refusal;
}

void MilterSession::hear_next() {
  if (std::exchange(answer_is_out_, false)) GM_FAILPOINT(C11);
}

void MilterSession::add_recipient(mail::EnvelopePath recipient) {
  if (ticket_) envelope_.add_recipient(std::move(recipient));
}

intake::Message* MilterSession::message() {
  if (!ticket_) return nullptr;
  if (!message_) message_.emplace(context_, envelope_);
  return &*message_;
}

void MilterSession::forget_message() {
  message_.reset();
  envelope_ = {};
  context_.reset();
  ticket_.reset();
}

intake::Answer busy_answer(const Traffic& traffic) {
  if (traffic.draining()) {
    return {intake::AnswerKind::TempFail, "421", "4.3.2", "The mail filter is stopping; try again later"};
  }
  return {intake::AnswerKind::TempFail, "451", "4.3.2", "Too many messages at once; try again later"};
}

std::string numeric_address(const sockaddr* address) {
  if (address == nullptr) return {};
  std::size_t length = 0;
  if (address->sa_family == AF_INET) length = sizeof(sockaddr_in);
  if (address->sa_family == AF_INET6) length = sizeof(sockaddr_in6);
  if (length == 0) return {};
  std::array<char, 128> text{};
  const int rc = getnameinfo(address, static_cast<socklen_t>(length), text.data(), static_cast<socklen_t>(text.size()),
                             nullptr, 0, NI_NUMERICHOST);
  return rc == 0 ? std::string(text.data()) : std::string();
}

std::string plain_address(std::string_view macro) {
  constexpr std::string_view kPrefix = "IPv6:";
  if (starts_with_ignoring_case(macro, kPrefix)) macro.remove_prefix(kPrefix.size());
  return std::string(trim(macro));
}

bool recipients_differ(std::string_view nrcpts, std::size_t heard) {
  const auto counted = parse_unsigned(trim(nrcpts));
  return counted && *counted != heard;
}

}  // namespace graph_milter::milter
