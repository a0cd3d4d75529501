#include <poll.h>

#include <boost/test/unit_test.hpp>
#include <thread>

#include <mesh/io/mailbox.hpp>

using namespace mesh::io;

namespace {

bool readable(const Waker& waker) {
  pollfd item{waker.fd(), POLLIN, 0};
  return ::poll(&item, 1, 0) == 1;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_loop_that_does_not_sleep_is_not_woken) {
  Waker waker;
  Mailbox<int> mailbox(waker);
  mailbox.post(1);
  BOOST_TEST(!readable(waker));
  waker.arm();
  BOOST_TEST(mailbox.waiting());
  mailbox.post(2);
  BOOST_TEST(readable(waker));
  waker.disarm();
  BOOST_TEST(!readable(waker));
  std::vector<int> items;
  mailbox.drain(items);
  BOOST_TEST(items == (std::vector<int>{1, 2}), boost::test_tools::per_element());
  BOOST_TEST(!mailbox.waiting());
}

BOOST_AUTO_TEST_CASE(no_post_is_ever_slept_through) {
  Waker waker;
  Mailbox<int> mailbox(waker);
  constexpr int count = 20'000;
  std::thread poster([&] {
    for (int i = 0; i < count; ++i) mailbox.post(i);
  });
  int expected = 0;
  std::vector<int> items;
  while (expected < count) {
    waker.arm();
    if (!mailbox.waiting()) {
      pollfd item{waker.fd(), POLLIN, 0};
      BOOST_REQUIRE(::poll(&item, 1, 20'000) == 1);
    }
    waker.disarm();
    mailbox.drain(items);
    for (const int item : items) BOOST_REQUIRE(item == expected++);
    items.clear();
  }
  poster.join();
}
