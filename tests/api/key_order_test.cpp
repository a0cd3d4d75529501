// Order::key with real sockets: events of a key wait for one of theirs that failed, others do not.
#include <atomic>

#include "mesh_fixture.hpp"

using namespace mesh;
using namespace mesh::test;

namespace {

ConsumerOptions ordered_group(const Publisher& publisher, unsigned concurrency) {
  auto options = consumer_options(publisher.control_endpoint(), "g");
  options.concurrency = concurrency;
  options.retry.backoff = {5ms};
  options.retry.jitter = 0;
  options.retry.attempts_max = 1000;
  options.retry.order = Order::key;
  return options;
}

std::vector<std::string> of_key(Notebook& notebook, const std::string& key) {
  std::vector<std::string> payloads;
  for (const auto& seen : notebook.seen()) {
    if (seen.key == key) payloads.push_back(seen.payload);
  }
  return payloads;
}

using Payloads = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_CASE(what_follows_a_failing_event_of_its_key_waits_and_other_keys_go_on) {
  for (const unsigned concurrency : {1u, 4u}) {
    TempDirectory directory;
    auto publisher = Publisher::open(publisher_options(directory)).value();
    Notebook handled;
    std::atomic<int> failures = 0, others = 0;
    auto options = ordered_group(publisher, concurrency);
    options.on_any([&](const Event& event) -> Outcome {
      if (event.key() != "k") ++others;
      // It fails twice, and as long as the other keys have not gone by.
      if (event.payload_text() == "2" && (event.attempt() <= 2 || others < 30)) {
        ++failures;
        return retry("not yet");
      }
      handled.note(event);
      return ack();
    });
    auto consumer = Consumer::open(std::move(options)).value();
    for (int i = 1; i <= 5; ++i) publish_text(publisher, "t.x", "k", std::to_string(i));
    for (int i = 1; i <= 30; ++i) publish_text(publisher, "t.x", "o" + std::to_string(i % 3), "other");
    auto last = publish_text(publisher, "t.x", "k", "6");
    BOOST_REQUIRE(handled.wait_count(36));
    BOOST_TEST(of_key(handled, "k") == (Payloads{"1", "2", "3", "4", "5", "6"}),
               boost::test_tools::per_element());
    BOOST_TEST(failures >= 2);
    BOOST_TEST(publisher.stats().retried == static_cast<std::uint64_t>(failures));
    // Nothing waits any more, so the key flows as ever.
    for (int i = 7; i <= 9; ++i) last = publish_text(publisher, "t.x", "k", std::to_string(i));
    BOOST_REQUIRE(handled.wait_count(39));
    BOOST_TEST(of_key(handled, "k") == (Payloads{"1", "2", "3", "4", "5", "6", "7", "8", "9"}),
               boost::test_tools::per_element());
    BOOST_TEST(publisher.stats().parked == 0u);
    BOOST_TEST(eventually([&] { return publisher.settled(last); }));
  }
}

BOOST_AUTO_TEST_CASE(a_parked_event_keeps_those_behind_it_and_a_redrive_brings_them_in_order) {
  for (const unsigned concurrency : {1u, 4u}) {
    TempDirectory directory;
    auto publisher = Publisher::open(publisher_options(directory)).value();
    Notebook handled;
    auto options = ordered_group(publisher, concurrency);
    options.retry.on_park = OnPark::park_key;
    options.on_any([&](const Event& event) -> Outcome {
      if (event.payload_text() == "2" && event.redrives() == 0) return park("no such customer");
      handled.note(event);
      return ack();
    });
    auto consumer = Consumer::open(std::move(options)).value();
    std::vector<Seq> seqs;
    for (int i = 1; i <= 5; ++i) seqs.push_back(publish_text(publisher, "t.x", "k", std::to_string(i)));
    publish_text(publisher, "t.x", "o", "other");
    BOOST_REQUIRE(eventually([&] {
      const auto list = publisher.parked("g");
      return list.ok() && list->events.size() == 4;
    }));
    BOOST_REQUIRE(handled.wait_count(2));
    const auto parked = publisher.parked("g").value().events;
    for (std::size_t i = 0; i < parked.size(); ++i) {
      BOOST_TEST(parked[i].seq == seqs[i + 1]);
      BOOST_TEST((parked[i].reason == (i == 0 ? Reason::handler_rejected : Reason::key_parked)));
      BOOST_TEST(parked[i].attempts.size() == (i == 0 ? 1u : 0u));
    }
    BOOST_TEST(of_key(handled, "k") == (Payloads{"1"}), boost::test_tools::per_element());
    BOOST_TEST(of_key(handled, "o") == (Payloads{"other"}), boost::test_tools::per_element());

    auto admin = Admin::connect(publisher.control_endpoint(), patience).value();
    ParkedFilter later;
    later.seqs = {seqs[2]};
    const auto refused = admin.redrive("g", later);
    BOOST_REQUIRE(!refused.ok());
    BOOST_TEST((refused.error().code == Errc::in_use));
    BOOST_TEST(admin.redrive("g", {}).value().count == 4u);
    const Seq last = publish_text(publisher, "t.x", "k", "6");
    BOOST_REQUIRE(handled.wait_count(7));
    BOOST_TEST(of_key(handled, "k") == (Payloads{"1", "2", "3", "4", "5", "6"}),
               boost::test_tools::per_element());
    BOOST_TEST(eventually([&] { return publisher.settled(last); }));
    BOOST_TEST(admin.parked_all("g").value().empty());
  }
}
