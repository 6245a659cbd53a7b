// SPDX-License-Identifier: Apache-2.0
// One request over one libcurl handle: its options, and the callbacks through which bytes move.
#pragma once

#include <curl/curl.h>

#include <array>
#include <optional>
#include <string>

#include "core/http/failure.h"
#include "core/http/http.h"

namespace graph_milter::http {

// Used once, by one thread. Refers to what it is made from.
class Exchange {
 public:
  Exchange(CURL* handle, const Request& request, const HttpSettings& settings, std::string where);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  Result<Response> run();

  // After run(): the connection is in order and nothing speaks against its next request.
  bool may_reuse() const { return may_reuse_; }

 private:
  static constexpr std::size_t kHeaderLimit = 64 * 1024;

  // What must not be lost on the way out of a libcurl callback.
  template <class Action, class Value>
  Value guarded(Action action, Value on_exception) noexcept;

  static std::size_t on_read(char* out, std::size_t size, std::size_t count, void* self);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
  static int on_before_request(void* self, char*, char*, int, int);
  static curl_socket_t on_open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);

  template <class Value>
  void set(CURLoption option, Value value);
  void set_up();
  void set_up_connection();
  void set_up_method();
  void set_up_headers();
  void set_up_callbacks();
  void add_header(const std::string& line);

  std::size_t read(std::span<char> out);
  bool take_header_line(std::string_view line);
  bool take_body(std::string_view bytes);
  bool compare(std::string_view bytes);

  Result<Response> conclude(CURLcode code);
  Failure failure(CURLcode code) const;
  std::string words_for(CURLcode code) const;
  bool sends_body() const;

  CURL* handle_;
  const Request& request_;
  const HttpSettings& settings_;
  std::string where_;

  curl_slist* headers_ = nullptr;
  CURLcode set_up_code_ = CURLE_OK;
  std::array<char, CURL_ERROR_SIZE> words_{};

  ByteCount body_read_ = 0;
  int times_sent_ = 0;
  bool would_repeat_ = false;
  bool stopped_ = false;
  bool enough_ = false;  // we ended the answer ourselves, having all we want of it
  std::optional<Error> error_;
  std::string refused_address_;
  int socket_errno_ = 0;

  Response response_;
  std::size_t header_bytes_ = 0;
  bool header_complete_ = false;  // libcurl takes an answer without body whose header was cut short
  ByteCount dropped_ = 0;         // beyond a kept prefix
  ByteCount compared_ = 0;
  bool equal_ = true;
  std::string scratch_;
  bool may_reuse_ = false;
};

}  // namespace graph_milter::http
