// What the measured processes send and check: numbered payloads; topics and keys that follow from the number,
// so that every process can tell for itself what the others have sent or should have received.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zmesh {

/// Smallest payload: its number and the time it was sent.
inline constexpr std::uint32_t bench_payload_min = 16;

struct BenchChild;

/// What every consumer does with a payload: it reads all of it.
struct Tally {
  std::uint64_t events = 0;
  std::uint64_t sum = 0;

  void add(std::span<const std::byte> payload);
  /// Only the number: of payloads that hold a time.
  void add_number(std::span<const std::byte> payload);
  bool operator==(const Tally&) const = default;
};

class Workload {
 public:
  explicit Workload(const BenchChild& child);

  /// The payload of that number. Valid until the next call.
  std::span<std::byte> payload(std::uint64_t number);

  std::string_view topic(std::uint64_t number) const { return topics_[pick(number, topics_.size())]; }

  std::optional<std::string_view> key(std::uint64_t number) const {
    if (keys_.empty()) return {};
    return keys_[pick(number + 1, keys_.size())];
  }

  /// One topic under each prefix, for events that are not counted.
  std::vector<std::string> ready_topics() const;
  /// What a consumer of that prefix (empty: all) must have received of the first `events`; of paced events,
  /// whose payloads hold a time, by their numbers only.
  Tally expected(std::string_view prefix, std::uint64_t events) const;

 private:
  static std::size_t pick(std::uint64_t number, std::size_t choices);

  std::vector<std::byte> payload_;
  std::vector<std::string> topics_;
  std::vector<std::string> keys_;
  std::uint32_t prefixes_;
  bool timed_;
};

/// Prefix `index` of `count`; what topics are spread over evenly.
std::string bench_prefix(std::uint32_t index, std::uint32_t count);

/// The time a payload was sent lies behind its number.
void write_time(std::span<std::byte> payload, std::uint64_t time_ns);
std::uint64_t read_time(std::span<const std::byte> payload);

std::uint64_t monotonic_ns();

}  // namespace zmesh
