// The journal's own marks, table `meta` of state.mdb: who it is and how it was last seen.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <journal/journal.hpp>

namespace mesh::lmdb {

/// Version of everything in the directory but batches, which have their own.
inline constexpr std::uint32_t format_version = 1;

struct Marks {
  Origin origin;
  std::string name;
  std::uint32_t incarnation = 1;
  std::uint32_t run = 0;
  std::string boot_id;  ///< of the machine, when it was opened for writing
  bool clean = true;    ///< closed properly
  Durability durability = Durability::disk;
  Seq synced_through = 0;   ///< a power loss cannot have taken anything at or below it
  Seq newest_segment = 1;   ///< a segment of at least this first seq must be there
  Seq holes_through = 0;    ///< salvage: segments up to this first seq need not follow on each other
  Seq dropped_through = 0;  ///< retention has unlinked everything at or below it
};

struct MarkEntry {
  std::string key;
  std::string value;
};

std::vector<MarkEntry> encode_marks(const Marks& marks);

/// `find` gives a key's value. Errors: journal_newer, journal_damaged, and those of find; journal_foreign
/// when there is not even a format mark.
using FindMark = std::function<Result<std::optional<std::string>>(std::string_view key)>;
Result<Marks> decode_marks(const FindMark& find);

/// Stored form of a state value: the value, then XXH3-64 of it (8 bytes, big-endian) whose seed is XXH3-64 of
/// the key plus the table's number. LMDB itself has no checksums.
std::string seal_value(Table table, std::string_view key, std::string_view value);
/// Nothing when the checksum does not hold.
std::optional<std::string_view> unseal_value(Table table, std::string_view key, std::string_view stored);

}  // namespace mesh::lmdb
