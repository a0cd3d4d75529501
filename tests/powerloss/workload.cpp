// powerloss_workload DIR disk|os APPENDS [force-nosync]
// Appends, writes state, rolls, drops, closes and reopens, and says what was confirmed when.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

#include <journal/lmdb/lmdb_journal.hpp>

#include "events.hpp"

using namespace mesh;

extern "C" __attribute__((weak)) void powerloss_note(const char* text);

namespace {

void note(const char* what, std::uint64_t number) {
  if (powerloss_note == nullptr) return;
  char text[64];
  std::snprintf(text, sizeof text, "%s %llu", what, static_cast<unsigned long long>(number));
  powerloss_note(text);
}

void require(const Result<void>& done) {
  if (done) return;
  std::fprintf(stderr, "%s\n", done.error().describe().c_str());
  std::exit(1);
}

class Workload {
 public:
  Workload(std::string directory, Durability durability, bool force_no_sync)
      : directory_(std::move(directory)) {
    options_.name = "powerloss";
    options_.durability = durability;
    options_.segment_size = 64 * 1024;
    hooks_.boot_id = "before";
    hooks_.force_no_sync = force_no_sync;
  }

  void run(unsigned appends) {
    open();
    for (unsigned i = 0; i < appends; ++i) {
      append(1 + static_cast<unsigned>(random_() % 2));
      if (random_() % 4 == 0) write_state();
      if (random_() % 60 == 0) drop();
      if (random_() % 80 == 0) reopen();
    }
    close();
  }

 private:
  void open() {
    auto opened = lmdb::LmdbJournal::open(directory_, options_, hooks_);
    if (!opened) require(opened.error());
    journal_ = std::move(*opened);
    note("opened", journal_->identity().run);
  }

  void close() {
    require(journal_->close());
    journal_.reset();
    note("closed", 0);
  }

  void reopen() {
    close();
    open();
  }

  void append(unsigned count) {
    std::vector<Batch> batches;
    BatchBuilder builder(journal_->identity().origin);
    Seq seq = journal_->next_seq();
    for (unsigned i = 0; i < count; ++i) {
      for (std::uint64_t events = 1 + random_() % 8; events > 0; --events, ++seq) {
        const std::string payload = powerloss::payload_of(seq);
        builder.append(seq, static_cast<WallTime>(seq * 10),
                       EventInput{powerloss::topic, {}, {}, as_bytes(payload)});
      }
      batches.push_back(builder.seal());
    }
    note("appending", seq - 1);
    require(journal_->append(batches));
    note("appended", seq - 1);
  }

  void write_state() {
    ++state_;
    const std::string value = powerloss::state_value(state_);
    const std::vector<StateWrite> writes{{Table::groups, "counter", value},
                                         {Table::parked, "slot " + std::to_string(state_ % 8), value}};
    note("writing", state_);
    require(journal_->write_state(writes));
    note("written", state_);
  }

  void drop() {
    const auto usage = journal_->usage();
    if (usage.segments.size() < 3) return;
    note("dropping", usage.segments[0].last);
    const auto dropped = journal_->drop_through(usage.segments[0].last);
    if (!dropped) require(dropped.error());
  }

  const std::string directory_;
  JournalOptions options_;
  lmdb::OpenHooks hooks_;
  std::mt19937 random_{7};
  std::unique_ptr<Journal> journal_;
  std::uint64_t state_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const auto durability = std::strcmp(argv[2], "os") == 0 ? Durability::os : Durability::disk;
  const bool force_no_sync = argc > 4 && std::strcmp(argv[4], "force-nosync") == 0;
  Workload(argv[1], durability, force_no_sync).run(static_cast<unsigned>(std::atoi(argv[3])));
  return 0;
}
