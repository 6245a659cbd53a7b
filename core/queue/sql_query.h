// SPDX-License-Identifier: Apache-2.0
// One prepared statement with its values, step by step. What use() and into() name must outlive the query. Throws what
// SOCI throws.
#pragma once

#include <soci/soci.h>

#include <string>

namespace graph_milter::queue {

class Query {
 public:
  Query(soci::session& session, const std::string& text) : statement_(session) {
    statement_.alloc();
    statement_.prepare(text);
  }

  template <class T>
  Query& use(const T& value) {
    statement_.exchange(soci::use(value));
    return *this;
  }

  template <class T>
  Query& into(T& value) {
    statement_.exchange(soci::into(value));
    return *this;
  }

  // Executes and fetches the first row; false: there is none.
  bool first() {
    statement_.define_and_bind();
    return statement_.execute(true);
  }
  bool next() { return statement_.fetch(); }

  // Executes; how many rows it changed.
  long long change() {
    first();
    return statement_.get_affected_rows();
  }

 private:
  soci::statement statement_;
};

}  // namespace graph_milter::queue
