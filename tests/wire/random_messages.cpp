#include "random_messages.hpp"

#include <algorithm>

#include <journal/topic.hpp>

namespace mesh::test {

std::string RandomMessages::name() {
  static constexpr std::string_view letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:@/";
  std::string name(1 + below(100), 'x');
  std::ranges::generate(name, [&] { return letters[below(letters.size())]; });
  return name;
}

std::string RandomMessages::topic() {
  std::string topic = "t";
  for (std::uint64_t words = below(4); words > 0; --words) {
    topic += ".w" + std::to_string(below(1000));
    if (below(4) == 0) topic += "é";
  }
  return topic;
}

std::string RandomMessages::text() {
  std::string text;
  while (below(5) != 0 && text.size() < 900) text += coin() ? "it did not work; " : "früh \n ";
  return text;
}

Origin RandomMessages::origin() {
  Origin origin;
  std::ranges::generate(origin.bytes, [&] { return static_cast<std::uint8_t>(below(256)); });
  return origin;
}

std::vector<std::string> RandomMessages::prefixes() {
  std::vector<std::string> prefixes(below(8));
  std::ranges::generate(prefixes, [&] { return topic().substr(0, below(8)); });
  for (std::string& prefix : prefixes) {
    if (!is_utf8(prefix)) prefix = "";
  }
  return prefixes;
}

SlotLedger RandomMessages::ledger(SlotMask slots) {
  SlotLedger ledger{slots, number() >> 16, {}};
  Seq before = ledger.floor;
  for (std::uint64_t count = coin() ? 0 : below(20); count > 0; --count) {
    const Seq first = before + 2 + (number() >> 20);
    ledger.above.push_back({first, first + (number() >> 20)});
    before = ledger.above.back().last;
  }
  return ledger;
}

std::vector<SlotLedger> RandomMessages::ledgers() {
  if (below(4) == 0) return {};
  const SlotMask mask = number();
  return {ledger(mask), ledger(~mask)};
}

std::vector<HeldEvent> RandomMessages::held() {
  std::vector<HeldEvent> held(coin() ? 0 : below(10));
  std::ranges::generate(held, [&] { return HeldEvent{number(), attempt(), number32()}; });
  return held;
}

std::vector<Verdict> RandomMessages::verdicts() {
  std::vector<Verdict> verdicts(coin() ? 0 : below(10));
  for (Verdict& verdict : verdicts) {
    verdict = {static_cast<Verdict::Kind>(1 + below(4)),
               number(),
               attempt(),
               number32(),
               reason(),
               text(),
               {},
               duration(),
               static_cast<Slot>(below(slot_count)),
               coin() ? number() : 0};
    if (coin()) verdict.delay = Duration(static_cast<std::int64_t>(below(1'000'000'000'000)));
  }
  return verdicts;
}

std::vector<Seq> RandomMessages::seqs() {
  std::vector<Seq> seqs(below(20));
  std::ranges::generate(seqs, [&] { return number(); });
  return seqs;
}

ParkedFilter RandomMessages::filter() {
  ParkedFilter filter{seqs(), coin() ? "" : topic(), {}, {}};
  if (coin()) filter.reason = reason();
  if (coin()) filter.key = "k-" + std::to_string(below(100));
  return filter;
}

Batch RandomMessages::batch(const Origin& origin, Seq first, std::size_t count) {
  BatchBuilder builder(origin, 256);
  Seq seq = first;
  for (std::size_t i = 0; i < count; ++i, seq += 1 + below(3)) {
    const std::string key = "key-" + std::to_string(below(50));
    const std::string name_of_topic = topic();
    const std::string payload(below(60), '\x01');
    const Header headers[] = {{"trace", "4bf92f"}, {"größe", "1"}};
    EventInput event{name_of_topic, std::nullopt, std::span(headers, below(3)), as_bytes(payload)};
    if (coin()) event.key = key;
    builder.append(seq, static_cast<WallTime>(number() >> 1), event);
  }
  return builder.seal(coin() ? batch_filtered : 0);
}

std::vector<Batch> RandomMessages::batches(Seq after, std::uint64_t& events, Seq& last) {
  std::vector<Batch> batches;
  const Origin of = origin();
  events = 0;
  last = after;
  for (std::uint64_t left = below(4); left > 0; --left) {
    batches.push_back(batch(of, last + 1 + below(5), 1 + below(6)));
    events += batches.back().header.count;
    last = batches.back().header.last;
  }
  return batches;
}

template <>
Hello RandomMessages::make() {
  Hello hello{number(), coin() ? "" : name(), name(), {}, prefixes(), {}, {}, {}};
  hello.instance = origin().bytes;
  hello.start = {static_cast<Start::Kind>(1 + below(4)), number(), time()};
  hello.policy.backoff.resize(1 + below(32));
  for (Duration& delay : hello.policy.backoff) delay = 1ms * below(100'000'000);
  hello.policy.jitter = static_cast<double>(below(1001)) / 1000;
  hello.policy.attempts_max = attempt();
  hello.policy.ack_wait = 10ms + 1ms * below(80'000'000);
  if (coin()) hello.policy.order = Order::key;
  if (hello.policy.order == Order::key && coin()) hello.policy.on_park = OnPark::park_key;
  if (coin()) hello.resume = Resume{number(), number(), ledgers(), held()};
  return hello;
}

template <>
Fetch RandomMessages::make() {
  return {number(), number(), number(), number(), number(), number(), number32(), coin()};
}

template <>
Ack RandomMessages::make() {
  return {number(), number(), number(), ledgers(), verdicts(), held()};
}

template <>
Release RandomMessages::make() {
  return {number(), number(), number(), number(), ledgers()};
}

template <>
Released RandomMessages::make() {
  return {number(), number(), number()};
}

template <>
Detach RandomMessages::make() {
  return {number(), number(), number(), ledgers(), verdicts(), coin()};
}

template <>
Welcome RandomMessages::make() {
  return {number(), number(),   origin(), name(),   number32(), "tcp://127.0.0.1:5602",
          number(), duration(), number(), number(), number(),   coin(),
          number(), ledgers(),  number(), seqs()};
}

template <>
Grant RandomMessages::make() {
  return {number(), number(), number(), number(), number(), number(), ledgers(), number(), seqs()};
}

template <>
Unblock RandomMessages::make() {
  return {number(), number(), number(), seqs()};
}

template <>
Events RandomMessages::make() {
  Events events{number(), number(), number(), number(), number() >> 1, 0, number(), number(), {}, {}};
  std::uint64_t count = 0;
  events.batches = batches(events.after, count, events.through);
  events.through += below(10);
  if (events.through > 0 && coin())
    events.expired = SeqRange{events.through - below(events.through), events.through};
  return events;
}

template <>
Deliver RandomMessages::make() {
  Deliver deliver{number(), number(), {}, {}};
  std::uint64_t count = 0;
  Seq last = 0;
  deliver.batches = batches(number() >> 1, count, last);
  deliver.items.resize(count);
  std::ranges::generate(deliver.items, [&] { return Redelivery{number(), attempt(), number32()}; });
  return deliver;
}

template <>
Acked RandomMessages::make() {
  return {number(), number(), coin(), number()};
}

template <>
Detached RandomMessages::make() {
  return {number(), number()};
}

template <>
Refused RandomMessages::make() {
  return {number(), number(), static_cast<Errc>(1 + below(static_cast<std::size_t>(errc_last))), text()};
}

template <>
InfoRequest RandomMessages::make() {
  return {number()};
}

template <>
Info RandomMessages::make() {
  return {number(),
          origin(),
          name(),
          number32(),
          "ipc:///run/zmesh/bookings.events",
          number(),
          number(),
          number(),
          number32(),
          number32(),
          name().substr(0, version_size_max),
          time(),
          number(),
          number(),
          coin() ? std::optional(duration()) : std::nullopt};
}

template <>
GroupsRequest RandomMessages::make() {
  return {number()};
}

template <>
GroupList RandomMessages::make() {
  GroupList list{number(), number(), std::vector<GroupStatus>(below(5))};
  for (GroupStatus& group : list.groups) {
    const Order order = coin() ? Order::key : Order::none;
    const OnPark on_park = coin() ? OnPark::park_key : OnPark::go_on;
    group = {name(),   prefixes(), number(), number(), number(), number(), number(),   number(), number(),
             number(), number(),   number(), {},       {},       {},       {},         0,        {},
             coin(),   number(),   {},       {},       order,    on_park,  number32(), coin()};
    if (coin()) group.lease = group.unattended = duration();
    if (coin()) group.oldest_age = duration();
    group.members.resize(below(3));
    std::ranges::generate(group.members, [&] {
      return MemberStatus{name(), number(), duration(), number()};
    });
    if (!coin()) continue;
    group.fetched_after = number();
    group.incidents = number();
    group.newest.resize(below(4));
    std::ranges::generate(group.newest, [&] {
      return Incident{static_cast<Incident::What>(1 + below(4)), number(), number32(),
                      coin() ? std::optional(reason()) : std::nullopt};
    });
    group.fetched.resize(below(4));
    std::ranges::generate(group.fetched, [&] {
      return FetchedRange{name(), number(), {number(), number()}, time()};
    });
  }
  return list;
}

template <>
ParkedListRequest RandomMessages::make() {
  return {number(), name(), filter(), number(), static_cast<std::uint32_t>(below(1001))};
}

template <>
ParkedList RandomMessages::make() {
  ParkedList list{number(), coin(), std::vector<ParkedEvent>(below(5))};
  for (ParkedEvent& event : list.events) {
    event = {1 + number() / 2, time(), reason(), number32(), std::vector<Attempt>(below(33)), {}};
    for (Attempt& one : event.attempts)
      one = {attempt(), time(), duration(), coin() ? "" : name(), reason(), text()};
    const Batch one = batch(origin(), event.seq, 1);
    event.record = Bytes(one.view().body(), one.bytes.owner());
  }
  return list;
}

template <>
ParkedCommand RandomMessages::make() {
  return {number(), static_cast<ParkedCommand::Kind>(1 + below(2)), name(), filter(), coin()};
}

template <>
ParkedDone RandomMessages::make() {
  return {number(), number(), seqs()};
}

template <>
GroupCommand RandomMessages::make() {
  const Start start{static_cast<Start::Kind>(1 + below(4)), number(), time()};
  return {number(), static_cast<GroupCommand::Kind>(1 + below(5)),    name(), start,
          coin(),   coin() ? std::optional(duration()) : std::nullopt};
}

template <>
GroupDone RandomMessages::make() {
  return {number(), number(), number(), number(), number(), number()};
}

ControlMessage RandomMessages::control(std::size_t type) {
  ControlMessage message;
  const auto pick = [&]<std::size_t... index>(std::index_sequence<index...>) {
    ((index == type ? void(message = make<std::variant_alternative_t<index, ControlMessage>>()) : void()),
     ...);
  };
  pick(std::make_index_sequence<types>{});
  return message;
}

LiveMessage RandomMessages::live() {
  LiveMessage message;
  message.prefix = topic();
  message.origin = origin();
  message.incarnation = number32();
  if (coin()) {
    const Seq first = 1 + (number() >> 1);
    message.batch = batch(message.origin, first + below(3), 1 + below(5));
    message.first = first;
    message.last = message.batch->header.last + below(3);
  }
  message.head = message.last + below(100);
  for (std::uint16_t length = 0; length <= message.prefix.size(); ++length) {
    const Seq bound = message.batch ? message.first : message.head + 1;
    if (below(3) == 0) message.chains.push_back({length, below(bound)});
  }
  if (below(4) != 0) message.companions = prefixes();
  return message;
}

}  // namespace mesh::test
