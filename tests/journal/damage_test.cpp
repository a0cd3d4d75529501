// Damaged files: never a wrong event, never a crash, always a typed error; and what can be recovered.
#include <boost/test/unit_test.hpp>
#include <random>

#include <journal/check.hpp>
#include <journal/lmdb/lmdb_journal.hpp>

#include "support.hpp"

using namespace mesh;
using namespace support;

namespace {

bool is_typed(const Error& error) {
  return error.code == Errc::journal_damaged || error.code == Errc::journal_foreign ||
         error.code == Errc::journal_newer;
}

/// Opens for reading and writing, reads all, checks; returns what was wrong.
std::string try_everything(const std::string& directory, Seq head) {
  const auto checked = check_journal(directory);
  if (!checked && !is_typed(checked.error())) return "check: " + checked.error().describe();
  for (const bool writing : {false, true}) {
    auto journal = writing ? open_journal(directory, options()) : open_journal_reader(directory);
    if (!journal) {
      if (!is_typed(journal.error())) return "open: " + journal.error().describe();
      continue;
    }
    const auto back = read_back(**journal);
    if (back.wrong != 0) return "wrong events";
    if (back.error && !is_typed(*back.error)) return "read: " + back.error->describe();
    if (!back.error && back.last != head && checked && checked->sound())
      return "a shorter history, unnoticed";
    if (!back.error && back.last != head && (*journal)->dropped_through() == 0) return "a shorter history";
  }
  return {};
}

struct Sample {
  TemporaryDirectory place;
  Seq head = 0;
  std::vector<std::string> files;

  explicit Sample(std::size_t batches = 40) {
    auto journal = open_journal(place.journal(), options()).value();
    append_many(*journal, batches / 2);
    append_many(*journal, batches / 2, 3, 5000);
    for (int i = 0; i < 20; ++i) {
      const StateWrite write{Table::parked, "group" + std::to_string(i), std::string(1000, 's')};
      journal->write_state({&write, 1}).value();
    }
    head = journal->head();
    journal->close().value();
    journal.reset();
    files = segment_files(place.journal());
    files.push_back(place.journal() + "/state.mdb");
  }

  std::string copy(const TemporaryDirectory& to) const {
    std::filesystem::copy(place.journal(), to.journal(), std::filesystem::copy_options::recursive);
    return to.journal();
  }

  std::string in(const std::string& file, const std::string& copy) const {
    return copy + file.substr(place.journal().size());
  }
};

void set_byte(const std::string& path, std::size_t at, char value) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(value);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_sound_journal_checks_as_sound_and_is_counted) {
  const Sample sample;
  const auto check = check_journal(sample.place.journal()).value();
  BOOST_TEST(check.sound());
  BOOST_TEST(check.name == "orders");
  std::uint64_t events = 0;
  for (const auto& segment : check.segments) events += segment.events;
  BOOST_TEST(events == sample.head);
  BOOST_TEST(check.segments.size() + 1 == sample.files.size());
  BOOST_TEST(!salvage_journal(sample.place.journal()).value().changed());
}

BOOST_AUTO_TEST_CASE(no_flipped_bit_gives_a_wrong_event_or_a_crash) {
  const Sample sample;
  std::mt19937_64 random(20240607);
  unsigned flips = 0;
  for (const auto& file : sample.files) {
    const auto bytes = read_file(file);
    const TemporaryDirectory scratch;
    const std::string copy = sample.copy(scratch);
    for (int i = 0; i < 120; ++i) {
      // Half of the flips go to the first bytes of a page, where the structure is.
      std::size_t at = random() % bytes.size();
      if (i % 2 == 0) at = at / 4096 * 4096 + random() % 128;
      if (at >= bytes.size()) continue;
      const auto flipped = static_cast<char>(bytes[at] ^ static_cast<char>(1 << random() % 8));
      set_byte(sample.in(file, copy), at, flipped);
      const std::string wrong = try_everything(copy, sample.head);
      if (!wrong.empty()) BOOST_ERROR(file << " byte " << at << ": " << wrong);
      std::filesystem::remove_all(copy);
      sample.copy(scratch);
      ++flips;
    }
  }
  BOOST_TEST(flips > 400u);
}

