#include <algorithm>

#include <journal/topic.hpp>
#include <mesh/core/publisher/state_codec.hpp>
#include <mesh/core/publisher/state_pack.hpp>

namespace mesh::core {
namespace {

constexpr std::uint64_t value_version = 1;
constexpr std::uint64_t seq_max = ~Seq{0} - 1;

Error damaged(const char* what) {
  return fail(Errc::journal_damaged,
              std::string("the journal's state holds a ") + what + " that does not decode");
}

void version(StateReader& in) {
  if (in.number() != value_version) in.spoil();
}

Reason read_reason(StateReader& in) {
  const auto value = in.number(static_cast<std::uint64_t>(reason_last));
  if (value == 0) in.spoil();
  return in.ok() ? static_cast<Reason>(value) : Reason::handler_rejected;
}

void write_history(StateWriter& out, const std::vector<Attempt>& history) {
  out.array(history.size());
  for (const Attempt& attempt : history) {
    out.array(6);
    out.number(attempt.number);
    out.integer(attempt.at);
    out.integer(attempt.took.count());
    out.text(attempt.member);
    out.number(static_cast<std::uint64_t>(attempt.reason));
    out.text(attempt.text);
  }
}

std::vector<Attempt> read_history(StateReader& in) {
  std::vector<Attempt> history(in.array_up_to(attempt_history_max));
  for (Attempt& attempt : history) {
    in.array(6);
    attempt.number = static_cast<std::uint32_t>(in.number(0xffffffff));
    attempt.at = in.integer();
    attempt.took = Duration{in.integer()};
    attempt.member = in.text(member_name_size_max);
    attempt.reason = read_reason(in);
    attempt.text = in.text(attempt_text_max);
  }
  return history;
}

void write_policy(StateWriter& out, const RetryPolicy& policy) {
  const bool ordered = policy.order != Order::none;
  out.array(ordered ? 6 : 4);
  out.array(policy.backoff.size());
  for (const Duration delay : policy.backoff) out.integer(delay.count());
  out.real(policy.jitter);
  out.number(policy.attempts_max);
  out.integer(policy.ack_wait.count());
  if (!ordered) return;
  out.number(static_cast<std::uint64_t>(policy.order));
  out.number(static_cast<std::uint64_t>(policy.on_park));
}

RetryPolicy read_policy(StateReader& in) {
  RetryPolicy policy;
  const std::size_t fields = in.array_up_to(6);
  if (fields != 4 && fields != 6) in.spoil();
  policy.backoff.assign(in.array_up_to(backoff_max), Duration::zero());
  for (Duration& delay : policy.backoff) delay = Duration{in.integer()};
  policy.jitter = in.real();
  policy.attempts_max = static_cast<std::uint32_t>(in.number(0xffffffff));
  policy.ack_wait = Duration{in.integer()};
  if (fields == 6) {
    policy.order = static_cast<Order>(in.number(static_cast<std::uint64_t>(Order::key)));
    policy.on_park = static_cast<OnPark>(in.number(static_cast<std::uint64_t>(OnPark::park_key)));
  }
  if (!check_policy(policy)) in.spoil();
  return policy;
}

Owners read_owners(StateReader& in) {
  Owners owners;
  const std::size_t count = in.array_up_to(slot_count);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    Owner owner;
    in.array(4);
    owner.epoch = in.number();
    owner.member = in.text(member_name_size_max);
    const auto instance = in.binary(owner.instance.size());
    if (instance.size() == owner.instance.size()) {
      std::copy(instance.begin(), instance.end(), reinterpret_cast<char*>(owner.instance.data()));
    } else {
      in.spoil();
    }
    owner.slots = in.number();
    if (owner.slots == 0 || (owner.slots & owners.slots()) != 0 || !valid_name(owner.member)) in.spoil();
    if (in.ok()) owners.give(std::move(owner));
  }
  return owners;
}

Ledger read_marks(StateReader& in) {
  Ledger marks;
  SlotMask seen = 0;
  const std::size_t count = in.array_up_to(slot_count);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    in.array(2);
    const SlotMask slots = in.number();
    const Seq through = in.number(seq_max);
    if (slots == 0 || (slots & seen) != 0) in.spoil();
    seen |= slots;
    if (in.ok()) marks.settle(slots, through, {});
  }
  if (seen != all_slots) in.spoil();
  return marks;
}

}  // namespace

