// Parts that several messages share. Internal to wire/.
#pragma once

#include <string>
#include <vector>

#include <mesh/model/messages.hpp>
#include <mesh/wire/reader.hpp>
#include <mesh/wire/writer.hpp>

namespace mesh::wire {

/// An upper bound of every duration but those with a bound of their own.
inline constexpr Duration duration_max = 24h * 3650;

/// int64 nanoseconds; written within 0 to max whatever it is.
void write(Writer& writer, Duration duration, Duration max = duration_max);
Duration read_duration(Reader& reader, std::string_view field, Duration max = duration_max);

void write(Writer& writer, const Origin& origin);
Origin read_origin(Reader& reader);

/// A closed set of values from 1 to last.
template <class Enum>
Enum read_enum(Reader& reader, std::string_view field, Enum last) {
  const auto value = reader.uint(field, static_cast<std::uint64_t>(last));
  if (value == 0) reader.fail(field, "is out of range");
  return static_cast<Enum>(value);
}

template <class Enum>
void write_enum(Writer& writer, Enum value) {
  writer.uint(static_cast<std::uint64_t>(value));
}

std::string read_name(Reader& reader, std::string_view field, bool or_empty);

void write(Writer& writer, const std::vector<std::string>& prefixes);
std::vector<std::string> read_prefixes(Reader& reader, std::string_view field, std::size_t count_max);

/// [slots, floor, [skip, extent, ...]]: each range begins skip + 1 after the last of the one before (or the
/// floor) and has extent + 1 seqs.
void write(Writer& writer, const SlotLedger& ledger);
SlotLedger read_ledger(Reader& reader);

/// Ledgers of disjoint sets of slots.
void write(Writer& writer, const std::vector<SlotLedger>& ledgers);
std::vector<SlotLedger> read_ledgers(Reader& reader);

/// [[seq, attempt]...]
void write(Writer& writer, const std::vector<HeldEvent>& held);
std::vector<HeldEvent> read_held(Reader& reader);

/// [[kind, seq, attempt, redrives, reason, text, delay | nil, took, slot, key?]...]
void write(Writer& writer, const std::vector<Verdict>& verdicts);
std::vector<Verdict> read_verdicts(Reader& reader);

/// [kind, seq, time]
void write(Writer& writer, const Start& start);
Start read_start(Reader& reader);

void write(Writer& writer, const std::vector<Seq>& seqs);
std::vector<Seq> read_seqs(Reader& reader, std::string_view field, std::size_t count_max);

}  // namespace mesh::wire
