#include <algorithm>
#include <array>

#include <mesh/core/publisher/group.hpp>
#include <mesh/core/publisher/publisher_core.hpp>

namespace mesh::core {
namespace {

// A whole batch travels as it is when it has at least this size; smaller ones are copied together, so that an
// answer has few frames.
constexpr std::size_t whole_batch_min = 64 * 1024;

/// What is settled, made ready for looking up ascending seqs.
class Settled {
 public:
  explicit Settled(const std::vector<SlotLedger>& ledgers) : ledgers_(ledgers) {
    of_slot_.fill(ledgers.empty() ? everything : nothing);
    for (std::size_t i = 0; i < ledgers.size(); ++i) {
      for (unsigned slot = 0; slot < slot_count; ++slot) {
        if ((ledgers[i].slots >> slot & 1) != 0) of_slot_[slot] = static_cast<int>(i);
      }
    }
  }

  bool wants(Slot slot, Seq seq) const {
    const int index = of_slot_[slot % slot_count];
    if (index < 0) return index == everything;
    const SlotLedger& ledger = ledgers_[static_cast<std::size_t>(index)];
    if (seq <= ledger.floor) return false;
    if (ledger.above.empty()) return true;
    const auto it = std::upper_bound(ledger.above.begin(), ledger.above.end(), seq,
                                     [](Seq wanted, const SeqRange& range) { return wanted < range.first; });
    return it == ledger.above.begin() || std::prev(it)->last < seq;
  }

  /// Nothing of [first, last] is settled or of a slot that is not wanted.
  bool wants_all(Seq first, Seq last) const {
    SlotMask slots = ledgers_.empty() ? all_slots : 0;
    for (const SlotLedger& ledger : ledgers_) {
      slots |= ledger.slots;
      if (first <= ledger.floor) return false;
      const auto it = std::lower_bound(ledger.above.begin(), ledger.above.end(), first,
                                       [](const SeqRange& range, Seq wanted) { return range.last < wanted; });
      if (it != ledger.above.end() && it->first <= last) return false;
    }
    return slots == all_slots;
  }

 private:
  static constexpr int everything = -1;
  static constexpr int nothing = -2;
  const std::vector<SlotLedger>& ledgers_;
  std::array<int, slot_count> of_slot_;
};

class RangeReader {
 public:
  RangeReader(const Journal& journal, const ReadJob& job, ReadResult& result)
      : journal_(journal),
        job_(job),
        result_(result),
        prefixes_(normal_prefixes(job.prefixes)),
        settled_(job.settled),
        builder_(journal.identity().origin) {}

  void run() {
    result_.through = job_.after;
    bool ended = false;
    auto read = journal_.read(job_.after, [&](const BatchView& batch) {
      ended = !take(batch);
      return !ended;
    });
    flush();
    if (!read) {
      result_.error = read.error();
    } else if (!ended) {
      result_.through = std::max(result_.through, job_.upto);
    }
  }

 private:
  bool full() const { return result_.batches.size() + (builder_.empty() ? 0 : 1) >= range_batches_max; }

  void flush() {
    if (!builder_.empty()) result_.batches.push_back(builder_.seal(batch_filtered));
  }

  bool whole(const BatchView& batch) const {
    const BatchHeader& header = batch.header;
    return batch.bytes.size() >= whole_batch_min && found_ + batch.bytes.size() <= job_.credit &&
           prefixes_.empty() && header.first > job_.after && header.last <= job_.upto &&
           settled_.wants_all(header.first, header.last);
  }

  // False ends the reading.
  bool take(const BatchView& batch) {
    if (batch.header.first > job_.upto) {
      result_.through = std::max(result_.through, job_.upto);
      return false;
    }
    if (whole(batch)) {
      flush();
      if (full()) return false;
      result_.batches.push_back(Batch{batch.header, Bytes::copy(batch.bytes)});
      found_ += batch.bytes.size();
      result_.through = batch.header.last;
      return true;
    }
    if (auto decoded = decode_events(batch, events_); !decoded) {
      result_.error = decoded.error();
      return false;
    }
    for (const EventView& event : events_) {
      if (event.seq <= job_.after) continue;
      if (event.seq > job_.upto) {
        result_.through = job_.upto;
        return false;
      }
      if (settled_.wants(event.slot, event.seq) && matches(prefixes_, event.topic) && !add(event))
        return false;
      result_.through = event.seq;
    }
    return true;
  }

