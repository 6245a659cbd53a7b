// SPDX-License-Identifier: Apache-2.0
#include "milter/traffic.h"

namespace graph_milter::milter {

Traffic::Ticket::Ticket(Traffic& traffic, Count count) : traffic_(&traffic), count_(count) { ++(traffic.*count); }

Traffic::Ticket::Ticket(Ticket&& other) noexcept
    : traffic_(std::exchange(other.traffic_, nullptr)), count_(other.count_), promised_(other.promised_) {}

Traffic::Ticket& Traffic::Ticket::operator=(Ticket&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  traffic_ = std::exchange(other.traffic_, nullptr);
  count_ = other.count_;
  promised_ = other.promised_;
  return *this;
}

ByteCount Traffic::Ticket::promise(ByteCount bytes) {
  const std::lock_guard lock(traffic_->mutex_);
  traffic_->promised_ += bytes - std::exchange(promised_, bytes);
  return traffic_->promised_;
}

void Traffic::Ticket::give_back() {
  Traffic* traffic = std::exchange(traffic_, nullptr);
  if (traffic == nullptr) return;
  const std::lock_guard lock(traffic->mutex_);
  --(traffic->*count_);
  traffic->promised_ -= promised_;
  traffic->changed_.notify_all();
}

std::optional<Traffic::Ticket> Traffic::open_message() {
  const std::lock_guard lock(mutex_);
  if (draining_ || messages_ >= most_messages_) return std::nullopt;
  return Ticket(*this, &Traffic::messages_);
}

std::optional<Traffic::Ticket> Traffic::begin_end_of_message() {
  const std::lock_guard lock(mutex_);
  if (draining_) return std::nullopt;
  return Ticket(*this, &Traffic::ends_);
}

bool Traffic::is_at_an_end() const {
  const std::lock_guard lock(mutex_);
  return ends_ > 0;
}

void Traffic::drain() {
  const std::lock_guard lock(mutex_);
  draining_ = true;
}

bool Traffic::draining() const {
  const std::lock_guard lock(mutex_);
  return draining_;
}

bool Traffic::wait_for_ends(Duration patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [this] { return ends_ == 0; });
}

}  // namespace graph_milter::milter
