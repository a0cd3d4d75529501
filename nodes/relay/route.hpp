// Where an event comes from and has been, and what becomes of its topic: a relay's rules, without any I/O.
//
// A relayed event is a new event of the relay's own journal. What it was is in headers:
//
//   zmesh-origin  origin of the journal it was first published to, 32 hex digits
//   zmesh-seq     its seq there
//   zmesh-time    its time there, nanoseconds since 1970
//   zmesh-path    the origins of the journals it was in, the first one first, comma-separated; the last one
//   is
//                 that of the journal these headers were written to
//
// So headers that a service copied from one event to another are told from those of a relay: their path ends
// in another journal than the one they lie in. They count as none.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <journal/batch.hpp>
#include <nodes/relay/seen.hpp>

namespace node {

inline constexpr std::string_view origin_header = "zmesh-origin";
inline constexpr std::string_view seq_header = "zmesh-seq";
inline constexpr std::string_view time_header = "zmesh-time";
inline constexpr std::string_view path_header = "zmesh-path";

/// Relays an event may come through; a longer way is refused as a loop.
inline constexpr std::size_t path_length_max = 16;

/// Bytes by which a relayed event may be larger than it was where it was first published, however many relays
/// it came through (each writes the headers anew): its headers with the longest path, and a topic that was
/// renamed to a longer one. Consumers have room for as much beyond their event_size_max.
inline constexpr std::size_t growth_max = 1024;

struct Provenance {
  Seen::Id id;                  ///< of the event where it was first published
  mesh::WallTime time = 0;      ///< there
  std::string path;             ///< up to and with the journal it was taken from
  std::uint64_t content = 0;    ///< a hash of what relays leave as it is: time, key, payload, other headers
  std::size_t path_length = 1;  ///< origins in it
};

/// Of an event taken from the journal `from`. Headers that do not say what they should count as none.
Provenance provenance_of(const mesh::EventView& event, const mesh::Origin& from);

/// It has been in the journal `own`, or came too long a way.
bool is_loop(const Provenance& provenance, const mesh::Origin& own);

struct Filters {
  std::vector<std::string> exclude;
  std::vector<std::pair<std::string, std::string>> rename;
};

/// The topic under which it is published again; nothing: it is not.
std::optional<std::string> route(const Filters& filters, std::string_view topic);

}  // namespace node
