// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/http_connection.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <limits>

#include "core/base/format.h"
#include "core/base/text.h"

namespace graph_milter::emulator {
namespace {

constexpr std::size_t kHeadLimit = 256 * 1024;
constexpr std::size_t kPiece = 256 * 1024;

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Payload Too Large";
    case 416:
      return "Range Not Satisfiable";
    case 429:
      return "Too Many Requests";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

bool read_field(std::string_view line, Exchange& exchange) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  exchange.headers[to_lower(line.substr(0, colon))] = std::string(trim(line.substr(colon + 1)));
  return true;
}

std::optional<Exchange> parse_head(std::string_view head) {
  Exchange exchange;
  bool first = true;
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 2);
    if (!first) {
      if (!read_field(line, exchange)) return std::nullopt;
      continue;
    }
    first = false;
    const std::size_t space = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (space == std::string_view::npos || last <= space || line.substr(last + 1) != "HTTP/1.1") return std::nullopt;
    exchange.method = std::string(line.substr(0, space));
    exchange.target = std::string(line.substr(space + 1, last - space - 1));
  }
  return exchange;
}

}  // namespace

HttpConnection::HttpConnection(int fd, SSL_CTX* context) : fd_(fd) {
  if (context == nullptr) return;
  tls_.reset(SSL_new(context));
  SSL_set_fd(tls_.get(), fd);
}

HttpConnection::~HttpConnection() = default;

bool HttpConnection::handshake() {
  if (!tls_) return true;
  ERR_clear_error();
  return SSL_accept(tls_.get()) == 1;
}

std::size_t HttpConnection::receive(std::span<char> out) {
  const std::size_t most = std::min<std::size_t>(out.size(), std::numeric_limits<int>::max());
  if (!tls_) {
    const ssize_t count = ::recv(fd_, out.data(), most, 0);
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  ERR_clear_error();
  const int count = SSL_read(tls_.get(), out.data(), static_cast<int>(most));
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::size_t HttpConnection::send_some(std::string_view bytes) {
  const std::size_t most = std::min<std::size_t>(bytes.size(), std::numeric_limits<int>::max());
  if (!tls_) {
    const ssize_t count = ::send(fd_, bytes.data(), most, MSG_NOSIGNAL);
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  ERR_clear_error();
  const int count = SSL_write(tls_.get(), bytes.data(), static_cast<int>(most));
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::optional<Exchange> HttpConnection::read_head() {
  std::string piece(16 * 1024, '\0');
  while (true) {
    const std::size_t end = buffer_.find("\r\n\r\n");
    if (end != std::string::npos) {
      std::optional<Exchange> exchange = parse_head(std::string_view(buffer_).substr(0, end));
      buffer_.erase(0, end + 4);
      return exchange;
    }
    if (buffer_.size() > kHeadLimit) return std::nullopt;
    const std::size_t count = receive(writable(piece));
    if (count == 0) return std::nullopt;
    buffer_.append(piece, 0, count);
  }
}

std::size_t HttpConnection::read_body(std::span<char> out) {
  if (buffer_.empty()) return receive(out);
  const std::size_t count = buffer_.copy(out.data(), out.size());
  buffer_.erase(0, count);
  return count;
}

bool HttpConnection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t count = send_some(bytes);
    if (count == 0) return false;
    bytes.remove_prefix(count);
  }
  return true;
}

bool HttpConnection::write_body(const Reply& reply, ByteCount length) {
  if (!reply.stream) return write(std::string_view(reply.body).substr(0, length));
  std::string piece(kPiece, '\0');
  for (ByteCount at = 0; at < length;) {
    const std::size_t wanted = std::min<ByteCount>(piece.size(), length - at);
    auto got = reply.stream->read_at(at, writable(piece).first(wanted));
    if (!got || *got == 0 || !write({piece.data(), *got})) return false;
    at += *got;
  }
  return true;
}

bool HttpConnection::write_reply(const Reply& reply, bool last) {
  if (reply.line == Reply::Line::DropUnanswered || reply.line == Reply::Line::Refuse) return false;
  const ByteCount length = reply.stream ? reply.stream->size() : reply.body.size();
  const bool truncated = reply.line == Reply::Line::Truncate;
  const bool closes = last || truncated || reply.line == Reply::Line::Close || !reply.content_length;
  std::string head = format("HTTP/1.1 {} {}\r\n", reply.status, reason_of(reply.status));
  for (const auto& [name, value] : reply.headers) head += name + ": " + value + "\r\n";
  if (reply.content_length && reply.status != 204) head += format("Content-Length: {}\r\n", length);
  if (closes) head += "Connection: close\r\n";
  head += "\r\n";
  if (reply.stream || length > kPiece) {
    if (!write(head) || !write_body(reply, truncated ? length / 2 : length)) return false;
  } else {
    // One write, so that a small answer is one packet.
    head.append(reply.body, 0, truncated ? length / 2 : length);
    if (!write(head)) return false;
  }
  if (closes && tls_ && !truncated) SSL_shutdown(tls_.get());
  return !closes;
}

}  // namespace graph_milter::emulator
