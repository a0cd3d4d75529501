#include <nodes/node/role.hpp>

#include <nodes/node/rivals.hpp>

namespace node {

bool same_source(const SourceSettings& left, const SourceSettings& right) {
  return left.group == right.group && left.from == right.from;
}

mesh::Result<mesh::Consumer> open_member(const std::string& role, const SourceSettings& source,
                                         const mesh::Publisher* publisher, mesh::Handler handler) {
  mesh::ConsumerOptions options;
  options.publishers = source.from;
  if (options.publishers.empty() && publisher != nullptr)
    options.publishers.push_back(publisher->control_endpoint());
  options.group = source.group;
  options.member = source.member;
  options.prefixes = source.prefixes;
  options.concurrency = source.concurrency;
  options.start = source.start;
  options.retry = source.retry;
  options.event_size_max = source.event_size_max;
  options.delivery = source.delivery;
  options.log = notices_of_member(role + ", group " + source.group, source.member, options.publishers.size());
  options.on_any(std::move(handler));
  auto consumer = mesh::Consumer::open(std::move(options));
  if (!consumer)
    return mesh::fail(consumer.error().code,
                      role + " of group " + source.group + ": " + consumer.error().text);
  return consumer;
}

}  // namespace node
