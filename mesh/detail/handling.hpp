// Inside of Consumer: from a delivery to the handler's call and its outcome.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include <mesh/consumer.hpp>
#include <mesh/io/consumer/executor.hpp>

namespace mesh::detail {

/// Who the publishers are: told by the engine, read by the workers for every event.
class SourceTable {
 public:
  explicit SourceTable(std::size_t links) : current_(links) {}

  /// Called by the engine before it hands events of that origin on.
  void update(core::LinkId link, const Origin& origin, const std::string& name);
  /// The source of a delivery; its batch's header names the origin.
  const EventSource* find(const core::Delivery& delivery) const;

 private:
  std::vector<std::atomic<const EventSource*>> current_;
  mutable std::mutex mutex_;
  // Kept while the consumer lives, as events may be on their way: one per origin and name that was met.
  std::vector<std::shared_ptr<const EventSource>> known_;
};

/// Chooses the handler and turns what it does into an outcome. Never throws. Any thread.
class Handling {
 public:
  Handling(std::vector<std::pair<std::string, Handler>> handlers, std::size_t links);

  void handle(const core::Delivery& delivery, const std::function<void()>& extend,
              io::Executor::Outcome& outcome) const;

  SourceTable& sources() { return sources_; }

 private:
  const Handler* handler_of(std::string_view topic) const;

  std::vector<std::pair<std::string, Handler>> handlers_;  ///< longest prefix first
  SourceTable sources_;
};

/// At most attempt_text_max bytes of valid UTF-8; what is not becomes `?`.
std::string clean_reason(std::string_view text);

}  // namespace mesh::detail
