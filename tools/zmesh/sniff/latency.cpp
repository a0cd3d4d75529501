#include <tools/zmesh/sniff/latency.hpp>

#include <algorithm>
#include <cmath>

#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

constexpr double bucket_growth = 1.1;
constexpr double bucket_first_ns = 1000;

}  // namespace

void LatencyTally::add(mesh::Duration latency) {
  const auto ns = std::max(static_cast<double>(latency.count()), bucket_first_ns);
  const auto bucket = static_cast<std::size_t>(std::log(ns / bucket_first_ns) / std::log(bucket_growth));
  ++counts_[std::min(bucket, buckets - 1)];
  ++count_;
  longest_ = std::max(longest_, latency);
}

mesh::Duration LatencyTally::quantile(double share) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
    seen += counts_[bucket];
    if (seen < wanted || seen == 0) continue;
    const auto top = bucket_first_ns * std::pow(bucket_growth, static_cast<double>(bucket + 1));
    return std::min(longest_, mesh::Duration(static_cast<std::int64_t>(top)));
  }
  return mesh::Duration{0};
}

std::string LatencyTally::summary() const {
  return "latency of " + std::to_string(count_) + " events: half below " + duration_text(quantile(0.5)) +
         ", 99 % below " + duration_text(quantile(0.99)) + ", at most " + duration_text(longest_);
}

}  // namespace zmesh
