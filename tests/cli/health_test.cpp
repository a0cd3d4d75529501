#include <algorithm>
#include <boost/test/unit_test.hpp>

#include <tools/zmesh/health/doctor.hpp>
#include <tools/zmesh/sniff/outcomes.hpp>
#include <tools/zmesh/trace/trace.hpp>

using zmesh::Findings;
using zmesh::GroupTrace;
using zmesh::PublisherLook;

namespace {

using namespace std::chrono_literals;

PublisherLook look(const std::string& name, const std::string& version) {
  PublisherLook look;
  look.name = name;
  look.info.emplace();
  look.info->version = version;
  return look;
}

std::size_t bad(const Findings& findings) {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(), [](const auto& one) { return !one.good; }));
}

/// Seqs 1 to 6 were fetched, and 9 of slot 0; 7 and 8 were not.
mesh::GroupStatus status() {
  mesh::GroupStatus status;
  status.fetched_after = 0;
  status.fetched = {
      {"m", mesh::all_slots, {1, 6}, 1000}, {"m", 1, {9, 9}, 2000}, {"n", mesh::all_slots, {4, 5}, 3000}};
  return status;
}

GroupTrace way_of(mesh::Seq seq, GroupTrace::State state, const mesh::GroupStatus& told = status(),
                  mesh::Slot slot = 0) {
  GroupTrace trace;
  trace.state = state;
  zmesh::tell_way(trace, told, seq, slot);
  return trace;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(health)

BOOST_AUTO_TEST_CASE(publishers_of_this_version_are_well) {
  Findings findings;
  zmesh::diagnose_versions({look("a", ZMESH_VERSION), look("b", ZMESH_VERSION)}, findings);
  BOOST_TEST(findings.size() == 2u);
  BOOST_TEST(bad(findings) == 0u);
}

BOOST_AUTO_TEST_CASE(who_differs_from_the_tool_and_from_each_other_is_named) {
  Findings findings;
  auto silent = look("silent", "");
  silent.info.reset();
  zmesh::diagnose_versions({look("a", ZMESH_VERSION), look("b", "9.9.9"), look("old", ""), silent}, findings);
  BOOST_REQUIRE(findings.size() == 4u);
  BOOST_TEST(bad(findings) == 3u);
  BOOST_TEST(findings[1].about == "b");
  BOOST_TEST(findings[1].text == "runs zmesh 9.9.9, but this tool is " ZMESH_VERSION);
  BOOST_TEST(findings[2].text.find("does not tell") == 0u);
  BOOST_TEST(findings[3].text == "the publishers run different versions: unknown (old) " ZMESH_VERSION
                                 " (a) 9.9.9 (b)");
  BOOST_TEST(!findings[3].advice.empty());
}

BOOST_AUTO_TEST_CASE(a_clock_is_off_only_by_what_the_round_trip_does_not_explain) {
  BOOST_TEST((zmesh::clock_lead(150, 100, 200) == 0ns));
  BOOST_TEST((zmesh::clock_lead(250, 100, 200) == 50ns));
  BOOST_TEST((zmesh::clock_lead(70, 100, 200) == -30ns));
  BOOST_TEST((zmesh::clock_lead(0, 100, 200) == 0ns));
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_off_is_told_with_its_side) {
  auto one = look("a", ZMESH_VERSION);
  one.info->time = 1;
  Findings findings;
  for (const auto off : {mesh::Duration(0), mesh::Duration(2s), mesh::Duration(-3s)}) {
    one.clock_ahead = off;
    zmesh::diagnose_clock(one, findings);
  }
  BOOST_REQUIRE(findings.size() == 3u);
  BOOST_TEST(findings[0].good);
  BOOST_TEST(findings[1].text.find(" ahead of ours") != std::string::npos);
  BOOST_TEST(findings[2].text.find(" behind ours") != std::string::npos);
  BOOST_TEST(bad(findings) == 2u);
}

BOOST_AUTO_TEST_CASE(what_was_settled_and_not_fetched_went_out_live) {
  using State = GroupTrace::State;
  using Way = GroupTrace::Way;
  const auto fetched = way_of(9, State::settled);
  BOOST_TEST((fetched.way == Way::fetched));
  BOOST_TEST(fetched.way_member == "m");
  BOOST_TEST(fetched.way_at == 2000);
  BOOST_TEST(way_of(5, State::settled).way_member == "n");  // the newest answer
  BOOST_TEST((way_of(7, State::settled).way == Way::live));
  BOOST_TEST((way_of(7, State::parked).way == Way::live));
  BOOST_TEST((way_of(10, State::pending).way == Way::waiting));
  BOOST_TEST((way_of(7, State::unwanted).way == Way::unknown));
  BOOST_TEST((way_of(9, State::settled).way == Way::fetched));
  BOOST_TEST((way_of(9, State::settled, status(), 1).way == Way::live));  // another member has its slot
}

BOOST_AUTO_TEST_CASE(what_is_not_known_any_more_is_not_guessed) {
  auto told = status();
  told.fetched_after = 8;
  BOOST_TEST((way_of(7, GroupTrace::State::settled, told).way == GroupTrace::Way::unknown));
  BOOST_TEST((way_of(9, GroupTrace::State::settled, told).way == GroupTrace::Way::fetched));
  told.fetched_after.reset();
  BOOST_TEST((way_of(9, GroupTrace::State::settled, told).way == GroupTrace::Way::unknown));
}

BOOST_AUTO_TEST_CASE(what_befell_events_is_told_with_their_seqs) {
  using What = mesh::Incident::What;
  mesh::GroupStatus before, now;
  before.incidents = 1;
  before.retried = 1;
  before.parked = 1;
  now.incidents = 5;
  now.retried = 4;
  now.parked = 2;
  now.waiting = 2;
  now.newest = {{What::retry, 3, 2, mesh::Reason::ack_timeout},
                {What::retry, 3, 3, mesh::Reason::handler_rejected},
                {What::retry, 17, 2, mesh::Reason::handler_rejected},
                {What::parked, 4, 3, mesh::Reason::retry_exhausted},
                {What::retry, 18, 2, mesh::Reason::handler_rejected}};
  const std::vector<std::string> expected = {
      "3 attempts failed (2 events wait for their retry): retry (attempt 3) #3, retry (attempt 2) #17, retry "
      "(attempt 2) #18",
      "1 event parked (2 now): #4 retry_exhausted"};
  BOOST_TEST(zmesh::outcome_lines(before, now) == expected, boost::test_tools::per_element());
  BOOST_TEST(zmesh::outcome_lines(now, now).empty());
}

BOOST_AUTO_TEST_CASE(what_is_too_much_to_be_named_is_counted) {
  using What = mesh::Incident::What;
  mesh::GroupStatus before, now;
  before.parked = 40;
  now.parked = 5;
  now.incidents = 35;
  now.newest = {{What::redriven, 33, 0, {}}, {What::discarded, 34, 0, {}}};
  const std::vector<std::string> expected = {
      "35 parked events redriven or discarded (5 left): #33 redriven, #34 discarded, and 33 before"};
  BOOST_TEST(zmesh::outcome_lines(before, now) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(counters_of_another_run_are_not_compared) {
  mesh::GroupStatus before, now;
  before.incidents = 10;
  before.retried = 8;
  now.retried = 9;  // higher, but of a run that has begun anew
  now.incidents = 9;
  BOOST_TEST(zmesh::outcome_lines(before, now).empty());
}

BOOST_AUTO_TEST_CASE(a_publisher_that_names_none_still_has_its_counts_told) {
  mesh::GroupStatus before, now;
  now.retried = 1;
  now.waiting = 1;
  BOOST_TEST(zmesh::outcome_lines(before, now).front() == "1 attempt failed (1 events wait for their retry)");
}

BOOST_AUTO_TEST_SUITE_END()
