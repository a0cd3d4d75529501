// All chance in the simulator: one xoshiro256** per purpose, seeded from the run's seed, the same everywhere.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <mesh/model/time.hpp>

namespace sim {

/// One step of splitmix64: also a good mixer of numbers into a hash.
inline std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15ull;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ull;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebull;
  return value ^ (value >> 31);
}

class Rng {
 public:
  explicit Rng(std::uint64_t seed) {
    for (auto& word : state_) word = seed = mix(seed + 1);
  }

  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// 0 <= result < bound (bound > 0).
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

  /// low <= result <= high.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }

  mesh::Duration between(mesh::Duration low, mesh::Duration high) {
    return mesh::Duration{between(low.count(), high.count())};
  }

  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  bool chance(double probability) { return probability > 0 && unit() < probability; }

  /// Around `mean`: between a tenth of it and twice it less a tenth.
  mesh::Duration around(mesh::Duration mean) { return between(mean / 10, mean * 2 - mean / 10); }

  template <class T, std::size_t count>
  const T& pick(const std::array<T, count>& items) {
    return items[below(count)];
  }

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace sim
