// Words of the contract tests. Each test runs on the journal in memory and on the one on disk.
#pragma once

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "fixtures.hpp"

namespace contract {

using namespace mesh;

using Both = boost::mpl::list<MemoryFixture, LmdbFixture>;

inline Batch make_batch(const Journal& journal, Seq first, std::uint32_t count,
                        std::size_t payload_size = 100, WallTime time = 1000) {
  BatchBuilder builder(journal.identity().origin);
  for (Seq seq = first; seq < first + count; ++seq) {
    const std::string payload(payload_size, static_cast<char>('a' + seq % 26));
    EventInput event;
    event.topic = "orders.placed";
    event.payload = as_bytes(payload);
    builder.append(seq, time + static_cast<WallTime>(seq - first), event);
  }
  return builder.seal();
}

inline Result<void> append_one(Journal& journal, Seq first, std::uint32_t count,
                               std::size_t payload_size = 100, WallTime time = 1000) {
  const Batch batch = make_batch(journal, first, count, payload_size, time);
  return journal.append({&batch, 1});
}

inline std::vector<Seq> seqs_after(const Journal& journal, Seq after) {
  std::vector<Seq> seqs;
  std::vector<EventView> events;
  journal
      .read(after,
            [&](const BatchView& batch) {
              decode_events(batch, events).value();
              for (const auto& event : events) seqs.push_back(event.seq);
              return true;
            })
      .value();
  return seqs;
}

inline std::vector<Seq> range(Seq first, Seq last) {
  std::vector<Seq> seqs;
  for (Seq seq = first; seq <= last; ++seq) seqs.push_back(seq);
  return seqs;
}

/// Fills segments of 64 KiB with batches of 10 events of 1 KiB each.
inline void append_many(Journal& journal, std::size_t batches) {
  for (std::size_t i = 0; i < batches; ++i) {
    append_one(journal, journal.next_seq(), 10, 1024, static_cast<WallTime>(journal.next_seq() * 100))
        .value();
  }
}

}  // namespace contract

#define CHECK_SAME(left, right)                                                              \
  do {                                                                                       \
    const auto left_value = (left);                                                          \
    const auto right_value = (right);                                                        \
    BOOST_CHECK_EQUAL_COLLECTIONS(left_value.begin(), left_value.end(), right_value.begin(), \
                                  right_value.end());                                        \
  } while (false)
