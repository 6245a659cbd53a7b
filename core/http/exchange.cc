// SPDX-License-Identifier: Apache-2.0
#include "core/http/exchange.h"

#include <netdb.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <type_traits>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/http/address.h"

namespace graph_milter::http {
namespace {

// libcurl writes to the socket what one call of on_read returned, up to this much. Small bodies need no large buffer.
constexpr long kSmallUploadBuffer = 64 * 1024;
constexpr long kLargeUploadBuffer = 512 * 1024;

// A connection that was idle for longer is not used again: the other side is about to close it, and a request that
// meets that moment is Unclear.
constexpr long kMaxIdleSeconds = 30;

// More than the answer to the largest attachment that is posted, which repeats its content.
constexpr ByteCount kDropLimit = 8 * 1024 * 1024;

long milliseconds(Duration duration) { return static_cast<long>(std::max<std::int64_t>(1, duration.count())); }

long whole_seconds(Duration duration) {
  return static_cast<long>(std::max<std::int64_t>(1, (duration.count() + 999) / 1000));
}

std::string text_of(const curl_sockaddr& address) {
  std::array<char, NI_MAXHOST> host{};
  if (getnameinfo(&address.addr, address.addrlen, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST) != 0)
    return "of an unknown kind";
  return host.data();
}

// 0 if the line is no status line.
int read_status(std::string_view line) {
  const auto blank = line.find(' ');
  if (!line.starts_with("HTTP/") || blank == std::string_view::npos) return 0;
  const auto status = parse_unsigned(line.substr(blank + 1, 3));
  return status ? static_cast<int>(*status) : 0;
}

}  // namespace

Exchange::Exchange(CURL* handle, const Request& request, const HttpSettings& settings, std::string where)
    : handle_(handle), request_(request), settings_(settings), where_(std::move(where)) {}

Exchange::~Exchange() { curl_slist_free_all(headers_); }

Result<Response> Exchange::run() {
  set_up();
  if (set_up_code_ != CURLE_OK)
    return fail(ErrorKind::Configuration, where_,
                format("libcurl can't do what is needed: {}", curl_easy_strerror(set_up_code_)));
  if (error_) return fail(*error_);
  auto outcome = conclude(curl_easy_perform(handle_));
  // Options point into this object and into the request; the connection stays. An idle handle needs no large buffer.
  set(CURLOPT_UPLOAD_BUFFERSIZE, kSmallUploadBuffer);
  curl_easy_reset(handle_);
  return outcome;
}

template <class Value>
void Exchange::set(CURLoption option, Value value) {
  static_assert(std::is_same_v<Value, long> || std::is_same_v<Value, curl_off_t> || std::is_pointer_v<Value>);
  // In parentheses: not the type-checking macro of the same name.
  const CURLcode code = (curl_easy_setopt)(handle_, option, value);
  if (set_up_code_ == CURLE_OK) set_up_code_ = code;
}

void Exchange::set_up() {
  set_up_connection();
  set_up_method();
  set_up_headers();
  set_up_callbacks();
}

void Exchange::set_up_connection() {
  set(CURLOPT_URL, request_.url.reveal().c_str());
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_PROTOCOLS_STR, "https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_MAXREDIRS, 0L);
  set(CURLOPT_UNRESTRICTED_AUTH, 0L);
  set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_PROXY, "");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!settings_.ca_file.empty()) {
    set(CURLOPT_CAINFO, settings_.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
  }
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_TCP_NODELAY, 1L);
  set(CURLOPT_MAXCONNECTS, 1L);
  set(CURLOPT_MAXAGE_CONN, kMaxIdleSeconds);
  set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(settings_.connect_timeout));
  set(CURLOPT_TIMEOUT_MS, milliseconds(request_.timeout));
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, whole_seconds(settings_.stall_timeout));
}

bool Exchange::sends_body() const {
  return request_.method != Method::Get && (request_.body != nullptr || request_.method != Method::Delete);
}

void Exchange::set_up_method() {
  if (request_.method != Method::Get) set(CURLOPT_CUSTOMREQUEST, std::string(name_of(request_.method)).c_str());
  if (!sends_body()) {
    set(CURLOPT_HTTPGET, 1L);
    return;
  }
  // Every body goes as an upload: a length and a callback, and no header of libcurl's own.
  const ByteCount size = request_.body != nullptr ? request_.body->size() : 0;
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(size));
  set(CURLOPT_UPLOAD_BUFFERSIZE,
      size > static_cast<ByteCount>(kSmallUploadBuffer) ? kLargeUploadBuffer : kSmallUploadBuffer);
}

