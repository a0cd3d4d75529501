// Live messages.
#include <mesh/wire/wire.hpp>

#include "../wire/same.hpp"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mesh;
  fuzz::Input input(data, size);
  const auto frames = fuzz::read_frames(input);
  const auto decoded = wire::decode_live(frames, {});
  if (!decoded) return 0;
  const auto again = wire::decode_live(wire::encode_live(*decoded), {});
  fuzz::require(again.ok() && test::same(*again, *decoded));
  for (const Chain& chain : decoded->chains) fuzz::require(chain.length <= decoded->prefix.size());
  if (!decoded->batch) return 0;
  std::vector<EventView> views;
  if (!decode_events(decoded->batch->view(), views)) return 0;
  for (const EventView& view : views) {
    fuzz::require(decoded->first <= view.seq && view.seq <= decoded->last);
  }
  return 0;
}
