#include <tools/zmesh/top/topics.hpp>

#include <algorithm>

#include <tools/zmesh/text/event_line.hpp>
#include <tools/zmesh/text/payload_show.hpp>

namespace zmesh {
namespace {

/// Larger ones are counted, but not kept to be shown.
constexpr std::size_t shown_size_max = 64 * 1024;
constexpr std::size_t dump_size_max = 1024;

/// The line of an event, its payload, and its first bytes as a dump.
std::string event_detail(const std::string& publisher, const mesh::EventView& event) {
  std::string text;
  append_event_text(text, event, {"", publisher}, {});
  text += "\n\n";
  append_payload_shown(text, event.payload);
  text += "\n\n";
  append_hex_dump(text, event.payload.first(std::min(event.payload.size(), dump_size_max)), "");
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
  // One in a while is enough to show; only its own record is kept, not its batch.
  if ((counter.events < 16 || counter.events % 64 == 0) && event.view().record.size() <= shown_size_max)
    counter.newest = own_event(event.view());
}

std::vector<TopicCount> TopicWatch::counts() const {
  const std::lock_guard lock(mutex_);
  std::vector<TopicCount> counts;
  counts.reserve(counters_.size());
  for (const auto& [name, counter] : counters_) {
    counts.push_back({name.second, name.first, counter.events, counter.bytes,
                      counter.newest ? event_detail(name.first, counter.newest->event) : std::string()});
  }
  return counts;
}

}  // namespace zmesh
