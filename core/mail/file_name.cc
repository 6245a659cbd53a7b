// SPDX-License-Identifier: Apache-2.0
#include "core/mail/file_name.h"

#include <glib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <unordered_set>
#include <utility>

#include "core/base/format.h"
#include "core/base/text.h"
#include "core/mail/utf8.h"

namespace graph_milter::mail {

namespace {

constexpr std::size_t kNameLimit = 255;
constexpr std::size_t kExtensionLimit = 32;  // what is longer is no extension, and may be cut

struct CodePointRange {
  char32_t first;
  char32_t last;
};

// Characters nobody sees, or that change how the others are shown.
constexpr std::array<CodePointRange, 15> kDropped = {{{0x0000, 0x001F},
                                                      {0x007F, 0x009F},
                                                      {0x061C, 0x061C},    // Arabic letter mark
                                                      {0x200B, 0x200F},    // zero width, left-to-right, right-to-left
                                                      {0x2028, 0x202E},    // line and paragraph separator, embeddings
                                                      {0x2060, 0x2069},    // word joiner, isolates
                                                      {0x206A, 0x206F},    // deprecated format characters
                                                      {0xE000, 0xF8FF},    // private use
                                                      {0xFDD0, 0xFDEF},    // no characters
                                                      {0xFEFF, 0xFEFF},    // byte order mark
                                                      {0xFFF9, 0xFFFB},    // interlinear annotation
                                                      {0xFFFE, 0xFFFF},    // no characters
                                                      {0xE0000, 0xE0FFF},  // tags
                                                      {0xF0000, 0xFFFFF},  // private use
                                                      {0x100000, 0x10FFFF}}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 26> kExtensions = {{
    {"application/gzip", ".gz"},
    {"application/json", ".json"},
    {"application/msword", ".doc"},
    {"application/pdf", ".pdf"},
    {"application/rtf", ".rtf"},
    {"application/vnd.ms-excel", ".xls"},
    {"application/vnd.ms-powerpoint", ".ppt"},
    {"application/vnd.openxmlformats-officedocument.presentationml.presentation", ".pptx"},
    {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"},
    {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"},
    {"application/xml", ".xml"},
    {"application/zip", ".zip"},
    {"audio/mpeg", ".mp3"},
    {"audio/wav", ".wav"},
    {"image/bmp", ".bmp"},
    {"image/gif", ".gif"},
    {"image/jpeg", ".jpg"},
    {"image/png", ".png"},
    {"image/svg+xml", ".svg"},
    {"image/tiff", ".tif"},
    {"message/rfc822", ".eml"},
    {"text/calendar", ".ics"},
    {"text/csv", ".csv"},
    {"text/html", ".html"},
    {"text/plain", ".txt"},
    {"video/mp4", ".mp4"},
}};

std::string_view extension_for(std::string_view media_type) {
  const std::string type = to_lower(media_type);
  for (const auto& [known, extension] : kExtensions) {
    if (known == type) return extension;
  }
  return ".bin";
}

bool is_dropped(char32_t c) {
  return std::any_of(kDropped.begin(), kDropped.end(),
                     [c](const CodePointRange& range) { return range.first <= c && c <= range.last; });
}

std::string without_invisible(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const CodePoint next = take_code_point(name);
    if (!next.valid) {
      out += '_';
    } else if (!is_dropped(next.value)) {
      out += to_utf8(next.value);
    }
  }
  return out;
}

using GlibText = std::unique_ptr<gchar, decltype(&g_free)>;

std::string to_nfc(const std::string& text) {
  const GlibText composed(g_utf8_normalize(text.data(), static_cast<gssize>(text.size()), G_NORMALIZE_NFC), g_free);
  return composed == nullptr ? text : std::string(composed.get());
}

std::string fold_case(const std::string& text) {
  const GlibText folded(g_utf8_casefold(text.data(), static_cast<gssize>(text.size())), g_free);
  return folded == nullptr ? text : std::string(folded.get());
}

std::string_view trim_ends(std::string_view name) {
  while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
  while (!name.empty() && (name.back() == ' ' || name.back() == '.')) name.remove_suffix(1);
  return name;
}

std::string_view without_directory(std::string_view name) {
  while (!name.empty() && (name.back() == '/' || name.back() == '\\')) name.remove_suffix(1);
  const std::size_t slash = name.find_last_of("/\\");
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

void replace_forbidden(std::string& name) {
  for (char& c : name) {
    if (std::string_view(":*?\"<>|").find(c) != std::string_view::npos) c = '_';
  }
  for (std::size_t i = 0; i < name.size() && name[i] == '.'; ++i) name[i] = '_';
}

// Names that Windows takes for devices, whatever their extension.
bool is_device_name(std::string_view name) {
  std::string_view stem = name.substr(0, name.find('.'));
  while (!stem.empty() && stem.back() == ' ') stem.remove_suffix(1);
  const std::string device = to_lower(stem);
  for (const std::string_view plain : {"con", "prn", "aux", "nul", "conin$", "conout$"}) {
    if (device == plain) return true;
  }
  if (!device.starts_with("com") && !device.starts_with("lpt")) return false;
  const std::string number = device.substr(3);
  return (number.size() == 1 && is_ascii_digit(number[0])) || number == "\u00B9" || number == "\u00B2" ||
         number == "\u00B3";
}

struct SplitName {
  std::string_view stem;
  std::string_view extension;  // with its dot; empty: none
};

SplitName split_extension(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || name.size() - dot > kExtensionLimit) return {name, {}};
  return {name.substr(0, dot), name.substr(dot)};
}

// What belongs to the character before it (Unicode Standard Annex 29, as far as names need it): marks, the colours of
// emoji, the vowels and finals of Hangul syllables that have no composed form.
bool extends_a_character(char32_t c) {
  return g_unichar_ismark(static_cast<gunichar>(c)) != FALSE || (c >= 0x1F3FB && c <= 0x1F3FF) ||
         (c >= 0x1160 && c <= 0x11FF);
}

// Flags are pairs of these.
bool is_regional_indicator(std::string_view text) {
  if (text.empty()) return false;
  const CodePoint first = take_code_point(text);
  return first.valid && first.value >= 0x1F1E6 && first.value <= 0x1F1FF;
}

bool cuts_a_flag(std::string_view text, std::size_t end) {
  constexpr std::size_t kBytes = 4;
  if (!is_regional_indicator(text.substr(end))) return false;
  std::size_t before = 0;
  for (std::size_t at = end; at >= kBytes && is_regional_indicator(text.substr(at - kBytes)); at -= kBytes) ++before;
  return before % 2 == 1;
}

// At most `limit` bytes from the front, cut between characters as people see them.
std::string_view cut_between_characters(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  std::size_t end = limit;
  for (; end > 0; --end) {
    std::string_view rest = text.substr(end);
    const CodePoint next = take_code_point(rest);
    if (next.valid && !extends_a_character(next.value) && !cuts_a_flag(text, end)) break;
  }
  // A name of marks alone: between code points, then.
  if (end == 0) {
    for (end = limit; end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80; --end) {
    }
  }
  return text.substr(0, end);
}

std::string join_within_limit(const SplitName& name, std::string_view suffix) {
  const std::size_t room = kNameLimit - name.extension.size() - suffix.size();
  std::string_view stem = cut_between_characters(name.stem, room);
  // Without an extension the cut may leave a blank or a dot at the end.
  if (name.extension.empty() && suffix.empty()) stem = trim_ends(stem);
  return std::string(stem) + std::string(suffix) + std::string(name.extension);
}

}  // namespace

std::string clean_file_name(std::string_view name, std::string_view media_type, std::size_t number) {
  std::string clean = to_nfc(without_invisible(name));
  clean = std::string(trim_ends(without_directory(trim_ends(clean))));
  replace_forbidden(clean);
  if (clean.empty()) return format("attachment-{}{}", number, extension_for(media_type));
  if (is_device_name(clean)) clean.insert(0, 1, '_');
  return join_within_limit(split_extension(clean), {});
}

void make_names_unique(std::vector<std::string>& names) {
  std::unordered_set<std::string> taken;
  for (const std::string& name : names) taken.insert(fold_case(name));
  std::unordered_set<std::string> seen;
  for (std::string& name : names) {
    if (seen.insert(fold_case(name)).second) continue;
    const std::string original = name;
    const SplitName split = split_extension(original);
    for (std::size_t n = 2; !taken.insert(fold_case(name)).second; ++n) {
      name = join_within_limit(split, format(" ({})", n));
    }
    seen.insert(fold_case(name));
  }
}

}  // namespace graph_milter::mail