std::string encode_group(const GroupValue& value) {
  StateWriter out;
  out.array(value.lease ? 11 : 9);
  out.number(value_version);
  out.array(value.prefixes.size());
  for (const std::string& prefix : value.prefixes) out.text(prefix);
  write_policy(out, value.policy);
  out.array(value.owners.entries().size());
  for (const Owner& owner : value.owners.entries()) {
    out.array(4);
    out.number(owner.epoch);
    out.text(owner.member);
    out.binary({reinterpret_cast<const char*>(owner.instance.data()), owner.instance.size()});
    out.number(owner.slots);
  }
  out.array(value.marks.parts().size());
  for (const Ledger::Part& part : value.marks.parts()) {
    out.array(2);
    out.number(part.slots);
    out.number(part.set.floor());
  }
  out.number(value.expired);
  out.array(2);
  out.number(value.unheard.first);
  out.number(value.unheard.last);
  out.integer(value.created_at);
  out.flag(value.paused);
  if (value.lease) {
    out.integer(value.lease->count());
    out.integer(value.unattended.count());
  }
  return out.take();
}

Result<GroupValue> decode_group(std::string_view bytes) {
  StateReader in(bytes);
  GroupValue value;
  const std::size_t fields = in.array_up_to(11);
  if (fields != 9 && fields != 11) in.spoil();
  version(in);
  value.prefixes.resize(in.array_up_to(prefixes_max));
  for (std::string& prefix : value.prefixes) {
    prefix = in.text(topic_size_max);
    if (!check_prefix(prefix)) in.spoil();
  }
  value.policy = read_policy(in);
  value.owners = read_owners(in);
  value.marks = read_marks(in);
  value.expired = in.number();
  in.array(2);
  value.unheard.first = in.number(seq_max);
  value.unheard.last = in.number(seq_max);
  value.created_at = in.integer();
  value.paused = in.flag();
  if (fields == 11) {
    value.lease = Duration{in.integer()};
    value.unattended = Duration{in.integer()};
    if (*value.lease < group_lease_min || *value.lease > group_lease_max) in.spoil();
    if (value.unattended < Duration::zero() || value.unattended > *value.lease) in.spoil();
  }
  if (!in.done()) return damaged("group");
  return value;
}

std::string encode_ledger(const Ledger& ledger) {
  StateWriter out;
  out.array(2);
  out.number(value_version);
  out.array(ledger.parts().size());
  for (const Ledger::Part& part : ledger.parts()) {
    out.array(3);
    out.number(part.slots);
    out.number(part.set.floor());
    const std::size_t count = std::min(part.set.above().size(), Ledger::ranges_max);
    out.array(2 * count);
    for (std::size_t i = 0; i < count; ++i) {
      out.number(part.set.above()[i].first);
      out.number(part.set.above()[i].last);
    }
  }
  return out.take();
}

Result<Ledger> decode_ledger(std::string_view bytes) {
  StateReader in(bytes);
  in.array(2);
  version(in);
  const std::size_t parts = in.array_up_to(slot_count);
  Ledger ledger;
  SlotMask seen = 0;
  for (std::size_t i = 0; i < parts && in.ok(); ++i) {
    in.array(3);
    const SlotMask slots = in.number();
    const Seq floor = in.number(seq_max);
    if (slots == 0 || (slots & seen) != 0) in.spoil();
    seen |= slots;
    const std::size_t numbers = in.array_up_to(2 * Ledger::ranges_max);
    if (numbers % 2 != 0) in.spoil();
    std::vector<SeqRange> above(numbers / 2);
    Seq last = floor;
    for (SeqRange& range : above) {
      range.first = in.number(seq_max);
      range.last = in.number(seq_max);
      if (range.empty() || range.first <= last + 1) in.spoil();
      last = range.last;
    }
    if (in.ok()) ledger.settle(slots, floor, above);
  }
  if (!in.done() || seen != all_slots) return damaged("ledger");
  return ledger;
}

