// SPDX-License-Identifier: Apache-2.0
// The milter protocol as it goes over the wire. Packets are a big-endian length of 32 bits, a command and its data;
// replies alike.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graph_milter::test {

using Macros = std::vector<std::pair<std::string, std::string>>;

// Commands and replies; the names are libmilter's (mfdef.h), which knows the letters.
namespace wire {
constexpr char kAbort = 'A', kBody = 'B', kConnect = 'C', kMacro = 'D', kEndOfBody = 'E', kHelo = 'H', kHeader = 'L',
               kMail = 'M', kEndOfHeaders = 'N', kNegotiate = 'O', kQuit = 'Q', kRcpt = 'R', kData = 'T';
constexpr char kAccept = 'a', kContinue = 'c', kDiscard = 'd', kProgress = 'p', kReject = 'r', kTempFail = 't',
               kReplyCode = 'y', kDeleteRecipient = '-';
constexpr std::uint32_t kNrHeader = 0x80, kNrEndOfHeaders = 0x40000, kNrBody = 0x80000, kLeadingSpace = 0x100000,
                        kSkip = 0x400, kNoData = 0x200, kNoMail = 0x4, kNoRcpt = 0x8, kNrData = 0x10000;
constexpr std::uint32_t kSetMacros = 0x100, kDeleteRecipients = 0x8;

// The whole packet.
std::string packet(char command, std::string_view data = {});

// The data of commands. What an MTA offers is by default what Postfix and Sendmail do.
std::string negotiation(std::uint32_t actions = 0x1ff, std::uint32_t steps = 0x1fffff, std::uint32_t version = 6);
std::string macros(char command, const Macros& values);
std::string connection(std::string_view name, std::string_view address);
std::string words(std::string_view first, const std::vector<std::string>& more = {});

std::uint32_t read_number(std::string_view bytes);  // of 32 bits
}  // namespace wire

}  // namespace graph_milter::test
