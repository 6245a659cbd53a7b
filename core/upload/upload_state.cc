// SPDX-License-Identifier: Apache-2.0
#include "core/upload/upload_state.h"

#include "core/json/json.h"

namespace graph_milter::upload {

std::string to_json(const UploadState& state) {
  json::Writer out;
  out.begin_object();
  out.key("size").number(state.size);
  if (state.url) out.key("url").string(state.url->reveal());
  out.key("expires").number(to_unix_ms(state.expires));
  out.key("position").number(state.position);
  out.key("positionKnown").boolean(state.position_known);
  out.key("lastRangeSent").boolean(state.last_range_sent);
  out.key("stalls").number(state.stalls);
  out.key("looks").number(state.looks);
  out.key("sessionsOpened").number(state.sessions_opened);
  out.key("done").boolean(state.done);
  out.key("reference").string(state.reference);
  out.end_object();
  return out.take();
}

Result<UploadState> upload_state_from_json(std::string_view text) {
  GM_TRY_ASSIGN(const json::Value value, json::parse(text));
  const auto size = value.find_uint64("size");
  const auto expires = value.find_int64("expires");
  const auto position = value.find_uint64("position");
  const auto position_known = value.find_bool("positionKnown");
  const auto last_range_sent = value.find_bool("lastRangeSent");
  const auto stalls = value.find_int("stalls");
  const auto looks = value.find_int("looks");
  const auto sessions_opened = value.find_int("sessionsOpened");
  const auto done = value.find_bool("done");
  const std::string* reference = value.find_string("reference");
  const std::string* url = value.find_string("url");
  if (!size || !expires || !position || *position > *size || !position_known || !last_range_sent || !stalls || !looks ||
      !sessions_opened || !done || !reference || (value.find("url") && !url)) {
    return fail(ErrorKind::Corrupt, "upload state", "a member is missing or of the wrong kind");
  }
  UploadState state;
  state.size = *size;
  if (url) state.url = Secret(*url);
  state.expires = from_unix_ms(*expires);
  state.position = *position;
  state.position_known = *position_known;
  state.last_range_sent = *last_range_sent;
  state.stalls = *stalls;
  state.looks = *looks;
  state.sessions_opened = *sessions_opened;
  state.done = *done;
  state.reference = *reference;
  return state;
}

}  // namespace graph_milter::upload
