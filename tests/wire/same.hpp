// Equality of messages, field by field.
#pragma once

#include <algorithm>
#include <tuple>

#include <mesh/model/messages.hpp>

namespace mesh::test {

inline bool same(const Bytes& a, const Bytes& b) {
  return std::ranges::equal(a.view(), b.view());
}

inline bool same(const Batch& a, const Batch& b) {
  return a.header == b.header && same(a.bytes, b.bytes);
}

inline bool same(const std::vector<Batch>& a, const std::vector<Batch>& b) {
  return std::ranges::equal(a, b, [](const Batch& one, const Batch& other) { return same(one, other); });
}

inline bool same(const std::optional<Resume>& a, const std::optional<Resume>& b) {
  const auto tie = [](const Resume& m) { return std::tie(m.epoch, m.slots, m.settled, m.held); };
  return a.has_value() == b.has_value() && (!a || tie(*a) == tie(*b));
}

inline bool same(const Hello& a, const Hello& b) {
  const auto tie = [](const Hello& m) {
    return std::tie(m.id, m.group, m.member, m.instance, m.prefixes, m.start, m.policy);
  };
  return tie(a) == tie(b) && same(a.resume, b.resume);
}

inline auto fields(const Fetch& m) {
  return std::tie(m.session, m.id, m.epoch, m.after, m.upto, m.slots, m.credit, m.wait);
}

inline auto fields(const Ack& m) {
  return std::tie(m.session, m.id, m.epoch, m.settled, m.verdicts, m.held);
}

inline auto fields(const Release& m) {
  return std::tie(m.session, m.id, m.epoch, m.slots, m.settled);
}

inline auto fields(const Released& m) {
  return std::tie(m.session, m.id, m.slots);
}

inline auto fields(const Detach& m) {
  return std::tie(m.session, m.id, m.epoch, m.settled, m.verdicts, m.untouched);
}

inline auto fields(const Welcome& m) {
  return std::tie(m.id, m.session, m.origin, m.name, m.incarnation, m.events, m.head, m.lease, m.epoch,
                  m.slots, m.release, m.resumed, m.position, m.settled, m.redelivered_through, m.blocked);
}

inline auto fields(const Grant& m) {
  return std::tie(m.session, m.head, m.epoch, m.slots, m.release, m.position, m.settled,
                  m.redelivered_through, m.blocked);
}

inline auto fields(const Unblock& m) {
  return std::tie(m.session, m.epoch, m.through, m.keys);
}

inline bool same(const Events& a, const Events& b) {
  const auto tie = [](const Events& m) {
    return std::tie(m.session, m.id, m.epoch, m.slots, m.after, m.through, m.head, m.redelivered_through,
                    m.expired);
  };
  return tie(a) == tie(b) && same(a.batches, b.batches);
}

inline bool same(const Deliver& a, const Deliver& b) {
  const auto tie = [](const Deliver& m) { return std::tie(m.session, m.epoch, m.items); };
  return tie(a) == tie(b) && same(a.batches, b.batches);
}

inline auto fields(const Acked& m) {
  return std::tie(m.session, m.id, m.stale, m.head);
}

inline auto fields(const Detached& m) {
  return std::tie(m.session, m.id);
}

inline auto fields(const Refused& m) {
  return std::tie(m.id, m.session, m.code, m.text);
}

inline auto fields(const InfoRequest& m) {
  return std::tie(m.id);
}

inline auto fields(const Info& m) {
  return std::tie(m.id, m.origin, m.name, m.incarnation, m.events, m.head, m.dropped_through, m.journal_bytes,
                  m.group_count, m.session_count, m.version, m.time, m.journal_bytes_max,
                  m.journal_owed_bytes, m.journal_full_in);
}

inline auto fields(const GroupsRequest& m) {
  return std::tie(m.id);
}

inline auto fields(const GroupList& m) {
  return std::tie(m.id, m.head, m.groups);
}

inline auto fields(const ParkedListRequest& m) {
  return std::tie(m.id, m.group, m.filter, m.after, m.limit);
}

inline bool same(const ParkedList& a, const ParkedList& b) {
  const auto tie = [](const ParkedEvent& m) {
    return std::tie(m.seq, m.parked_at, m.reason, m.redrives, m.attempts);
  };
  const auto equal = [&](const ParkedEvent& one, const ParkedEvent& other) {
    return tie(one) == tie(other) && same(one.record, other.record);
  };
  return a.id == b.id && a.more == b.more && std::ranges::equal(a.events, b.events, equal);
}

inline auto fields(const ParkedCommand& m) {
  return std::tie(m.id, m.kind, m.group, m.filter, m.dry_run);
}

inline auto fields(const ParkedDone& m) {
  return std::tie(m.id, m.count, m.seqs);
}

inline auto fields(const GroupCommand& m) {
  return std::tie(m.id, m.kind, m.group, m.start, m.dry_run, m.lease);
}

inline auto fields(const GroupDone& m) {
  return std::tie(m.id, m.floor, m.lag, m.lag_before, m.retries, m.parked);
}

template <class Message>
bool same(const Message& a, const Message& b) {
  return fields(a) == fields(b);
}

inline bool same(const ControlMessage& a, const ControlMessage& b) {
  return a.index() == b.index() &&
         std::visit([&b](const auto& one) { return same(one, std::get<std::decay_t<decltype(one)>>(b)); }, a);
}

inline bool same(const LiveMessage& a, const LiveMessage& b) {
  const auto tie = [](const LiveMessage& m) {
    return std::tie(m.prefix, m.origin, m.incarnation, m.first, m.last, m.head, m.chains, m.companions);
  };
  return tie(a) == tie(b) && a.batch.has_value() == b.batch.has_value() &&
         (!a.batch || same(*a.batch, *b.batch));
}

}  // namespace mesh::test