BOOST_AUTO_TEST_CASE(no_truncation_gives_a_wrong_event_or_a_crash) {
  const Sample sample;
  for (const auto& file : sample.files) {
    const auto size = std::filesystem::file_size(file);
    for (const std::uintmax_t left :
         {std::uintmax_t{0}, std::uintmax_t{1}, std::uintmax_t{200}, std::uintmax_t{4096},
          std::uintmax_t{8192}, size / 2, size / 4096 / 2 * 4096, size - 4096, size - 1}) {
      const TemporaryDirectory scratch;
      const std::string copy = sample.copy(scratch);
      std::filesystem::resize_file(sample.in(file, copy), left);
      const std::string wrong = try_everything(copy, sample.head);
      if (!wrong.empty()) BOOST_ERROR(file << " cut to " << left << ": " << wrong);
    }
  }
}

BOOST_AUTO_TEST_CASE(no_zeroed_page_gives_a_wrong_event_or_a_crash) {
  const Sample sample;
  for (const auto& file : sample.files) {
    const auto bytes = read_file(file);
    for (std::size_t page = 0; page * 4096 < bytes.size(); page += 1 + page / 8) {
      const TemporaryDirectory scratch;
      const std::string copy = sample.copy(scratch);
      auto damaged = bytes;
      std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(page * 4096), 4096, '\0');
      write_file(sample.in(file, copy), damaged);
      const std::string wrong = try_everything(copy, sample.head);
      if (!wrong.empty()) BOOST_ERROR(file << " page " << page << ": " << wrong);
    }
  }
}

BOOST_AUTO_TEST_CASE(salvage_keeps_every_batch_but_the_damaged_one_and_says_what_is_missing) {
  const Sample sample;
  const TemporaryDirectory scratch;
  const std::string copy = sample.copy(scratch);
  const std::string segment = sample.in(sample.files[0], copy);
  const auto bytes = read_file(segment);
  const Origin origin = open_journal_reader(copy).value()->identity().origin;
  const Batch batch = make_batch(origin, 31, 10);
  const std::string text(bytes.begin(), bytes.end());
  const auto at = text.find(as_text(batch.bytes.view()));
  BOOST_REQUIRE(at != std::string::npos);
  BOOST_REQUIRE(text.find(as_text(batch.bytes.view()), at + 1) == std::string::npos);
  set_byte(segment, at + 1000, '!');

  const auto check = check_journal(copy).value();
  BOOST_TEST(!check.sound());
  const auto report = salvage_journal(copy).value();
  BOOST_REQUIRE(report.segments.size() == 1u);
  BOOST_TEST(!report.state_rebuilt);
  BOOST_REQUIRE(report.segments[0].missing.size() == 1u);
  const SeqRange missing = report.segments[0].missing[0];
  BOOST_TEST(missing.contains(35));
  BOOST_TEST(missing.last - missing.first == 9u);
  BOOST_TEST(std::filesystem::exists(report.segments[0].kept_aside));

  const auto journal = open_journal(copy, options()).value();
  BOOST_TEST((journal->identity().opened == Opened::suspect));
  BOOST_TEST(journal->identity().incarnation == 2u);
  const auto back = read_back(*journal);
  BOOST_TEST(!back.error.has_value());
  BOOST_TEST(back.wrong == 0u);
  BOOST_TEST(back.events == sample.head - 10);
  BOOST_TEST(check_journal(copy).value().sound());
  BOOST_TEST(journal->read_state(Table::parked, "group3").value().has_value());
}

