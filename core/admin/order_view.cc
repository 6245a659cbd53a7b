// SPDX-License-Identifier: Apache-2.0
#include "core/admin/order_view.h"

#include "core/json/json.h"

namespace graph_milter::admin {

std::string print_outcome(const OrderOutcome& outcome) {
  json::Writer writer;
  writer.begin_object().key("id").string(outcome.id).key("command").string(name_of(outcome.command));
  writer.key("done").boolean(outcome.done).key("words").string(outcome.words).end_object();
  return writer.take() + "\n";
}

}  // namespace graph_milter::admin
