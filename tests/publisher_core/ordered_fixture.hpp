// A group with Order::key whose events have keys, and short ways to say what became of them.
#pragma once

#include <algorithm>

#include "fixture.hpp"

namespace mesh::core {

inline RetryPolicy ordered_policy(OnPark on_park = OnPark::go_on) {
  RetryPolicy policy{.backoff = {1s, 2s}, .jitter = 0, .attempts_max = 3};
  policy.order = Order::key;
  policy.on_park = on_park;
  return policy;
}

/// What was given out in these, in order.
inline std::vector<Redelivery> given(const std::vector<ControlOut>& sent) {
  std::vector<Redelivery> out;
  for (const ControlOut& one : sent) {
    const auto* deliver = std::get_if<Deliver>(&one.message);
    if (deliver != nullptr) out.insert(out.end(), deliver->items.begin(), deliver->items.end());
  }
  return out;
}

using Given = std::vector<Redelivery>;
using Keys = std::vector<KeyId>;
using Told = Verdict::Kind;

inline Keys sorted(Keys keys) {
  std::sort(keys.begin(), keys.end());
  return keys;
}

struct Ordered {
  Mesh mesh;
  Member member{mesh};
  std::vector<TestEvent> events;

  /// 1, 2, 4, 6: key k. 3, 7: key other. 5: none.
  explicit Ordered(RetryPolicy policy = ordered_policy())
      : events{{"a", "k"}, {"a", "k"}, {"a", "other"}, {"a", "k"}, {"a"}, {"a", "k"}, {"a", "other"}} {
    member.policy = policy;
    mesh.open();
    mesh.publish(events);
    member.attach();
    mesh.sent.clear();
  }

  Verdict of(Told kind, Seq seq, std::uint32_t attempt = 1, std::uint32_t redrives = 0) const {
    const auto& key = events.at(seq - 1).key;
    Verdict verdict;
    verdict.kind = kind;
    verdict.seq = seq;
    verdict.attempt = attempt;
    verdict.redrives = redrives;
    verdict.slot = slot_of(key, seq);
    verdict.key = key_id(key);
    return verdict;
  }

  void tell(std::vector<Verdict> verdicts) { member.ack(0, {}, std::move(verdicts)); }

  void tell(Told kind, Seq seq, std::uint32_t attempt = 1, std::uint32_t redrives = 0) {
    tell({of(kind, seq, attempt, redrives)});
  }

  /// What was given out since the last look.
  Given taken() {
    const Given out = given(mesh.sent);
    std::erase_if(mesh.sent,
                  [](const ControlOut& one) { return std::holds_alternative<Deliver>(one.message); });
    return out;
  }

  std::size_t unblocks() const { return mesh.count<Unblock>(); }

  /// The publisher's process dies and comes back; the member had left in peace.
  Welcome restart() {
    member.detach(0);
    mesh.crash();
    mesh.open();
    return member.attach();
  }

  std::vector<ParkedEvent> parked() {
    mesh.tell("op", ParkedListRequest{9, "g", {}, 0, 100});
    return mesh.last<ParkedList>().events;
  }

  void command(ParkedCommand::Kind kind, std::vector<Seq> seqs = {}) {
    mesh.tell("op", ParkedCommand{10, kind, "g", {std::move(seqs), "", {}, {}}, false});
  }
};

const KeyId key_k = key_id("k");
const KeyId key_other = key_id("other");

}  // namespace mesh::core
