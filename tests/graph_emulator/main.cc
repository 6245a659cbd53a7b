// SPDX-License-Identifier: Apache-2.0
// graph-emulator: see README.md.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

#include "core/base/base64.h"
#include "core/base/file.h"
#include "core/base/format.h"
#include "core/base/id.h"
#include "core/base/text.h"
#include "tests/graph_emulator/server.h"

namespace {

using namespace graph_milter;
using namespace graph_milter::emulator;

constexpr const char* kUsage =
    "usage: graph-emulator --state DIR --cert-dir DIR [--port N] [--upload-port N] [--control-port N]\n"
    "                      [--client-secret-file FILE] [--tenant NAME] [--client-id GUID] [--mailbox ADDRESS]...\n"
    "                      [--max-send-size BYTES] [--upload-host NAME] [--think-range-ms N]\n";

struct Options {
  ServerSettings server;
  std::string secret_file;
};

std::uint64_t number_of(const std::string& name, const std::string& text) {
  const auto value = parse_unsigned(text);
  if (!value) throw std::invalid_argument(name + " needs a number, not '" + text + "'");
  return *value;
}

Options parse(int argc, char** argv) {
  Options options;
  Settings& model = options.server.model;
  model.switches.send_delay_ms = 50;
  model.client_secret.clear();
  bool own_mailboxes = false;
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (i + 1 >= argc) throw std::invalid_argument(name + " needs a value");
    const std::string value = argv[i + 1];
    if (name == "--state")
      model.state_folder = value;
    else if (name == "--cert-dir")
      options.server.cert_folder = value;
    else if (name == "--port")
      options.server.port = static_cast<int>(number_of(name, value));
    else if (name == "--upload-port")
      options.server.upload_port = static_cast<int>(number_of(name, value));
    else if (name == "--control-port")
      options.server.control_port = static_cast<int>(number_of(name, value));
    else if (name == "--client-secret-file")
      options.secret_file = value;
    else if (name == "--tenant")
      model.tenant = value;
    else if (name == "--client-id")
      model.client_id = value;
    else if (name == "--max-send-size")
      model.max_send_size = number_of(name, value);
    else if (name == "--upload-host")
      options.server.upload_host = value;
    else if (name == "--think-range-ms")
      model.switches.think_range_ms = static_cast<std::int64_t>(number_of(name, value));
    else if (name == "--mailbox") {
      if (!own_mailboxes) model.mailboxes.clear();
      own_mailboxes = true;
      model.mailboxes.push_back(value);
    } else {
      throw std::invalid_argument("unknown option " + name);
    }
  }
  if (model.state_folder.empty() || options.server.cert_folder.empty()) {
    throw std::invalid_argument("--state and --cert-dir are needed");
  }
  return options;
}

void write_file(const std::string& path, const std::string& text) {
  const std::string unfinished = path + ".tmp";
  auto file = open_file(unfinished, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file) throw std::runtime_error(file.error().text());
  const auto written = write_all(file->get(), text, unfinished);
  if (!written) throw std::runtime_error(written.error().text());
  const auto renamed = rename_file(unfinished, path);
  if (!renamed) throw std::runtime_error(renamed.error().text());
}

// Reads the secret, or makes one and leaves it where the client can read it.
void settle_secret(Options& options) {
  Settings& model = options.server.model;
  if (options.secret_file.empty()) {
    options.secret_file = model.state_folder + "/client-secret";
    model.client_secret = format("~{}+/=", base64_encode(random_bytes(24)));
    write_file(options.secret_file, model.client_secret + "\n");
    return;
  }
  const auto text = read_small_file(options.secret_file, 4096);
  if (!text) throw std::runtime_error(text.error().text());
  model.client_secret = std::string(trim(*text));
}

std::string ports_json(const Server& server, const Options& options) {
  return Json::object({{"graph", server.graph_url()},
                       {"login", server.graph_url()},
                       {"upload", server.upload_url()},
                       {"control", server.control_url()},
                       {"ca", server.ca_file()},
                       {"clientSecretFile", options.secret_file},
                       {"tenant", options.server.model.tenant},
                       {"clientId", options.server.model.client_id},
                       {"pid", static_cast<std::int64_t>(::getpid())}})
             .dump() +
         "\n";
}

}  // namespace

int main(int argc, char** argv) {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  signal(SIGPIPE, SIG_IGN);
  try {
    Options options = parse(argc, argv);
    std::filesystem::create_directories(options.server.model.state_folder);
    settle_secret(options);
    const Server server(options.server);
    write_file(options.server.model.state_folder + "/ports.json", ports_json(server, options));
    int received = 0;
    sigwait(&ending, &received);
  } catch (const std::invalid_argument& error) {
    std::cerr << "graph-emulator: " << error.what() << "\n" << kUsage;
    return 64;
  } catch (const std::exception& error) {
    std::cerr << "graph-emulator: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
