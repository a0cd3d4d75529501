// Every wrong option and every missing peer is a typed error.
#include "mesh_fixture.hpp"

using namespace mesh;
using namespace mesh::test;

BOOST_AUTO_TEST_CASE(an_endpoint_in_use_is_named) {
  TempDirectory directory;
  auto options = publisher_options(directory, "one");
  auto one = Publisher::open(options).value();
  auto second = publisher_options(directory, "two");
  second.control = one.control_endpoint();
  const auto error = Publisher::open(second).error();
  BOOST_TEST((error.code == Errc::endpoint_in_use));
  BOOST_TEST(error.text.find(one.control_endpoint()) != std::string::npos);
  second.control = "tcp://127.0.0.1:*";
  BOOST_TEST(Publisher::open(second).ok());
}

BOOST_AUTO_TEST_CASE(an_ipc_path_in_use_is_not_taken_over) {
  TempDirectory directory;
  auto options = publisher_options(directory, "one");
  options.control = "ipc://" + (directory / "control");
  auto one = Publisher::open(options).value();
  options.journal = directory / "two";
  BOOST_TEST((Publisher::open(options).error().code == Errc::endpoint_in_use));
  options.control = "ipc://" + (directory / "one");  // the journal's directory
  BOOST_TEST((Publisher::open(options).error().code == Errc::endpoint_invalid));
}

BOOST_AUTO_TEST_CASE(bad_endpoints_are_refused) {
  TempDirectory directory;
  for (const auto* endpoint :
       {"", "tcp://", "tcp://127.0.0.1", "tcp://127.0.0.1:99999", "udp://127.0.0.1:5000", "pgm://x",
        "tcp://localhost:5000", "ipc://", "127.0.0.1:5000"}) {
    auto options = publisher_options(directory);
    options.control = endpoint;
    BOOST_TEST_CONTEXT(endpoint)
    BOOST_TEST((Publisher::open(options).error().code == Errc::endpoint_invalid));
  }
  for (const auto* endpoint :
       {"", "tcp://*:5000", "tcp://127.0.0.1:0", "tcp://127.0.0.1:*", "ws://127.0.0.1:5000"}) {
    auto options = consumer_options(endpoint, "g");
    options.on_any([](const Event&) {});
    BOOST_TEST_CONTEXT(endpoint)
    BOOST_TEST((Consumer::open(std::move(options)).error().code == Errc::endpoint_invalid));
  }
}

BOOST_AUTO_TEST_CASE(only_insecure_listens_beyond_this_machine) {
  TempDirectory directory;
  auto options = publisher_options(directory);
  options.control = "tcp://0.0.0.0:*";
  BOOST_TEST((Publisher::open(options).error().code == Errc::endpoint_invalid));
  options.insecure = true;
  auto publisher = Publisher::open(options).value();
  // The announced events endpoint has a wildcard host: the consumer goes where it reaches control.
  const auto port = publisher.control_endpoint().substr(publisher.control_endpoint().rfind(':'));
  Notebook notebook;
  auto wanted = consumer_options("tcp://127.0.0.1" + port, "g");
  wanted.on_any([&](const Event& event) { notebook.note(event); });
  auto consumer = Consumer::open(std::move(wanted)).value();
  BOOST_REQUIRE(consumer.wait_caught_up(patience).ok());
  BOOST_TEST(eventually([&] {
    publish_text(publisher, "t.x", "k", "hello");
    return consumer.stats().total.live > 0;
  }));
}

BOOST_AUTO_TEST_CASE(a_journal_has_one_publisher) {
  TempDirectory directory;
  auto options = publisher_options(directory);
  auto publisher = Publisher::open(options).value();
  BOOST_TEST((Publisher::open(options).error().code == Errc::journal_locked));
}

