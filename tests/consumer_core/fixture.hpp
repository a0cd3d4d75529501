// A member core in virtual time, a hand that plays its publisher, and short ways to write events.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <journal/batch.hpp>
#include <mesh/core/consumer/member_core.hpp>

namespace test {

using namespace mesh;
using namespace mesh::core;

inline Origin origin_of(std::uint8_t number) {
  Origin origin;
  origin.bytes.fill(number);
  return origin;
}

inline const Origin home = origin_of(1);

struct Item {
  Seq seq = 0;
  std::string topic = "a.x";
  std::optional<std::string> key = std::nullopt;
};

inline Batch batch_of(const std::vector<Item>& items, const Origin& origin = home, std::size_t payload = 4) {
  BatchBuilder builder(origin, 1024);
  const std::vector<std::byte> bytes(payload);
  for (const auto& item : items) {
    EventInput input;
    input.topic = item.topic;
    if (item.key) input.key = *item.key;
    input.payload = bytes;
    builder.append(item.seq, 1, input);
  }
  return builder.seal();
}

/// Events first..last, all of one topic.
inline std::vector<Item> items(Seq first, Seq last, const std::string& topic = "a.x") {
  std::vector<Item> list;
  for (Seq seq = first; seq <= last; ++seq) list.push_back({seq, topic});
  return list;
}

/// A live message of one batch under the prefix "" with one chain.
inline LiveMessage live_of(Seq previous, const std::vector<Item>& list) {
  LiveMessage message;
  message.origin = home;
  message.first = list.front().seq;
  message.last = list.back().seq;
  message.chains = {{0, previous}};
  message.companions.emplace();
  message.batch = batch_of(list);
  return message;
}

inline LiveMessage heartbeat_of(Seq previous, Seq head) {
  LiveMessage message;
  message.origin = home;
  message.head = head;
  message.chains = {{0, previous}};
  message.companions.emplace();
  return message;
}

inline MemberSettings member_settings() {
  MemberSettings settings;
  settings.group = "billing";
  settings.member = "one";
  return settings;
}

/// What the dispatcher is told of a key, and how many deliveries it had got before.
struct ToldKey {
  KeyChange change;
  std::size_t deliveries = 0;
};

class Link {
 public:
  explicit Link(MemberSettings settings = member_settings()) : core(std::move(settings)) {}

  // ---- time ----
  void pass(Duration duration) {
    const auto end = now.steady + duration;
    for (;;) {
      const auto next = core.next_deadline();
      if (!next || *next > end) break;
      now.steady = std::max(now.steady, *next);
      core.on_time(now);
      take();
    }
    now.steady = end;
  }

  // ---- the publisher's part ----
  /// Attached at `position` with everything, epoch 7.
  void attach(Seq position = 0, Seq head = 0) {
    core.on_start(now);
    take();
    welcome(position, head);
  }

  Welcome welcome_for(const Hello& hello, Seq position, Seq head) const {
    Welcome welcome;
    welcome.id = hello.id;
    welcome.session = session;
    welcome.origin = home;
    welcome.name = "bookings";
    welcome.events = "inproc://events";
    welcome.head = head;
    welcome.lease = 5s;
    welcome.epoch = epoch;
    welcome.slots = all_slots;
    welcome.position = position;
    return welcome;
  }

  void welcome(Seq position, Seq head) { give(welcome_for(last<Hello>(), position, head)); }

  Events answer(const std::vector<Item>& list, Seq through, Seq head) const {
    const auto& fetch = last<Fetch>();
    Events events;
    events.session = fetch.session;
    events.id = fetch.id;
    events.epoch = fetch.epoch;
    events.slots = fetch.slots;
    events.after = fetch.after;
    events.through = through;
    events.head = head;
    if (!list.empty()) events.batches.push_back(batch_of(list));
    return events;
  }

  /// Attached and live at `position`.
  void go_live(Seq position = 0) {
    attach(position, position);
    give(answer({}, position, position));
    live(heartbeat_of(position, position));
  }

  void give(ControlMessage message) {
    core.on_control(std::move(message), now);
    take();
  }

  void live(LiveMessage message) {
    core.on_live(std::move(message), now);
    take();
  }

  /// Answers the newest Ack.
  void answer_ack() { give(Acked{session, last<Ack>().id, false, 0}); }

