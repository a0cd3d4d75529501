// What both journals refuse before they touch storage.
#pragma once

#include <span>

#include <journal/journal.hpp>

namespace mesh::detail {

/// Batches of this origin whose seqs ascend from next_seq or above. Error: invalid_argument.
Result<void> check_append(std::span<const Batch> batches, const Origin& origin, Seq next_seq);

/// Not the meta table, no unknown table, keys of 1 to 511 bytes (LMDB's bound). Error: invalid_argument.
Result<void> check_state(std::span<const StateWrite> writes);
Result<void> check_state_key(Table table, std::string_view key);

/// 1 to 200 bytes of UTF-8. Error: invalid_argument.
Result<void> check_journal_name(std::string_view name);

/// Time of the first record of a batch that parsed.
WallTime first_time(const BatchView& batch);

/// The greatest time among the records; first_time when they do not decode.
WallTime newest_time(const BatchView& batch);

/// Seq just before the first event of the batch whose time is >= when; batch.header.last when there is none.
Seq seq_before_time(const BatchView& batch, WallTime when);

}  // namespace mesh::detail
