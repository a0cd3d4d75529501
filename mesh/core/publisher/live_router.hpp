// Turns committed batches into messages of the live stream, and knows when a heartbeat is due.
#pragma once

#include <map>
#include <span>
#include <unordered_map>
#include <vector>

#include <mesh/core/publisher/agenda.hpp>
#include <mesh/core/publisher/prefix_table.hpp>
#include <mesh/model/messages.hpp>

namespace mesh::core {

struct LiveSettings {
  Origin origin;
  std::uint32_t incarnation = 1;
  Duration heartbeat_tail = 20ms;
  Duration heartbeat_idle = 1s;
};

struct LiveCounters {
  std::uint64_t sent = 0;
  std::uint64_t unsent = 0;
  std::uint64_t live_messages = 0;
  std::uint64_t heartbeats = 0;
};

class LiveRouter {
 public:
  explicit LiveRouter(LiveSettings settings) : settings_(settings) {}

  /// Errors: invalid_topic (not a prefix), limit_reached (too many); nothing changed then.
  Result<void> subscribe(std::string_view prefix, bool active, Seq head, Now now);

  /// Appends the batch's messages. Nothing is decoded while nobody listens, or while everybody wants
  /// everything. Error: journal_damaged; then every prefix's chain has a gap there, so all listeners fetch.
  Result<void> route(const Batch& batch, Now now, std::vector<LiveMessage>& out);

  /// Appends the heartbeats that are due.
  void beat(Seq head, Now now, std::vector<LiveMessage>& out);
  std::optional<Duration> next_deadline() const;

  std::size_t prefixes() const { return table_.size(); }

  const LiveCounters& counters() const { return counters_; }

 private:
  struct Share {
    ActivePrefix* prefix = nullptr;
    std::uint32_t count = 0;
    std::size_t bytes = 0;
    Seq last = 0;
  };

  Result<bool> divide(const Batch& batch);
  LiveMessage message(const Batch& batch, std::size_t share) const;
  void sent(const Share& share, Now now);
  void rearm();

  LiveSettings settings_;
  PrefixTable table_;
  LiveCounters counters_;
  Agenda<std::uint64_t> beats_;  // by serial of a prefix that covers others (or only itself)
  std::map<std::uint64_t, ActivePrefix*> beating_;
  std::optional<Duration> changed_;  // when the table changed first since rearm()
  std::uint64_t known_serial_ = 0;   // prefixes up to this serial were there at the last rearm()
  // Kept between calls for their memory.
  std::vector<EventView> events_;
  std::vector<std::uint32_t> share_of_;  // per event; no_share: nobody wants it
  std::vector<Share> shares_;
  std::unordered_map<ActivePrefix*, std::uint32_t> share_index_;
};

}  // namespace mesh::core
