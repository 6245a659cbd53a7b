// SPDX-License-Identifier: Apache-2.0
#include "tests/graph_emulator/route.h"

#include <array>

namespace graph_milter::emulator {
namespace {

// '{' stands for the variable segment that the word after it names.
struct Row {
  const char* method;
  const char* operation;
  std::array<const char*, 6> path;  // below /v1.0/users/{user}
};

constexpr std::array kMailRows = {
    Row{"POST", "send-mail", {"sendMail"}},
    Row{"GET", "list-folders", {"mailFolders"}},
    Row{"GET", "get-folder", {"mailFolders", "{folder"}},
    Row{"POST", "create-event", {"events"}},
    Row{"GET", "get-event", {"events", "{item"}},
    Row{"PATCH", "patch-event", {"events", "{item"}},
    Row{"DELETE", "delete-event", {"events", "{item"}},
};

constexpr std::array kMessageRows = {
    Row{"POST", "create-draft", {}},
    Row{"GET", "list-messages", {}},
    Row{"GET", "get-message", {"{item"}},
    Row{"PATCH", "patch-message", {"{item"}},
    Row{"DELETE", "delete-message", {"{item"}},
    Row{"GET", "get-message-content", {"{item", "$value"}},
    Row{"POST", "send", {"{item", "send"}},
    Row{"POST", "permanent-delete", {"{item", "permanentDelete"}},
};

constexpr std::array kAttachmentRows = {
    Row{"POST", "post-attachment", {"{item", "attachments"}},
    Row{"GET", "list-attachments", {"{item", "attachments"}},
    Row{"POST", "create-session", {"{item", "attachments", "createUploadSession"}},
    Row{"GET", "get-attachment", {"{item", "attachments", "{attachment"}},
    Row{"DELETE", "delete-attachment", {"{item", "attachments", "{attachment"}},
    Row{"GET", "get-attachment-content", {"{item", "attachments", "{attachment", "$value"}},
};

bool fits(const Row& row, const std::vector<std::string>& segments, std::size_t first, Route& route) {
  std::size_t at = first;
  Route found = route;
  for (const char* word : row.path) {
    if (word == nullptr) break;
    if (at >= segments.size() || segments[at].empty()) return false;
    const std::string& segment = segments[at++];
    const std::string_view wanted(word);
    if (wanted == "{item") {
      found.item = segment;
    } else if (wanted == "{folder") {
      found.folder = segment;
    } else if (wanted == "{attachment") {
      if (segment == "createUploadSession") return false;
      found.attachment = segment;
    } else if (wanted != segment) {
      return false;
    }
  }
  if (at != segments.size()) return false;
  route = found;
  return true;
}

template <class Rows>
void search(const Rows& rows, std::string_view method, const std::vector<std::string>& segments, std::size_t first,
            Route& route) {
  for (const Row& row : rows) {
    if (!route.operation.empty() || !fits(row, segments, first, route)) continue;
    route.known_path = true;
    if (method == row.method) route.operation = row.operation;
  }
}

}  // namespace

Route find_route(std::string_view method, const std::vector<std::string>& segments) {
  Route route;
  if (segments.size() == 4 && segments[1] == "oauth2" && segments[2] == "v2.0" && segments[3] == "token") {
    route.known_path = true;
    route.tenant = segments[0];
    if (method == "POST") route.operation = "token";
    return route;
  }
  if (segments.size() < 4 || segments[0] != "v1.0" || segments[1] != "users" || segments[2].empty()) return route;
  route.user = segments[2];
  search(kMailRows, method, segments, 3, route);
  std::size_t collection = 3;
  if (segments[3] == "mailFolders" && segments.size() >= 6) {
    collection = 5;
    if (segments[5] == "messages") route.folder = segments[4];
  }
  route.is_event = segments[collection] == "events";
  if (segments[collection] == "messages") search(kMessageRows, method, segments, collection + 1, route);
  if (segments[collection] == "messages" || (route.is_event && collection == 3)) {
    search(kAttachmentRows, method, segments, collection + 1, route);
  }
  return route;
}

}  // namespace graph_milter::emulator
