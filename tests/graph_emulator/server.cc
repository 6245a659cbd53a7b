// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/server.h"

#include <filesystem>

#include "core/base/format.h"
#include "tests/graph_emulator/control.h"

namespace graph_milter::emulator {
namespace {

constexpr auto kTick = std::chrono::milliseconds(10);

HttpServer::Handler door(Model& model, Host host) {
  return [&model, host](Exchange& exchange, BodyReader& body) {
    exchange.host = host;
    return model.handle(exchange, body);
  };
}

}  // namespace

Server::Server(ServerSettings settings) : settings_(std::move(settings)) {
  Settings& model = settings_.model;
  std::filesystem::create_directories(settings_.cert_folder);
  if (!model.state_folder.empty()) {
    std::filesystem::create_directories(model.state_folder + "/blobs");
    std::filesystem::create_directories(model.state_folder + "/deliveries");
  }
  tls_ = make_server_context(settings_.cert_folder);
  graph_ = std::make_unique<HttpServer>(settings_.port, tls_.get());
  upload_ = std::make_unique<HttpServer>(settings_.upload_port, tls_.get());
  control_ = std::make_unique<HttpServer>(settings_.control_port, nullptr);
  model.graph_url = model.login_url = format("https://127.0.0.1:{}", graph_->port());
  model.upload_url = format("https://{}:{}", settings_.upload_host, upload_->port());
  model_ = std::make_unique<Model>(model, std::make_shared<SystemClock>());
  hand_over_ = std::make_unique<HandOver>(*model_);
  graph_->start(door(*model_, Host::Graph));
  upload_->start(door(*model_, Host::Upload));
  control_->start([this](Exchange& exchange, BodyReader& body) { return control(*model_, exchange, body); });
  ticker_ = std::thread([this] { tick(); });
}

Server::~Server() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  ticker_.join();
  model_->release_held();
  control_->stop();
  graph_->stop();
  upload_->stop();
  hand_over_.reset();
}

std::string Server::control_url() const { return format("http://127.0.0.1:{}", control_->port()); }

// Deliveries become due while nobody asks.
void Server::tick() {
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, kTick, [this] { return stopping_; })) {
    lock.unlock();
    model_->settle();
    lock.lock();
  }
}

}  // namespace graph_milter::emulator