  // ---- the handlers' part ----
  Completion outcome(const Delivery& delivery, Completion::Kind kind = Completion::Kind::ack) const {
    Completion completion;
    completion.link = delivery.link;
    completion.generation = delivery.generation;
    completion.seq = delivery.event.seq;
    completion.covers_to = delivery.covers_to;
    completion.slots = delivery.slots;
    completion.slot = delivery.event.slot;
    completion.attempt = delivery.attempt;
    completion.redrives = delivery.redrives;
    completion.counted = delivery.counted;
    completion.kind = kind;
    completion.bytes = delivery.event.record.size();
    return completion;
  }

  void complete(const Completion& completion) {
    std::erase_if(running, [&](const Delivery& delivery) {
      return delivery.event.seq == completion.seq && delivery.attempt == completion.attempt &&
             delivery.redrives == completion.redrives && delivery.generation == completion.generation;
    });
    core.on_completion(completion, now);
    take();
  }

  void handle(const Delivery& delivery, Completion::Kind kind = Completion::Kind::ack) {
    complete(outcome(delivery, kind));
  }

  void handle_all() {
    const auto all = std::move(deliveries);
    deliveries.clear();
    for (const auto& delivery : all) handle(delivery);
  }

  // ---- what came out ----
  void take() {
    MemberEffects effects;
    core.take_effects(effects);
    for (const auto& change : effects.keys) keys.push_back({change, deliveries.size()});
    for (auto& message : effects.control) sent.push_back(std::move(message));
    for (auto& delivery : effects.deliveries) {
      running.push_back(delivery);
      deliveries.push_back(std::move(delivery));
    }
    for (auto& notice : effects.notices) notices.push_back(std::move(notice));
    if (effects.connect_events) connects.push_back(*effects.connect_events);
    if (effects.connect_events || effects.listen) listens = effects.listen.value_or(true);
    draining |= effects.drain;
    if (effects.drop_before_generation) dropped_before = effects.drop_before_generation;
    if (effects.reconnect_control) ++reconnects;
    left = left || effects.left;
    tell_drained();
  }

  /// As the dispatcher does: when nothing of a slot is in the test's hands any more.
  void tell_drained() {
    SlotMask idle = draining;
    for (const auto& delivery : running) {
      if (delivery.generation == core.generation()) idle &= ~(SlotMask{1} << delivery.event.slot);
    }
    if (idle == 0) return;
    draining &= ~idle;
    Completion news;
    news.generation = core.generation();
    news.slots = idle;
    news.events = 0;
    news.drained = true;
    core.on_completion(news, now);
    take();
  }

  template <class Message>
  const Message& last() const {
    for (auto message = sent.rbegin(); message != sent.rend(); ++message) {
      if (const auto* found = std::get_if<Message>(&*message)) return *found;
    }
    throw std::runtime_error("no such message was sent");
  }

  template <class Message>
  std::size_t count() const {
    std::size_t found = 0;
    for (const auto& message : sent) found += std::holds_alternative<Message>(message) ? 1 : 0;
    return found;
  }

  std::vector<Seq> seqs() const {
    std::vector<Seq> list;
    for (const auto& delivery : deliveries) list.push_back(delivery.event.seq);
    return list;
  }

  std::size_t noticed(std::string_view code) const {
    std::size_t found = 0;
    for (const auto& notice : notices) found += notice.code == code ? 1 : 0;
    return found;
  }

  MemberCore core;
  Now now{10s, 0};
  SessionId session = 100;
  Epoch epoch = 7;
  std::vector<ControlMessage> sent;
  std::vector<Delivery> deliveries;
  std::vector<ToldKey> keys;
  std::vector<Notice> notices;
  std::vector<std::string> connects;
  bool listens = false;
  std::optional<std::uint32_t> dropped_before;
  std::vector<Delivery> running;  ///< without an outcome yet
  SlotMask draining = 0;
  int reconnects = 0;
  bool left = false;
};

inline std::vector<Seq> range(Seq first, Seq last) {
  std::vector<Seq> list;
  for (Seq seq = first; seq <= last; ++seq) list.push_back(seq);
  return list;
}

using Phase = MemberCore::Phase;

inline bool is(const Link& link, Phase phase) {
  return link.core.phase() == phase;
}

}  // namespace test
