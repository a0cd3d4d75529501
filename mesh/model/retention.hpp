// What a publisher keeps, and what happens when that reaches its limit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <mesh/model/time.hpp>

namespace mesh {

/// Default: events are kept until every durable group has settled them; when the journal reaches bytes_max
/// before that, publish fails with journal_full. Whole segments are dropped, so up to one segment more than
/// asked is kept. While there is no group at all nothing is owed: then the oldest go at bytes_max.
struct RetentionPolicy {
  /// Upper limit of the journal's event segments on disk, in bytes (at least 2 segments).
  std::uint64_t bytes_max = 8ull << 30;
  /// At bytes_max: refuse (default) keeps what is owed and refuses new
  /// events; drop_oldest drops the oldest, which groups learn of as expired.
  enum class OnLimit : std::uint8_t { refuse = 1, drop_oldest = 2 };
  OnLimit on_limit = OnLimit::refuse;
  /// With a value: events older than this are dropped, settled or not, whatever on_limit says (groups learn
  /// of it).
  std::optional<Duration> age_max;
  /// The groups that events are kept for (obligations); none: every durable group. With names, what only
  /// other groups have not settled goes at bytes_max, the oldest first, and they learn of it as expired. A
  /// name without a group yet is owed everything.
  std::vector<std::string> owed_to;
  /// Settled events are kept at least this long for replay and sniffing (0: dropped with their segment).
  Duration settled_keep{0};
};

}  // namespace mesh