void Exchange::set_up_headers() {
  add_header("Expect:");
  for (const auto& [name, value] : request_.headers) add_header(name + ": " + value);
  set(CURLOPT_HTTPHEADER, headers_);
  set(CURLOPT_USERAGENT, settings_.user_agent.c_str());
}

void Exchange::add_header(const std::string& line) {
  if (line.find_first_of("\r\n") != std::string::npos || line.find('\0') != std::string::npos) {
    error_ = make_error(ErrorKind::Permanent, where_, "a request header holds a line end");
    return;
  }
  curl_slist* longer = curl_slist_append(headers_, line.c_str());
  if (longer == nullptr)
    set_up_code_ = CURLE_OUT_OF_MEMORY;
  else
    headers_ = longer;
}

void Exchange::set_up_callbacks() {
  void* self = this;
  set(CURLOPT_ERRORBUFFER, words_.data());
  set(CURLOPT_READFUNCTION, &Exchange::on_read);
  set(CURLOPT_READDATA, self);
  set(CURLOPT_HEADERFUNCTION, &Exchange::on_header);
  set(CURLOPT_HEADERDATA, self);
  set(CURLOPT_WRITEFUNCTION, &Exchange::on_body);
  set(CURLOPT_WRITEDATA, self);
  set(CURLOPT_OPENSOCKETFUNCTION, &Exchange::on_open_socket);
  set(CURLOPT_OPENSOCKETDATA, self);
  set(CURLOPT_PREREQFUNCTION, &Exchange::on_before_request);
  set(CURLOPT_PREREQDATA, self);
  if (settings_.stop) {
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &Exchange::on_progress);
    set(CURLOPT_XFERINFODATA, self);
  }
}

template <class Action, class Value>
Value Exchange::guarded(Action action, Value on_exception) noexcept {
  try {
    return action();
  } catch (const std::exception& exception) {
    error_ = make_error(ErrorKind::System, where_, exception.what());
  }
  return on_exception;
}

std::size_t Exchange::on_read(char* out, std::size_t size, std::size_t count, void* self) {
  auto* exchange = static_cast<Exchange*>(self);
  return exchange->guarded(
      [&] {
        return exchange->read({out, size * count});
      },
      static_cast<std::size_t>(CURL_READFUNC_ABORT));
}

std::size_t Exchange::read(std::span<char> out) {
  if (request_.body == nullptr) return 0;
  const ByteCount size = request_.body->size();
  const auto wanted = static_cast<std::size_t>(std::min<ByteCount>(out.size(), size - body_read_));
  if (wanted == 0) return 0;
  auto got = request_.body->read_at(body_read_, out.subspan(0, wanted));
  if (!got) {
    error_ = std::move(got).error();
    return CURL_READFUNC_ABORT;
  }
  if (*got != wanted) {
    error_ = make_error(ErrorKind::Corrupt, where_,
                        format("the request body ended after {} of {} bytes", body_read_ + *got, size));
    return CURL_READFUNC_ABORT;
  }
  body_read_ += wanted;
  return wanted;
}

std::size_t Exchange::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto* exchange = static_cast<Exchange*>(self);
  const std::size_t length = size * count;
  return exchange->guarded([&] { return exchange->take_header_line({data, length}) ? length : 0; }, std::size_t{0});
}

bool Exchange::take_header_line(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kHeaderLimit) {
    error_ = make_error(kind_after_writing(request_.method), where_,
                        format("the answer has more than {} bytes of header", kHeaderLimit));
    return false;
  }
  if (const int status = read_status(line); status != 0) {
    // Also after an interim answer (1xx): only the last one counts.
    response_.status = status;
    response_.headers.clear();
    header_complete_ = false;
    return true;
  }
  if (trim(line).empty()) header_complete_ = true;
  const auto colon = line.find(':');
  if (colon != std::string_view::npos)
    response_.headers[to_lower(trim(line.substr(0, colon)))] = std::string(trim(line.substr(colon + 1)));
  return true;
}

std::size_t Exchange::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto* exchange = static_cast<Exchange*>(self);
  const std::size_t length = size * count;
  return exchange->guarded([&] { return exchange->take_body({data, length}) ? length : 0; }, std::size_t{0});
}

