// Receipts, bounds and the end of a publisher.
#include "mesh_fixture.hpp"

using namespace mesh;
using namespace mesh::test;

BOOST_AUTO_TEST_CASE(receipts_tell_when_events_are_committed) {
  TempDirectory directory;
  auto options = publisher_options(directory);
  options.durability = Durability::disk;
  auto publisher = Publisher::open(options).value();
  std::vector<Receipt> receipts;
  for (int i = 0; i < 100; ++i) receipts.push_back(publisher.publish("t.x", as_bytes("x")).value());
  BOOST_TEST(publisher.flush(patience).ok());
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    BOOST_TEST(receipts[i].seq() == i + 1);
    const auto known = receipts[i].poll();
    BOOST_REQUIRE(known.has_value());
    BOOST_TEST(known->value() == i + 1);
    BOOST_TEST(receipts[i].wait(0s).ok());
  }
  const auto stats = publisher.stats();
  BOOST_TEST(stats.published == 100u);
  BOOST_TEST(eventually([&] { return publisher.stats().committed == 100u; }));
  BOOST_TEST(publisher.stats().head == 100u);
  BOOST_TEST(publisher.stats().staged_bytes == 0u);
}

BOOST_AUTO_TEST_CASE(a_receipt_outlives_its_publisher) {
  TempDirectory directory;
  std::optional<Receipt> receipt;
  {
    auto publisher = Publisher::open(publisher_options(directory)).value();
    receipt = publisher.publish("t.x", as_bytes("x")).value();
  }
  BOOST_TEST(receipt->wait(0s).value() == 1u);
}

BOOST_AUTO_TEST_CASE(a_bad_event_is_refused_before_it_gets_a_seq) {
  TempDirectory directory;
  auto options = publisher_options(directory);
  options.event_size_max = 1000;
  auto publisher = Publisher::open(options).value();
  const auto code = [&](std::string_view topic, std::string_view key, std::size_t size) {
    const std::string payload(size, 'x');
    return publisher.publish(topic, key, as_bytes(payload)).error().code;
  };
  BOOST_TEST((code("", "k", 1) == Errc::invalid_topic));
  BOOST_TEST((code("a..b", "k", 1) == Errc::invalid_topic));
  BOOST_TEST((code("a.b", std::string(300, 'k'), 1) == Errc::invalid_key));
  BOOST_TEST((code("a.b", "k", 1000) == Errc::event_too_large));
  const std::vector<Header> headers(65, Header{"n", "v"});
  BOOST_TEST((publisher.publish({"a.b", std::nullopt, headers, {}}).error().code == Errc::invalid_headers));
  BOOST_TEST(publisher.publish("a.b", as_bytes("x")).value().seq() == 1u);
}

BOOST_AUTO_TEST_CASE(headers_arrive_as_they_were_published) {
  TempDirectory directory;
  auto publisher = Publisher::open(publisher_options(directory)).value();
  Latch latch;
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<Event> kept;
  auto options = consumer_options(publisher.control_endpoint(), "g");
  options.on_any([&](const Event& event) {
    latch.change([&] {
      event.for_each_header([&](auto name, auto value) { headers.emplace_back(name, value); });
      kept = event;
    });
  });
  {
    auto consumer = Consumer::open(std::move(options)).value();
    const std::vector<Header> sent{{"trace", "abc"}, {"tenant", "42"}};
    publisher.publish({"t.x", "k", sent, as_bytes("payload")}).value();
    BOOST_REQUIRE(latch.wait([&] { return kept.has_value(); }));
  }
  // The copy outlives its handler, its batch and its consumer.
  BOOST_TEST(headers.size() == 2u);
  BOOST_TEST(kept->header("tenant").value() == "42");
  BOOST_TEST(!kept->header("nothing").has_value());
  BOOST_TEST(kept->payload_text() == "payload");
  BOOST_TEST(kept->publisher_name() == "bookings");
  BOOST_TEST((kept->origin() == publisher.identity().origin));
  kept->extend();
  const Event again = *kept;
  kept.reset();
  BOOST_TEST(again.topic() == "t.x");
}

BOOST_AUTO_TEST_CASE(try_publish_says_when_staging_is_full_and_publish_waits) {
  TempDirectory directory;
  auto options = publisher_options(directory);
  options.durability = Durability::disk;
  options.event_size_max = 64 * 1024;
  options.staging_bytes_max = 64 * 1024;
  auto publisher = Publisher::open(options).value();
  const std::string payload(60 * 1024, 'x');
  const EventInput event{"t.x", std::nullopt, {}, as_bytes(payload)};
  bool was_full = false;
  for (int i = 0; i < 1000 && !was_full; ++i) {
    const auto receipt = publisher.try_publish(event);
    was_full = !receipt.ok();
    if (was_full) BOOST_TEST((receipt.error().code == Errc::staging_full));
  }
  BOOST_TEST(was_full);
  BOOST_TEST(publisher.publish(event, patience).value().wait(patience).ok());
}

BOOST_AUTO_TEST_CASE(a_journal_at_its_limit_refuses_events_until_groups_have_settled) {
  TempDirectory directory;
  auto options = publisher_options(directory);
  options.segment_size = 256 * 1024;
  options.retention.bytes_max = 1024 * 1024;
  options.groups.push_back({"g", {}, {}, {}});
  auto publisher = Publisher::open(options).value();
  const std::string payload(1000, 'x');
  std::size_t accepted = 0;
  Errc code{};
  BOOST_REQUIRE(eventually([&] {
    const auto receipt = publisher.publish("t.x", as_bytes(payload));
    if (receipt.ok()) {
      ++accepted;
      (void)receipt->wait(patience);
      return accepted > 100'000;
    }
    code = receipt.error().code;
    return true;
  }));
  BOOST_TEST((code == Errc::journal_full));
  BOOST_TEST(accepted > 100u);
  BOOST_TEST(accepted < 2000u);

  Notebook notebook;
  auto wanted = consumer_options(publisher.control_endpoint(), "g");
  wanted.on_any([&](const Event& event) { notebook.note(event); });
  auto consumer = Consumer::open(std::move(wanted)).value();
  BOOST_REQUIRE(notebook.wait_count(accepted));
  BOOST_TEST(eventually([&] { return publisher.publish("t.x", as_bytes(payload)).ok(); }));
  BOOST_TEST(notebook.wait_count(accepted + 1));
}

BOOST_AUTO_TEST_CASE(close_commits_what_was_published) {
  TempDirectory directory;
  {
    auto publisher = Publisher::open(publisher_options(directory)).value();
    for (int i = 0; i < 5000; ++i) (void)publisher.publish("t.x", as_bytes("x")).value();
    BOOST_TEST(publisher.close(patience).ok());
    BOOST_TEST((publisher.publish("t.x", as_bytes("x")).error().code == Errc::closed));
    BOOST_TEST((publisher.groups().error().code == Errc::closed));
    BOOST_TEST(publisher.close(patience).ok());
    BOOST_TEST(publisher.stats().committed == 5000u);
  }
  auto publisher = Publisher::open(publisher_options(directory)).value();
  BOOST_TEST((publisher.identity().opened == Opened::clean));
  BOOST_TEST(publisher.stats().head == 5000u);
  BOOST_TEST(publisher.publish("t.x", as_bytes("x")).value().seq() == 5001u);
}
