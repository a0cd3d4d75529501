#include <tools/zmesh/top/topics.hpp>

#include <tools/zmesh/text/event_line.hpp>
#include <tools/zmesh/text/payload_show.hpp>

namespace zmesh {
namespace {

/// The line of an event, its headers and its payload as a dump.
std::string event_detail(const mesh::Event& event) {
  std::string text;
  const auto origin = event.origin().hex();
  LineMarks marks{origin, event.publisher_name()};
  append_event_text(text, event.view(), marks, {});
  text += "\n\n";
  append_payload_shown(text, event.payload());
  text += "\n\n";
  append_hex_dump(text, event.payload().first(std::min<std::size_t>(event.payload().size(), 1024)), "");
  return text;
}

}  // namespace

TopicWatch::TopicWatch(const std::vector<std::string>& endpoints) {
  if (endpoints.empty()) return;
  mesh::ConsumerOptions options;
  options.publishers = endpoints;
  options.start = mesh::Start{mesh::Start::Kind::latest, 0, 0};
  options.event_size_max = mesh::event_size_limit;
  options.on_any([this](const mesh::Event& event) { count(event); });
  auto consumer = mesh::Consumer::open(std::move(options));
  if (consumer) consumer_ = std::move(*consumer);
}

TopicWatch::~TopicWatch() {
  if (consumer_) (void)consumer_->close(std::chrono::seconds(1));
}

void TopicWatch::count(const mesh::Event& event) {
  const std::lock_guard lock(mutex_);
  auto topic = std::string(event.topic());
  auto found = counters_.find({event.publisher_name(), topic});
  if (found == counters_.end()) {
    if (counters_.size() >= topics_max) topic = "(others)";
    found = counters_.try_emplace({event.publisher_name(), std::move(topic)}).first;
  }
  auto& counter = found->second;
  ++counter.events;
  counter.bytes += event.payload().size();
  // A copy keeps its whole batch: one in a while is enough to show.
  if (counter.events < 16 || counter.events % 64 == 0) counter.newest = event;
}

std::vector<TopicCount> TopicWatch::counts() const {
  const std::lock_guard lock(mutex_);
  std::vector<TopicCount> counts;
  counts.reserve(counters_.size());
  for (const auto& [name, counter] : counters_) {
    counts.push_back({name.second, name.first, counter.events, counter.bytes,
                      counter.newest ? event_detail(*counter.newest) : std::string()});
  }
  return counts;
}

}  // namespace zmesh
