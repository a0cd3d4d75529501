// What the parts of the publisher's core share: the groups and sessions, what has been decided and not yet
// taken, and who waits for which read. One per core; its parts hold a reference.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <variant>

#include <mesh/core/publisher/agenda.hpp>
#include <mesh/core/publisher/group.hpp>
#include <mesh/core/publisher/publisher_core.hpp>
#include <mesh/core/publisher/sessions.hpp>

namespace mesh::core {

// ---- why a read was asked for ----

struct ReadToAttach {
  Route route;
  Hello hello;
};

struct ReadToFetch {
  SessionId session = 0;
};

struct ReadToRedeliver {
  Group* group = nullptr;
  std::vector<Seq> seqs;
  bool copies = false;  ///< of the state table, one value per seq; else records of the journal
  bool again = false;   ///< these are in flight already
};

struct ReadToIsolate {
  Group* group = nullptr;
  std::uint64_t round = 0;
};

struct ReadToPark {
  Group* group = nullptr;
  std::vector<Seq> seqs;
  bool copies = false;
};

struct ReadToList {
  Route route;
  std::uint64_t id = 0;
  std::vector<Seq> seqs;
  bool more = false;
};

struct ReadToRedrive {
  Route route;
  std::uint64_t id = 0;
  Group* group = nullptr;
  std::vector<Seq> chunk;  ///< being read
  std::vector<Seq> rest;   ///< descending: the next is last
  std::size_t behind = 0;  ///< left where they are: an earlier event of their key is parked
  ParkedDone done;
};

struct ReadToRewind {
  Route route;
  GroupCommand command;
};

struct ReadToTellAges {
  Route route;
  GroupList list;
};

using ReadReason = std::variant<ReadToAttach, ReadToFetch, ReadToRedeliver, ReadToIsolate, ReadToPark,
                                ReadToList, ReadToRedrive, ReadToRewind, ReadToTellAges>;

// ---- the desk ----

struct Desk {
  /// Reads asked for by requests from outside are refused beyond this many.
  static constexpr std::size_t reads_max = 4096;

  Desk(PublisherSettings settings_in, const Identity& identity_in);

  PublisherSettings settings;
  Identity identity;
  Seq head = 0;
  /// The last seq before those that this run gives out. While the head is below it no event lies between: a
  /// power loss may have taken what did.
  Seq skipped_through = 0;
  Seq dropped_through = 0;
  Seq dropping_through = 0;   ///< asked for: new groups begin behind it
  bool fetches_held = false;  ///< look at the fetches that wait: a group gives out events again, or suspects
  JournalUsage usage;
  std::uint64_t owed_bytes = 0;     ///< of its segments that hold something owed
  bool journal_full = false;        ///< at its limit: nothing can be published
  std::optional<Duration> full_in;  ///< by the growth of the last minute; see growth.hpp
  PublisherCounters counters;
  PublisherEffects out;
  /// The number of `out`, all of which is said when its commit succeeds, and nothing of it otherwise.
  std::uint64_t batch_of_effects = 1;
  std::map<std::string, std::unique_ptr<Group>, std::less<>> groups;
  std::map<std::uint64_t, Group*> by_serial;
  Sessions sessions;
  std::map<std::uint64_t, ReadReason> reads;
  /// Audit entries kept, at most.
  static constexpr std::uint64_t audit_max = 100'000;
  std::uint64_t audit_first = 1;  ///< numbers of audit entries in the journal: [first, next)
  std::uint64_t audit_next = 1;

  // ---- groups ----
  Group* find_group(std::string_view name);
  Group& add_group(std::string name, GroupValue value, Ledger ledger);
  /// Forgets it and all its state, in this turn's commit. It has no sessions.
  void remove_group(Group& group);
  Epoch next_epoch();

  /// No epoch above this has been given.
  Epoch newest_epoch() const { return Epoch{identity.run} << 32 | epoch_count_; }

  /// The group has something to do, or other times to be called at.
  void touch(Group& group) { touched.insert(group.serial); }

  /// Its definition goes with the next state commit, which is this turn's.
  void save_value(Group& group);
  /// Its ledger has changed; it is committed within ledger_flush, or with an earlier state commit. Sooner
  /// when the journal is full: what is settled makes room.
  void ledger_changed(Group& group, Now now);
  /// The journal is full: what was settled before is committed sooner too.
  void hasten_flush(Now now);
  /// What has changed of the group is committed in this turn.
  void save(Group& group);
  /// An operator's deed is kept; the oldest go.
  void audit(AuditValue value);
  /// The retry entry was changed or erased; committed in this turn.
  void save_retry(Group& group, Seq seq);
  /// Erases an entry, and its copy.
  void erase_retry(Group& group, Seq seq);

  // ---- effects ----
  void send(const Route& route, ControlMessage message);
  void refuse(const Route& route, std::uint64_t id, SessionId session, Errc code, std::string text);
  void notice(Level level, std::string_view code, std::string text);
  /// At most one per code and minute.
  void notice_rarely(Level level, std::string_view code, std::string text, Now now);
  void write(Table table, std::string key, std::optional<std::string> value);
  /// Gives the job its id.
  std::uint64_t ask(ReadJob job, ReadReason reason);
  /// Too many reads are under way: the request was refused.
  bool busy(const Route& route, std::uint64_t id);
  void take(PublisherEffects& effects);

  // ---- bookkeeping of the above ----
  std::set<std::uint64_t> touched;  ///< serials of groups
  Agenda<std::uint64_t> agenda;     ///< of groups, by serial

 private:
  std::set<std::uint64_t> dirty_;  // groups whose value_dirty or ledger_dirty is set
  bool forced_ = false;
  std::set<std::pair<std::uint64_t, Seq>> retries_;
  std::map<std::string_view, Duration> noticed_;
  std::uint64_t serial_ = 0;
  std::uint64_t read_count_ = 0;
  std::uint32_t epoch_count_ = 0;
};

}  // namespace mesh::core
