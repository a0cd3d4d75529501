#include <boost/test/unit_test.hpp>

#include <mesh/wire/wire.hpp>

#include "random_messages.hpp"
#include "same.hpp"

namespace mesh::test {

BOOST_AUTO_TEST_SUITE(round_trip)

BOOST_AUTO_TEST_CASE(every_control_message_comes_back_as_it_was) {
  RandomMessages messages(1);
  for (int round = 0; round < 400; ++round) {
    for (std::size_t type = 0; type < RandomMessages::types; ++type) {
      const ControlMessage message = messages.control(type);
      const auto frames = wire::encode(message);
      const auto decoded = wire::decode(frames, {});
      BOOST_REQUIRE_MESSAGE(decoded.ok(), "type " << type << ": " << (decoded ? "" : decoded.error().text));
      BOOST_REQUIRE_MESSAGE(same(*decoded, message), "type " << type << " differs in round " << round);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_live_message_comes_back_as_it_was) {
  RandomMessages messages(2);
  for (int round = 0; round < 5000; ++round) {
    const LiveMessage message = messages.live();
    const auto frames = wire::encode_live(message);
    BOOST_REQUIRE_EQUAL(frames.size(), message.batch ? 3u : 2u);
    const auto decoded = wire::decode_live(frames, {});
    BOOST_REQUIRE_MESSAGE(decoded.ok(), (decoded ? "" : decoded.error().text));
    BOOST_REQUIRE(same(*decoded, message));
  }
}

BOOST_AUTO_TEST_CASE(batches_are_passed_on_without_a_copy) {
  RandomMessages messages(3);
  for (int round = 0; round < 100; ++round) {
    const LiveMessage message = messages.live();
    if (!message.batch) continue;
    const auto frames = wire::encode_live(message);
    BOOST_TEST(frames[2].data() == message.batch->bytes.data());
    BOOST_TEST(wire::decode_live(frames, {}).value().batch->bytes.data() == frames[2].data());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::test
