// Appending and reading, on every Journal.
#include "contract.hpp"

using namespace mesh;
using namespace contract;

BOOST_AUTO_TEST_CASE_TEMPLATE(what_was_appended_is_read_in_order, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  append_one(*journal, 1, 3).value();
  const std::vector<Batch> two{make_batch(*journal, 4, 2), make_batch(*journal, 6, 1)};
  journal->append(two).value();
  BOOST_TEST(journal->head() == 6u);
  BOOST_TEST(journal->next_seq() == 7u);
  CHECK_SAME(seqs_after(*journal, 0), range(1, 6));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_read_shows_every_batch_that_holds_a_later_seq, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  append_one(*journal, 1, 3).value();
  append_one(*journal, 4, 3).value();
  append_one(*journal, 20, 3).value();
  CHECK_SAME(seqs_after(*journal, 2), (std::vector<Seq>{1, 2, 3, 4, 5, 6, 20, 21, 22}));
  CHECK_SAME(seqs_after(*journal, 3), (std::vector<Seq>{4, 5, 6, 20, 21, 22}));
  CHECK_SAME(seqs_after(*journal, 6), (std::vector<Seq>{20, 21, 22}));
  CHECK_SAME(seqs_after(*journal, 19), (std::vector<Seq>{20, 21, 22}));
  BOOST_TEST(seqs_after(*journal, 22).empty());
  BOOST_TEST(seqs_after(*journal, ~Seq{0}).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_visit_that_says_no_ends_the_read, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  append_many(*journal, 50);
  unsigned visits = 0;
  journal->read(0, [&](const BatchView&) { return ++visits < 20; }).value();
  BOOST_TEST(visits == 20u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(seqs_ascend_and_never_come_twice, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  append_one(*journal, 5, 5).value();
  for (const Seq first : {1, 5, 9}) {
    const auto refused = append_one(*journal, first, 1);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == Errc::invalid_argument));
  }
  const std::vector<Batch> backwards{make_batch(*journal, 20, 2), make_batch(*journal, 21, 2)};
  BOOST_TEST(!journal->append(backwards));
  BOOST_TEST(journal->head() == 9u);
  append_one(*journal, 10, 1).value();
  CHECK_SAME(seqs_after(*journal, 0), range(5, 10));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_batch_of_another_origin_is_refused, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  Origin other = journal->identity().origin;
  other.bytes[3] ^= 1;
  BatchBuilder builder(other);
  builder.append(1, 1, EventInput{"a.b", {}, {}, {}});
  const Batch batch = builder.seal();
  BOOST_TEST(!journal->append({&batch, 1}));
  BOOST_TEST(journal->head() == 0u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_empty_append_changes_nothing, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  journal->append({}).value();
  BOOST_TEST(journal->head() == 0u);
}
