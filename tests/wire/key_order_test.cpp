// The fields that came with Order::key: messages of senders that do not have them are taken, and their
// bounds.
#include <boost/test/unit_test.hpp>

#include <mesh/wire/wire.hpp>

#include "examples.hpp"
#include "same.hpp"

namespace mesh::test {
namespace {

template <class Message>
Message example_of(const std::string& name) {
  return std::get<Message>(control_examples().at(name));
}

std::string bytes_of(const ControlMessage& message) {
  return std::string(as_text(wire::encode(message).at(0).view()));
}

Result<ControlMessage> read_back(const std::string& bytes) {
  return wire::decode(std::vector{Bytes::copy(as_bytes(bytes))}, {});
}

/// Where two encodings part.
std::size_t parting(const std::string& a, const std::string& b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

Ack ack_with(KeyId key) {
  Ack ack{1, 1, 1, {}, {{Verdict::Kind::behind, 7, 1, 0, Reason::handler_rejected, "", {}, 0ns, 3}}, {}};
  ack.verdicts[0].key = key;
  return ack;
}

template <class Message>
bool takes_keys(Message message, std::vector<KeyId> Message::*field, std::size_t count) {
  (message.*field).assign(count, ~KeyId{0});
  const auto decoded = wire::decode(wire::encode(message), {});
  return decoded.ok() && (std::get<Message>(*decoded).*field).size() == count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_order)

BOOST_AUTO_TEST_CASE(a_policy_has_its_order_only_when_there_is_one) {
  Hello hello = example_of<Hello>("hello");
  const std::string plain = bytes_of(hello);
  hello.policy.order = Order::key;
  const std::string ordered = bytes_of(hello);
  const std::size_t at = parting(plain, ordered);
  BOOST_REQUIRE(plain[at] == '\x94');
  BOOST_REQUIRE(ordered[at] == '\x96');
  BOOST_REQUIRE(plain.back() == '\xc0');  // after the policy there is only that nothing is resumed
  const auto policy = [&](char size, const std::string& fields) -> std::optional<RetryPolicy> {
    const auto decoded =
        read_back(plain.substr(0, at) + size + plain.substr(at + 1, plain.size() - at - 2) + fields + '\xc0');
    if (!decoded) return std::nullopt;
    return std::get<Hello>(*decoded).policy;
  };
  BOOST_REQUIRE(policy('\x94', "").has_value());
  BOOST_TEST((*policy('\x94', "") == example_of<Hello>("hello").policy));
  BOOST_REQUIRE(policy('\x96', std::string("\x01\x00", 2)).has_value());
  BOOST_TEST((*policy('\x96', std::string("\x01\x00", 2)) == hello.policy));
  hello.policy.on_park = OnPark::park_key;
  BOOST_REQUIRE(policy('\x96', "\x01\x01").has_value());
  BOOST_TEST((*policy('\x96', "\x01\x01") == hello.policy));
  BOOST_TEST(same(read_back(bytes_of(hello)).value(), ControlMessage(hello)));
  BOOST_REQUIRE(policy('\x96', std::string("\x00\x00", 2)).has_value());
  BOOST_TEST((policy('\x96', std::string("\x00\x00", 2))->order == Order::none));
  for (const std::string& bad : {std::string("\x00\x01", 2), std::string("\x02\x00", 2),
                                 std::string("\x01\x02", 2), std::string("\x01", 1)}) {
    BOOST_TEST(!policy('\x96', bad).has_value());
  }
  BOOST_TEST(!policy('\x97', "\x01\x01\x01").has_value());
  BOOST_TEST(!policy('\x94', "\x01\x01").has_value());
}

BOOST_AUTO_TEST_CASE(a_key_parked_without_an_order_is_refused) {
  Hello hello = example_of<Hello>("hello");
  hello.policy.on_park = OnPark::park_key;
  BOOST_TEST(!check_policy(hello.policy).ok());
  hello.policy.order = Order::key;
  BOOST_TEST(check_policy(hello.policy).ok());
  hello.policy.order = static_cast<Order>(2);
  BOOST_TEST(!check_policy(hello.policy).ok());
}

BOOST_AUTO_TEST_CASE(a_verdict_has_its_key_only_when_there_is_one) {
  const std::string without = bytes_of(ack_with(0));
  const std::string with = bytes_of(ack_with(5));
  const std::size_t at = parting(without, with);
  BOOST_REQUIRE(without[at] == '\x99');
  BOOST_REQUIRE(with[at] == '\x9a');
  BOOST_TEST(with.size() == without.size() + 1);
  for (const KeyId key : {KeyId{0}, KeyId{5}, ~KeyId{0}}) {
    const auto decoded = read_back(bytes_of(ack_with(key)));
    BOOST_REQUIRE(decoded.ok());
    const Verdict& verdict = std::get<Ack>(*decoded).verdicts.at(0);
    BOOST_TEST(verdict.key == key);
    BOOST_TEST((verdict.kind == Verdict::Kind::behind));
    BOOST_TEST(verdict.slot == 3u);
  }
  for (const char size : {'\x98', '\x99', '\x9b'}) {
    std::string other = with;
    other[at] = size;
    BOOST_TEST(!read_back(other).ok());
  }
}

BOOST_AUTO_TEST_CASE(the_largest_ack_has_room_for_all_its_keys) {
  Ack ack = ack_with(~KeyId{0});
  ack.settled = {{all_slots, 0, {}}};
  for (Seq seq = Seq{1} << 60; ack.settled[0].above.size() < ranges_max; seq += 1000) {
    ack.settled[0].above.push_back({seq, seq + 500});
  }
  ack.verdicts[0].seq = ~Seq{0};
  ack.verdicts[0].text = std::string(2000, 'x');
  ack.verdicts.assign(verdicts_max, ack.verdicts[0]);
  ack.held.assign(held_max, {~Seq{0}, 1000, 1000});
  const auto decoded = wire::decode(wire::encode(ack), {});
  BOOST_REQUIRE_MESSAGE(decoded.ok(), (decoded ? "" : decoded.error().text));
  BOOST_TEST(std::get<Ack>(*decoded).verdicts.back().key == ~KeyId{0});
}

BOOST_AUTO_TEST_CASE(a_welcome_without_blocked_keys_is_taken) {
  Welcome welcome = example_of<Welcome>("welcome");
  welcome.blocked.clear();
  std::string bytes = bytes_of(welcome);
  BOOST_REQUIRE(bytes.starts_with(std::string("\xdc\x00\x12", 3)));
  BOOST_REQUIRE(bytes.back() == '\x90');
  bytes.pop_back();
  bytes[2] = '\x11';
  const auto decoded = read_back(bytes);
  BOOST_REQUIRE_MESSAGE(decoded.ok(), (decoded ? "" : decoded.error().text));
  BOOST_TEST(same(*decoded, ControlMessage(welcome)));
  bytes.pop_back();  // redelivered_through, which has always been there
  bytes[2] = '\x10';
  BOOST_TEST(!read_back(bytes).ok());
}

BOOST_AUTO_TEST_CASE(a_grant_without_blocked_keys_is_taken) {
  Grant grant = example_of<Grant>("grant");
  grant.blocked.clear();
  std::string bytes = bytes_of(grant);
  BOOST_REQUIRE(bytes[0] == '\x9c');
  BOOST_REQUIRE(bytes.back() == '\x90');
  bytes.pop_back();
  bytes[0] = '\x9b';
  const auto decoded = read_back(bytes);
  BOOST_REQUIRE_MESSAGE(decoded.ok(), (decoded ? "" : decoded.error().text));
  BOOST_TEST(same(*decoded, ControlMessage(grant)));
  bytes.pop_back();
  bytes[0] = '\x9a';
  BOOST_TEST(!read_back(bytes).ok());
}

BOOST_AUTO_TEST_CASE(no_more_keys_come_than_can_be_told) {
  const std::size_t most = blocked_keys_told_max;
  BOOST_TEST(most == 12'288u);
  BOOST_TEST(takes_keys(example_of<Welcome>("welcome"), &Welcome::blocked, most));
  BOOST_TEST(!takes_keys(example_of<Welcome>("welcome"), &Welcome::blocked, most + 1));
  BOOST_TEST(takes_keys(example_of<Grant>("grant"), &Grant::blocked, most));
  BOOST_TEST(!takes_keys(example_of<Grant>("grant"), &Grant::blocked, most + 1));
  BOOST_TEST(takes_keys(example_of<Unblock>("unblock"), &Unblock::keys, most));
  BOOST_TEST(!takes_keys(example_of<Unblock>("unblock"), &Unblock::keys, most + 1));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::test
