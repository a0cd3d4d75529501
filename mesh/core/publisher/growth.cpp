#include <algorithm>

#include <mesh/core/publisher/growth.hpp>

namespace mesh::core {

void Growth::note(Duration now, std::uint64_t bytes) {
  const auto count = samples_.size();
  if (count >= 2 && samples_[count - 1].at < samples_[count - 2].at + spacing) {
    samples_.back() = {now, bytes};
  } else {
    samples_.push_back({now, bytes});
  }
  while (samples_.size() > 2 && samples_[1].at + window <= now) samples_.pop_front();
}

std::optional<Duration> Growth::reaches(std::uint64_t limit) const {
  if (samples_.size() < 2) return std::nullopt;
  const Sample& last = samples_.back();
  const Duration span = last.at - samples_.front().at;
  if (span < window_min) return std::nullopt;
  // From low water to low water: what a group catches up with each time does not add up.
  const auto half = std::find_if(samples_.begin(), samples_.end(), [&](const Sample& sample) {
    return sample.at >= samples_.front().at + span / 2;
  });
  const auto less = [](const Sample& one, const Sample& other) { return one.bytes < other.bytes; };
  const Sample& before = *std::min_element(samples_.begin(), half, less);
  const Sample& after = *std::min_element(half, samples_.end(), less);
  if (after.bytes <= before.bytes) return std::nullopt;
  if (last.bytes >= limit) return Duration{0};
  const double rate =
      static_cast<double>(after.bytes - before.bytes) / static_cast<double>((after.at - before.at).count());
  const double left = static_cast<double>(limit - last.bytes) / rate;
  const double most = static_cast<double>(Duration(24h * 3650).count());
  return Duration(static_cast<std::int64_t>(std::min(left, most)));
}

}  // namespace mesh::core
