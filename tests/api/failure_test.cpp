// What becomes of events whose handlers fail.
#include "mesh_fixture.hpp"

using namespace mesh;
using namespace mesh::test;

namespace {

ConsumerOptions failing_group(const Publisher& publisher) {
  auto options = consumer_options(publisher.control_endpoint(), "g");
  options.retry.backoff = {10ms, 20ms};
  options.retry.jitter = 0;
  options.retry.attempts_max = 3;
  return options;
}

/// The group exists before its consumer comes, so that nothing counts as settled without it.
PublisherOptions options_with_group(const TempDirectory& directory) {
  auto options = publisher_options(directory);
  options.groups.push_back({"g", {}, {}, {}});
  return options;
}

ParkedEvent the_parked_event(Publisher& publisher) {
  BOOST_REQUIRE(eventually([&] {
    const auto list = publisher.parked("g");
    return list.ok() && list->events.size() == 1;
  }));
  return publisher.parked("g").value().events.front();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_failing_event_is_retried_and_then_parked_with_its_history) {
  TempDirectory directory;
  auto publisher = Publisher::open(publisher_options(directory)).value();
  Notebook notebook;
  auto options = failing_group(publisher);
  options.on_any([&](const Event& event) -> Outcome {
    notebook.note(event);
    if (event.payload_text() == "poison") throw std::runtime_error("cannot stand it");
    return ack();
  });
  auto consumer = Consumer::open(std::move(options)).value();
  publish_text(publisher, "t.x", "k", "before");
  const auto poison = publish_text(publisher, "t.x", "k", "poison");
  const auto last = publish_text(publisher, "t.x", "k", "after");

  const auto parked = the_parked_event(publisher);
  BOOST_TEST(parked.seq == poison);
  BOOST_TEST((parked.reason == Reason::retry_exhausted));
  BOOST_REQUIRE(parked.attempts.size() == 3u);
  for (std::uint32_t i = 0; i < 3; ++i) {
    BOOST_TEST(parked.attempts[i].number == i + 1);
    BOOST_TEST(parked.attempts[i].text == "cannot stand it");
    BOOST_TEST(parked.attempts[i].member == consumer.member());
  }
  const auto event = decode_parked(parked).value();
  BOOST_TEST(event.topic == "t.x");
  BOOST_TEST(as_text(event.payload) == "poison");
  BOOST_TEST(publisher.wait_settled(last, patience).ok());
  std::vector<std::uint32_t> attempts;
  for (const auto& seen : notebook.seen())
    if (seen.payload == "poison") attempts.push_back(seen.attempt);
  const std::vector<std::uint32_t> expected{1, 2, 3};
  BOOST_TEST(attempts == expected, boost::test_tools::per_element());
  BOOST_TEST(notebook.count() == 5u);
}

BOOST_AUTO_TEST_CASE(an_event_that_succeeds_on_its_second_attempt_is_settled) {
  TempDirectory directory;
  auto publisher = Publisher::open(publisher_options(directory)).value();
  Notebook notebook;
  auto options = failing_group(publisher);
  options.on_any([&](const Event& event) {
    notebook.note(event);
    return event.attempt() == 1 ? retry("not yet", 1ms) : ack();
  });
  auto consumer = Consumer::open(std::move(options)).value();
  const auto seq = publish_text(publisher, "t.x", "k", "hello");
  BOOST_REQUIRE(notebook.wait_count(2));
  BOOST_TEST(notebook.seen()[1].attempt == 2u);
  BOOST_TEST(notebook.seen()[1].redelivered);
  BOOST_TEST(publisher.wait_settled(seq, patience).ok());
  BOOST_TEST(publisher.stats().retried == 1u);
  BOOST_TEST(publisher.stats().parked == 0u);
}

BOOST_AUTO_TEST_CASE(park_parks_at_once_and_redrive_delivers_again) {
  TempDirectory directory;
  auto publisher = Publisher::open(publisher_options(directory)).value();
  Notebook notebook;
  auto options = failing_group(publisher);
  options.on_any([&](const Event& event) {
    notebook.note(event);
    return event.redrives() == 0 ? park("no such customer") : ack();
  });
  auto consumer = Consumer::open(std::move(options)).value();
  const auto seq = publish_text(publisher, "t.x", "k", "hello");
  const auto parked = the_parked_event(publisher);
  BOOST_TEST((parked.reason == Reason::handler_rejected));
  BOOST_TEST(parked.attempts.back().text == "no such customer");

  auto admin = Admin::connect(publisher.control_endpoint(), patience).value();
  ParkedFilter filter;
  filter.topic_prefix = "t.";
  BOOST_TEST(admin.redrive("g", filter, true).value().count == 1u);
  BOOST_TEST(admin.parked_all("g").value().size() == 1u);
  BOOST_TEST(admin.redrive("g", filter).value().count == 1u);
  BOOST_REQUIRE(notebook.wait_count(2));
  BOOST_TEST(notebook.seen()[1].redrives == 1u);
  BOOST_TEST(notebook.seen()[1].attempt == 1u);
  BOOST_TEST(eventually([&] { return publisher.settled(seq); }));
  BOOST_TEST(admin.parked_all("g").value().empty());
}

BOOST_AUTO_TEST_CASE(discard_drops_a_parked_event_for_good) {
  TempDirectory directory;
  auto publisher = Publisher::open(publisher_options(directory)).value();
  auto options = failing_group(publisher);
  options.on_any([&](const Event&) { return park("no"); });
  auto consumer = Consumer::open(std::move(options)).value();
  const auto seq = publish_text(publisher, "t.x", "k", "hello");
  the_parked_event(publisher);
  ParkedFilter filter;
  filter.seqs = {seq};
  const auto discarded = publisher.discard("g", filter).value();
  BOOST_TEST(discarded.count == 1u);
  BOOST_TEST(publisher.parked("g").value().events.empty());
}

BOOST_AUTO_TEST_CASE(an_undecodable_payload_is_parked_at_once) {
  TempDirectory directory;
  auto publisher = Publisher::open(publisher_options(directory)).value();
  auto options = failing_group(publisher);
  options.on_any([&](const Event& event) { (void)event.as<int>(); });
  auto consumer = Consumer::open(std::move(options)).value();
  publisher.publish("t.x", pack(std::string("not a number"))).value();
  const auto parked = the_parked_event(publisher);
  BOOST_TEST((parked.reason == Reason::undecodable));
  BOOST_TEST(parked.attempts.size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_event_without_handler_is_parked) {
  TempDirectory directory;
  auto publisher = Publisher::open(publisher_options(directory)).value();
  auto options = failing_group(publisher);
  options.prefixes = {"t."};
  options.on("t.known", [](const Event&) {});
  auto consumer = Consumer::open(std::move(options)).value();
  publish_text(publisher, "t.known", "k", "fine");
  const auto seq = publish_text(publisher, "t.strange", "k", "hello");
  const auto parked = the_parked_event(publisher);
  BOOST_TEST(parked.seq == seq);
  BOOST_TEST((parked.reason == Reason::no_handler));
}

BOOST_AUTO_TEST_CASE(a_handler_that_outlives_ack_wait_costs_an_attempt) {
  TempDirectory directory;
  auto publisher = Publisher::open(options_with_group(directory)).value();
  Latch latch;
  int begun = 0;
  bool let_go = false;
  auto options = failing_group(publisher);
  options.retry.ack_wait = 50ms;
  options.concurrency = 2;
  options.on_any([&](const Event& event) {
    latch.change([&] { ++begun; });
    if (event.attempt() == 1) latch.wait([&] { return let_go; });
  });
  auto consumer = Consumer::open(std::move(options)).value();
  publish_text(publisher, "t.x", "k", "slow");
  BOOST_TEST(eventually([&] { return publisher.stats().retried == 1u; }));
  latch.change([&] { let_go = true; });
  BOOST_TEST(eventually([&] { return publisher.settled(1); }));
  BOOST_TEST(publisher.stats().parked == 0u);
}

BOOST_AUTO_TEST_CASE(an_event_whose_handler_never_returns_is_parked_and_others_go_on) {
  TempDirectory directory;
  auto publisher = Publisher::open(options_with_group(directory)).value();
  Latch latch;
  int others = 0;
  bool let_go = false;
  auto options = failing_group(publisher);
  options.retry.ack_wait = 50ms;
  options.retry.attempts_max = 3;
  options.concurrency = 2;
  options.on_any([&](const Event& event) {
    if (event.seq() == 1) {
      latch.wait([&] { return let_go; });
    } else {
      latch.change([&] { ++others; });
    }
  });
  auto consumer = Consumer::open(std::move(options)).value();
  publish_text(publisher, "t.x", "k", "hangs");
  publish_text(publisher, "t.x", "another", "fine");
  const auto parked = the_parked_event(publisher);
  BOOST_TEST(parked.seq == 1u);
  BOOST_TEST((parked.reason == Reason::ack_timeout));
  BOOST_TEST(parked.attempts.size() == 3u);
  BOOST_TEST(eventually([&] { return publisher.settled(2); }));
  BOOST_TEST(latch.wait([&] { return others == 1; }));
  latch.change([&] { let_go = true; });
}

BOOST_AUTO_TEST_CASE(a_handler_that_extends_is_not_out_of_time) {
  TempDirectory directory;
  auto publisher = Publisher::open(options_with_group(directory)).value();
  Latch latch;
  auto options = failing_group(publisher);
  options.retry.ack_wait = 200ms;
  options.on_any([&](const Event& event) {
    for (int i = 0; i < 8; ++i) {
      latch.wait([] { return false; }, 50ms);
      event.extend();
    }
  });
  auto consumer = Consumer::open(std::move(options)).value();
  const auto seq = publish_text(publisher, "t.x", "k", "slow");
  BOOST_TEST(publisher.wait_settled(seq, patience).ok());
  BOOST_TEST(publisher.stats().retried == 0u);
}

BOOST_AUTO_TEST_CASE(reasons_of_any_bytes_and_length_come_through) {
  TempDirectory directory;
  auto publisher = Publisher::open(publisher_options(directory)).value();
  auto options = failing_group(publisher);
  options.on_any([&](const Event&) { return park("\xff\xfe broken " + std::string(5000, 'x')); });
  auto consumer = Consumer::open(std::move(options)).value();
  publish_text(publisher, "t.x", "k", "hello");
  const auto text = the_parked_event(publisher).attempts.back().text;
  BOOST_TEST(text.size() == attempt_text_max);
  BOOST_TEST(text.starts_with("?? broken xxx"));
}
