#include "fixture.hpp"

#include <mesh/core/publisher/state_codec.hpp>

namespace mesh::core {
namespace {

GroupValue some_group() {
  GroupValue value;
  value.prefixes = {"a.", "b"};
  value.policy.backoff = {0s, 3s};
  value.policy.jitter = 0.25;
  value.owners.give({0x100000002, "m", {1, 2, 3}, 0xff});
  value.owners.give({0x100000003, "m2", {4}, 0xf00});
  value.marks.raise(7);
  value.marks.settle(0xf0, 9, {});
  value.expired = 300;
  value.unheard = {3, 5};
  value.created_at = -5;
  return value;
}

RetryValue some_retry() {
  RetryValue value;
  value.state = RetryValue::State::parking;
  value.slot = 63;
  value.attempts = 3;
  value.redrives = 1;
  value.due = 1'700'000'000'000'000'000;
  value.delay = 5s;
  value.reason = Reason::ack_timeout;
  value.copied = true;
  value.history = {{1, 17, 3ms, "m", Reason::handler_rejected, "no"},
                   {2, 18, 0s, "m2", Reason::ack_timeout, ""}};
  return value;
}

GroupValue ordered_group() {
  GroupValue value = some_group();
  value.policy.order = Order::key;
  value.policy.on_park = OnPark::park_key;
  return value;
}

GroupValue leased_group() {
  GroupValue value = some_group();
  value.lease = 7 * 24h;
  value.unattended = 90min;
  return value;
}

RetryValue keyed_retry() {
  RetryValue value;
  value.state = RetryValue::State::behind;
  value.slot = 5;
  value.key = 5 + 64 * 1000;
  value.due = 12;
  return value;
}

/// Every truncation, and every change of one byte, decodes to something or is an error: it never crashes.
template <class Decode>
void hurt(const std::string& bytes, Decode decode) {
  for (std::size_t size = 0; size < bytes.size(); ++size) BOOST_REQUIRE(!decode(bytes.substr(0, size)).ok());
  BOOST_REQUIRE(!decode(bytes + '\0').ok());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (unsigned value = 0; value < 256; ++value) {
      std::string other = bytes;
      other[i] = static_cast<char>(value);
      if (auto decoded = decode(other); !decoded)
        BOOST_REQUIRE((decoded.error().code == Errc::journal_damaged));
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(state_codec)

BOOST_AUTO_TEST_CASE(a_group_comes_back_as_it_was) {
  const GroupValue value = some_group();
  const auto decoded = decode_group(encode_group(value));
  BOOST_REQUIRE(decoded.ok());
  BOOST_TEST((*decoded == value));
}

BOOST_AUTO_TEST_CASE(a_lease_comes_back_and_is_within_its_bounds) {
  GroupValue value = leased_group();
  const auto decodes = [&] {
    const auto decoded = decode_group(encode_group(value));
    return decoded.ok() && *decoded == value;
  };
  BOOST_TEST(decodes());
  value.unattended = *value.lease;
  BOOST_TEST(decodes());
  value.unattended += 1ns;
  BOOST_TEST(!decodes());
  value.unattended = -1ns;
  BOOST_TEST(!decodes());
  value.unattended = 0ns;
  for (const Duration bound : {group_lease_min, group_lease_max}) {
    value.lease = bound;
    BOOST_TEST(decodes());
  }
  value.lease = group_lease_min - 1ns;
  BOOST_TEST(!decodes());
  value.lease = group_lease_max + 1ns;
  BOOST_TEST(!decodes());
}

BOOST_AUTO_TEST_CASE(a_ledger_comes_back_as_it_was) {
  Ledger ledger(10);
  const SeqRange above[] = {{20, 30}, {40, 40}};
  ledger.settle(0xff, 12, above);
  const auto decoded = decode_ledger(encode_ledger(ledger));
  BOOST_REQUIRE(decoded.ok());
  BOOST_TEST((decoded->parts() == ledger.parts()));
}

BOOST_AUTO_TEST_CASE(a_retry_comes_back_as_it_was) {
  const auto decoded = decode_retry(encode_retry(some_retry()));
  BOOST_REQUIRE(decoded.ok());
  BOOST_TEST((*decoded == some_retry()));
}

BOOST_AUTO_TEST_CASE(an_order_and_keys_come_back_as_they_were) {
  for (const OnPark on_park : {OnPark::go_on, OnPark::park_key}) {
    GroupValue value = ordered_group();
    value.policy.on_park = on_park;
    const auto group = decode_group(encode_group(value));
    BOOST_REQUIRE(group.ok());
    BOOST_TEST((*group == value));
  }
  for (const KeyId key : {KeyId{0}, KeyId{64}, ~KeyId{0}}) {
    RetryValue value = keyed_retry();
    value.key = key;
    const auto retry = decode_retry(encode_retry(value));
    BOOST_REQUIRE(retry.ok());
    BOOST_TEST((*retry == value));
  }
  RetryValue parking = keyed_retry();
  parking.state = RetryValue::State::parking;
  parking.reason = Reason::key_parked;
  BOOST_TEST((decode_retry(encode_retry(parking)).value() == parking));
}

BOOST_AUTO_TEST_CASE(an_order_that_makes_no_sense_is_damaged) {
  const std::string plain = encode_group(some_group());
  const std::string bytes = encode_group(ordered_group());
  // The two agree up to the size of the policy's array; the policy with an order is longer by two numbers.
  const auto at = static_cast<std::size_t>(std::mismatch(plain.begin(), plain.end(), bytes.begin()).first -
                                           plain.begin());
  BOOST_REQUIRE(bytes[at] == '\x96');
  const auto common = std::mismatch(plain.rbegin(), plain.rend(), bytes.rbegin()).first - plain.rbegin();
  const std::string head = bytes.substr(0, at);
  const std::string tail = bytes.substr(bytes.size() - static_cast<std::size_t>(common));
  const std::string inner = bytes.substr(at + 1, bytes.size() - head.size() - tail.size() - 3);
  const auto decodes = [&](char size, const std::string& order) {
    return decode_group(head + size + inner + order + tail).ok();
  };
  BOOST_TEST(decodes('\x94', ""));
  BOOST_TEST(!decodes('\x95', "\x01"));
  BOOST_TEST(decodes('\x96', "\x01\x01"));
  BOOST_TEST(!decodes('\x97', "\x01\x01\x01"));
  BOOST_TEST(!decodes('\x96', "\x02\x01"));
  BOOST_TEST(!decodes('\x96', "\x01\x02"));
  BOOST_TEST(!decodes('\x96', std::string("\x00\x01", 2)));  // a key is parked with an order only
}

BOOST_AUTO_TEST_CASE(a_retry_of_another_size_or_state_is_damaged) {
  std::string bytes = encode_retry(keyed_retry());
  BOOST_REQUIRE(bytes[0] == '\x9b');
  BOOST_REQUIRE(bytes[2] == '\x04');
  for (const char size : {'\x99', '\x9a', '\x9c'}) {
    std::string other = bytes;
    other[0] = size;
    BOOST_TEST(!decode_retry(other).ok());
    BOOST_TEST(!decode_retry(other + '\x01').ok());
  }
  for (const char state : {'\x00', '\x03', '\x05'}) {
    std::string other = bytes;
    other[2] = state;
    BOOST_TEST(!decode_retry(other).ok());
  }
}

BOOST_AUTO_TEST_CASE(a_parked_event_comes_back_with_its_record) {
  ParkedValue value;
  value.parked_at = 99;
  value.reason = Reason::consumer_crash;
  value.redrives = 2;
  value.history = some_retry().history;
  value.batch = make_batch(42, {{"a.b", "k", "payload"}}).bytes;
  const auto decoded = decode_parked_value(encode_parked(value));
  BOOST_REQUIRE(decoded.ok());
  BOOST_TEST(decoded->parked_at == 99);
  BOOST_TEST((decoded->reason == Reason::consumer_crash));
  BOOST_TEST((decoded->history == value.history));
  BOOST_TEST(as_text(decoded->batch.view()) == as_text(value.batch.view()));
}

BOOST_AUTO_TEST_CASE(a_parked_event_whose_record_is_damaged_is_refused) {
  ParkedValue value;
  value.batch = make_batch(42, {{"a.b", "k", "payload"}}).bytes;
  std::string bytes = encode_parked(value);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  BOOST_TEST(!decode_parked_value(bytes).ok());
  value.batch = make_batch(42, {{"a"}, {"b"}}).bytes;
  BOOST_TEST(!decode_parked_value(encode_parked(value)).ok());
}

BOOST_AUTO_TEST_CASE(keys_order_by_group_and_seq) {
  BOOST_TEST((event_key("g", 255) < event_key("g", 256)));
  BOOST_TEST((event_key("g", 1) < copy_key("g", 1)));
  BOOST_TEST((copy_key("g", 1) < event_key("g", 2)));
  const std::string bytes = copy_key("some.group", 0x0102030405060708);
  const auto key = parse_event_key(bytes);
  BOOST_REQUIRE(key.ok());
  BOOST_TEST(key->group == "some.group");
  BOOST_TEST(key->seq == 0x0102030405060708u);
  BOOST_TEST(key->copy);
  for (const std::string& bad :
       {std::string("g"), std::string("g\0abc", 5), event_key("", 1), event_key("g", 0)}) {
    BOOST_TEST(!parse_event_key(bad).ok());
  }
}

BOOST_AUTO_TEST_CASE(whatever_is_damaged_is_an_error_and_nothing_worse) {
  hurt(encode_group(some_group()), decode_group);
  hurt(encode_retry(some_retry()), decode_retry);
  hurt(encode_group(ordered_group()), decode_group);
  hurt(encode_group(leased_group()), decode_group);
  hurt(encode_retry(keyed_retry()), decode_retry);
  Ledger ledger(10);
  ledger.settle(0xff, 12, {});
  hurt(encode_ledger(ledger), decode_ledger);
  hurt(encode_audit({AuditValue::What::discard, "g", 3, 4}), decode_audit);
}

BOOST_AUTO_TEST_CASE(a_claimed_count_beyond_the_bytes_allocates_nothing) {
  BOOST_TEST(!decode_group(std::string("\x98\x01\xdd\xff\xff\xff\xff", 7)).ok());
  BOOST_TEST(!decode_ledger(std::string("\x92\x01\x91\x93\x01\x00\xdd\xff\xff\xff\xff", 11)).ok());
}

BOOST_AUTO_TEST_CASE(the_bytes_of_the_values_are_pinned) {
  const auto hex = [](const std::string& bytes) {
    std::string out;
    for (const char c : bytes) {
      out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
      out += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
    }
    return out;
  };
  BOOST_TEST(hex(encode_ledger(Ledger(300))) == "92019193cfffffffffffffffffcd012c90");
  BOOST_TEST(hex(encode_audit({AuditValue::What::discard, "g", 3, 4})) == "950101a1670304");
  RetryValue retry;
  retry.attempts = 2;
  retry.due = 1000;
  retry.delay = 200ns;
  retry.history = {{2, 5, 7ns, "m", Reason::handler_rejected, "x"}};
  BOOST_TEST(hex(encode_retry(retry)) == "9a01010200cd03e8ccc800c29196020507a16d01a17800");
  BOOST_TEST(hex(encode_retry(keyed_retry())) == "9b010400000c0000c29005cdfa05");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
