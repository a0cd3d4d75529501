// Every write and sync of a commit fails once: the error is told, nothing confirmed is lost, nothing that was
// reported as failed comes back, and the journal goes on.
//
// The functions below take the place of libc's for this program and the LMDB library in it.
#include <dlfcn.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cerrno>

#include <journal/check.hpp>
#include <journal/lmdb/lmdb_journal.hpp>

#include "support.hpp"

using namespace mesh;
using namespace support;

namespace {

std::atomic<int> calls_until_fault = -1;  // below 0: never
std::atomic<int> fault = EIO;
std::atomic<bool> stays = false;  // all later calls fail too, until disarmed

bool fails_now() {
  const int left = calls_until_fault;
  if (left < 0) return false;
  if (left > 0) {
    --calls_until_fault;
    return false;
  }
  if (!stays) calls_until_fault = -1;
  errno = fault;
  return true;
}

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  static auto* const next = real<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  return fails_now() ? -1 : next(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  return pwrite(fd, data, size, at);
}

ssize_t pwritev(int fd, const iovec* parts, int count, off_t at) {
  static auto* const next = real<ssize_t(int, const iovec*, int, off_t)>("pwritev");
  return fails_now() ? -1 : next(fd, parts, count, at);
}

ssize_t pwritev64(int fd, const iovec* parts, int count, off64_t at) {
  return pwritev(fd, parts, count, at);
}

ssize_t writev(int fd, const iovec* parts, int count) {
  static auto* const next = real<ssize_t(int, const iovec*, int)>("writev");
  return fails_now() ? -1 : next(fd, parts, count);
}

int fdatasync(int fd) {
  static auto* const next = real<int(int)>("fdatasync");
  return fails_now() ? -1 : next(fd);
}

int fsync(int fd) {
  static auto* const next = real<int(int)>("fsync");
  return fails_now() ? -1 : next(fd);
}

}  // extern "C"

namespace {

struct Tally {
  unsigned faults = 0;
  unsigned refused = 0;
};

Tally append_under_faults(int error, bool lasting) {
  const TemporaryDirectory place;
  Tally tally;
  auto journal = open_journal(place.journal(), options(Durability::disk)).value();
  std::vector<Seq> confirmed;
  for (int call = 0; call < 60; ++call) {
    fault = error;
    stays = lasting;
    calls_until_fault = call % 30;
    for (int i = 0; i < 10; ++i) {
      // Gaps make a commit that was reported as failed visible, should it come back.
      const Seq first = journal->next_seq() + 1;
      const auto batch = make_batch(journal->identity().origin, first, 3, 900);
      const auto done = journal->append({&batch, 1});
      if (done) {
        confirmed.push_back(first);
        continue;
      }
      ++tally.refused;
      const bool told = done.error().code == Errc::journal_io || done.error().code == Errc::disk_full;
      BOOST_TEST(told, done.error().describe());
      if (error == ENOSPC) BOOST_TEST((done.error().code == Errc::disk_full), done.error().describe());
      BOOST_TEST(journal->head() == (confirmed.empty() ? 0 : confirmed.back() + 2));
      if (lasting) calls_until_fault = -1;
    }
    if (calls_until_fault < 0) ++tally.faults;
    calls_until_fault = -1;
  }
  const auto firsts_of = [](const Journal& one) {
    std::vector<Seq> firsts;
    one.read(0,
             [&](const BatchView& batch) {
               firsts.push_back(batch.header.first);
               return true;
             })
        .value();
    return firsts;
  };
  BOOST_TEST((firsts_of(*journal) == confirmed));
  journal.reset();
  journal = open_journal(place.journal(), options(Durability::disk)).value();
  BOOST_TEST((firsts_of(*journal) == confirmed));
  BOOST_TEST(check_journal(place.journal()).value().sound());
  return tally;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_append_that_fails_at_any_write_or_sync_leaves_nothing_and_the_next_one_works) {
  for (const int error : {EIO, ENOSPC}) {
    for (const bool lasting : {false, true}) {
      const Tally tally = append_under_faults(error, lasting);
      BOOST_TEST(tally.faults > 40u);
      BOOST_TEST(tally.refused > 40u);
    }
  }
}

BOOST_AUTO_TEST_CASE(state_that_fails_to_be_written_stays_as_it_was_and_the_next_write_works) {
  const TemporaryDirectory place;
  auto journal = open_journal(place.journal(), options(Durability::disk)).value();
  std::string confirmed;
  unsigned refused = 0;
  for (int call = 0; call < 40; ++call) {
    fault = EIO;
    calls_until_fault = call % 8;
    for (int i = 0; i < 3; ++i) {
      const std::string value = std::to_string(call) + "." + std::to_string(i);
      const std::vector<StateWrite> writes{{Table::groups, "g", value}, {Table::ledgers, "g", value}};
      if (journal->write_state(writes)) {
        confirmed = value;
      } else {
        ++refused;
      }
    }
    calls_until_fault = -1;
    const auto group = journal->read_state(Table::groups, "g");
    if (!group) {
      // LMDB has given the file up; the next write opens it anew.
      const StateWrite write{Table::audit, "n", "x"};
      journal->write_state({&write, 1}).value();
    }
    BOOST_TEST(journal->read_state(Table::groups, "g").value().value_or("") == confirmed);
    BOOST_TEST(journal->read_state(Table::ledgers, "g").value().value_or("") == confirmed);
  }
  BOOST_TEST(refused > 10u);
}

BOOST_AUTO_TEST_CASE(opening_and_dropping_fail_cleanly_at_any_write_or_sync) {
  const TemporaryDirectory place;
  Seq head = 0;
  {
    auto journal = open_journal(place.journal(), options(Durability::disk)).value();
    append_many(*journal, 60);
    head = journal->head();
  }
  unsigned refused = 0;
  for (int call = 0; call < 25; ++call) {
    fault = EIO;
    calls_until_fault = call;
    auto journal = open_journal(place.journal(), options(Durability::disk));
    if (!journal) {
      ++refused;
      BOOST_TEST((journal.error().code == Errc::journal_io || journal.error().code == Errc::disk_full));
    } else if (call % 2 == 0) {
      static_cast<void>((*journal)->drop_through(20));
    }
    calls_until_fault = -1;
    journal = Result<std::unique_ptr<Journal>>(std::unique_ptr<Journal>());
    journal = open_journal(place.journal(), options(Durability::disk));
    BOOST_REQUIRE_MESSAGE(journal.ok(), error_of(journal));
    BOOST_TEST((*journal)->head() == head);
    BOOST_TEST(read_back(**journal).wrong == 0u);
  }
  BOOST_TEST(refused > 1u);
}
