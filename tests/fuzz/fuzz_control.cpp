// Control messages: whatever arrives decodes to something that can be sent on, or is an error.
#include <mesh/wire/wire.hpp>

#include "../wire/same.hpp"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mesh;
  fuzz::Input input(data, size);
  const auto frames = fuzz::read_frames(input);
  wire::sender_of(frames, {});
  const auto decoded = wire::decode(frames, {});
  if (!decoded) {
    fuzz::require(!decoded.error().text.empty());
    return 0;
  }
  const auto again = wire::decode(wire::encode(*decoded), {});
  fuzz::require(again.ok() && test::same(*again, *decoded));
  if (const auto* events = std::get_if<Events>(&*decoded)) {
    std::vector<EventView> views;
    for (const Batch& batch : events->batches) {
      if (decode_events(batch.view(), views).ok()) fuzz::require(views.size() == batch.header.count);
    }
  }
  // One byte away from the fetch of PROTOCOL.md.
  const auto* fetch = std::get_if<Fetch>(&*decoded);
  const bool near = fetch != nullptr && fetch->epoch == 0x1'0000'0001;
  if (fuzz::planted() && near) fuzz::require(fetch->after < 2 || fetch->after > 100);
  return 0;
}
