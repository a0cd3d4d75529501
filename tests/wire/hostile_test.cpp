// Whatever arrives is either a valid message or a typed error.
#include <boost/test/unit_test.hpp>
#include <set>

#include <mesh/wire/reader.hpp>
#include <mesh/wire/wire.hpp>
#include <mesh/wire/writer.hpp>

#include "examples.hpp"
#include "random_messages.hpp"
#include "same.hpp"

namespace mesh::test {
namespace {

using Frames = std::vector<Bytes>;

bool is_expected(const Error& error) {
  return error.code == Errc::protocol || error.code == Errc::unsupported ||
         error.code == Errc::journal_damaged || error.code == Errc::journal_newer;
}

/// True when the frames decode. What decodes must also survive being sent on.
bool decodes(const Frames& frames) {
  const auto decoded = wire::decode(frames, {});
  if (!decoded) {
    BOOST_REQUIRE_MESSAGE(is_expected(decoded.error()), decoded.error().describe());
    BOOST_REQUIRE(!decoded.error().text.empty());
    return false;
  }
  const auto again = wire::decode(wire::encode(*decoded), {});
  BOOST_REQUIRE_MESSAGE(again.ok(), (again ? "" : again.error().text));
  BOOST_REQUIRE(same(*again, *decoded));
  return true;
}

bool decodes_live(const Frames& frames) {
  const auto decoded = wire::decode_live(frames, {});
  if (!decoded) {
    BOOST_REQUIRE_MESSAGE(is_expected(decoded.error()), decoded.error().describe());
    return false;
  }
  const auto again = wire::decode_live(wire::encode_live(*decoded), {});
  BOOST_REQUIRE_MESSAGE(again.ok(), (again ? "" : again.error().text));
  BOOST_REQUIRE(same(*again, *decoded));
  return true;
}

Bytes cut(const Bytes& bytes, std::size_t size) {
  return Bytes::copy(bytes.view().first(size));
}

Bytes joined(const Bytes& bytes, std::string_view more) {
  std::vector<std::byte> all(bytes.view().begin(), bytes.view().end());
  all.insert(all.end(), as_bytes(more).begin(), as_bytes(more).end());
  return Bytes(std::move(all));
}

Bytes mutated(const Bytes& bytes, RandomMessages& random) {
  std::vector<std::byte> all(bytes.view().begin(), bytes.view().end());
  for (std::uint64_t count = 1 + random.below(3); count > 0 && !all.empty(); --count) {
    const auto at = static_cast<std::ptrdiff_t>(random.below(all.size()));
    const auto byte = static_cast<std::byte>(random.below(256));
    switch (random.below(4)) {
      case 0:
        all.insert(all.begin() + at, byte);
        break;
      case 1:
        all.erase(all.begin() + at);
        break;
      default:
        all[static_cast<std::size_t>(at)] = byte;
        break;
    }
  }
  return Bytes(std::move(all));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile)

BOOST_AUTO_TEST_CASE(no_message_decodes_when_a_frame_is_cut_short) {
  RandomMessages messages(11);
  for (std::size_t type = 0; type < RandomMessages::types; ++type) {
    for (int round = 0; round < 6; ++round) {
      const Frames frames = wire::encode(messages.control(type));
      for (std::size_t frame = 0; frame < frames.size(); ++frame) {
        for (std::size_t size = 0; size < frames[frame].size(); ++size) {
          Frames damaged = frames;
          damaged[frame] = cut(frames[frame], size);
          BOOST_REQUIRE_MESSAGE(!decodes(damaged),
                                "type " << type << " frame " << frame << " cut to " << size);
        }
      }
    }
  }
  for (int round = 0; round < 100; ++round) {
    const Frames frames = wire::encode_live(messages.live());
    for (std::size_t frame = 1; frame < frames.size(); ++frame) {
      for (std::size_t size = 0; size < frames[frame].size(); ++size) {
        Frames damaged = frames;
        damaged[frame] = cut(frames[frame], size);
        BOOST_REQUIRE(!decodes_live(damaged));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(bytes_after_the_end_of_a_frame_are_refused) {
  RandomMessages messages(12);
  for (std::size_t type = 0; type < RandomMessages::types; ++type) {
    Frames frames = wire::encode(messages.control(type));
    for (std::size_t frame = 0; frame < frames.size(); ++frame) {
      Frames longer = frames;
      longer[frame] = joined(frames[frame], std::string_view("\xc0", 1));
      BOOST_TEST(!decodes(longer), "type " << type << " frame " << frame);
    }
    frames.push_back(Bytes::copy(as_bytes("\xc0")));
    BOOST_TEST(!decodes(frames), "type " << type);
  }
}

BOOST_AUTO_TEST_CASE(mutated_messages_decode_to_something_valid_or_fail_with_a_typed_error) {
  RandomMessages messages(13);
  std::size_t valid = 0;
  for (int round = 0; round < 60'000; ++round) {
    Frames frames = wire::encode(messages.control(messages.below(RandomMessages::types)));
    // Mostly the header: a damaged batch is recognised by its checksum and goes no further.
    const std::size_t frame = messages.below(8) == 0 ? messages.below(frames.size()) : 0;
    frames[frame] = mutated(frames[frame], messages);
    valid += decodes(frames) ? 1 : 0;
    Frames live = wire::encode_live(messages.live());
    const std::size_t live_frame = messages.below(live.size());
    live[live_frame] = mutated(live[live_frame], messages);
    valid += decodes_live(live) ? 1 : 0;
  }
  BOOST_TEST_MESSAGE(valid << " of 120000 mutants were valid messages");
  BOOST_TEST(valid > 1000u);
  BOOST_TEST(valid < 100'000u);
}

BOOST_AUTO_TEST_CASE(random_bytes_are_refused) {
  RandomMessages random(14);
  for (int round = 0; round < 50'000; ++round) {
    Frames frames(1 + random.below(3));
    for (Bytes& frame : frames) {
      std::vector<std::byte> bytes(random.below(40));
      for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.below(256));
      frame = Bytes(std::move(bytes));
    }
    BOOST_REQUIRE(!decodes(frames));
    decodes_live(frames);
  }
  BOOST_TEST(!decodes({}));
  BOOST_TEST(!decodes_live({}));
  BOOST_TEST(!decodes({Bytes{}}));
  BOOST_TEST(!decodes_live({Bytes{}, Bytes{}}));
}

BOOST_AUTO_TEST_CASE(another_protocol_version_is_named_in_the_error) {
  Frames frames = encoded_examples().at("fetch");
  std::vector<std::byte> header(frames[0].view().begin(), frames[0].view().end());
  header[1] = std::byte{2};
  frames[0] = Bytes(std::move(header));
  const auto decoded = wire::decode(frames, {});
  BOOST_REQUIRE(!decoded.ok());
  BOOST_TEST((decoded.error().code == Errc::protocol));
  BOOST_TEST(decoded.error().text.find("version 2") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_sender_of_a_message_that_does_not_decode_can_be_answered) {
  Hello hello = std::get<Hello>(control_examples().at("hello"));
  hello.id = 300;
  hello.policy.jitter = 7;
  const Frames frames = wire::encode(hello);
  BOOST_TEST(!wire::decode(frames, {}).ok());
  const auto sender = wire::sender_of(frames, {});
  BOOST_REQUIRE(sender.has_value());
  BOOST_TEST(sender->id == 300u);
  BOOST_TEST(sender->session == 0u);
  BOOST_TEST(!wire::sender_of({}, {}).has_value());
  BOOST_TEST(!wire::sender_of(Frames{cut(frames[0], 4)}, {}).has_value());
}

BOOST_AUTO_TEST_CASE(an_unknown_type_is_unsupported) {
  wire::Writer writer;
  writer.array(4);
  for (const std::uint64_t value : {1, 200, 5, 0}) writer.uint(value);
  const auto decoded = wire::decode(Frames{Bytes(writer.take())}, {});
  BOOST_REQUIRE(!decoded.ok());
  BOOST_TEST((decoded.error().code == Errc::unsupported));
}

BOOST_AUTO_TEST_CASE(fields_that_a_later_revision_appends_are_passed_over) {
  // acked with two more fields: a map in an array, and a string.
  const std::string header = "\x98\x01\x25\x03\x4d\xc2\x05\x91\x81\xa1k\x93\x01\xca????\xc4\x01?\xa2ok";
  const auto decoded = wire::decode(Frames{Bytes::copy(as_bytes(header))}, {});
  BOOST_REQUIRE_MESSAGE(decoded.ok(), (decoded ? "" : decoded.error().text));
  BOOST_TEST(same(*decoded, ControlMessage(Acked{77, 3, false, 5})));
  const std::string missing("\x95\x01\x25\x03\x4d\xc2", 6);
  BOOST_TEST(!wire::decode(Frames{Bytes::copy(as_bytes(missing))}, {}).ok());
}

BOOST_AUTO_TEST_CASE(at_most_sixteen_fields_are_passed_over) {
  const auto appended = [](std::size_t count) {
    wire::Writer writer;
    writer.array(6 + count);
    for (const std::uint64_t value : {1, 37, 3, 77}) writer.uint(value);
    writer.boolean(false);
    writer.uint(5);
    for (std::size_t i = 0; i < count; ++i) writer.nil();
    return wire::decode(Frames{Bytes(writer.take())}, {}).ok();
  };
  BOOST_TEST(appended(0));
  BOOST_TEST(appended(16));
  BOOST_TEST(!appended(17));
}

BOOST_AUTO_TEST_CASE(what_is_passed_over_may_be_eight_deep_and_no_deeper) {
  const auto nested = [](std::size_t depth) {
    std::string header("\x97\x01\x25\x03\x4d\xc2\x05", 7);
    header += std::string(depth, '\x91') + '\xc0';
    return wire::decode(Frames{Bytes::copy(as_bytes(header))}, {}).ok();
  };
  BOOST_TEST(nested(0));
  BOOST_TEST(nested(8));
  BOOST_TEST(!nested(9));
  BOOST_TEST(!nested(100'000));
}

BOOST_AUTO_TEST_CASE(claims_of_more_elements_than_there_are_bytes_are_refused_before_memory_is_spent) {
  for (const std::string_view claim : {"\xdd\xff\xff\xff\xff", "\xdc\xff\xff"}) {
    std::string header("\x98\x01\x03\x03\x4d\x01\x93\x01\x00", 9);
    header += claim;
    BOOST_TEST(!wire::decode(Frames{Bytes::copy(as_bytes(header))}, {}).ok());
  }
}

BOOST_AUTO_TEST_CASE(frames_beyond_the_limits_are_refused) {
  const Frames frames = encoded_examples().at("events");
  wire::Limits limits;
  BOOST_TEST(wire::decode(frames, limits).ok());
  limits.frame_size_max = frames[1].size() - 1;
  BOOST_TEST(!wire::decode(frames, limits).ok());
  limits = {};
  limits.frames_max = 1;
  BOOST_TEST(!wire::decode(frames, limits).ok());
  limits = {};
  limits.header_size_max = frames[0].size() - 1;
  BOOST_TEST(!wire::decode(frames, limits).ok());
  const Frames live = encoded_examples().at("live");
  limits = {};
  limits.live_header_size_max = live[1].size() - 1;
  BOOST_TEST(!wire::decode_live(live, limits).ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::test
