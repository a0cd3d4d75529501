// Batches: header, checksum, records, headers of events. What decodes is encoded to the same bytes again.
#include <algorithm>

#include <journal/topic.hpp>

#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mesh;
  fuzz::Input input(data, size);
  const bool mending = input.byte() == 1;
  const ByteView content = input.rest();
  std::vector<std::byte> bytes(content.begin(), content.end());
  if (mending) fuzz::mend(bytes);
  const auto batch = parse_batch(ByteView(bytes));
  if (!batch) return 0;
  std::vector<EventView> events;
  if (!decode_events(*batch, events)) return 0;
  fuzz::require(events.size() == batch->header.count);
  fuzz::require(events.front().seq == batch->header.first && events.back().seq == batch->header.last);
  BatchBuilder copies(batch->header.origin);
  for (const EventView& event : events) {
    fuzz::require(check_topic(event.topic).ok() && event.slot < slot_count);
    std::size_t sizes = 0;
    for_each_header(
        event, [&](std::string_view name, std::string_view value) { sizes += name.size() + value.size(); });
    fuzz::require(sizes <= headers_size_max);
    copies.append(event);
  }
  const Batch again = copies.seal(batch->header.flags);
  fuzz::require(std::ranges::equal(again.bytes.view(), ByteView(bytes)));
  return 0;
}
