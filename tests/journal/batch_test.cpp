#include <boost/test/unit_test.hpp>
#include <map>

#include <journal/batch.hpp>
#include <journal/big_endian.hpp>
#include <journal/hash.hpp>

#include "support.hpp"

using namespace mesh;

namespace {

Origin test_origin() {
  Origin origin;
  for (std::size_t i = 0; i < origin.bytes.size(); ++i) origin.bytes[i] = static_cast<std::uint8_t>(i);
  return origin;
}

/// The example of FORMAT.md.
Batch example() {
  const Header headers[] = {{"trace", "abc"}};
  const std::byte payload[] = {std::byte{1}, std::byte{2}};
  BatchBuilder builder(test_origin());
  builder.append(1, 1700000000000000000, EventInput{"booking.created", "customer-1", headers, payload});
  builder.append(3, 1700000000000000001, EventInput{"a", {}, {}, {}});
  return builder.seal();
}

constexpr std::string_view golden =
    "9701c410000102030405060708090a0b0c0d0e0fcf0000000000000001cf0000000000000003ce00000002ce00000000"
    "cf3ea1a1887cb7a8b0"
    "97cf0000000000000001cf17979cfe362a0000af626f6f6b696e672e63726561746564aa637573746f6d65722d310c81a5"
    "7472616365a3616263c4020102"
    "97cf0000000000000003cf17979cfe362a0001a161c00380c400";

std::string to_hex(ByteView bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    text.push_back("0123456789abcdef"[std::to_integer<unsigned>(byte) >> 4]);
    text.push_back("0123456789abcdef"[std::to_integer<unsigned>(byte) & 15]);
  }
  return text;
}

std::vector<std::byte> to_vector(const Batch& batch) {
  return {batch.bytes.view().begin(), batch.bytes.view().end()};
}

bool decodes(ByteView bytes) {
  std::vector<EventView> events;
  const auto batch = parse_batch(bytes);
  return batch && decode_events(*batch, events);
}

/// The body with the header of `like`, and a checksum that holds, so that only the records decide.
std::vector<std::byte> with_header(const Batch& like, const std::vector<std::byte>& body) {
  auto bytes = to_vector(like);
  bytes.resize(batch_header_size);
  bytes.insert(bytes.end(), body.begin(), body.end());
  const std::uint64_t checksum = detail::hash64(body);
  detail::store_big(bytes.data() + batch_header_size - sizeof checksum, checksum);
  return bytes;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_example_of_the_format_has_exactly_these_bytes) {
  BOOST_TEST(to_hex(example().bytes.view()) == golden);
}

BOOST_AUTO_TEST_CASE(what_is_encoded_decodes_to_the_same) {
  const Batch batch = example();
  const auto parsed = parse_batch(batch.bytes.view()).value();
  BOOST_TEST((parsed.header == batch.header));
  std::vector<EventView> events;
  decode_events(parsed, events).value();
  BOOST_REQUIRE(events.size() == 2u);
  BOOST_TEST(events[0].seq == 1u);
  BOOST_TEST(events[0].time == 1700000000000000000);
  BOOST_TEST(events[0].topic == "booking.created");
  BOOST_TEST(events[0].key.value() == "customer-1");
  BOOST_TEST(events[0].slot == slot_of("customer-1", 1));
  BOOST_TEST(find_header(events[0], "trace").value() == "abc");
  BOOST_TEST(!find_header(events[0], "trac").has_value());
  BOOST_TEST(events[0].payload.size() == 2u);
  BOOST_TEST(!events[1].key.has_value());
  BOOST_TEST(events[1].slot == 3);
  BOOST_TEST(!find_header(events[1], "trace").has_value());
}