BOOST_AUTO_TEST_CASE(salvage_makes_every_damaged_journal_open_again_without_a_wrong_event) {
  const Sample sample;
  std::mt19937_64 random(42);
  std::uint64_t kept = 0;
  unsigned rounds = 0;
  for (const auto& file : sample.files) {
    const auto bytes = read_file(file);
    for (int i = 0; i < 12; ++i) {
      const TemporaryDirectory scratch;
      const std::string copy = sample.copy(scratch);
      auto damaged = bytes;
      const std::size_t page = random() % (bytes.size() / 4096);
      for (std::size_t at = page * 4096; at < page * 4096 + 4096; ++at)
        damaged[at] = static_cast<char>(random());
      write_file(sample.in(file, copy), damaged);
      const auto report = salvage_journal(copy);
      BOOST_REQUIRE_MESSAGE(report.ok(), file << " page " << page << ": " << error_of(report));
      const auto journal = open_journal(copy, options());
      BOOST_REQUIRE_MESSAGE(journal.ok(), file << " page " << page << ": " << error_of(journal));
      const auto back = read_back(**journal);
      BOOST_TEST(!back.error.has_value());
      BOOST_TEST(back.wrong == 0u);
      kept += back.events;
      ++rounds;
    }
  }
  BOOST_TEST_MESSAGE(rounds << " rounds, " << kept << " of " << rounds * sample.head << " events kept");
  BOOST_TEST(kept > rounds * sample.head * 8 / 10);
}

BOOST_AUTO_TEST_CASE(salvage_rebuilds_the_marks_from_the_batches_when_state_is_gone) {
  const Sample sample;
  const TemporaryDirectory scratch;
  const std::string copy = sample.copy(scratch);
  const Origin origin = open_journal_reader(copy).value()->identity().origin;
  std::filesystem::remove(copy + "/state.mdb");
  const auto report = salvage_journal(copy).value();
  BOOST_TEST(report.state_rebuilt);
  const auto journal = open_journal(copy, options()).value();
  BOOST_TEST((journal->identity().origin == origin));
  BOOST_TEST(journal->identity().incarnation > 65536u);
  BOOST_TEST(journal->next_seq() > sample.head + 1);
  BOOST_TEST(read_back(*journal).events == sample.head);
}

BOOST_AUTO_TEST_CASE(salvage_needs_the_lock_and_a_journal) {
  const Sample sample;
  const auto journal = open_journal(sample.place.journal(), options()).value();
  BOOST_TEST((salvage_journal(sample.place.journal()).error().code == Errc::journal_locked));
  BOOST_TEST((salvage_journal(sample.place.path() + "/none").error().code == Errc::journal_missing));
  BOOST_TEST((salvage_journal(sample.place.path()).error().code == Errc::journal_foreign));
}

BOOST_AUTO_TEST_CASE(an_unclean_os_journal_is_verified_batch_by_batch_after_a_restart) {
  const TemporaryDirectory place;
  lmdb::OpenHooks hooks;
  hooks.boot_id = "one";
  auto journal = lmdb::LmdbJournal::open(place.journal(), options(), hooks).value();
  append_many(*journal, 4, 3, 5000);
  const std::string left = place.path() + "/left";
  std::filesystem::copy(place.journal(), left, std::filesystem::copy_options::recursive);
  const std::string segment = segment_files(left).back();
  const auto bytes = read_file(segment);
  const std::string text(bytes.begin(), bytes.end());
  set_byte(segment, text.rfind("orders.placed") + 2000, '!');
  hooks.boot_id = "two";
  const auto opened = lmdb::LmdbJournal::open(left, options(), hooks);
  BOOST_REQUIRE(!opened);
  BOOST_TEST((opened.error().code == Errc::journal_damaged));
  BOOST_TEST(opened.error().text.find("zmesh journal salvage " + left) != std::string::npos);
  BOOST_TEST(salvage_journal(left).ok());
  journal = lmdb::LmdbJournal::open(left, options(), hooks).value();
  BOOST_TEST(read_back(*journal).last == 9u);
  BOOST_TEST(journal->next_seq() == 9 + (Seq{1} << 32));
}
