// SPDX-License-Identifier: Apache-2.0
#include "core/http/http.h"

namespace graph_milter::http {

std::string_view name_of(Method method) {
  switch (method) {
    case Method::Get:
      return "GET";
    case Method::Post:
      return "POST";
    case Method::Put:
      return "PUT";
    case Method::Patch:
      return "PATCH";
    case Method::Delete:
      return "DELETE";
  }
  return "GET";
}

std::string Response::header(std::string_view lower_name) const {
  const auto found = headers.find(std::string(lower_name));
  return found != headers.end() ? found->second : std::string();
}

}  // namespace graph_milter::http