BOOST_AUTO_TEST_CASE(every_size_of_topic_key_headers_and_payload_comes_back) {
  BatchBuilder builder(test_origin());

  struct Given {
    std::string topic, key, payload;
    std::map<std::string, std::string> headers;
  };

  std::vector<Given> all;
  for (const std::size_t size : {1, 31, 32, 33, 127, 199, 200})
    all.push_back({std::string(size, 't'), "", "", {}});
  for (const std::size_t size : {1, 31, 32, 255}) all.push_back({"t", std::string(size, 'k'), "", {}});
  for (const std::size_t size : {1, 255, 256, 65535, 65536, 300000}) {
    all.push_back({"t", "", std::string(size, 'p'), {}});
  }
  for (const std::size_t count : {1, 15, 16, 64}) {
    Given given{"t", "", "", {}};
    for (std::size_t i = 0; i < count; ++i)
      given.headers["name" + std::to_string(i)] = std::string(i * 7, 'v');
    all.push_back(given);
  }
  all.push_back({"t", "", "", {{"big", std::string(16000, 'v')}}});
  Seq seq = 0;
  for (const auto& given : all) {
    const std::vector<Header> headers(given.headers.begin(), given.headers.end());
    EventInput event{given.topic, {}, headers, as_bytes(given.payload)};
    if (!given.key.empty()) event.key = given.key;
    BOOST_TEST(check_event(event, 1 << 20).ok());
    const std::size_t before = builder.body_size();
    builder.append(++seq, 5, event);
    BOOST_TEST(builder.body_size() - before == encoded_size(event));
  }
  const Batch batch = builder.seal();
  std::vector<EventView> events;
  decode_events(parse_batch(batch.bytes.view()).value(), events).value();
  BOOST_REQUIRE(events.size() == all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    BOOST_TEST(events[i].topic == all[i].topic);
    BOOST_TEST(events[i].key.value_or("") == all[i].key);
    BOOST_TEST((as_text(events[i].payload) == all[i].payload));
    std::map<std::string, std::string> headers;
    for_each_header(events[i],
                    [&](std::string_view name, std::string_view value) { headers.emplace(name, value); });
    BOOST_TEST((headers == all[i].headers));
  }
}

BOOST_AUTO_TEST_CASE(records_that_are_copied_keep_their_bytes) {
  const Batch batch = example();
  std::vector<EventView> events;
  decode_events(batch.view(), events).value();
  BatchBuilder builder(batch.header.origin);
  builder.append(events[1]);
  const Batch copy = builder.seal(batch_filtered);
  BOOST_TEST(copy.header.first == 3u);
  BOOST_TEST(copy.header.flags == batch_filtered);
  BOOST_TEST(to_hex(copy.view().body()) == to_hex(events[1].record));
  BOOST_TEST(decodes(copy.bytes.view()));
  BOOST_TEST(builder.empty());
}

BOOST_AUTO_TEST_CASE(a_builder_gives_equal_batches_again_and_again) {
  BatchBuilder builder(test_origin());
  const std::string payload(100000, 'p');
  std::string first;
  for (int round = 0; round < 5; ++round) {
    for (Seq seq = 1; seq <= 4; ++seq) builder.append(seq, 1, EventInput{"t", {}, {}, as_bytes(payload)});
    const std::string bytes(as_text(builder.seal().bytes.view()));
    if (first.empty()) first = bytes;
    BOOST_TEST((bytes == first));
    builder.append(9, 1, EventInput{"small", {}, {}, {}});
    BOOST_TEST(decodes(builder.seal().bytes.view()));
  }
}

BOOST_AUTO_TEST_CASE(no_truncation_decodes) {
  const auto bytes = to_vector(example());
  for (std::size_t size = 0; size < bytes.size(); ++size) BOOST_TEST(!decodes(ByteView(bytes).first(size)));
  auto longer = bytes;
  longer.push_back(std::byte{0xc0});
  BOOST_TEST(!decodes(longer));
}

BOOST_AUTO_TEST_CASE(no_corruption_of_a_byte_decodes) {
  const auto bytes = to_vector(example());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    // The origin is free here: a reader compares it with the one it expects.
    if (at >= 4 && at < 20) continue;
    for (unsigned change = 1; change < 256; ++change) {
      // A filtered copy is a batch too.
      if (at == 47 && change == batch_filtered) continue;
      auto damaged = bytes;
      damaged[at] ^= static_cast<std::byte>(change);
      if (decodes(damaged)) BOOST_ERROR("byte " << at << " changed by " << change << " decodes");
    }
  }
}

BOOST_AUTO_TEST_CASE(records_cut_or_changed_under_a_right_checksum_never_decode_to_more_than_they_say) {
  const Batch batch = example();
  const std::vector<std::byte> body(batch.view().body().begin(), batch.view().body().end());
  BOOST_TEST(decodes(with_header(batch, body)));
  for (std::size_t size = 1; size < body.size(); ++size) {
    const std::vector<std::byte> cut(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size));
    BOOST_TEST(!decodes(with_header(batch, cut)));
  }
  std::size_t accepted = 0;
  std::vector<EventView> events;
  for (std::size_t at = 0; at < body.size(); ++at) {
    for (unsigned change = 1; change < 256; ++change) {
      auto changed = body;
      changed[at] ^= static_cast<std::byte>(change);
      const auto bytes = with_header(batch, changed);
      const auto parsed = parse_batch(ByteView(bytes));
      if (!parsed || !decode_events(*parsed, events)) continue;
      ++accepted;  // another time, letter or payload is as good as the first
      std::size_t size = 0;
      for (const auto& event : events) size += event.record.size();
      BOOST_REQUIRE(size == body.size());
      BOOST_REQUIRE(events.size() == 2u);
    }
  }
  BOOST_TEST(accepted > 0u);
}

