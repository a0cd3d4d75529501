#include <tools/zmesh/sniff/source.hpp>

#include <chrono>

#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

/// An event from the future by more than this is a clock that is wrong.
constexpr mesh::Duration skew_tolerated = 50ms;

}  // namespace

Source::Source(SourceOptions options, const Filter& filter, Lanes& lanes, std::size_t lane)
    : options_(std::move(options)), filter_(filter), lanes_(lanes), lane_(lane) {
  complete_ = filter_.prefixes().empty();
  SourceName name;
  name.name = options_.endpoint.empty() ? options_.journal : options_.endpoint;
  name_ = std::make_shared<SourceName>(std::move(name));
}

Source::~Source() {
  stop();
  if (thread_.joinable()) thread_.join();
}

void Source::start() {
  thread_ = std::thread([this] { run(); });
}

void Source::stop() {
  stopping_ = true;
}

std::optional<mesh::Error> Source::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

void Source::run() {
  if (!options_.answers) lanes_.live(lane_);
  const bool history = options_.start.from || options_.start.last > 0;
  mesh::Result<void> done;
  bool was_read = false;
  if (!options_.journal.empty() && (history || options_.endpoint.empty())) {
    const auto read = read_journal();
    if (read) was_read = *read;
    if (!read) done = read.error();
  }
  if (done && !options_.endpoint.empty() && (options_.follow || !was_read) && !stopping_) done = watch();
  if (!done) {
    const std::lock_guard lock(mutex_);
    error_ = done.error();
  }
  lanes_.ended(lane_);
}

bool Source::take(const mesh::EventView& event, mesh::WallTime arrived) {
  if (stopping_) return false;
  if (event.seq <= last_) return true;
  if (options_.marks && complete_ && last_ > 0 && event.seq > last_ + 1) {
    const auto missing = event.seq - last_ - 1;
    mark("gap: there is no event " +
         (missing == 1 ? "#" + std::to_string(last_ + 1)
                       : "#" + std::to_string(last_ + 1) + " to #" + std::to_string(event.seq - 1)) +
         " (its commit failed, or retention dropped it)");
  }
  const bool earliest = options_.start.from && options_.start.from->kind == mesh::Start::Kind::earliest;
  if (options_.marks && complete_ && earliest && last_ == 0 && event.seq > 1)
    mark("begins with #" + std::to_string(event.seq) + ": retention has dropped what was before");
  last_ = event.seq;
  if (!filter_.passes(event)) return true;
  if (options_.marks && arrived > 0 && !skew_told_ && event.time - arrived > skew_tolerated.count()) {
    skew_told_ = true;
    mark("clock skew: the publisher's clock is " + duration_text(mesh::Duration(event.time - arrived)) +
         " ahead of this machine's");
  }
  if (lanes_.leave_out(lane_)) return true;
  auto item = own_event(event);
  item.source = name_;
  item.arrived = arrived;
  const std::lock_guard lock(holding_mutex_);
  if (!holding_) return lanes_.push(lane_, std::move(item));
  newest_.push_back(std::move(item));
  if (newest_.size() > options_.start.last) newest_.pop_front();
  return true;
}

void Source::release() {
  const std::lock_guard lock(holding_mutex_);
  holding_ = false;
  for (auto& item : newest_) {
    if (!lanes_.push(lane_, std::move(item))) break;
  }
  newest_.clear();
}

void Source::rename(const mesh::Origin& origin, const std::string& name) {
  if (name_->origin == origin && name_->name == name) return;
  if (name_->origin != origin && !name_->hex.empty()) last_ = 0;  // another journal: its seqs begin anew
  auto renamed = std::make_shared<SourceName>(SourceName{origin, origin.hex(), name});
  const std::lock_guard lock(mutex_);
  name_ = std::move(renamed);
}

void Source::mark(std::string text) {
  SniffItem item;
  {
    const std::lock_guard lock(mutex_);
    item.source = name_;
  }
  item.mark = std::move(text);
  lanes_.push_mark(lane_, std::move(item));
}

}  // namespace zmesh
