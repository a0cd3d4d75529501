#include <tools/zmesh/sub/sub.hpp>

#include <algorithm>
#include <thread>

#include <mesh/consumer.hpp>
#include <tools/zmesh/console.hpp>
#include <tools/zmesh/process/interrupt.hpp>
#include <tools/zmesh/registry/where.hpp>
#include <tools/zmesh/sub/handler.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// Who was told that a publisher does not answer wants to know that it does.
mesh::LogCallback sub_notices(bool verbose) {
  return [verbose, shown = notices(verbose)](const mesh::Notice& notice) {
    if (notice.code == "link.restored" && !verbose) {
      say(std::string(notice.code) + ": " + notice.text);
    } else {
      shown(notice);
    }
  };
}

mesh::ConsumerOptions consumer_options(const SubOptions& options, SubHandler& handler) {
  mesh::ConsumerOptions wanted;
  wanted.publishers = options.from;
  wanted.group = options.group;
  wanted.member = options.member;
  wanted.prefixes = options.prefixes;
  wanted.concurrency = options.concurrency;
  wanted.start = options.start;
  wanted.retry = options.retry;
  wanted.event_size_max = options.event_bytes_max;
  wanted.delivery = options.delivery;
  wanted.log = sub_notices(options.verbose);
  wanted.on_any([&handler](const mesh::Event& event) { return handler.handle(event); });
  return wanted;
}

/// Waits for the count, the silence of --idle or a signal.
void wait_for_sub_end(const SubOptions& options, const SubHandler& handler, const Interrupt& interrupt,
                      const mesh::Consumer& consumer) {
  while (!interrupt.requested()) {
    if (!options.idle) {
      interrupt.wait(3600s);
      continue;
    }
    const auto quiet_until = handler.last_event() + *options.idle;
    const auto now = Clock::now();
    if (now >= quiet_until && consumer.stats().running == 0) return;
    interrupt.wait(std::max<mesh::Duration>(quiet_until - now, 10ms));
  }
}

/// Drains. When stdout is gone, what is in hand is given up without a verdict, so that no event is charged
/// for it; what of it had just been written may come again.
mesh::Result<void> close_sub(const SubOptions& options, SubHandler& handler, mesh::Consumer& consumer) {
  constexpr mesh::Duration drain_min = 1s;
  const auto until = Clock::now() + options.retry.ack_wait + 10s;
  consumer.stop();
  // Once close() drains it does not give up early: so lines on their way are waited for here.
  const auto printing = [&] { return options.exec.empty() && handler.at_work() > 0; };
  while (printing() && !handler.stdout_gone() && Clock::now() < until) std::this_thread::sleep_for(5ms);
  if (!handler.stdout_gone()) {
    handler.release();
    return consumer.close(std::max<mesh::Duration>(until - Clock::now(), drain_min));
  }
  std::thread closing([&] { (void)consumer.close(100ms); });
  const auto left_until = Clock::now() + drain_min;
  while (consumer.stats().total.phase != mesh::LinkPhase::left && Clock::now() < left_until) {
    std::this_thread::sleep_for(5ms);
  }
  handler.release();
  closing.join();
  return {};
}

bool all_attached(const mesh::ConsumerStats& stats) {
  return std::all_of(stats.links.begin(), stats.links.end(),
                     [](const auto& link) { return link.origin.has_value(); });
}

}  // namespace

ExitCode sub(const SubOptions& options) {
  Interrupt interrupt;
  if (options.exec.empty()) interrupt.watch_stdout();
  SubHandler handler(options, interrupt);
  auto wanted = consumer_options(options, handler);
  for (auto& publisher : wanted.publishers) {
    if (!publisher.starts_with('@')) continue;
    const auto where = find_where(publisher);
    if (!where) return report(where.error());
    publisher = where->endpoint;
  }
  auto consumer = mesh::Consumer::open(std::move(wanted));
  if (!consumer) return report(consumer.error());
  handler.attach(*consumer);
  wait_for_sub_end(options, handler, interrupt, *consumer);

  const auto stats = consumer->stats();
  const bool silent = options.idle && !interrupt.requested();
  if (const auto closed = close_sub(options, handler, *consumer); !closed) {
    warn("closing: " + closed.error().describe());
  }
  if (options.verbose || silent) {
    say("handled " + std::to_string(handler.handled()) + " events, " + std::to_string(handler.failed()) +
        " failed attempts");
  }
  if (handler.stdout_gone()) return ExitCode::failure;
  if (handler.complete()) return ExitCode::ok;
  if (silent && !all_attached(stats)) {
    complain("no publisher answered" + (stats.total.last_error.empty() ? "" : ": " + stats.total.last_error));
    return ExitCode::unreachable;
  }
  if (silent && (options.count > 0 || handler.handled() == 0)) return ExitCode::nothing;
  return options.count > 0 ? ExitCode::interrupted : ExitCode::ok;
}

}  // namespace zmesh
