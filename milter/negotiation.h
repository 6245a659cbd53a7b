// SPDX-License-Identifier: Apache-2.0
// What the filter asks of the MTA, the same for every connection: libmilter keeps the steps in one table for all.
#pragma once

#include <libmilter/mfapi.h>

namespace graph_milter::milter {

// Needed: header values with their leading blank, and no reply to what can't be answered before end of message.
inline constexpr unsigned long kSteps =
    SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY | SMFIP_HDR_LEADSPC | SMFIP_NOUNKNOWN;
// libmilter stands in for an MTA that wants replies, and drops what it is not asked to handle.
inline constexpr unsigned long kStepsTheMtaMustKnow = SMFIP_HDR_LEADSPC;

// Deleting recipients is asked for whether or not a rule says take = recipients: a reload may bring one, and open
// connections keep what they began with.
inline constexpr unsigned long kActions = SMFIF_SETSYMLIST | SMFIF_DELRCPT;

struct MacroList {
  int stage;
  const char* names;
};
inline constexpr MacroList kMacros[] = {
    {SMFIM_CONNECT, "j {daemon_name} {client_addr} {client_name}"},
    {SMFIM_ENVFROM, "i {auth_type} {auth_authen}"},
    {SMFIM_ENVRCPT, "i"},
    {SMFIM_EOM, "i {nrcpts} {msg_id}"},
};

// libmilter's functions take char* and only read.
inline char* for_libmilter(const char* text) { return const_cast<char*>(text); }

// Names the macros to an MTA that lets a filter do so. Only while negotiating. What the filter does to messages then.
inline unsigned long ask_for_macros(SMFICTX* ctx, unsigned long offered_actions) {
  if ((offered_actions & SMFIF_SETSYMLIST) != 0) {
    for (const MacroList& list : kMacros) smfi_setsymlist(ctx, list.stage, for_libmilter(list.names));
  }
  return kActions & offered_actions;
}

}  // namespace graph_milter::milter
