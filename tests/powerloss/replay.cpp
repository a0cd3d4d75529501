// powerloss_replay LOG DIR SCRATCH disk|os STATES SEED
// Builds crash states from the recorder's LOG (of the files under DIR) in SCRATCH, opens the journal in each,
// in a process of its own and under another boot id, and checks the promises. Prints counts; exits 1 on any
// breach.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <journal/check.hpp>
#include <journal/lmdb/lmdb_journal.hpp>

#include "disk_model.hpp"
#include "events.hpp"

using namespace mesh;
using namespace powerloss;

namespace {

/// What the workload had been told when the power went.
struct Told {
  Seq appending = 0;  ///< highest seq ever handed to the journal
  Seq appended = 0;   ///< highest confirmed
  Seq dropping = 0;
  Seq at_close = 0;  ///< confirmed when it was last closed cleanly
  std::uint64_t writing = 0;
  std::uint64_t written = 0;
  std::uint64_t opened = 0;

  void hear(const std::string& note) {
    std::istringstream in(note);
    std::string what;
    std::uint64_t number = 0;
    in >> what >> number;
    if (what == "appending") appending = number;
    if (what == "appended") appended = number;
    if (what == "dropping") dropping = number;
    if (what == "writing") writing = number;
    if (what == "written") written = number;
    if (what == "opened") opened = number;
    if (what == "closed") at_close = appended;
  }
};

/// Exit codes of the process that opens one state.
enum Outcome : int { held = 0, refused = 1, breach = 2 };

int broken(const std::string& what) {
  std::printf("  %s\n", what.c_str());
  return breach;
}

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

/// Every event between what was dropped and the head is there, right and in order.
int check_events(const Journal& journal, const Told& told, bool gaps_allowed) {
  Seq last = journal.dropped_through();
  if (last > told.dropping) return broken("dropped " + number(last) + ", asked for " + number(told.dropping));
  std::vector<EventView> events;
  std::string wrong;
  const auto read = journal.read(last, [&](const BatchView& batch) {
    if (!decode_events(batch, events)) wrong = "a batch does not decode";
    for (const auto& event : events) {
      if (!is_right(event)) wrong = "event " + number(event.seq) + " is wrong";
      if (event.seq <= last || (!gaps_allowed && event.seq != last + 1)) {
        wrong = "seq " + number(event.seq) + " after " + number(last);
      }
      last = event.seq;
    }
    return wrong.empty();
  });
  if (!read) return broken("read: " + read.error().describe());
  if (!wrong.empty()) return broken(wrong);
  if (last != journal.head())
    return broken("head is " + number(journal.head()) + ", last read " + number(last));
  if (last > told.appending) return broken("event " + number(last) + " was never appended");
  return held;
}

int check_state(const Journal& journal, const Told& told) {
  const auto counter = journal.read_state(Table::groups, "counter");
  if (!counter) return broken("state: " + counter.error().describe());
  if (!*counter) return told.written == 0 ? held : broken("state " + number(told.written) + " is lost");
  const std::uint64_t found = std::strtoull((*counter)->c_str(), nullptr, 10);
  if (found < told.written || found > told.writing || **counter != state_value(found)) {
    return broken("state is " + number(found) + ", confirmed " + number(told.written));
  }
  const auto slot = journal.read_state(Table::parked, "slot " + number(found % 8));
  if (!slot || !*slot || **slot != state_value(found)) return broken("state is half written");
  return held;
}

/// Seqs that were given out must not be given out again.
int check_next(const Journal& journal, const Told& told) {
  const bool lost_some = journal.head() < told.appended;
  if (lost_some && journal.next_seq() <= told.appending) return broken("seqs would be used again");
  return journal.next_seq() > journal.head() ? held : broken("next seq is not above the head");
}

int check_goes_on(Journal& journal) {
  BatchBuilder builder(journal.identity().origin);
  const Seq seq = journal.next_seq();
  const std::string payload = payload_of(seq);
  builder.append(seq, static_cast<WallTime>(seq * 10), EventInput{topic, {}, {}, as_bytes(payload)});
  const Batch batch = builder.seal();
  if (auto done = journal.append({&batch, 1}); !done) return broken("append: " + done.error().describe());
  return journal.head() == seq ? held : broken("the next append is not the head");
}

Result<std::unique_ptr<Journal>> open_after(const std::string& directory, Durability durability) {
  JournalOptions options;
  options.name = "powerloss";
  options.durability = durability;
  options.segment_size = 64 * 1024;
  lmdb::OpenHooks hooks;
  hooks.boot_id = "after";
  return lmdb::LmdbJournal::open(directory, options, hooks);
}

int check_disk(const std::string& directory, const Told& told) {
  auto journal = open_after(directory, Durability::disk);
  if (!journal) return broken("open: " + journal.error().describe());
  const auto opened = (*journal)->identity().opened;
  if (opened == Opened::suspect) return broken("suspect under disk durability");
  if (opened == Opened::created && told.opened != 0) return broken("the whole journal is lost");
  if (const int bad = check_events(**journal, told, false)) return bad;
  if ((*journal)->head() < told.appended) {
    return broken("confirmed " + number(told.appended) + ", found " + number((*journal)->head()));
  }
  if (const int bad = check_state(**journal, told)) return bad;
  if (const int bad = check_next(**journal, told)) return bad;
  return check_goes_on(**journal);
}

int check_os(const std::string& directory, const Told& told) {
  auto journal = open_after(directory, Durability::os);
  const bool was_refused = !journal;
  if (was_refused) {
    if (journal.error().code != Errc::journal_damaged) return broken("open: " + journal.error().describe());
    if (const auto salvaged = salvage_journal(directory); !salvaged) {
      return broken("salvage: " + salvaged.error().describe());
    }
    journal = open_after(directory, Durability::os);
    if (!journal) return broken("open after salvage: " + journal.error().describe());
  }
  const auto opened = (*journal)->identity().opened;
  if (opened == Opened::created && told.opened != 0) return broken("the whole journal is lost");
  // Salvage may have lost some from the middle; it says so.
  if (const int bad = check_events(**journal, told, was_refused)) return bad;
  if (!was_refused && (*journal)->head() < told.at_close) return broken("lost what was closed cleanly");
  if (const int bad = check_state(**journal, told)) return bad;
  if (const int bad = check_next(**journal, told)) return bad;
  if (const int bad = check_goes_on(**journal)) return bad;
  return was_refused ? refused : held;
}

void build(const std::string& directory, const Snapshot& snapshot) {
  std::filesystem::remove_all(directory);
  std::filesystem::create_directory(directory);
  for (const auto& [path, content] : snapshot) {
    if (path.back() == '/') std::filesystem::create_directories(directory + "/" + path);
  }
  for (const auto& [path, content] : snapshot) {
    if (path.back() == '/') continue;
    std::ofstream file(directory + "/" + path, std::ios::binary);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
  }
}

/// In a process of its own: a crash of the opener is a breach as well.
int open_state(const std::string& directory, const Told& told, bool os) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    const int outcome = os ? check_os(directory, told) : check_disk(directory, told);
    std::fflush(stdout);
    ::_exit(outcome);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status)) return WEXITSTATUS(status) <= breach ? WEXITSTATUS(status) : breach;
  return broken("the opener died of signal " + number(static_cast<std::uint64_t>(WTERMSIG(status))));
}

