// journal_helper lock DIR                 tries to open for writing; prints ok or the error's code
// journal_helper write DIR COUNT SIZE     appends COUNT batches of ten events, then closes
// journal_helper churn DIR                appends until it is killed, in `os` durability, small segments,
//                                         dropping old ones
// journal_helper read DIR                 reads all; prints the last seq, or the error's code
#include <cstdio>
#include <cstdlib>
#include <string>

#include <journal/journal.hpp>

using namespace mesh;

namespace {

JournalOptions options_for(const std::string& command) {
  JournalOptions options;
  options.name = "helper";
  options.segment_size = 256 * 1024;
  if (command == "churn") options.durability = Durability::os;
  return options;
}

Result<void> append_ten(Journal& journal, BatchBuilder& builder, std::size_t size) {
  const std::string payload(size, 'p');
  const Seq first = journal.next_seq();
  for (Seq seq = first; seq < first + 10; ++seq) {
    builder.append(seq, static_cast<WallTime>(seq), EventInput{"helper.event", {}, {}, as_bytes(payload)});
  }
  const Batch batch = builder.seal();
  return journal.append({&batch, 1});
}

int report(const Error& error) {
  std::printf("%s\n", std::string(to_string(error.code)).c_str());
  return 1;
}

int read_all(const std::string& directory) {
  auto journal = open_journal_reader(directory);
  if (!journal) return report(journal.error());
  Seq last = 0;
  const auto done = (*journal)->read(0, [&](const BatchView& batch) {
    last = batch.header.last;
    return true;
  });
  if (!done) return report(done.error());
  std::printf("%llu\n", static_cast<unsigned long long>(last));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string command = argv[1];
  if (command == "read") return read_all(argv[2]);
  auto journal = open_journal(argv[2], options_for(command));
  if (!journal) return report(journal.error());
  std::printf("ok\n");
  std::fflush(stdout);
  BatchBuilder builder((*journal)->identity().origin);
  const bool endless = command == "churn";
  const unsigned long count = command == "write" && argc > 4 ? std::strtoul(argv[3], nullptr, 10) : 0;
  const std::size_t size = argc > 4 ? std::strtoul(argv[4], nullptr, 10) : 200;
  for (unsigned long i = 0; endless || i < count; ++i) {
    if (auto done = append_ten(**journal, builder, size); !done) return report(done.error());
    if (!endless || i % 1000 != 999) continue;
    const auto usage = (*journal)->usage();
    if (usage.segments.size() < 8) continue;
    // All but the newest few: a reader that is slower than this writer is to have an end.
    const auto last = usage.segments[usage.segments.size() - 5].last;
    if (auto done = (*journal)->drop_through(last); !done) return report(done.error());
  }
  const auto closed = (*journal)->close();
  return closed ? 0 : report(closed.error());
}
