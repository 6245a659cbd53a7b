// SPDX-License-Identifier: Apache-2.0
#include "core/admin/socket_reach.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include <algorithm>
#include <vector>

#include "core/base/format.h"

namespace graph_milter::admin {

namespace {

constexpr mode_t kWrite = 02;
constexpr mode_t kEnter = 01;

struct Visitor {
  std::string name;
  uid_t uid = 0;
  std::vector<gid_t> groups;

  bool in_group(gid_t group) const { return std::find(groups.begin(), groups.end(), group) != groups.end(); }
};

std::optional<Visitor> find_visitor(const std::string& user) {
  const passwd* account = ::getpwnam(user.c_str());
  if (account == nullptr) return std::nullopt;
  Visitor out{user, account->pw_uid, std::vector<gid_t>(1024)};
  int count = static_cast<int>(out.groups.size());
  if (::getgrouplist(user.c_str(), account->pw_gid, out.groups.data(), &count) < 0) return std::nullopt;
  out.groups.resize(static_cast<std::size_t>(count));
  return out;
}

// As path_resolution(7): owner, else group, else others, whoever comes first.
bool may(const Visitor& visitor, const struct stat& info, mode_t right) {
  if (visitor.uid == 0) return true;
  if (info.st_uid == visitor.uid) return (info.st_mode & (right << 6U)) != 0;
  if (visitor.in_group(info.st_gid)) return (info.st_mode & (right << 3U)) != 0;
  return (info.st_mode & right) != 0;
}

std::string group_name(gid_t group) {
  const ::group* found = ::getgrgid(group);
  return found == nullptr ? std::to_string(group) : found->gr_name;
}

Error refusal(const Visitor& visitor, const std::string& path, const struct stat& info, mode_t right) {
  const std::string group = group_name(info.st_gid);
  const bool group_may = (info.st_mode & (right << 3U)) != 0;
  return make_error(ErrorKind::Configuration, path,
                    format("{} may not {} {} (mode {:04o}, group {})", visitor.name,
                           right == kEnter ? "enter" : "write to", path, info.st_mode & 07777U, group),
                    group_may && !visitor.in_group(info.st_gid)
                        ? format("adduser {} {}, then stop and start the MTA", visitor.name, group)
                        : format("chmod g+{} {}", right == kEnter ? "x" : "w", path));
}

std::vector<std::string> folders_above(const std::string& path) {
  std::vector<std::string> out;
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    out.push_back(path.substr(0, slash));
  }
  return out;
}

}  // namespace

std::optional<Error> why_closed(const std::string& path, const std::string& user) {
  const auto visitor = find_visitor(user);
  struct stat info {};
  if (!visitor) return std::nullopt;
  for (const std::string& folder : folders_above(path)) {
    if (::stat(folder.c_str(), &info) != 0) return std::nullopt;
    if (!may(*visitor, info, kEnter)) return refusal(*visitor, folder, info, kEnter);
  }
  if (::stat(path.c_str(), &info) != 0 || may(*visitor, info, kWrite)) return std::nullopt;
  return refusal(*visitor, path, info, kWrite);
}

std::optional<Error> why_unsafe(const std::string& path) {
  struct stat info {};
  for (const std::string& folder : folders_above(path)) {
    if (::stat(folder.c_str(), &info) != 0) return std::nullopt;
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) == 0) continue;
    return make_error(ErrorKind::Configuration, path,
                      format("Sendmail takes no socket below {}, which {} may write (mode {:04o})", folder,
                             (info.st_mode & S_IWOTH) != 0 ? "everybody" : "its group", info.st_mode & 07777U),
                      format("chmod go-w {}, or another folder for the socket", folder));
  }
  return std::nullopt;
}

}  // namespace graph_milter::admin
