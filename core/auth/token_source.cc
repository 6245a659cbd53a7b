// SPDX-License-Identifier: Apache-2.0
#include "core/auth/token_source.h"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

#include "core/auth/credential.h"
#include "core/auth/token_reply.h"
#include "core/base/failpoint.h"
#include "core/base/format.h"
#include "core/base/forward_clock.h"

namespace graph_milter::auth {
namespace {

constexpr Duration kRequestTimeout = std::chrono::seconds(30);
// How long a token that works is left alone after a refresh that failed.
constexpr Duration kPauseAfterFailedRefresh = std::chrono::seconds(30);

// The form, without a copy that nobody wipes.
class SecretBody final : public ByteSource {
 public:
  explicit SecretBody(const Secret& secret) : secret_(secret) {}
  ByteCount size() const override { return secret_.reveal().size(); }
  Result<std::size_t> read_at(ByteCount offset, std::span<char> out) override {
    return secret_.reveal().copy(out.data(), out.size(), static_cast<std::size_t>(offset));
  }

 private:
  const Secret& secret_;
};

class CachingTokenSource final : public TokenSource {
 public:
  CachingTokenSource(TokenSettings settings, std::shared_ptr<http::ApiDoor> door, std::shared_ptr<Clock> clock)
      : settings_(std::move(settings)),
        door_(std::move(door)),
        clock_(std::move(clock)),
        credential_(make_credential(settings_)),
        pauses_(clock_),
        where_(format("token for {} from {}", settings_.client_id, settings_.login_url)) {}

  Result<Secret> token() override;
  void discard(const Secret& refused) override;

 private:
  struct Held {
    Secret token;
    TokenTimes times;
  };

  Result<Grant> ask() const;
  Result<Grant> ask_without_throwing() const;
  Result<Secret> refresh(std::unique_lock<std::mutex>& lock);
  bool pausing(TimePoint now) const;
  Error pause(TimePoint now) const;

  const TokenSettings settings_;
  const std::shared_ptr<http::ApiDoor> door_;
  const std::shared_ptr<Clock> clock_;
  const std::unique_ptr<Credential> credential_;  // of the one caller that asks
  const ForwardClock pauses_;                     // no pause gets longer when the clock is set back
  const std::string where_;

  std::mutex mutex_;
  std::condition_variable answered_;
  std::optional<Held> held_;
  bool asking_ = false;
  std::uint64_t answers_ = 0;
  std::optional<Error> last_error_;  // of the last answer, if it was one
  TimePoint next_refresh_{};         // after a failed one
};

Result<Secret> CachingTokenSource::token() {
  std::unique_lock lock(mutex_);
  const TimePoint now = pauses_.now();
  if (held_ && now < held_->times.end) {
    const bool due = now >= held_->times.refresh && now >= next_refresh_ && !asking_;
    if (!due) return held_->token;
    const Secret current = held_->token;
    // A token that still works is not lost to a token service that does not.
    return refresh(lock).value_or(current);
  }
  if (!asking_) {
    return pausing(now) ? fail(pause(now)) : refresh(lock);
  }
  const std::uint64_t seen = answers_;
  answered_.wait(lock, [&] { return answers_ != seen; });
  if (held_) return held_->token;
  if (last_error_) return fail(*last_error_);
  return fail(ErrorKind::Transient, where_, "the token was refused as soon as it came");
}

bool CachingTokenSource::pausing(TimePoint now) const {
  return last_error_ && last_error_->retry_after && now < next_refresh_;
}

// The last error, with what is left of its pause.
Error CachingTokenSource::pause(TimePoint now) const {
  Error error = *last_error_;
  error.retry_after = next_refresh_ - now;
  return error;
}

// An exception here would leave every other caller waiting.
Result<Grant> CachingTokenSource::ask_without_throwing() const {
  try {
    return ask();
  } catch (const std::exception& exception) {
    return fail(ErrorKind::System, where_, exception.what());
  }
}

// One caller asks; the lock is free meanwhile.
Result<Secret> CachingTokenSource::refresh(std::unique_lock<std::mutex>& lock) {
  asking_ = true;
  lock.unlock();
  auto grant = ask_without_throwing();
  GM_FAILPOINT(C38);
  lock.lock();
  asking_ = false;
  ++answers_;
  answered_.notify_all();
  const TimePoint now = pauses_.now();
  if (!grant) {
    last_error_ = grant.error();
    next_refresh_ = now + last_error_->retry_after.value_or(kPauseAfterFailedRefresh);
    return fail(std::move(grant).error());
  }
  last_error_.reset();
  next_refresh_ = {};
  held_ = Held{grant->token, times_of(*grant, now)};
  return held_->token;
}

Result<Grant> CachingTokenSource::ask() const {
  // Not the forward clock: the token service compares with its own.
  GM_TRY_ASSIGN(const Proof proof, credential_->prove(clock_->now()));
  const Secret form = token_form(settings_, proof.fields);
  SecretBody body(form);
  http::Request request;
  request.method = http::Method::Post;
  request.url = Secret(token_url(settings_));
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}};
  request.body = &body;
  request.timeout = kRequestTimeout;
  auto response = door_->send(request);
  if (!response) {
    // Nothing is created by asking twice.
    if (response.error().kind == ErrorKind::Unclear) response.error().kind = ErrorKind::Transient;
    response.error().where = format("{}: {}", where_, response.error().where);
    return fail(std::move(response).error());
  }
  auto grant = read_token_reply(*response, clock_->now(), where_, proof.secret);
  if (!grant && !proof.remark.empty()) grant.error().what += "; the assertion was " + proof.remark;
  return grant;
}

void CachingTokenSource::discard(const Secret& refused) {
  const std::lock_guard lock(mutex_);
  if (held_ && held_->token == refused) held_.reset();
}

}  // namespace

std::unique_ptr<TokenSource> make_token_source(TokenSettings settings, std::shared_ptr<http::ApiDoor> door,
                                               std::shared_ptr<Clock> clock) {
  return std::make_unique<CachingTokenSource>(std::move(settings), std::move(door), std::move(clock));
}

}  // namespace graph_milter::auth
