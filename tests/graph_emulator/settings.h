// SPDX-License-Identifier: Apache-2.0
// What an emulated tenant is; fixed for the life of a model.
#pragma once

#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "tests/graph_emulator/switches.h"

namespace graph_milter::emulator {

struct Settings {
  std::string tenant = "contoso.onmicrosoft.com";
  std::string tenant_id = "9e3c5a1e-0c1d-4d5b-8f1e-2a7b6c5d4e3f";
  std::string client_id = "11111111-2222-4333-8444-555555555555";
  std::string client_secret = "wrong~horse+battery/staple=8Q";
  std::string graph_url = "https://graph.microsoft.com";
  std::string login_url = "https://login.microsoftonline.com";
  std::string upload_url = "https://outlook.office.com";
  std::vector<std::string> mailboxes = {"scanner@contoso.com", "alice@contoso.com", "bob@contoso.com",
                                        "carol@contoso.com"};
  ByteCount max_send_size = 150 * 1024 * 1024;
  std::string state_folder;  // empty: everything in memory
  Switches switches;
};

}  // namespace graph_milter::emulator
