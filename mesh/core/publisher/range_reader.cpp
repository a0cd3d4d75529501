#include <algorithm>

#include <mesh/core/publisher/group.hpp>
#include <mesh/core/publisher/range_reader.hpp>

namespace mesh::core {

Settled::Settled(const std::vector<SlotLedger>& ledgers)
    : ledgers_(ledgers), slots_(ledgers.empty() ? all_slots : 0) {
  of_slot_.fill(ledgers.empty() ? everything : nothing);
  for (std::size_t i = 0; i < ledgers.size(); ++i) {
    slots_ |= ledgers[i].slots;
    for (unsigned slot = 0; slot < slot_count; ++slot) {
      if ((ledgers[i].slots >> slot & 1) != 0) of_slot_[slot] = static_cast<int>(i);
    }
  }
}

bool Settled::wants(Slot slot, Seq seq) const {
  const int index = of_slot_[slot % slot_count];
  if (index < 0) return index == everything;
  const SlotLedger& ledger = ledgers_[static_cast<std::size_t>(index)];
  if (seq <= ledger.floor) return false;
  if (ledger.above.empty()) return true;
  const auto it = std::upper_bound(ledger.above.begin(), ledger.above.end(), seq,
                                   [](Seq wanted, const SeqRange& range) { return wanted < range.first; });
  return it == ledger.above.begin() || std::prev(it)->last < seq;
}

bool Settled::wants_all(Seq first, Seq last) const {
  for (const SlotLedger& ledger : ledgers_) {
    if (first <= ledger.floor) return false;
    const auto it = std::lower_bound(ledger.above.begin(), ledger.above.end(), first,
                                     [](const SeqRange& range, Seq wanted) { return range.last < wanted; });
    if (it != ledger.above.end() && it->first <= last) return false;
  }
  return slots_ == all_slots;
}

RangeTaker::RangeTaker(const Origin& origin, const ReadJob& job)
    : job_(job), prefixes_(normal_prefixes(job.prefixes)), settled_(job.settled), builder_(origin) {
  result_.id = job.id;
  result_.through = job.after;
}

bool RangeTaker::whole(const BatchView& batch) const {
  const BatchHeader& header = batch.header;
  return batch.bytes.size() >= whole_batch_min && found_ + batch.bytes.size() <= job_.credit &&
         prefixes_.empty() && header.first > job_.after && header.last <= job_.upto &&
         settled_.wants_all(header.first, header.last);
}

void RangeTaker::flush() {
  if (!builder_.empty()) result_.batches.push_back(builder_.seal(batch_filtered));
}

bool RangeTaker::look(const BatchView& batch, std::optional<Batch>& copy) {
  if (ended_ || batch.header.last <= job_.after) return false;
  if (batch.header.first > job_.upto) {
    result_.through = std::max(result_.through, job_.upto);
    ended_ = true;
    return false;
  }
  if (!whole(batch)) return true;
  flush();
  if (full()) {
    ended_ = true;
    return false;
  }
  if (!copy) copy = keep(batch);
  result_.batches.push_back(*copy);
  found_ += batch.bytes.size();
  result_.through = batch.header.last;
  return false;
}

void RangeTaker::take(const BatchView& batch, const std::vector<EventView>& events) {
  for (const EventView& event : events) {
    if (event.seq <= job_.after || !settled_.wants(event.slot, event.seq)) continue;
    if (event.seq > job_.upto) break;
    if (matches(prefixes_, event.topic) && !add(event)) {
      result_.through = std::max(result_.through, event.seq - 1);
      ended_ = true;
      return;
    }
  }
  result_.through = std::max(result_.through, std::min(batch.header.last, job_.upto));
  ended_ = batch.header.last > job_.upto;
}

bool RangeTaker::add(const EventView& event) {
  const std::size_t size = event.record.size();
  if (found_ != 0 && found_ + size > job_.credit) return false;
  if (!builder_.empty() && builder_.body_size() + size > batch_body_target) flush();
  if (builder_.empty() && full()) return false;
  builder_.append(event);
  found_ += size;
  return true;
}

void RangeTaker::fail(const Error& error) {
  result_.error = error;
  ended_ = true;
}

ReadResult RangeTaker::finish() {
  flush();
  if (!ended_) result_.through = std::max(result_.through, job_.upto);
  return std::move(result_);
}

void run_range_jobs(const Journal& journal, std::span<const ReadJob> jobs,
                    const std::function<void(ReadResult)>& answer) {
  std::vector<std::unique_ptr<RangeTaker>> takers;
  Seq after = ~Seq{0};
  for (const ReadJob& job : jobs) {
    takers.push_back(std::make_unique<RangeTaker>(journal.identity().origin, job));
    after = std::min(after, job.after);
  }
  const auto answer_ended = [&] {
    std::erase_if(takers, [&](const auto& taker) {
      if (!taker->ended()) return false;
      answer(taker->finish());
      return true;
    });
  };
  std::vector<EventView> events;
  std::vector<RangeTaker*> lookers;
  const auto read = journal.read(after, [&](const BatchView& batch) {
    std::optional<Batch> copy;
    SlotMask slots = 0;
    lookers.clear();
    for (const auto& taker : takers) {
      if (!taker->look(batch, copy)) continue;
      lookers.push_back(taker.get());
      slots |= taker->slots();
    }
    if (!lookers.empty()) {
      const auto decoded = decode_events(batch, slots, events);
      for (RangeTaker* looker : lookers) {
        decoded ? looker->take(batch, events) : looker->fail(decoded.error());
      }
    }
    answer_ended();
    return !takers.empty();
  });
  for (const auto& taker : takers) {
    if (!read) taker->fail(read.error());
    answer(taker->finish());
  }
}

}  // namespace mesh::core
