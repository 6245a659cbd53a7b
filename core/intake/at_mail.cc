// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "core/base/text.h"
#include "core/intake/answers.h"

namespace graph_milter::intake {

namespace {

std::optional<ByteCount> declared_size(const mail::Envelope& envelope) {
  constexpr std::string_view kKeyword = "SIZE=";
  for (const std::string& parameter : envelope.sender.parameters) {
    if (!starts_with_ignoring_case(parameter, kKeyword)) continue;
    return parse_unsigned(std::string_view(parameter).substr(kKeyword.size()));
  }
  return std::nullopt;
}

}  // namespace

ByteCount declared_room(const IntakeContext& context, const mail::Envelope& envelope) {
  const IntakeSettings& settings = context.settings;
  if (settings.when_full != WhenFull::TempFail) return 0;
  const auto size = declared_size(envelope);
  // What is too large for the service passes whatever the disk has room for.
  if (!size || *size > context.policy.largest_message_limit(settings.service.max_message_size)) return 0;
  const auto interesting = context.policy.smallest_interesting_size(envelope);
  return interesting && *size >= *interesting ? *size : 0;
}

std::optional<Answer> at_mail(const IntakeContext& context, const mail::Envelope& envelope, ByteCount room) {
  const Status enough = context.queue->check_room(room);
  // Any other trouble may be over by the end of the message.
  if (enough || !is_lack_of_room(enough.error())) return std::nullopt;
  return Answers(context, envelope, room).refuse(no_room(), nullptr, enough.error());
}

}  // namespace graph_milter::intake
