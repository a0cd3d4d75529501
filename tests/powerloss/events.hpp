// The events and state values of the power loss test: a function of the seq, so that any reader can tell a
// wrong one.
#pragma once

#include <cstdint>
#include <string>

#include <journal/batch.hpp>

namespace powerloss {

inline constexpr std::string_view topic = "powerloss.event";

/// Mixed sizes: inline in LMDB's leaf, one page, several pages.
inline std::string payload_of(mesh::Seq seq) {
  std::uint64_t word = seq * 0x9e3779b97f4a7c15ull + 1;
  const std::size_t size = seq % 37 == 0 ? 9000 + seq % 5000 : seq % 5 == 0 ? 1200 : 40 + seq % 200;
  std::string payload;
  while (payload.size() < size) {
    word ^= word << 13;
    word ^= word >> 7;
    word ^= word << 17;
    payload.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  payload.resize(size);
  return payload;
}

inline bool is_right(const mesh::EventView& event) {
  return event.topic == topic && event.time == static_cast<mesh::WallTime>(event.seq * 10) && !event.key &&
         mesh::as_text(event.payload) == payload_of(event.seq);
}

/// The state commit number `number` writes this under "counter" and under "slot <number mod 8>".
inline std::string state_value(std::uint64_t number) {
  return std::to_string(number) + ":" + payload_of(number);
}

}  // namespace powerloss
