// Opening, closing, crashing and losing power, on every Journal.
#include "contract.hpp"

using namespace mesh;
using namespace contract;

BOOST_AUTO_TEST_CASE_TEMPLATE(a_new_journal_is_empty_and_named, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  BOOST_TEST(journal->identity().name == "orders");
  BOOST_TEST(journal->identity().incarnation == 1u);
  BOOST_TEST(journal->identity().run == 1u);
  BOOST_TEST((journal->identity().opened == Opened::created));
  BOOST_TEST(journal->head() == 0u);
  BOOST_TEST(journal->next_seq() == 1u);
  BOOST_TEST(journal->dropped_through() == 0u);
  BOOST_TEST(seqs_after(*journal, 0).empty());
  BOOST_TEST(journal->find_time(0).value() == 0u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_new_journal_needs_a_name, Fixture, Both) {
  Fixture fixture;
  auto options = small_options();
  for (const auto& name : {std::string(), std::string(201, 'n'), std::string("a b"), std::string("\xff")}) {
    options.name = name;
    const auto opened = fixture.open(options);
    BOOST_REQUIRE(!opened);
    BOOST_TEST((opened.error().code == Errc::invalid_argument));
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(events_and_state_survive_a_clean_close, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  const Origin origin = journal->identity().origin;
  append_many(*journal, 30);
  const StateWrite write{Table::groups, "billing", "definition"};
  journal->write_state({&write, 1}).value();
  journal->close().value();
  journal.reset();

  auto options = small_options();
  options.name.clear();
  journal = fixture.open(options).value();
  BOOST_TEST((journal->identity().opened == Opened::clean));
  BOOST_TEST((journal->identity().origin == origin));
  BOOST_TEST(journal->identity().name == "orders");
  BOOST_TEST(journal->identity().run == 2u);
  BOOST_TEST(journal->identity().incarnation == 1u);
  BOOST_TEST(journal->head() == 300u);
  BOOST_TEST(journal->next_seq() == 301u);
  CHECK_SAME(seqs_after(*journal, 0), range(1, 300));
  BOOST_TEST(journal->read_state(Table::groups, "billing").value().value() == "definition");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(events_and_state_survive_a_crash, Fixture, Both) {
  for (const auto durability : {Durability::disk, Durability::os}) {
    Fixture fixture;
    auto journal = fixture.open(small_options(durability)).value();
    append_many(*journal, 30);
    const StateWrite write{Table::ledgers, "billing", "floor"};
    journal->write_state({&write, 1}).value();
    fixture.crash(std::move(journal));

    journal = fixture.open(small_options(durability)).value();
    BOOST_TEST((journal->identity().opened == Opened::crashed));
    BOOST_TEST(journal->identity().run == 2u);
    BOOST_TEST(journal->identity().incarnation == 1u);
    BOOST_TEST(journal->next_seq() == 301u);
    CHECK_SAME(seqs_after(*journal, 0), range(1, 300));
    BOOST_TEST(journal->read_state(Table::ledgers, "billing").value().value() == "floor");
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_restart_of_the_machine_takes_nothing_from_disk_durability, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  append_many(*journal, 5);
  fixture.crash(std::move(journal));
  fixture.lose_power(100);
  journal = fixture.open().value();
  BOOST_TEST((journal->identity().opened == Opened::crashed));
  BOOST_TEST(journal->identity().incarnation == 1u);
  CHECK_SAME(seqs_after(*journal, 0), range(1, 50));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_restart_under_os_durability_begins_a_new_incarnation_far_above, Fixture,
                              Both) {
  Fixture fixture;
  auto journal = fixture.open(small_options(Durability::os)).value();
  append_many(*journal, 15);
  fixture.crash(std::move(journal));
  fixture.lose_power(0);
  journal = fixture.open(small_options(Durability::os)).value();
  BOOST_TEST((journal->identity().opened == Opened::suspect));
  BOOST_TEST(journal->identity().incarnation == 2u);
  BOOST_TEST(journal->head() == 150u);
  const Seq jumped = 150 + (Seq{1} << 32);
  BOOST_TEST(journal->next_seq() == jumped);
  BOOST_TEST(!append_one(*journal, 151, 1));
  append_one(*journal, jumped, 2).value();
  auto expected = range(1, 150);
  expected.push_back(jumped);
  expected.push_back(jumped + 1);
  CHECK_SAME(seqs_after(*journal, 0), expected);

  // Again, and nothing of the second incarnation is left to tell how far it went.
  fixture.crash(std::move(journal));
  fixture.lose_power(0);
  journal = fixture.open(small_options(Durability::os)).value();
  BOOST_TEST(journal->identity().incarnation == 3u);
  BOOST_TEST(journal->next_seq() == jumped + 1 + (Seq{1} << 32));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_cleanly_closed_os_journal_is_not_suspect_after_a_restart, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open(small_options(Durability::os)).value();
  append_many(*journal, 15);
  journal.reset();
  fixture.lose_power(100);
  journal = fixture.open(small_options(Durability::os)).value();
  BOOST_TEST((journal->identity().opened == Opened::clean));
  CHECK_SAME(seqs_after(*journal, 0), range(1, 150));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_second_writer_is_refused_until_the_first_has_closed, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  const auto second = fixture.open();
  BOOST_REQUIRE(!second);
  BOOST_TEST((second.error().code == Errc::journal_locked));
  journal->close().value();
  BOOST_TEST(fixture.open().ok());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(opening_with_another_name_renames, Fixture, Both) {
  Fixture fixture;
  fixture.open().value();
  auto options = small_options();
  options.name = "invoices";
  fixture.open(options).value();
  options.name.clear();
  BOOST_TEST(fixture.open(options).value()->identity().name == "invoices");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(after_close_every_call_says_closed, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  append_one(*journal, 1, 1).value();
  journal->close().value();
  journal->close().value();
  const auto is_closed = [](const auto& result) { return !result && result.error().code == Errc::closed; };
  BOOST_TEST(is_closed(append_one(*journal, 2, 1)));
  BOOST_TEST(is_closed(journal->write_state({})));
  BOOST_TEST(is_closed(journal->read_state(Table::groups, "g")));
  BOOST_TEST(is_closed(journal->read(0, [](const BatchView&) { return true; })));
  BOOST_TEST(is_closed(journal->drop_through(1)));
}
