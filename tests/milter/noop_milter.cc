// SPDX-License-Identifier: Apache-2.0
// A milter that does nothing, with the same callbacks, protocol steps and macros as the daemon: what small mail through
// the daemon is measured against. Usage: noop_milter SOCKET
#include <cstdio>

#include "milter/negotiation.h"

namespace {

sfsistat on_negotiate(SMFICTX* ctx, unsigned long offered, unsigned long, unsigned long, unsigned long,
                      unsigned long* actions, unsigned long* steps, unsigned long* reserved2,
                      unsigned long* reserved3) {
  *actions = graph_milter::milter::ask_for_macros(ctx, offered);
  *steps = graph_milter::milter::kSteps;
  *reserved2 = 0;
  *reserved3 = 0;
  return SMFIS_CONTINUE;
}

sfsistat on_connect(SMFICTX*, char*, _SOCK_ADDR*) { return SMFIS_CONTINUE; }
sfsistat on_helo(SMFICTX*, char*) { return SMFIS_CONTINUE; }
sfsistat on_path(SMFICTX*, char**) { return SMFIS_CONTINUE; }
sfsistat on_data(SMFICTX*) { return SMFIS_CONTINUE; }
sfsistat on_header(SMFICTX*, char*, char*) { return SMFIS_NOREPLY; }
sfsistat on_end_of_headers(SMFICTX*) { return SMFIS_NOREPLY; }
sfsistat on_body(SMFICTX*, unsigned char*, size_t) { return SMFIS_NOREPLY; }
sfsistat on_end_of_message(SMFICTX*) { return SMFIS_ACCEPT; }
sfsistat on_abort(SMFICTX*) { return SMFIS_CONTINUE; }
sfsistat on_close(SMFICTX*) { return SMFIS_CONTINUE; }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: noop_milter SOCKET\n", stderr);
    return 64;
  }
  static char name[] = "noop";
  smfiDesc description{};
  description.xxfi_name = name;
  description.xxfi_version = SMFI_VERSION;
  description.xxfi_flags = graph_milter::milter::kActions;
  description.xxfi_connect = on_connect;
  description.xxfi_helo = on_helo;
  description.xxfi_envfrom = on_path;
  description.xxfi_envrcpt = on_path;
  description.xxfi_data = on_data;
  description.xxfi_header = on_header;
  description.xxfi_eoh = on_end_of_headers;
  description.xxfi_body = on_body;
  description.xxfi_eom = on_end_of_message;
  description.xxfi_abort = on_abort;
  description.xxfi_close = on_close;
  description.xxfi_negotiate = on_negotiate;
  if (smfi_register(description) != MI_SUCCESS || smfi_setconn(argv[1]) != MI_SUCCESS ||
      smfi_opensocket(true) != MI_SUCCESS) {
    std::fprintf(stderr, "noop_milter: cannot listen on %s\n", argv[1]);
    return 69;
  }
  return smfi_main() == MI_SUCCESS ? 0 : 71;
}
