// The directory as a whole: what is refused, locks, readers in and beside the writer's process.
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdio>
#include <thread>

#include <journal/check.hpp>
#include <journal/lmdb/lmdb_journal.hpp>

#include "support.hpp"

using namespace mesh;
using namespace support;

namespace {

Errc open_code(const std::string& directory) {
  const auto opened = open_journal(directory, options());
  return opened ? Errc{} : opened.error().code;
}

Errc reader_code(const std::string& directory) {
  const auto opened = open_journal_reader(directory);
  return opened ? Errc{} : opened.error().code;
}

/// Runs the helper and returns its output's first line.
std::string run_helper(const std::string& arguments) {
  FILE* const pipe = ::popen((std::string(JOURNAL_HELPER) + " " + arguments).c_str(), "r");
  BOOST_REQUIRE(pipe != nullptr);
  char line[256] = {};
  if (std::fgets(line, sizeof line, pipe) == nullptr) line[0] = 0;
  while (std::fgetc(pipe) != EOF) {
  }
  ::pclose(pipe);
  std::string text = line;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

class Churn {
 public:
  explicit Churn(const std::string& directory) {
    int ends[2];
    BOOST_REQUIRE(::pipe(ends) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], 1);
      ::execl(JOURNAL_HELPER, JOURNAL_HELPER, "churn", directory.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    char letter = 0;
    while (::read(ends[0], &letter, 1) == 1 && letter != '\n') {
    }
    ::close(ends[0]);
  }

  ~Churn() { kill(); }

  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
};

}  // namespace

BOOST_AUTO_TEST_CASE(nothing_but_a_journal_or_an_empty_directory_is_opened) {
  const TemporaryDirectory place;
  std::filesystem::create_directory(place.journal());
  write_file(place.journal() + "/letter.txt", {'x'});
  BOOST_TEST((open_code(place.journal()) == Errc::journal_foreign));
  BOOST_TEST((reader_code(place.journal()) == Errc::journal_foreign));
  BOOST_TEST(!std::filesystem::exists(place.journal() + "/lock"));
  BOOST_TEST((open_code(place.journal() + "/letter.txt") == Errc::journal_foreign));
  BOOST_TEST((open_code(place.path() + "/no/such/parent") == Errc::journal_io));
  BOOST_TEST((open_code("") == Errc::invalid_argument));
  BOOST_TEST((reader_code(place.path() + "/nothing") == Errc::journal_missing));
  std::filesystem::remove(place.journal() + "/letter.txt");
  BOOST_TEST((reader_code(place.journal()) == Errc::journal_missing));
  BOOST_TEST((open_code(place.journal()) == Errc{}));
}

BOOST_AUTO_TEST_CASE(files_are_for_the_owner_only) {
  const TemporaryDirectory place;
  const auto journal = open_journal(place.journal(), options()).value();

  struct stat status {};

  for (const auto& entry : std::filesystem::recursive_directory_iterator(place.path())) {
    ::stat(entry.path().c_str(), &status);
    BOOST_TEST((status.st_mode & 077) == 0u, entry.path());
  }
}

BOOST_AUTO_TEST_CASE(a_half_made_journal_is_made_anew) {
  const TemporaryDirectory place;
  open_journal(place.journal(), options()).value();
  std::filesystem::remove(place.journal() + "/state.mdb");
  std::filesystem::remove(place.journal() + "/state.mdb-lock");
  write_file(place.journal() + "/state.new", {'x'});
  BOOST_TEST((open_journal(place.journal(), options()).value()->identity().opened == Opened::created));
}

BOOST_AUTO_TEST_CASE(a_journal_whose_state_is_gone_is_damaged_and_not_made_anew) {
  const TemporaryDirectory place;
  append_many(*open_journal(place.journal(), options()).value(), 1);
  std::filesystem::remove(place.journal() + "/state.mdb");
  BOOST_TEST((open_code(place.journal()) == Errc::journal_damaged));
}

BOOST_AUTO_TEST_CASE(a_journal_whose_newest_segment_is_gone_is_damaged) {
  const TemporaryDirectory place;
  append_many(*open_journal(place.journal(), options()).value(), 60);
  const auto files = segment_files(place.journal());
  BOOST_REQUIRE(files.size() > 2u);
  std::filesystem::remove(files.back());
  BOOST_TEST((open_code(place.journal()) == Errc::journal_damaged));
}

BOOST_AUTO_TEST_CASE(state_of_another_program_or_of_no_program_is_foreign) {
  const TemporaryDirectory place;
  open_journal(place.journal(), options()).value();
  const auto bytes = read_file(place.journal() + "/state.mdb");
  write_file(place.journal() + "/state.mdb", std::vector<char>(8192, 'x'));
  BOOST_TEST((open_code(place.journal()) == Errc::journal_foreign));
  BOOST_TEST((reader_code(place.journal()) == Errc::journal_foreign));
  write_file(place.journal() + "/state.mdb", {});
  BOOST_TEST((open_code(place.journal()) == Errc::journal_foreign));
  // An LMDB file that is not ours.
  std::filesystem::copy(segment_files(place.journal())[0], place.journal() + "/state.mdb",
                        std::filesystem::copy_options::overwrite_existing);
  BOOST_TEST((open_code(place.journal()) == Errc::journal_foreign));
  write_file(place.journal() + "/state.mdb", bytes);
  BOOST_TEST((open_code(place.journal()) == Errc{}));
}

BOOST_AUTO_TEST_CASE(a_newer_format_is_refused_as_newer) {
  const TemporaryDirectory place;
  {
    auto journal = open_journal(place.journal(), options()).value();
    journal->close().value();
    lmdb::EnvOptions env_options;
    const char* const tables[] = {"meta"};
    env_options.tables = tables;
    env_options.for_writing = true;
    journal.reset();
    const auto env = lmdb::Env::open(place.journal() + "/state.mdb", env_options).value();
    auto txn = lmdb::Txn::begin(*env, lmdb::Txn::Kind::write).value();
    MDB_val key = lmdb::to_value(std::string_view("format"));
    MDB_val value = lmdb::to_value(std::string_view("\0\0\0\2 and more", 13));
    BOOST_REQUIRE(mdb_put(txn.get(), env->table(), &key, &value, 0) == 0);
    txn.commit().value();
  }
  BOOST_TEST((open_code(place.journal()) == Errc::journal_newer));
  BOOST_TEST((reader_code(place.journal()) == Errc::journal_newer));
}

BOOST_AUTO_TEST_CASE(another_process_is_refused_while_the_journal_is_open) {
  const TemporaryDirectory place;
  auto journal = open_journal(place.journal(), options()).value();
  BOOST_TEST((open_code(place.journal()) == Errc::journal_locked));
  BOOST_TEST(run_helper("lock " + place.journal()) == "journal_locked");
  // A reader that comes and goes must not take the lock along.
  open_journal_reader(place.journal()).value();
  BOOST_TEST(run_helper("lock " + place.journal()) == "journal_locked");
  journal.reset();
  BOOST_TEST(run_helper("lock " + place.journal()) == "ok");
}

BOOST_AUTO_TEST_CASE(a_process_that_is_executed_does_not_inherit_the_files) {
  const TemporaryDirectory place;
  auto journal = open_journal(place.journal(), options()).value();
  append_many(*journal, 60);
  FILE* const pipe = ::popen("ls -l /proc/self/fd", "r");
  std::string text;
  for (int letter = std::fgetc(pipe); letter != EOF; letter = std::fgetc(pipe))
    text.push_back(static_cast<char>(letter));
  ::pclose(pipe);
  BOOST_TEST(text.find(place.path()) == std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(a_reader_in_the_writers_process_sees_each_commit_and_may_outlive_the_writer) {
  const TemporaryDirectory place;
  auto journal = open_journal(place.journal(), options()).value();
  const auto reader = open_journal_reader(place.journal()).value();
  BOOST_TEST((reader->identity().origin == journal->identity().origin));
  for (int round = 0; round < 20; ++round) {
    append_many(*journal, 5);
    const auto back = read_back(*reader);
    BOOST_TEST(!back.error.has_value());
    BOOST_TEST(back.wrong == 0u);
    BOOST_TEST(back.last == journal->head());
    BOOST_TEST(reader->head() == journal->head());
  }
  BOOST_TEST(reader->usage().segments.size() == journal->usage().segments.size());
  const StateWrite write{Table::groups, "g", "definition"};
  journal->write_state({&write, 1}).value();
  BOOST_TEST(reader->read_state(Table::groups, "g").value().value() == "definition");
  journal->drop_through(journal->usage().segments[0].last).value();
  BOOST_TEST(reader->dropped_through() == journal->dropped_through());
  journal.reset();
  BOOST_TEST(read_back(*reader).wrong == 0u);
  // And the other way round: the reader is there first.
  journal = open_journal(place.journal(), options()).value();
  append_many(*journal, 5);
  BOOST_TEST(reader->head() == journal->head());
}

BOOST_AUTO_TEST_CASE(a_reader_changes_nothing) {
  const TemporaryDirectory place;
  open_journal(place.journal(), options()).value();
  const auto reader = open_journal_reader(place.journal()).value();
  const auto refused = [](const auto& result) {
    return !result && result.error().code == Errc::invalid_argument;
  };
  BOOST_TEST(refused(reader->append({})));
  BOOST_TEST(refused(reader->write_state({})));
  BOOST_TEST(refused(reader->drop_through(1)));
}

BOOST_AUTO_TEST_CASE(a_reader_beside_a_busy_writer_process_sees_every_event_in_order) {
  const TemporaryDirectory place;
  Churn writer(place.journal());
  const auto reader = open_journal_reader(place.journal()).value();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  Seq last = 0;
  std::uint64_t gaps = 0;
  std::uint64_t seen = 0;
  while (std::chrono::steady_clock::now() < until) {
    const auto done = reader->read(last, [&](const BatchView& batch) {
      // Only what retention has taken may be missing.
      if (batch.header.first != last + 1 && batch.header.first - 1 > reader->dropped_through()) ++gaps;
      last = batch.header.last;
      seen += batch.header.count;
      return true;
    });
    BOOST_REQUIRE_MESSAGE(done.ok(), error_of(done));
  }
  BOOST_TEST(gaps == 0u);
  BOOST_TEST(seen > 1000u);
  BOOST_TEST(last > 1000u);
  writer.kill();
  // The dead writer is no obstacle, and the next one goes on.
  const Seq head = reader->head();
  BOOST_TEST(head >= last);
  auto journal = open_journal(place.journal(), options()).value();
  BOOST_TEST((journal->identity().opened == Opened::crashed));
  BOOST_TEST(journal->head() == head);
}

BOOST_AUTO_TEST_CASE(a_full_disk_fails_the_append_and_publishing_resumes_when_there_is_room) {
  const TemporaryDirectory place;
  const std::string mount_point = place.path() + "/small";
  std::filesystem::create_directory(mount_point);
  if (::mount("zmesh-test", mount_point.c_str(), "tmpfs", 0, "size=2m") != 0) {
    BOOST_TEST_MESSAGE("skipped: cannot mount a tmpfs here");
    return;
  }
  {
    auto journal = open_journal(mount_point + "/journal", options()).value();
    Seq confirmed = 0;
    std::optional<Error> refused;
    for (int i = 0; i < 1000 && !refused; ++i) {
      const auto batch = make_batch(journal->identity().origin, journal->next_seq(), 10, 1000);
      if (auto done = journal->append({&batch, 1}); !done) {
        refused = done.error();
      } else {
        confirmed = batch.header.last;
      }
    }
    BOOST_REQUIRE(refused.has_value());
    BOOST_TEST((refused->code == Errc::disk_full), refused->describe());
    BOOST_TEST(journal->head() == confirmed);
    auto back = read_back(*journal);
    BOOST_TEST(back.last == confirmed);
    BOOST_TEST(back.wrong == 0u);
    ::mount("zmesh-test", mount_point.c_str(), "tmpfs", MS_REMOUNT, "size=8m");
    append_many(*journal, 10, 10, 1000);
    BOOST_TEST(journal->head() == confirmed + 100);
    BOOST_TEST(read_back(*journal).last == confirmed + 100);
  }
  BOOST_TEST(open_journal(mount_point + "/journal", options()).ok());
  ::umount(mount_point.c_str());
}

BOOST_AUTO_TEST_CASE(segment_sizes_out_of_range_are_refused) {
  const TemporaryDirectory place;
  auto one = options();
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{65535}, (std::uint64_t{16} << 30) + 1}) {
    one.segment_size = size;
    const auto opened = open_journal(place.journal(), one);
    BOOST_REQUIRE(!opened);
    BOOST_TEST((opened.error().code == Errc::invalid_argument));
  }
  one.segment_size = std::uint64_t{16} << 30;
  BOOST_TEST(open_journal(place.journal(), one).ok());
}

BOOST_AUTO_TEST_CASE(a_restart_of_the_machine_is_told_by_the_boot_id_only_under_os_durability) {
  for (const auto durability : {Durability::disk, Durability::os}) {
    const TemporaryDirectory place;
    lmdb::OpenHooks hooks;
    hooks.boot_id = "one";
    auto journal = lmdb::LmdbJournal::open(place.journal(), options(durability), hooks).value();
    append_many(*journal, 3);
    const std::string left = place.path() + "/left";
    std::filesystem::copy(place.journal(), left, std::filesystem::copy_options::recursive);
    hooks.boot_id = "two";
    journal = lmdb::LmdbJournal::open(left, options(durability), hooks).value();
    const bool is_os = durability == Durability::os;
    BOOST_TEST((journal->identity().opened == (is_os ? Opened::suspect : Opened::crashed)));
    BOOST_TEST(journal->identity().incarnation == (is_os ? 2u : 1u));
    BOOST_TEST(journal->identity().boot_known);
    BOOST_TEST(read_back(*journal).last == 30u);
  }
}

BOOST_AUTO_TEST_CASE(a_boot_id_that_cannot_be_read_is_told) {
  const TemporaryDirectory place;
  lmdb::OpenHooks hooks;
  hooks.boot_id = "";
  BOOST_TEST(!lmdb::LmdbJournal::open(place.journal(), options(Durability::os), hooks)
                  .value()
                  ->identity()
                  .boot_known);
}

BOOST_AUTO_TEST_CASE(a_segment_that_is_missing_in_the_middle_is_damage_until_salvage_takes_it_as_it_is) {
  const TemporaryDirectory place;
  append_many(*open_journal(place.journal(), options()).value(), 100);
  const auto files = segment_files(place.journal());
  BOOST_REQUIRE(files.size() > 3u);
  std::filesystem::remove(files[1]);
  BOOST_TEST((open_code(place.journal()) == Errc::journal_damaged));
  BOOST_TEST(!check_journal(place.journal()).value().sound());
  BOOST_TEST(salvage_journal(place.journal()).value().was_incomplete);
  auto journal = open_journal(place.journal(), options()).value();
  BOOST_TEST(journal->identity().incarnation == 2u);
  append_many(*journal, 40);
  journal.reset();
  BOOST_TEST((open_code(place.journal()) == Errc{}));
  BOOST_TEST(check_journal(place.journal()).value().sound());
}