BOOST_AUTO_TEST_CASE(longer_forms_than_needed_are_refused) {
  const Batch batch = example();
  std::vector<std::byte> body(batch.view().body().begin(), batch.view().body().end());
  // The second record's topic, fixstr "a", as str8.
  const auto topic = static_cast<std::ptrdiff_t>(body.size() - 7);
  BOOST_REQUIRE(body[static_cast<std::size_t>(topic)] == std::byte{0xa1});
  body[static_cast<std::size_t>(topic)] = std::byte{0xd9};
  body.insert(body.begin() + topic + 1, std::byte{1});
  BOOST_TEST(!decodes(with_header(batch, body)));
}

BOOST_AUTO_TEST_CASE(a_newer_version_is_named_as_such) {
  auto bytes = to_vector(example());
  bytes[1] = std::byte{2};
  const auto parsed = parse_batch(ByteView(bytes));
  BOOST_REQUIRE(!parsed);
  BOOST_TEST((parsed.error().code == Errc::journal_newer));
}

BOOST_AUTO_TEST_CASE(a_body_above_the_bound_is_refused_before_it_is_hashed) {
  const Batch batch = example();
  const std::size_t size = batch.view().body().size();
  BOOST_TEST(parse_batch(batch.bytes.view(), size).ok());
  BOOST_TEST(!parse_batch(batch.bytes.view(), size - 1).ok());
}

BOOST_AUTO_TEST_CASE(events_beyond_their_bounds_are_refused_with_the_right_code) {
  const auto code = [](const EventInput& event, std::size_t size_max = 1 << 20) {
    const auto checked = check_event(event, size_max);
    return checked ? std::string("ok") : std::string(to_string(checked.error().code));
  };
  EventInput event{"t", {}, {}, {}};
  BOOST_TEST(code(event) == "ok");
  event.key = "";
  BOOST_TEST(code(event) == "invalid_key");
  const std::string long_key(256, 'k');
  event.key = long_key;
  BOOST_TEST(code(event) == "invalid_key");
  event.key = "\xc3";
  BOOST_TEST(code(event) == "invalid_key");
  event.key.reset();
  event.topic = "a b";
  BOOST_TEST(code(event) == "invalid_topic");
  event.topic = "t";
  std::vector<Header> headers(64, Header{"n", "v"});
  event.headers = headers;
  BOOST_TEST(code(event) == "ok");
  headers.emplace_back("n", "v");
  event.headers = headers;
  BOOST_TEST(code(event) == "invalid_headers");
  const std::string value(16 * 1024 - 1, 'v');
  headers = {{"n", value}};
  event.headers = headers;
  BOOST_TEST(code(event) == "ok");
  headers = {{"nn", value}};
  event.headers = headers;
  BOOST_TEST(code(event) == "invalid_headers");
  headers = {{"n", "\xff"}};
  event.headers = headers;
  BOOST_TEST(code(event) == "invalid_headers");
  event.headers = {};
  BOOST_TEST(code(event, encoded_size(event)) == "ok");
  BOOST_TEST(code(event, encoded_size(event) - 1) == "event_too_large");
}

BOOST_AUTO_TEST_CASE(origins_read_and_write_as_hex) {
  const Origin origin = test_origin();
  BOOST_TEST(origin.hex() == "000102030405060708090a0b0c0d0e0f");
  BOOST_TEST((Origin::from_hex(origin.hex()) == origin));
  for (const char* text : {"", "00", "000102030405060708090a0b0c0d0e0g", "000102030405060708090A0B0C0D0E0F",
                           "000102030405060708090a0b0c0d0e0f0"}) {
    BOOST_TEST(!Origin::from_hex(text).has_value());
  }
}

BOOST_AUTO_TEST_CASE(slots_are_a_known_function_of_the_key) {
  BOOST_TEST(slot_of(std::nullopt, 0) == 0);
  BOOST_TEST(slot_of(std::nullopt, 130) == 2);
  BOOST_TEST(slot_of("customer-1", 99) == 12);
}
