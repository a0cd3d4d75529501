// A line of the log that somebody else decides how often to cause: told at once, and then not too often.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nodes/log/log.hpp>

namespace node {

/// Any thread. At most one line per interval; it says how many were left out since the one before.
class Rarely {
 public:
  using Clock = std::chrono::steady_clock;

  /// `code`: static storage.
  Rarely(mesh::Level level, std::string_view code, Clock::duration interval = std::chrono::seconds(10))
      : level_(level), code_(code), interval_(interval) {}

  void tell(const std::string& text) {
    if (const auto line = take(text, Clock::now())) log(level_, code_, *line);
  }

  /// The line, when it is time for one.
  std::optional<std::string> take(const std::string& text, Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    if (told_ && now - *told_ < interval_) {
      ++left_out_;
      return std::nullopt;
    }
    told_ = now;
    const auto left_out = std::exchange(left_out_, 0);
    return left_out == 0 ? text
                         : text + " (and " + std::to_string(left_out) + " more since the last such line)";
  }

 private:
  const mesh::Level level_;
  const std::string_view code_;
  const Clock::duration interval_;
  std::mutex mutex_;
  std::optional<Clock::time_point> told_;
  std::uint64_t left_out_ = 0;
};

}  // namespace node
