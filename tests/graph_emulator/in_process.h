// SPDX-License-Identifier: Apache-2.0
// The Graph emulator without sockets: the two doors of core/http over one model. README.md is the contract.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "core/base/clock.h"
#include "core/base/secret.h"
#include "core/http/http.h"
#include "tests/graph_emulator/model.h"

namespace graph_milter::emulator {

// Any thread. The doors keep the model alive.
class InProcessGraph {
 public:
  explicit InProcessGraph(std::shared_ptr<Clock> clock, Settings settings = {});

  std::shared_ptr<http::ApiDoor> api() const { return api_; }
  std::shared_ptr<http::UploadDoor> upload() const { return upload_; }

  Model& model() { return *model_; }
  const Settings& settings() const { return model_->settings(); }
  const std::string& accepted_secret() const { return model_->settings().client_secret; }

  // A valid token, without asking the token service.
  Secret bearer() { return Secret(model_->issue_token()); }

  // Called instead of sleeping for fault delays and thinking times.
  void on_wait(std::function<void(Duration)> wait) { model_->on_wait(std::move(wait)); }

 private:
  std::shared_ptr<Model> model_;
  std::shared_ptr<http::ApiDoor> api_;
  std::shared_ptr<http::UploadDoor> upload_;
};

}  // namespace graph_milter::emulator
