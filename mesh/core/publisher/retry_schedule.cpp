#include <algorithm>
#include <cmath>

#include <mesh/core/publisher/retry_schedule.hpp>

namespace mesh::core {
namespace {

std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return value;
}

/// Cuts at a character's boundary.
void cut(std::string& text, std::size_t size) {
  if (text.size() <= size) return;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  text.resize(size);
}

}  // namespace

std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

Duration retry_delay(const RetryPolicy& policy, std::string_view group, Seq seq, std::uint32_t failed,
                     std::optional<Duration> wish) {
  if (wish) return std::clamp(*wish, Duration::zero(), delay_max);
  if (policy.backoff.empty()) return Duration::zero();
  const std::size_t index = std::min<std::size_t>(failed > 0 ? failed - 1 : 0, policy.backoff.size() - 1);
  const auto base = static_cast<double>(policy.backoff[index].count());
  const std::uint64_t dice = mix(hash(group) ^ mix(seq ^ mix(failed)));
  const double share = static_cast<double>(dice >> 11) * 0x1.0p-53;  // [0, 1)
  const double varied = base * (1.0 + policy.jitter * (2.0 * share - 1.0));
  const Duration delay{static_cast<Duration::rep>(std::llround(varied))};
  return std::clamp(delay, Duration::zero(), delay_max);
}

Reason exhausted_reason(Reason last) {
  return last == Reason::handler_rejected ? Reason::retry_exhausted : last;
}

void remember(std::vector<Attempt>& history, Attempt attempt) {
  cut(attempt.text, attempt_text_max);
  if (history.size() >= attempt_history_max) history.erase(history.begin() + 1);
  history.push_back(std::move(attempt));
}

}  // namespace mesh::core
