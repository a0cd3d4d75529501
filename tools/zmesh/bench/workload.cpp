#include <tools/zmesh/bench/workload.hpp>

#include <algorithm>
#include <chrono>
#include <cstring>

#include <tools/zmesh/bench/child.hpp>

namespace zmesh {

void Tally::add(std::span<const std::byte> payload) {
  ++events;
  std::size_t at = 0;
  for (std::uint64_t word = 0; at + sizeof word <= payload.size(); at += sizeof word) {
    std::memcpy(&word, payload.data() + at, sizeof word);
    sum += word;
  }
  for (; at < payload.size(); ++at) sum += std::to_integer<std::uint64_t>(payload[at]);
}

void Tally::add_number(std::span<const std::byte> payload) {
  std::uint64_t number = 0;
  std::memcpy(&number, payload.data(), std::min(payload.size(), sizeof number));
  ++events;
  sum += number;
}

Workload::Workload(const BenchChild& child)
    : payload_(std::max(child.payload_bytes, bench_payload_min), std::byte{42}),
      prefixes_(child.prefixes),
      timed_(child.rate > 0) {
  if (child.topics <= 1) topics_.emplace_back("bench.event");
  for (std::uint32_t topic = 0; child.topics > 1 && topic < child.topics; ++topic) {
    topics_.push_back(bench_prefix(topic % prefixes_, prefixes_) + "topic-" + std::to_string(topic));
  }
  for (std::uint32_t key = 0; key < child.keys; ++key) keys_.push_back("key-" + std::to_string(key));
}

std::span<std::byte> Workload::payload(std::uint64_t number) {
  std::memcpy(payload_.data(), &number, sizeof number);
  return payload_;
}

// The finaliser of MurmurHash3: as good as random, and the same everywhere.
std::size_t Workload::pick(std::uint64_t number, std::size_t choices) {
  if (choices == 1) return 0;
  number = (number ^ (number >> 33)) * 0xff51afd7ed558ccdULL;
  number = (number ^ (number >> 33)) * 0xc4ceb9fe1a85ec53ULL;
  return (number ^ (number >> 33)) % choices;
}

std::vector<std::string> Workload::ready_topics() const {
  std::vector<std::string> topics;
  for (std::uint32_t prefix = 0; prefix < prefixes_; ++prefix) {
    topics.push_back(bench_prefix(prefix, prefixes_) + "ready");
  }
  return topics;
}

Tally Workload::expected(std::string_view prefix, std::uint64_t events) const {
  Tally one;
  auto payload = payload_;
  std::memset(payload.data(), 0, sizeof(std::uint64_t));
  if (!timed_) one.add(payload);
  // A payload is a fixed rest and its number.
  Tally all;
  for (std::uint64_t number = 0; number < events; ++number) {
    if (!topic(number).starts_with(prefix)) continue;
    ++all.events;
    all.sum += one.sum + number;
  }
  return all;
}

std::string bench_prefix(std::uint32_t index, std::uint32_t count) {
  return count == 1 ? "bench." : "bench." + std::to_string(index) + ".";
}

void write_time(std::span<std::byte> payload, std::uint64_t time_ns) {
  std::memcpy(payload.data() + sizeof time_ns, &time_ns, sizeof time_ns);
}

std::uint64_t read_time(std::span<const std::byte> payload) {
  std::uint64_t time_ns = 0;
  std::memcpy(&time_ns, payload.data() + sizeof time_ns, sizeof time_ns);
  return time_ns;
}

std::uint64_t monotonic_ns() {
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

}  // namespace zmesh
