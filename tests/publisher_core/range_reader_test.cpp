#include <map>
#include <random>

#include <mesh/core/publisher/range_reader.hpp>

#include "fixture.hpp"

namespace mesh::core {
namespace {

/// Batches small and large, so that some travel as they are.
void fill(Mesh& mesh, std::mt19937_64& random) {
  for (int batch = 0; batch < 30; ++batch) {
    const bool large = random() % 3 == 0;
    std::vector<TestEvent> events(1 + random() % 40);
    for (TestEvent& event : events) {
      event.topic = random() % 2 == 0 ? "a.x" : "b.x";
      if (random() % 2 == 0) event.key = "k" + std::to_string(random() % 50);
      event.payload = std::string(large ? 4000 : random() % 200, 'p');
    }
    mesh.publish(events);
  }
}

ReadJob random_job(std::uint64_t id, Seq head, std::mt19937_64& random) {
  ReadJob job;
  job.id = id;
  job.after = random() % (head + 5);
  job.upto = std::min(head, job.after + random() % (head + 1));
  job.upto = std::max(job.upto, job.after);
  job.credit = random() % 3 == 0 ? 5000 : 100'000 + random() % 400'000;
  if (random() % 4 == 0) job.prefixes = {"a."};
  if (random() % 3 == 0) return job;
  const SlotMask slots = random() % 4 == 0 ? all_slots : random();
  SlotLedger ledger{slots, random() % (head + 1), {}};
  if (random() % 2 == 0) ledger.above.push_back({ledger.floor + 2, ledger.floor + 2 + random() % 20});
  job.settled.push_back(ledger);
  return job;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(range_reader)

BOOST_AUTO_TEST_CASE(what_is_read_together_is_what_each_would_have_read_alone) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    std::mt19937_64 random(seed);
    Mesh mesh;
    mesh.open();
    fill(mesh, random);
    std::vector<ReadJob> jobs;
    for (std::uint64_t id = 1; id <= 1 + seed % 12; ++id) {
      jobs.push_back(random_job(id, mesh.core->head(), random));
    }
    std::map<std::uint64_t, ReadResult> together;
    run_range_jobs(*mesh.journal, jobs, [&](ReadResult result) {
      BOOST_TEST(together.emplace(result.id, std::move(result)).second);
    });
    BOOST_REQUIRE(together.size() == jobs.size());
    for (const ReadJob& job : jobs) {
      const ReadResult alone = run_read_job(*mesh.journal, job);
      const ReadResult& result = together.at(job.id);
      BOOST_TEST(!result.error);
      BOOST_TEST(result.through == alone.through);
      BOOST_TEST(result.through <= job.upto);
      BOOST_REQUIRE(result.batches.size() == alone.batches.size());
      for (std::size_t i = 0; i < result.batches.size(); ++i) {
        BOOST_TEST((result.batches[i].header == alone.batches[i].header));
      }
      std::vector<Seq> wanted;
      const Settled settled(job.settled);
      std::vector<EventView> events;
      BOOST_REQUIRE(mesh.journal
                        ->read(0,
                               [&](const BatchView& batch) {
                                 BOOST_REQUIRE(decode_events(batch, events).ok());
                                 for (const EventView& event : events) {
                                   const bool in = event.seq > job.after && event.seq <= result.through;
                                   const bool topic = job.prefixes.empty() || event.topic.starts_with("a.");
                                   if (in && topic && settled.wants(event.slot, event.seq))
                                     wanted.push_back(event.seq);
                                 }
                                 return true;
                               })
                        .ok());
      BOOST_TEST(seqs_of(result.batches) == wanted, boost::test_tools::per_element());
    }
  }
}

BOOST_AUTO_TEST_CASE(who_has_enough_is_answered_before_the_others) {
  Mesh mesh;
  mesh.open();
  for (int i = 0; i < 10; ++i) mesh.publish(std::vector<TestEvent>(10));
  ReadJob small, large;
  small.id = 1, large.id = 2;
  small.upto = 5, large.upto = 100;
  small.credit = large.credit = 1 << 20;
  std::vector<std::uint64_t> order;
  const std::vector<ReadJob> jobs = {large, small};
  run_range_jobs(*mesh.journal, jobs, [&](const ReadResult& result) { order.push_back(result.id); });
  BOOST_TEST(order == (std::vector<std::uint64_t>{1, 2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
