#include "mesh_fixture.hpp"

using namespace mesh;
using namespace mesh::test;

namespace {

void a_published_event_is_handled_and_settled(const PublisherOptions& options) {
  auto publisher = Publisher::open(options).value();
  Notebook notebook;
  auto wanted = consumer_options(publisher.control_endpoint(), "notifications");
  wanted.on("booking.", [&](const Event& event) { notebook.note(event); });
  auto consumer = Consumer::open(std::move(wanted)).value();

  const auto receipt = publisher.publish("booking.created", "b-17", as_bytes("hello")).value();
  BOOST_TEST(receipt.wait(patience).value() == receipt.seq());
  BOOST_REQUIRE(notebook.wait_count(1));
  const auto seen = notebook.seen().front();
  BOOST_TEST(seen.seq == receipt.seq());
  BOOST_TEST(seen.topic == "booking.created");
  BOOST_TEST(seen.key == "b-17");
  BOOST_TEST(seen.payload == "hello");
  BOOST_TEST(seen.attempt == 1u);
  BOOST_TEST(!seen.redelivered);
  BOOST_TEST(publisher.wait_settled(receipt.seq(), patience).ok());
  BOOST_TEST(consumer.close(patience).ok());
  BOOST_TEST(publisher.close(patience).ok());
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_event_travels_over_tcp) {
  TempDirectory directory;
  a_published_event_is_handled_and_settled(publisher_options(directory));
}

BOOST_AUTO_TEST_CASE(an_event_travels_over_ipc) {
  TempDirectory directory;
  auto options = publisher_options(directory);
  options.control = "ipc://" + (directory / "control");
  a_published_event_is_handled_and_settled(options);
}

BOOST_AUTO_TEST_CASE(an_event_travels_over_inproc) {
  TempDirectory directory;
  auto options = publisher_options(directory);
  options.control = "inproc://bookings";
  a_published_event_is_handled_and_settled(options);
}
