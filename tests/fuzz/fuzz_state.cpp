// The values of the publisher's state tables. What decodes is encoded to something that decodes to the same.
#include <mesh/core/publisher/state_codec.hpp>

#include "input.hpp"

namespace {

template <class Decode, class Encode>
void check(std::string_view bytes, Decode decode, Encode encode) {
  const auto value = decode(bytes);
  if (!value) return;
  const std::string once = encode(*value);
  const auto again = decode(once);
  mesh::fuzz::require(again.ok() && encode(*again) == once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mesh;
  using namespace mesh::core;
  fuzz::Input input(data, size);
  const std::size_t which = input.below(6);
  const std::string_view bytes = as_text(input.rest());
  switch (which) {
    case 0:
      check(bytes, decode_group, encode_group);
      break;
    case 1:
      check(bytes, decode_ledger, encode_ledger);
      break;
    case 2:
      check(bytes, decode_retry, encode_retry);
      break;
    case 3:
      check(bytes, decode_parked_value, encode_parked);
      break;
    case 4:
      check(bytes, decode_audit, encode_audit);
      break;
    default:
      if (const auto key = parse_event_key(bytes)) {
        fuzz::require((key->copy ? copy_key(key->group, key->seq) : event_key(key->group, key->seq)) ==
                      bytes);
      }
      if (const auto number = parse_number_key(bytes)) fuzz::require(number_key(*number) == bytes);
  }
  return 0;
}
