#include <boost/test/unit_test.hpp>
#include <thread>

#include <mesh/io/clock.hpp>
#include <mesh/io/publisher/receipt_board.hpp>

using namespace mesh;
using namespace mesh::io;

BOOST_AUTO_TEST_CASE(a_watermark_confirms_everything_below_it_but_what_failed) {
  ReceiptBoard board(10);
  BOOST_TEST(board.poll(10)->ok());
  BOOST_TEST(!board.poll(11).has_value());
  board.confirm(20);
  board.fail({21, 30}, fail(Errc::disk_full, "no space"));
  board.fail({31, 35}, fail(Errc::disk_full, "no space"));
  board.confirm(40);
  BOOST_TEST(board.poll(20)->value() == 20u);
  for (const Seq seq : {21u, 30u, 31u, 35u}) BOOST_TEST((board.poll(seq)->error().code == Errc::disk_full));
  BOOST_TEST(board.poll(36)->ok());
  BOOST_TEST(!board.poll(41).has_value());
  BOOST_TEST(board.failures().count == 2u);
}

BOOST_AUTO_TEST_CASE(waiting_ends_with_the_outcome_the_deadline_or_the_end) {
  ReceiptBoard board(0);
  BOOST_TEST((board.wait(1, deadline_after(0s)).error().code == Errc::timeout));
  BOOST_TEST((board.wait(1, deadline_after(-5s)).error().code == Errc::timeout));
  std::thread confirming([&] { board.confirm(1); });
  BOOST_TEST(board.wait(1, deadline_after(Duration::max())).value() == 1u);
  confirming.join();
  std::thread closing([&] { board.close(); });
  BOOST_TEST((board.wait(2, deadline_after(20s)).error().code == Errc::closed));
  closing.join();
  BOOST_TEST((board.wait_resolved(2, deadline_after(20s)).error().code == Errc::closed));
  BOOST_TEST(board.wait(1, deadline_after(0s)).ok());
}

BOOST_AUTO_TEST_CASE(outcomes_that_are_no_longer_kept_are_not_claimed) {
  ReceiptBoard board(0);
  for (Seq seq = 1; seq <= 3000; seq += 2) {
    board.fail({seq, seq}, fail(Errc::disk_full, "no space"));
    board.confirm(seq + 1);
  }
  BOOST_TEST(!board.poll(1)->ok());
  BOOST_TEST(!board.poll(2)->ok());
  BOOST_TEST((board.poll(2999)->error().code == Errc::disk_full));
  BOOST_TEST(board.poll(3000)->ok());
}
