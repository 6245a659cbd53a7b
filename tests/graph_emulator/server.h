// SPDX-License-Identifier: Apache-2.0
// The emulator as a server: Graph and token service, upload URLs and control on three loopback ports.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "tests/graph_emulator/hand_over.h"
#include "tests/graph_emulator/http_server.h"
#include "tests/graph_emulator/model.h"
#include "tests/graph_emulator/tls_certificates.h"

namespace graph_milter::emulator {

struct ServerSettings {
  Settings model;  // URLs are filled in
  std::string cert_folder;
  std::string upload_host = "localhost";
  int port = 0;
  int upload_port = 0;
  int control_port = 0;
};

class Server {
 public:
  explicit Server(ServerSettings settings);  // serves when it returns; throws std::runtime_error
  ~Server();

  Model& model() { return *model_; }
  const std::string& graph_url() const { return model_->settings().graph_url; }
  const std::string& upload_url() const { return model_->settings().upload_url; }
  std::string control_url() const;
  std::string ca_file() const { return settings_.cert_folder + "/ca.pem"; }

 private:
  void tick();

  ServerSettings settings_;
  TlsContext tls_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<HandOver> hand_over_;
  std::unique_ptr<HttpServer> graph_;
  std::unique_ptr<HttpServer> upload_;
  std::unique_ptr<HttpServer> control_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread ticker_;
};

}  // namespace graph_milter::emulator
