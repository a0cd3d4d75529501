// When a failed event comes again. Pure arithmetic, deterministic per (group, seq, attempt).
#pragma once

#include <string_view>

#include <mesh/model/policy.hpp>

namespace mesh::core {

/// Mixes bits well; the base of everything that shall look random but be repeatable.
std::uint64_t mix(std::uint64_t value);

/// The delay before the next attempt after `failed` attempts (1 or more) have failed: the handler's wish or
/// the backoff's entry, the latter varied by up to `jitter` of it both ways. 0 to delay_max.
Duration retry_delay(const RetryPolicy& policy, std::string_view group, Seq seq, std::uint32_t failed,
                     std::optional<Duration> wish);

/// Why an event is parked whose attempts are used up.
Reason exhausted_reason(Reason last);

/// Adds to a history, keeping the first and the newest entries beyond attempt_history_max, and cuts the text.
void remember(std::vector<Attempt>& history, Attempt attempt);

}  // namespace mesh::core
