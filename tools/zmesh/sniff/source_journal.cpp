// A source's journal, read from outside its process.

#include <algorithm>
#include <chrono>
#include <thread>

#include <tools/zmesh/sniff/source.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

/// How often a journal whose publisher is not known is looked at when it is followed.
constexpr mesh::Duration journal_interval = 50ms;

}  // namespace

mesh::Result<bool> Source::read_journal() {
  auto opened = mesh::open_journal_reader(options_.journal);
  // It may be another user's.
  if (!opened && !options_.endpoint.empty()) return false;
  if (!opened) return opened.error();
  const auto& journal = **opened;
  rename(journal.identity().origin, journal.identity().name);
  const auto after = first_after(journal);
  if (!after) return after.error();
  last_ = *after;
  if (options_.marks && complete_ && last_ > 0 && last_ < journal.dropped_through() && options_.start.from)
    mark("gap: retention has dropped what was before #" + std::to_string(journal.dropped_through() + 1));
  if (const auto read = read_on(journal); !read) return read.error();
  if (!options_.follow || !options_.endpoint.empty()) return true;
  lanes_.live(lane_);
  attached_ = true;
  while (!stopping_) {
    std::this_thread::sleep_for(journal_interval);
    if (const auto more = read_on(journal); !more) return more.error();
  }
  return true;
}

mesh::Result<void> Source::read_on(const mesh::Journal& journal) {
  std::vector<mesh::EventView> events;
  while (!stopping_) {
    mesh::Result<void> decoded;
    auto through = last_;
    bool waited = false;
    // A read transaction is open during the visits: it is left as soon as the lane made us wait, and begun
    // anew.
    const auto read = journal.read(last_, [&](const mesh::BatchView& batch) {
      decoded = mesh::decode_events(batch, events);
      if (!decoded) return false;
      const auto began = std::chrono::steady_clock::now();
      for (const auto& event : events) {
        const auto arrived = attached_ ? std::chrono::system_clock::now().time_since_epoch().count() : 0;
        if (!take(event, arrived)) return false;
      }
      through = std::max(through, batch.header.last);
      waited = std::chrono::steady_clock::now() - began > 100ms;
      return !waited;
    });
    if (!decoded) return decoded;
    if (!read) return read;
    if (!waited) return {};
  }
  return {};
}

mesh::Result<mesh::Seq> Source::first_after(const mesh::Journal& journal) const {
  if (options_.start.last > 0) return before_last(journal);
  const auto from = options_.start.from.value_or(mesh::Start{mesh::Start::Kind::latest, 0, 0});
  switch (from.kind) {
    case mesh::Start::Kind::earliest:
      return mesh::Seq{0};
    case mesh::Start::Kind::latest:
      return journal.head();
    case mesh::Start::Kind::seq:
      return from.seq > 0 ? from.seq - 1 : 0;
    case mesh::Start::Kind::time:
      return journal.find_time(from.time);
  }
  return mesh::Seq{0};
}

/// Just before the last N events that pass: looks further and further back.
mesh::Result<mesh::Seq> Source::before_last(const mesh::Journal& journal) const {
  const auto head = journal.head();
  std::vector<mesh::EventView> events;
  for (auto reach = options_.start.last; !stopping_; reach *= 8) {
    const auto after = reach < head ? head - reach : 0;
    std::vector<mesh::Seq> passed;  // a ring of the newest N
    std::size_t next = 0;
    mesh::Result<void> decoded;
    const auto read = journal.read(after, [&](const mesh::BatchView& batch) {
      decoded = mesh::decode_events(batch, events);
      if (!decoded) return false;
      for (const auto& event : events) {
        if (event.seq <= after || event.seq > head || !filter_.passes(event)) continue;
        if (passed.size() < options_.start.last) {
          passed.push_back(event.seq);
        } else {
          passed[next] = event.seq;
          next = (next + 1) % passed.size();
        }
      }
      return !stopping_.load();
    });
    if (!decoded) return decoded.error();
    if (!read) return read.error();
    if (passed.size() == options_.start.last) return passed[next % passed.size()] - 1;
    if (after == 0) return mesh::Seq{0};
  }
  return head;
}

}  // namespace zmesh
