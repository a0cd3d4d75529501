#include "messages.hpp"

#include <mesh/wire/wire.hpp>

#include "../wire/same.hpp"

namespace mesh::fuzz {
namespace {

constexpr std::string_view topics[] = {"a", "a.b", "a.c", "b", "b.x.y"};
constexpr std::string_view prefixes_known[] = {"", "a", "a.", "a.b", "b", "b.x"};
constexpr std::string_view members[] = {"m1", "m2", "m3"};

template <class List>
auto pick(Input& input, const List& list) {
  return list[input.below(std::size(list))];
}

// Mostly the newest, which is the one in use.
template <class List>
auto near_newest(Input& input, const List& list) {
  const std::size_t choice = input.byte();
  if (choice >= 240) return list.back() + choice - 239;
  return choice < 200 ? list.back() : list[choice % list.size()];
}

SessionId session(Input& input, const Known& known) {
  return near_newest(input, known.sessions);
}

Epoch epoch(Input& input, const Known& known) {
  return near_newest(input, known.epochs);
}

std::uint64_t id(Input& input, const Known& known) {
  return known.id + 1 - std::min(known.id, input.below(4));
}

std::uint32_t attempt(Input& input) {
  const std::size_t choice = input.below(16);
  return static_cast<std::uint32_t>(choice < 8 ? 1 : choice < 15 ? choice - 7 : 1000);
}

SlotMask slots(Input& input) {
  switch (input.below(4)) {
    case 0:
      return SlotMask{0xffffffff} << (input.below(2) * 32);
    case 1:
      return input.u16();
    default:
      return all_slots;
  }
}

std::vector<std::string> prefixes(Input& input) {
  std::vector<std::string> list(input.below(3));
  for (std::string& one : list) one = prefix(input);
  return list;
}

SlotLedger ledger(Input& input, const Known& known) {
  SlotLedger ledger{input.below(4) == 0 ? SlotMask{input.byte()} : all_slots, 0, {}};
  if (input.below(4) == 0) ledger.floor = seq(input, known);  // else nothing would stay unsettled for long
  for (std::size_t count = input.below(4); count > 0; --count) {
    const Seq first = seq(input, known);
    ledger.above.push_back({first, first + input.below(4)});
  }
  return ledger;
}

std::vector<SlotLedger> ledgers(Input& input, const Known& known) {
  std::vector<SlotLedger> list(input.below(3));
  for (std::size_t i = 0; i < list.size(); ++i) {
    list[i] = ledger(input, known);
    list[i].slots = list.size() == 1 ? list[i].slots : SlotMask{0xffffffff} << (32 * i);
  }
  return list;
}

std::vector<HeldEvent> held(Input& input, const Known& known) {
  std::vector<HeldEvent> list(input.below(3));
  for (HeldEvent& one : list) {
    one = {seq(input, known), attempt(input), static_cast<std::uint32_t>(input.below(2))};
  }
  return list;
}

std::vector<Verdict> verdicts(Input& input, const Known& known) {
  std::vector<Verdict> list(input.below(4));
  for (Verdict& one : list) {
    one.kind = static_cast<Verdict::Kind>(1 + input.below(4));
    one.seq = seq(input, known);
    one.attempt = attempt(input);
    one.redrives = static_cast<std::uint32_t>(input.below(2));
    one.reason = static_cast<Reason>(1 + input.below(6));
    if (input.below(4) == 0) one.delay = 1ms * input.byte();
    one.slot = static_cast<Slot>(input.below(slot_count));
    if (input.below(2) == 0) one.key = one.slot + slot_count * input.below(3);
  }
  return list;
}

std::vector<KeyId> keys(Input& input) {
  std::vector<KeyId> list(input.below(4));
  for (KeyId& one : list) one = input.below(3 * slot_count);
  return list;
}

Hello hello(Input& input, const Known& known) {
  Hello hello;
  hello.id = id(input, known);
  hello.group = input.below(8) == 0 ? "" : input.below(2) == 0 ? "g1" : "g2";
  hello.member = pick(input, members);
  hello.instance[0] = static_cast<std::uint8_t>(input.below(3));
  hello.prefixes = prefixes(input);
  hello.start = {static_cast<Start::Kind>(1 + input.below(4)), seq(input, known), input.byte()};
  hello.policy.backoff = {1ms * input.byte(), 1s};
  hello.policy.attempts_max = static_cast<std::uint32_t>(1 + input.below(4));
  if (input.below(2) == 0) hello.policy.order = Order::key;
  if (hello.policy.order == Order::key && input.below(2) == 0) hello.policy.on_park = OnPark::park_key;
  if (input.below(2) == 0)
    hello.resume = Resume{epoch(input, known), slots(input), ledgers(input, known), held(input, known)};
  return hello;
}

ParkedFilter filter(Input& input, const Known& known) {
  ParkedFilter filter;
  for (std::size_t count = input.below(3); count > 0; --count) filter.seqs.push_back(seq(input, known));
  filter.topic_prefix = prefix(input);
  if (input.below(4) == 0) filter.reason = static_cast<Reason>(1 + input.below(6));
  if (input.below(4) == 0) filter.key = "k1";
  return filter;
}

Events events(Input& input, const Known& known) {
  Events events;
  events.session = session(input, known);
  events.id = id(input, known);
  events.epoch = epoch(input, known);
  events.slots = slots(input);
  events.after = seq(input, known);
  events.through = events.after;
  const bool room = events.after < ~Seq{0} - 100;  // for batches whose seqs do not wrap around
  for (std::size_t count = room ? input.below(3) : 0; count > 0; --count) {
    events.batches.push_back(batch(input, events.through + 1 + input.below(3)));
    events.through = events.batches.back().header.last;
  }
  events.through += input.below(3);
  events.head = events.through + input.below(3);
  events.redelivered_through = input.below(3);
  if (input.below(8) == 0) events.expired = SeqRange{events.after, events.through};
  return events;
}

Deliver deliver(Input& input, const Known& known) {
  Deliver deliver{session(input, known), epoch(input, known), {}, {}};
  for (std::size_t count = input.below(3); count > 0; --count) {
    deliver.batches.push_back(batch(input, 1 + seq(input, known) % 100));
    const BatchHeader& header = deliver.batches.back().header;
    for (std::uint32_t i = 0; i < header.count; ++i) {
      deliver.items.push_back({header.first + i, attempt(input), static_cast<std::uint32_t>(input.below(2))});
    }
  }
  return deliver;
}

Welcome welcome(Input& input, const Known& known) {
  Welcome welcome;
  welcome.id = id(input, known);
  welcome.session = session(input, known);
  welcome.origin = origin;
  if (input.below(16) == 0) welcome.origin.bytes[0] = 99;
  welcome.name = "p";
  welcome.incarnation = static_cast<std::uint32_t>(1 + input.below(8) / 7);
  welcome.events = input.below(8) == 0 ? "" : "inproc://events";
  welcome.head = seq(input, known);
  welcome.lease = 1ms * (input.byte() * 100);
  welcome.epoch = epoch(input, known);
  welcome.slots = slots(input);
  if (input.below(4) == 0) welcome.release = slots(input);
  welcome.resumed = input.below(2) == 0;
  welcome.position = seq(input, known);
  welcome.settled = ledgers(input, known);
  return welcome;
}

}  // namespace

std::string_view topic(Input& input) {
  return pick(input, topics);
}

std::string prefix(Input& input) {
  return std::string(pick(input, prefixes_known));
}

Seq seq(Input& input, const Known& known) {
  const std::uint8_t choice = input.byte();
  if (choice >= 250) return ~Seq{0} - (255 - choice);
  if (choice >= 128) return known.head + 2 - std::min<Seq>(known.head + 2, choice % 8);
  return choice % 32;
}

Batch batch(Input& input, Seq first, std::uint32_t flags) {
  BatchBuilder builder(origin, 256);
  for (std::size_t count = 1 + input.below(4); count > 0; --count) {
    const std::string_view key = input.below(2) == 0 ? "k1" : "k2";
    EventInput event{topic(input), std::nullopt, {}, as_bytes("x")};
    if (input.below(2) == 0) event.key = key;
    builder.append(first++, 5, event);
    if (first == 0) break;
  }
  return builder.seal(flags);
}

ControlMessage to_publisher(Input& input, const Known& known) {
  switch (input.below(12)) {
    case 0:
    case 1:
      return hello(input, known);
    case 2:
    case 3:
      return Fetch{session(input, known),
                   id(input, known),
                   epoch(input, known),
                   seq(input, known),
                   input.below(4) == 0 ? seq(input, known) : 0,
                   slots(input),
                   static_cast<std::uint32_t>(input.u16()),
                   input.below(2) == 0};
    case 4:
    case 5:
    case 6:
      return Ack{session(input, known), id(input, known),       epoch(input, known),
                 ledgers(input, known), verdicts(input, known), held(input, known)};
    case 7:
      if (input.below(2) == 0) {
        return Release{session(input, known), id(input, known), epoch(input, known), slots(input),
                       ledgers(input, known)};
      }
      return Detach{session(input, known), id(input, known),       epoch(input, known),
                    ledgers(input, known), verdicts(input, known), input.below(2) == 0};
    case 8:
      return input.below(2) == 0 ? ControlMessage(InfoRequest{known.id})
                                 : ControlMessage(GroupsRequest{known.id});
    case 9:
      return ParkedListRequest{known.id, "g1", filter(input, known), seq(input, known), input.byte()};
    case 10:
      if (input.below(2) == 0) {
        return GroupCommand{known.id,
                            static_cast<GroupCommand::Kind>(1 + input.below(5)),
                            "g1",
                            Start{static_cast<Start::Kind>(1 + input.below(4)), seq(input, known), 0},
                            input.below(2) == 0,
                            input.below(2) == 0
                                ? std::optional<Duration>(Duration{1'000'000'000} * input.byte())
                                : std::nullopt};
      }
      return ParkedCommand{known.id, static_cast<ParkedCommand::Kind>(1 + input.below(2)), "g1",
                           filter(input, known), input.below(2) == 0};
    default:
      return to_member(input, known);
  }
}

ControlMessage to_member(Input& input, const Known& known) {
  switch (input.below(8)) {
    case 0:
      return welcome(input, known);
    case 1:
      return Grant{session(input, known),
                   seq(input, known),
                   epoch(input, known),
                   slots(input),
                   input.below(2) == 0 ? 0 : slots(input),
                   seq(input, known),
                   ledgers(input, known),
                   seq(input, known),
                   keys(input)};
    case 2:
    case 3:
      return events(input, known);
    case 4:
      return deliver(input, known);
    case 5:
      return Acked{session(input, known), id(input, known), input.below(8) == 0, seq(input, known)};
    case 6:
      if (input.below(2) == 0) return Released{session(input, known), id(input, known), slots(input)};
      if (input.below(2) == 0) {
        return Unblock{session(input, known), epoch(input, known), id(input, known), keys(input)};
      }
      return Detached{session(input, known), id(input, known)};
    default:
      return Refused{id(input, known), session(input, known),
                     static_cast<Errc>(1 + input.below(static_cast<unsigned>(errc_last))), "no"};
  }
}

LiveMessage live(Input& input, const Known& known) {
  LiveMessage message;
  message.prefix = prefix(input);
  message.origin = origin;
  message.incarnation = static_cast<std::uint32_t>(1 + input.below(16) / 15);
  if (input.below(4) != 0) {
    message.first = 1 + seq(input, known) % 200;
    message.batch = batch(input, message.first + input.below(2));
    message.last = message.batch->header.last + input.below(2);
  }
  message.head = message.last + input.below(4);
  for (std::uint16_t length = 0; length <= message.prefix.size(); ++length) {
    if (input.below(2) == 0)
      message.chains.push_back({length, message.first - std::min<Seq>(message.first, 1 + input.below(4))});
  }
  if (input.below(8) != 0) message.companions = prefixes(input);
  return message;
}

std::optional<ControlMessage> transmit(const ControlMessage& message, bool ours) {
  auto arrived = wire::decode(wire::encode(message), {});
  if (ours) require(arrived.ok() && test::same(*arrived, message));
  if (!arrived) return std::nullopt;
  return std::move(*arrived);
}

std::optional<LiveMessage> transmit(const LiveMessage& message, bool ours) {
  auto arrived = wire::decode_live(wire::encode_live(message), {});
  if (ours) require(arrived.ok() && test::same(*arrived, message));
  if (!arrived) return std::nullopt;
  return std::move(*arrived);
}

}  // namespace mesh::fuzz