std::string encode_retry(const RetryValue& value) {
  StateWriter out;
  out.array(value.key == 0 ? 10 : 11);
  out.number(value_version);
  out.number(static_cast<std::uint64_t>(value.state));
  out.number(value.attempts);
  out.number(value.redrives);
  out.integer(value.due);
  out.integer(value.delay.count());
  out.number(value.reason ? static_cast<std::uint64_t>(*value.reason) : 0);
  out.flag(value.copied);
  write_history(out, value.history);
  out.number(value.slot);
  if (value.key != 0) out.number(value.key);
  return out.take();
}

Result<RetryValue> decode_retry(std::string_view bytes) {
  StateReader in(bytes);
  RetryValue value;
  const std::size_t fields = in.array_up_to(11);
  if (fields < 10) in.spoil();
  version(in);
  const auto state = in.number(4);
  if (state == 0) in.spoil();
  value.state = static_cast<RetryValue::State>(state);
  value.attempts = static_cast<std::uint32_t>(in.number(0xffffffff));
  value.redrives = static_cast<std::uint32_t>(in.number(0xffffffff));
  value.due = in.integer();
  value.delay = Duration{in.integer()};
  if (value.delay < Duration::zero() || value.delay > delay_max) in.spoil();
  const auto reason = in.number(static_cast<std::uint64_t>(reason_last));
  if (reason != 0) value.reason = static_cast<Reason>(reason);
  if ((value.state == RetryValue::State::parking) != value.reason.has_value()) in.spoil();
  value.copied = in.flag();
  value.history = read_history(in);
  value.slot = static_cast<Slot>(in.number(slot_count - 1));
  if (fields == 11) value.key = in.number();
  if (!in.done()) return damaged("retry");
  return value;
}

std::string encode_parked(const ParkedValue& value) {
  StateWriter out;
  out.array(6);
  out.number(value_version);
  out.integer(value.parked_at);
  out.number(static_cast<std::uint64_t>(value.reason));
  out.number(value.redrives);
  write_history(out, value.history);
  out.binary(as_text(value.batch.view()));
  return out.take();
}

Result<ParkedValue> decode_parked_value(std::string_view bytes) {
  StateReader in(bytes);
  ParkedValue value;
  in.array(6);
  version(in);
  value.parked_at = in.integer();
  value.reason = read_reason(in);
  value.redrives = static_cast<std::uint32_t>(in.number(0xffffffff));
  value.history = read_history(in);
  const auto batch = in.binary(event_size_limit + 65'536);
  if (!in.done()) return damaged("parked event");
  value.batch = Bytes::copy(as_bytes(batch));
  const auto parsed = parse_batch(value.batch.view());
  if (!parsed || parsed->header.count != 1) return damaged("parked event");
  return value;
}

std::string encode_audit(const AuditValue& value) {
  StateWriter out;
  out.array(5);
  out.number(value_version);
  out.number(static_cast<std::uint64_t>(value.what));
  out.text(value.group);
  out.number(value.seq);
  out.integer(value.at);
  return out.take();
}

Result<AuditValue> decode_audit(std::string_view bytes) {
  StateReader in(bytes);
  AuditValue value;
  in.array(5);
  version(in);
  value.what = static_cast<AuditValue::What>(in.number(static_cast<std::uint64_t>(AuditValue::What::remove)));
  if (value.what == AuditValue::What{}) in.spoil();
  value.group = in.text(group_name_size_max);
  value.seq = in.number(seq_max);
  value.at = in.integer();
  if (!in.done()) return damaged("audit entry");
  return value;
}

}  // namespace mesh::core