bool Exchange::take_body(std::string_view bytes) {
  if (request_.compare_with != nullptr && response_.status == 200) return compare(bytes);
  const ByteCount room = request_.response_limit - response_.body.size();
  if (bytes.size() <= room && !response_.cut) {
    response_.body += bytes;
    return true;
  }
  if (!request_.keep_prefix) {
    error_ = make_error(kind_after_writing(request_.method), where_,
                        format("the answer is longer than {} bytes", request_.response_limit));
    error_->status = response_.status;
    return false;
  }
  response_.body += bytes.substr(0, static_cast<std::size_t>(room));
  response_.cut = true;
  // A connection is worth more than some megabytes that nobody reads.
  dropped_ += bytes.size() - room;
  enough_ = dropped_ > kDropLimit;
  return !enough_;
}

bool Exchange::compare(std::string_view bytes) {
  scratch_.resize(bytes.size());
  auto got = request_.compare_with->read_at(compared_, writable(scratch_));
  if (!got) {
    error_ = std::move(got).error();
    return false;
  }
  equal_ = *got == bytes.size() && scratch_ == bytes;
  enough_ = !equal_;
  compared_ += *got;
  return equal_;
}

int Exchange::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto* exchange = static_cast<Exchange*>(self);
  exchange->stopped_ = exchange->settings_.stop->load();
  return exchange->stopped_ ? 1 : 0;
}

// libcurl calls this before each time it writes the request. It would write it again, on a new connection, when a kept
// one was closed before the first byte of the answer; but then the other side may have acted on it already.
int Exchange::on_before_request(void* self, char*, char*, int, int) {
  auto* exchange = static_cast<Exchange*>(self);
  ++exchange->times_sent_;
  const Method method = exchange->request_.method;
  if (exchange->times_sent_ == 1 || method == Method::Get || method == Method::Delete) return CURL_PREREQFUNC_OK;
  exchange->would_repeat_ = true;
  return CURL_PREREQFUNC_ABORT;
}

curl_socket_t Exchange::on_open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto* exchange = static_cast<Exchange*>(self);
  return exchange->guarded(
      [&]() -> curl_socket_t {
        if (!exchange->settings_.allow_private_addresses && !is_public_address(&address->addr, address->addrlen)) {
          exchange->refused_address_ = text_of(*address);
          return CURL_SOCKET_BAD;
        }
        const int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
        // No IPv6 here is no fault of ours: the next address may do.
        if (fd < 0 && errno != EAFNOSUPPORT) exchange->socket_errno_ = errno;
        return fd;
      },
      static_cast<curl_socket_t>(CURL_SOCKET_BAD));
}

Result<Response> Exchange::conclude(CURLcode code) {
  // The body may have failed us after the answer was complete; then the answer is what counts.
  if (error_ && code != CURLE_OK) return fail(*std::move(error_));
  if (code != CURLE_OK && !(enough_ && code == CURLE_WRITE_ERROR)) return fail(explain(failure(code), where_));

  if (!header_complete_)
    return fail(kind_after_writing(request_.method), where_,
                format("the connection was closed inside the header of an answer with status {}", response_.status));
  const bool body_complete = !sends_body() || request_.body == nullptr || body_read_ == request_.body->size();
  if (!body_complete && response_.status < 300) {
    Error error =
        make_error(ErrorKind::Unclear, where_, format("answered {} before the request was complete", response_.status));
    error.status = response_.status;
    return fail(std::move(error));
  }
  if (request_.compare_with != nullptr && response_.status == 200)
    response_.body_equal = equal_ && compared_ == request_.compare_with->size();
  may_reuse_ = code == CURLE_OK && body_complete && response_.status != 503;
  return std::move(response_);
}

Failure Exchange::failure(CURLcode code) const {
  long written = 0;
  curl_easy_getinfo(handle_, CURLINFO_REQUEST_SIZE, &written);
  Failure failure;
  failure.code = code;
  failure.words = words_for(code);
  failure.method = request_.method;
  failure.request_written = written > 0;
  failure.stopped = stopped_;
  failure.would_repeat = would_repeat_ || code == CURLE_SEND_FAIL_REWIND;
  failure.refused_address = refused_address_;
  failure.socket_errno = socket_errno_;
  return failure;
}

std::string Exchange::words_for(CURLcode code) const {
  std::string words = escape_for_log(words_[0] != '\0' ? words_.data() : curl_easy_strerror(code));
  if (response_.status != 0) words += format(" (in an answer with status {})", response_.status);
  return words;
}

}  // namespace graph_milter::http
