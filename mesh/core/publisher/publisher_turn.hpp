// One turn of a publisher's loop, with its order fixed in one place: commit, confirm, send.
//
// io/ and the simulator both run this code, each with its own ports, so what the simulator proves about the
// order holds for the real thing.
#pragma once

#include <map>
#include <span>

#include <journal/journal.hpp>
#include <mesh/core/publisher/publisher_core.hpp>

namespace mesh::core {

/// What a turn does to the outside. Sends may fail or vanish without notice: the protocol repeats.
class PublisherPorts {
 public:
  virtual ~PublisherPorts() = default;
  virtual void send(const Route& route, const ControlMessage& message) = 0;
  virtual void send_live(const LiveMessage& message) = 0;
  virtual void start_read(ReadJob job) = 0;
  /// Drop segments up to seq, on a thread that may block; then report through PublisherCore::on_usage.
  virtual void drop_through(Seq seq) = 0;
  /// The batches are committed: complete their receipts.
  virtual void confirmed(std::span<const Batch> batches) = 0;
  /// The batches are not in the journal: fail their receipts.
  virtual void failed(std::span<const Batch> batches, const Error& error) = 0;
  virtual void notice(const Notice& notice) = 0;
};

class PublisherTurn {
 public:
  PublisherTurn(PublisherCore& core, Journal& journal, PublisherPorts& ports)
      : core_(core), journal_(journal), ports_(ports) {}

  /// Commits batches in one transaction, completes or fails their receipts, and tells the core.
  void commit(std::span<const Batch> batches, Now now);

  /// Takes the core's effects: commits its state, then sends. When that commit fails, nothing is sent but
  /// what operators asked to see, and that what they asked for is not done yet; the writes are kept (latest
  /// per key; bounded by the state's size) and tried again with the next turns.
  void finish(Now now);

  /// While true, state could not be written, or a long operators' command is under way: finish() wants to be
  /// called again within retry_interval.
  bool holding_state() const { return !pending_.empty() || busy_; }

  static constexpr Duration retry_interval = 200ms;

  /// A command that reads much state is spread over several turns: at most this many steps in one.
  static constexpr unsigned rounds_max = 16;

 private:
  bool commit_state(Now now);
  void answer_without_commit(const Error& error);
  bool start_reads(Now now);

  PublisherCore& core_;
  Journal& journal_;
  PublisherPorts& ports_;
  PublisherEffects effects_;
  std::map<std::pair<Table, std::string>, std::optional<std::string>> pending_;
  bool busy_ = false;
};

}  // namespace mesh::core