  bool add(const EventView& event) {
    const std::size_t size = event.record.size();
    if (found_ != 0 && found_ + size > job_.credit) return false;
    if (!builder_.empty() && builder_.body_size() + size > batch_body_target) flush();
    if (builder_.empty() && full()) return false;
    builder_.append(event);
    found_ += size;
    return true;
  }

  const Journal& journal_;
  const ReadJob& job_;
  ReadResult& result_;
  std::vector<std::string> prefixes_;
  Settled settled_;
  BatchBuilder builder_;
  std::vector<EventView> events_;
  std::size_t found_ = 0;
};

/// Single events, each as a batch of its own. One batch of the journal is decoded once for all that it has.
class RecordsReader {
 public:
  RecordsReader(const Journal& journal, const ReadJob& job, ReadResult& result)
      : journal_(journal), job_(job), result_(result), builder_(journal.identity().origin, 4096) {}

  void run() {
    while (next_ < job_.seqs.size() && !done_) {
      bool visited = false;
      const Seq wanted = job_.seqs[next_];
      auto read = journal_.read(wanted == 0 ? 0 : wanted - 1, [&](const BatchView& batch) {
        visited = true;
        take(batch);
        return false;
      });
      if (!read) {
        result_.error = read.error();
        return;
      }
      if (!visited) {  // the journal ends before it
        result_.through = job_.seqs.back();
        return;
      }
    }
  }

 private:
  // Takes every wanted seq up to the end of the batch.
  void take(const BatchView& batch) {
    if (auto decoded = decode_events(batch, events_); !decoded) {
      result_.error = decoded.error();
      done_ = true;
      return;
    }
    auto event = events_.begin();
    for (; next_ < job_.seqs.size() && job_.seqs[next_] <= batch.header.last; ++next_) {
      const Seq seq = job_.seqs[next_];
      event = std::lower_bound(event, events_.end(), seq,
                               [](const EventView& one, Seq s) { return one.seq < s; });
      if (event != events_.end() && event->seq == seq) {
        const std::size_t size = event->record.size();
        if (job_.credit != 0 && found_ != 0 && found_ + size > job_.credit) {
          done_ = true;
          return;
        }
        builder_.append(*event);
        result_.batches.push_back(builder_.seal(batch_filtered));
        found_ += size;
      }
      result_.through = seq;
    }
  }

  const Journal& journal_;
  const ReadJob& job_;
  ReadResult& result_;
  BatchBuilder builder_;
  std::vector<EventView> events_;
  std::size_t next_ = 0;
  std::size_t found_ = 0;
  bool done_ = false;
};

void read_state(const Journal& journal, const ReadJob& job, ReadResult& result) {
  std::size_t size = 0;
  for (const std::string& key : job.keys) {
    auto value = journal.read_state(job.table, key);
    if (!value) {
      result.error = value.error();
      return;
    }
    if (*value) size += (*value)->size();
    if (job.credit != 0 && size > job.credit && !result.values.empty()) return;
    result.values.push_back(std::move(*value));
  }
}

}  // namespace

ReadResult run_read_job(const Journal& journal, const ReadJob& job) {
  ReadResult result;
  result.id = job.id;
  switch (job.kind) {
    case ReadJob::Kind::range:
      RangeReader(journal, job, result).run();
      break;
    case ReadJob::Kind::records:
      RecordsReader(journal, job, result).run();
      break;
    case ReadJob::Kind::locate:
      if (auto found = journal.find_time(job.when)) {
        result.located = *found;
      } else {
        result.error = found.error();
      }
      break;
    case ReadJob::Kind::state:
      read_state(journal, job, result);
      break;
  }
  return result;
}

}  // namespace mesh::core
