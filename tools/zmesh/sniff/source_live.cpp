// A source's publisher, watched: a consumer without a group, which acknowledges nothing.

#include <chrono>
#include <thread>

#include <mesh/admin.hpp>
#include <mesh/consumer.hpp>
#include <tools/zmesh/sniff/source.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

mesh::WallTime wall_now() {
  return std::chrono::system_clock::now().time_since_epoch().count();
}

}  // namespace

/// Where the watcher begins, in the publisher's seqs.
mesh::Result<mesh::Start> Source::live_start() {
  using Kind = mesh::Start::Kind;
  // After the journal: what follows it.
  if (last_ > 0) return mesh::Start{Kind::seq, last_ + 1, 0};
  if (options_.start.last == 0) return options_.start.from.value_or(mesh::Start{Kind::latest, 0, 0});
  if (!filter_.open()) {
    // Which ones pass, only looking at all of them tells.
    holding_ = true;
    return mesh::Start{Kind::earliest, 0, 0};
  }
  auto admin = mesh::Admin::connect(options_.endpoint, 3s);
  if (!admin) return admin.error();
  const auto info = admin->info();
  if (!info) return info.error();
  return mesh::Start{Kind::seq, info->head > options_.start.last ? info->head - options_.start.last + 1 : 1,
                     0};
}

mesh::Result<void> Source::watch() {
  const auto start = live_start();
  if (!start) return start.error();
  const auto began = wall_now();
  mesh::ConsumerOptions wanted;
  wanted.publishers = {options_.endpoint};
  wanted.prefixes = filter_.prefixes();
  wanted.start = *start;
  wanted.event_size_max = options_.event_size_max;
  wanted.log = [this](const mesh::Notice& notice) { on_notice(notice); };
  wanted.on_any([this, began](const mesh::Event& event) {
    rename(event.origin(), event.publisher_name());
    // Of what was published before we came, the age is no latency.
    take(event.view(), event.time() >= began ? wall_now() : 0);
  });
  auto consumer = mesh::Consumer::open(std::move(wanted));
  if (!consumer) return consumer.error();
  bool told = false;
  while (!stopping_) {
    const auto caught_up = consumer->wait_caught_up(100ms);
    if (!caught_up && caught_up.error().code != mesh::Errc::timeout) return caught_up.error();
    // Who only wants what there is does not wait for a publisher to come back.
    if (!caught_up && lost_ && !options_.follow)
      return mesh::fail(mesh::Errc::unreachable,
                        options_.endpoint + " has fallen silent before all of it was read");
    if (!caught_up) continue;
    if (!told) release();
    if (!options_.follow) break;
    if (!told) lanes_.live(lane_);
    told = true;
    std::this_thread::sleep_for(100ms);
  }
  return consumer->close(2s);
}

void Source::on_notice(const mesh::Notice& notice) {
  if (options_.log) options_.log(notice);
  if (notice.code == "link.attached") lost_ = false;
  if (notice.code == "link.lost") {
    lost_ = true;
    lanes_.live(lane_);  // other sources do not wait for its past
  }
  if (!options_.marks) return;
  if (notice.code == "publisher.incarnation" || notice.code == "origin.replaced" ||
      notice.code == "event.expired" || notice.code == "link.lost") {
    mark(std::string(notice.code == "link.lost" ? "silent: " : "publisher: ") + notice.text);
  } else if (notice.code == "link.attached") {
    if (attached_.exchange(true))
      mark("publisher: " + notice.text + " (it has restarted, or the connection was lost)");
  }
}

}  // namespace zmesh