BOOST_AUTO_TEST_CASE(options_out_of_range_are_refused) {
  TempDirectory directory;
  const auto publisher_code = [&](const std::function<void(PublisherOptions&)>& change) {
    auto options = publisher_options(directory);
    change(options);
    auto opened = Publisher::open(options);
    return opened.ok() ? Errc{} : opened.error().code;
  };
  BOOST_TEST((publisher_code([](auto& o) { o.journal = ""; }) == Errc::invalid_argument));
  BOOST_TEST((publisher_code([](auto& o) { o.name = "a name"; }) == Errc::invalid_argument));
  BOOST_TEST((publisher_code([](auto& o) { o.event_size_max = 65u << 20; }) == Errc::invalid_argument));
  BOOST_TEST((publisher_code([](auto& o) { o.staging_bytes_max = 1; }) == Errc::invalid_argument));
  BOOST_TEST((publisher_code([](auto& o) { o.retention.bytes_max = 1; }) == Errc::invalid_argument));
  BOOST_TEST((publisher_code([](auto& o) { o.groups = {{"a b", {}, {}, {}}}; }) == Errc::invalid_argument));
  BOOST_TEST((publisher_code([](auto& o) { o.groups = {{"g", {"a\n"}, {}, {}}}; }) == Errc::invalid_topic));
  BOOST_TEST((publisher_code([](auto&) {}) == Errc{}));

  const auto consumer_code = [&](const std::function<void(ConsumerOptions&)>& change) {
    auto options = consumer_options("tcp://127.0.0.1:1", "g");
    options.on_any([](const Event&) {});
    change(options);
    auto opened = Consumer::open(std::move(options));
    return opened.ok() ? Errc{} : opened.error().code;
  };
  BOOST_TEST((consumer_code([](auto& o) { o.publishers.clear(); }) == Errc::invalid_argument));
  BOOST_TEST((consumer_code([](auto& o) { o.group = "a b"; }) == Errc::invalid_argument));
  BOOST_TEST((consumer_code([](auto& o) { o.handlers.clear(); }) == Errc::invalid_argument));
  BOOST_TEST((consumer_code([](auto& o) { o.concurrency = 0; }) == Errc::invalid_argument));
  BOOST_TEST((consumer_code([](auto& o) { o.retry.attempts_max = 0; }) == Errc::invalid_argument));
  BOOST_TEST((consumer_code([](auto& o) { o.prefixes = {std::string(201, 'x')}; }) == Errc::invalid_topic));
  BOOST_TEST((consumer_code([](auto&) {}) == Errc{}));
}

BOOST_AUTO_TEST_CASE(an_absent_publisher_is_unreachable_for_an_operator) {
  TempDirectory directory;
  const auto error = Admin::connect("ipc://" + (directory / "nobody"), 100ms).error();
  BOOST_TEST((error.code == Errc::unreachable));
  BOOST_TEST((Admin::connect("nonsense", 100ms).error().code == Errc::endpoint_invalid));
}

BOOST_AUTO_TEST_CASE(an_operator_sees_the_publisher_and_its_groups) {
  TempDirectory directory;
  auto options = publisher_options(directory);
  options.groups.push_back({"idle", {"t."}, {}, {}});
  auto publisher = Publisher::open(options).value();
  const auto last = publish_text(publisher, "t.x", "k", "hello");
  BOOST_TEST(publisher.flush(patience).ok());
  auto admin = Admin::connect(publisher.control_endpoint(), patience).value();
  const auto info = admin.info().value();
  BOOST_TEST(info.name == "bookings");
  BOOST_TEST((info.origin == publisher.identity().origin));
  BOOST_TEST(info.events == publisher.events_endpoint());
  BOOST_TEST(info.head == last);
  const auto groups = admin.groups().value();
  BOOST_REQUIRE(groups.groups.size() == 1u);
  BOOST_TEST(groups.groups.front().group == "idle");
  BOOST_TEST(groups.groups.front().lag == 1u);
  BOOST_TEST(groups.groups.front().oldest_unsettled == last);
  BOOST_TEST((admin.parked_list("nobody").error().code == Errc::unknown_group));
  ParkedFilter filter;
  filter.seqs = {last};
  BOOST_TEST(!admin.redrive("nobody", filter).ok());
}

BOOST_AUTO_TEST_CASE(close_from_inside_a_handler_is_refused) {
  TempDirectory directory;
  auto publisher = Publisher::open(publisher_options(directory)).value();
  Latch latch;
  std::optional<Errc> code;
  std::optional<Consumer> consumer;
  auto options = consumer_options(publisher.control_endpoint(), "g");
  options.on_any([&](const Event&) { latch.change([&] { code = consumer->close(1s).error().code; }); });
  consumer = Consumer::open(std::move(options)).value();
  publish_text(publisher, "t.x", "k", "hello");
  BOOST_REQUIRE(latch.wait([&] { return code.has_value(); }));
  BOOST_TEST((*code == Errc::invalid_argument));
}
