// Where a sniffer's events come from: a publisher, its journal, or first the one and then the other.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <journal/journal.hpp>
#include <mesh/model/notice.hpp>
#include <mesh/model/policy.hpp>
#include <tools/zmesh/sniff/filter.hpp>
#include <tools/zmesh/sniff/lanes.hpp>

namespace zmesh {

/// Where to begin.
struct SniffStart {
  std::optional<mesh::Start> from;  ///< none: with what comes from now on
  std::uint64_t last = 0;           ///< or with the last N events that pass
};

struct SourceOptions {
  std::string endpoint;  ///< control endpoint; empty: there is only a journal
  std::string journal;   ///< directory; empty: there is only a publisher
  SniffStart start;
  bool follow = false;  ///< go on at the head
  bool answers = true;  ///< false: the publisher is not there yet; nobody waits for it
  bool marks = true;    ///< tell gaps, restarts, skewed clocks
  std::size_t event_size_max = 64u << 20;
  mesh::LogCallback log;
};

/// Runs in a thread of its own, and pushes what passes the filter into its lane, each event once, in the
/// order of its seqs. With a journal and an endpoint, history is read from the journal up to its head, and
/// the publisher is asked only for what follows that: it does no work for the past.
class Source {
 public:
  Source(SourceOptions options, const Filter& filter, Lanes& lanes, std::size_t lane);
  /// Stops, and waits for the thread.
  ~Source();
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  void start();
  void stop();

  /// After the lane has ended: why it did, if not as asked.
  std::optional<mesh::Error> error() const;

 private:
  void run();
  /// False: it cannot be read, but the publisher can be asked instead.
  mesh::Result<bool> read_journal();
  mesh::Result<void> read_on(const mesh::Journal& journal);
  mesh::Result<mesh::Seq> first_after(const mesh::Journal& journal) const;
  mesh::Result<mesh::Seq> before_last(const mesh::Journal& journal) const;
  mesh::Result<void> watch();
  mesh::Result<mesh::Start> live_start();
  void release();

  /// Looks at an event that arrives; false: end.
  bool take(const mesh::EventView& event, mesh::WallTime arrived);
  void rename(const mesh::Origin& origin, const std::string& name);
  void mark(std::string text);
  void on_notice(const mesh::Notice& notice);

  const SourceOptions options_;
  const Filter& filter_;
  Lanes& lanes_;
  const std::size_t lane_;
  std::shared_ptr<const SourceName> name_;
  mesh::Seq last_ = 0;     ///< everything up to here was seen
  bool complete_ = false;  ///< every seq is seen, so that one that is missing is a gap
  bool skew_told_ = false;
  std::atomic<bool> attached_{false};
  std::atomic<bool> lost_{false};  ///< the publisher has been silent for its whole lease
  std::atomic<bool> stopping_{false};
  /// The last N that pass, while what came before the head of a publisher is looked through for them.
  std::deque<SniffItem> newest_;
  bool holding_ = false;
  std::mutex holding_mutex_;  ///< of these two
  mutable std::mutex mutex_;  ///< of error_, and of name_, which notices read on another thread
  std::optional<mesh::Error> error_;
  std::thread thread_;
};

}  // namespace zmesh
