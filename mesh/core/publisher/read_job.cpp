#include <algorithm>

#include <mesh/core/publisher/publisher_core.hpp>

namespace mesh::core {
namespace {

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
      run_range_jobs(journal, std::span(&job, 1), [&](ReadResult read) { result = std::move(read); });
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