struct Counts {
  std::uint64_t states = 0;
  std::uint64_t outcomes[3] = {};
};

Counts replay(const std::vector<Entry>& log, const std::string& directory, const std::string& scratch,
              bool os, std::uint64_t states, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  // The states are spread evenly over all prefixes of the log, the ways of losing taken in turn.
  Counts counts;
  DiskModel disk(directory);
  Told told;
  unsigned way = 0;
  for (std::size_t i = 0; i <= log.size(); ++i) {
    while (counts.states < states * (i + 1) / (log.size() + 1)) {
      const auto lost = static_cast<Lost>(way++ % lost_count);
      build(scratch, disk.crash(lost, random));
      const int outcome = open_state(scratch, told, os);
      ++counts.outcomes[outcome];
      ++counts.states;
      if (outcome == breach) {
        std::printf("  ^ after entry %zu of %zu, way of losing %u, seed %llu\n", i, log.size(),
                    static_cast<unsigned>(lost), static_cast<unsigned long long>(seed));
      }
      if (counts.outcomes[breach] >= 20) return counts;
    }
    if (i == log.size()) break;
    if (log[i].kind == Kind::note) told.hear(log[i].bytes);
    disk.apply(log[i]);
  }
  return counts;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  const auto log = read_log(argv[1]);
  if (log.empty()) {
    std::fprintf(stderr, "the log %s is empty or broken\n", argv[1]);
    return 2;
  }
  const bool os = std::strcmp(argv[4], "os") == 0;
  const auto counts = replay(log, argv[2], argv[3], os, std::strtoull(argv[5], nullptr, 10),
                             std::strtoull(argv[6], nullptr, 10));
  std::uint64_t confirmed = 0;
  Told told;
  for (const auto& entry : log) {
    if (entry.kind == Kind::note) told.hear(entry.bytes);
    if (entry.kind == Kind::note && entry.bytes.starts_with("appended")) ++confirmed;
  }
  std::printf(
      "%s: %zu recorded operations, %llu confirmed appends (%llu events), %llu confirmed state commits\n",
      argv[4], log.size(), static_cast<unsigned long long>(confirmed),
      static_cast<unsigned long long>(told.appended), static_cast<unsigned long long>(told.written));
  std::printf("%s: %llu crash states: %llu held, %llu refused as damaged and salvaged, %llu breaches\n",
              argv[4], static_cast<unsigned long long>(counts.states),
              static_cast<unsigned long long>(counts.outcomes[held]),
              static_cast<unsigned long long>(counts.outcomes[refused]),
              static_cast<unsigned long long>(counts.outcomes[breach]));
  return counts.outcomes[breach] == 0 ? 0 : 1;
}
