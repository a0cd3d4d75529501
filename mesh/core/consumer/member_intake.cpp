#include <algorithm>

#include <mesh/core/consumer/member_state.hpp>

namespace mesh::core {

bool MemberCore::State::take_fetched(const Events& events, bool lag) {
  const SlotMask taken = fetch_slots & slots;
  for (Slot slot = 0; slot < slot_count; ++slot) {
    if ((taken & ~resumed_slots) >> slot & 1) marks[slot] = std::max(marks[slot], events.redelivered_through);
  }
  Seq newest = lag ? events.after : merge.position();
  begin_intake(taken, newest);
  bool good = true;
  const auto size_before = out.deliveries.size();
  for (const auto& batch : events.batches) {
    good = batch.header.origin == *origin && decode_events(batch.view(), views).ok();
    good = good && !views.empty() && views.back().seq <= events.through;
    if (!good) break;
    BatchShare share(batch.bytes, views.size());
    for (const auto& view : views) {
      if (view.seq <= newest) {
        ++counters.duplicates;
        continue;
      }
      newest = view.seq;
      if ((taken >> view.slot & 1) != 0) add_event(view, share);
    }
  }
  // What came before the damage is good; the rest is asked for again.
  if (good) count_expired(events);
  const Seq through = good ? events.through : newest;
  if (lag) {
    for (auto& one : lags) {
      if ((one.slots & taken) != 0) one.position = std::max(one.position, through);
    }
  } else {
    merge.cover(through);
  }
  end_intake(lag ? through : merge.position());
  join_lags();
  counters.fetched += out.deliveries.size() - size_before;
  return good;
}

bool MemberCore::State::take_live(std::vector<LiveMessage>& messages) {
  const auto last = messages.front().last;
  const auto position = merge.position();
  for (const auto& message : messages) {
    const auto& batch = *message.batch;
    if (batch.header.origin == *origin && decode_events(batch.view(), slots, views).ok()) {
      if (messages.size() == 1) break;
      const auto index = static_cast<std::size_t>(&message - messages.data());
      for (const auto& view : views) merged.emplace_back(view, index);
      continue;
    }
    merged.clear();
    undecodable("a batch of the live stream");
    return false;
  }
  begin_intake(slots, position);
  const auto size_before = out.deliveries.size();
  const auto add = [&](const EventView& view, BatchShare& share) {
    if (view.seq <= position) {
      ++counters.duplicates;
      return;
    }
    if (!works_on(view.slot) || !prefixes.find(view.topic)) return;
    if (settlement.given_settled(view.slot, view.seq)) return;
    add_event(view, share);
  };
  if (messages.size() == 1) {
    BatchShare share(messages.front().batch->bytes, views.size());
    for (const auto& view : views) add(view, share);
  } else {
    std::vector<BatchShare> shares;
    shares.reserve(messages.size());
    for (const auto& message : messages)
      shares.emplace_back(message.batch->bytes, message.batch->header.count);
    std::sort(merged.begin(), merged.end(), [](auto& a, auto& b) { return a.first.seq < b.first.seq; });
    Seq newest = 0;
    for (const auto& [view, index] : merged) {
      if (view.seq == newest) continue;  // in two parts: not possible with an honest publisher
      newest = view.seq;
      add(view, shares[index]);
    }
    merged.clear();
  }
  merge.cover(last);
  end_intake(merge.position());
  counters.live += out.deliveries.size() - size_before;
  return true;
}

void MemberCore::State::on_deliver(const Deliver& deliver) {
  if (!attached() || deliver.session != session || deliver.epoch != epoch) return;
  if (closing != Closing::no || watching()) return;
  std::size_t item = 0;
  for (const auto& batch : deliver.batches) {
    if (batch.header.origin != *origin || !decode_events(batch.view(), views).ok()) {
      return undecodable("a batch of redelivered events");
    }
    BatchShare share(batch.bytes, views.size());
    for (const auto& view : views) {
      if (item >= deliver.items.size() || deliver.items[item].seq != view.seq) {
        return undecodable("redelivered events that are not the ones named");
      }
      const auto& redelivery = deliver.items[item++];
      // One that is asked back waits for the next owner.
      if (!works_on(view.slot) || !held.take(redelivery)) continue;
      Delivery& delivery = out.deliveries.emplace_back();
      delivery.event = view;
      delivery.batch = share.next();
      delivery.link = settings.link;
      delivery.generation = generation;
      delivery.attempt = redelivery.attempt;
      delivery.redrives = redelivery.redrives;
      delivery.counted = true;
      delivery.redelivered = view.seq <= marks[view.slot];
      delivery.covers_to = view.seq;
      delivery.slots = SlotMask{1} << view.slot;
      settlement.take(1, view.record.size());
      ++counters.received;
      ++counters.redelivered;
      counters.received_bytes += view.record.size();
    }
  }
}

void MemberCore::State::undecodable(std::string_view what) {
  const auto count = ++counters.undecodable;
  if (count > 10 && (count & (count - 1)) != 0) return;  // a flood is counted, not told one by one
  notice(Level::warning, "link.undecodable", std::string(what) + " did not decode (" + name + ")");
}

void MemberCore::State::begin_intake(SlotMask taken, Seq from) {
  intake_first = out.deliveries.size();
  intake_slots = taken;
  intake_from = from;
  intake_bytes = 0;
}

void MemberCore::State::add_event(const EventView& event, BatchShare& batch) {
  auto& deliveries = out.deliveries;
  if (deliveries.size() == intake_first) {
    settlement.add(intake_slots, {intake_from + 1, event.seq - 1});
  } else {
    deliveries.back().covers_to = event.seq - 1;
  }
  // Attempt 1, not redriven, not counted.
  deliveries.push_back(Delivery{event, batch.next(), settings.link, generation, 1, 0,
                                event.seq <= marks[event.slot], false, 0, intake_slots});
  intake_bytes += event.record.size();
}

void MemberCore::State::end_intake(Seq through) {
  const auto count = out.deliveries.size() - intake_first;
  if (count == 0) {
    settlement.add(intake_slots, {intake_from + 1, through});
  } else {
    out.deliveries.back().covers_to = through;
  }
  settlement.take(count, intake_bytes);
  counters.received += count;
  counters.received_bytes += intake_bytes;
}

}  // namespace mesh::core
