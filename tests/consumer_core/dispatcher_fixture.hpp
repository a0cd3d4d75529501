// Deliveries for a dispatcher, and what comes out of it.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include <mesh/core/consumer/dispatcher.hpp>

namespace mesh::core {

inline Now at(Duration steady) {
  return {steady, 0};
}

/// Keys outlive their deliveries here as batches do elsewhere.
inline Delivery delivery(Seq seq, std::optional<std::string_view> key = std::nullopt, LinkId link = 0) {
  static const std::array<std::byte, 10> record{};
  Delivery made;
  made.event.seq = seq;
  made.event.key = key;
  made.event.record = record;
  made.link = link;
  made.generation = 1;
  made.covers_to = seq;
  return made;
}

inline void push(Dispatcher& dispatcher, std::vector<Delivery> deliveries) {
  dispatcher.push(deliveries);
}

inline std::vector<Completion> completions(Dispatcher& dispatcher) {
  std::vector<Completion> out;
  dispatcher.take_completions(out);
  return out;
}

inline DispatcherSettings workers(std::uint32_t count) {
  DispatcherSettings settings;
  settings.concurrency = count;
  return settings;
}

}  // namespace mesh::core
