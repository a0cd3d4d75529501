#include <tools/zmesh/text/times.hpp>

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <utility>

namespace zmesh {
namespace {

using mesh::Duration;
using mesh::Errc;
using mesh::fail;
using mesh::Result;

constexpr std::pair<std::string_view, Duration> duration_units[] = {
    {"ns", std::chrono::nanoseconds(1)},  {"us", std::chrono::microseconds(1)},
    {"ms", std::chrono::milliseconds(1)}, {"min", std::chrono::minutes(1)},
    {"s", std::chrono::seconds(1)},       {"m", std::chrono::minutes(1)},
    {"h", std::chrono::hours(1)},         {"d", std::chrono::days(1)},
};

mesh::Error bad_duration(std::string_view text) {
  return fail(Errc::invalid_argument,
              "'" + std::string(text) + "' is not a duration such as 100ms, 1.5s, 5m or 1h30m");
}

mesh::Error bad_time(std::string_view text) {
  return fail(Errc::invalid_argument,
              "'" + std::string(text) + "' is not a time such as 2026-03-01T12:00:00Z");
}

/// Exactly `count` digits at the front of `text`, which loses them.
bool take_digits(std::string_view& text, std::size_t count, int& value) {
  if (text.size() < count) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + count, value);
  if (error != std::errc{} || end != text.data() + count || text.front() == '-') return false;
  text.remove_prefix(count);
  return true;
}

bool take(std::string_view& text, std::string_view any) {
  if (text.empty() || any.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// ".123" to nanoseconds; digits beyond the ninth are cut.
bool take_fraction(std::string_view& text, std::int64_t& nanoseconds) {
  nanoseconds = 0;
  if (!take(text, ".")) return true;
  std::int64_t scale = 100'000'000;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    nanoseconds += (text[digits] - '0') * scale;
    scale /= 10;
  }
  text.remove_prefix(digits);
  return digits > 0;
}

bool take_zone(std::string_view& text, int& minutes) {
  minutes = 0;
  if (take(text, "Zz")) return true;
  const bool west = !text.empty() && text.front() == '-';
  int hour = 0;
  int minute = 0;
  if (!take(text, "+-") || !take_digits(text, 2, hour) || !take(text, ":") || !take_digits(text, 2, minute)) {
    return false;
  }
  if (hour > 23 || minute > 59) return false;
  minutes = (west ? -1 : 1) * (hour * 60 + minute);
  return true;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text, Duration bare) {
  const auto whole = text;
  double sum = 0;
  if (text.empty()) return bad_duration(whole);
  while (!text.empty()) {
    double number = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc{} || !std::isfinite(number) || std::signbit(number)) return bad_duration(whole);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty() && bare.count() > 0 && sum == 0) {
      sum = number * static_cast<double>(bare.count());
      break;
    }
    bool found = false;
    for (const auto& [name, unit] : duration_units) {
      if (!text.starts_with(name)) continue;
      sum += number * static_cast<double>(unit.count());
      text.remove_prefix(name.size());
      found = true;
      break;
    }
    if (!found) return bad_duration(whole);
  }
  if (sum > 9e18) return bad_duration(whole);
  return Duration(static_cast<std::int64_t>(std::llround(sum)));
}

Result<std::vector<Duration>> parse_durations(std::string_view text) {
  std::vector<Duration> durations;
  while (true) {
    const auto comma = text.find(',');
    auto duration = parse_duration(text.substr(0, comma));
    if (!duration) return duration.error();
    durations.push_back(*duration);
    if (comma == std::string_view::npos) return durations;
    text.remove_prefix(comma + 1);
  }
}

std::string duration_text(Duration duration) {
  const auto seconds = std::chrono::duration<double>(duration).count();
  char text[48];
  if (duration < std::chrono::milliseconds(1)) {
    std::snprintf(text, sizeof text, "%.0fus", seconds * 1e6);
  } else if (duration < std::chrono::seconds(1)) {
    std::snprintf(text, sizeof text, "%.0fms", seconds * 1e3);
  } else if (duration < std::chrono::minutes(1)) {
    std::snprintf(text, sizeof text, "%.3gs", seconds);
  } else if (duration < std::chrono::hours(1)) {
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
    std::snprintf(text, sizeof text, "%lldm%llds", static_cast<long long>(whole / 60),
                  static_cast<long long>(whole % 60));
  } else {
    const auto whole = std::chrono::duration_cast<std::chrono::minutes>(duration).count();
    if (whole < 24 * 60) {
      std::snprintf(text, sizeof text, "%lldh%lldm", static_cast<long long>(whole / 60),
                    static_cast<long long>(whole % 60));
    } else {
      std::snprintf(text, sizeof text, "%lldd%lldh", static_cast<long long>(whole / 1440),
                    static_cast<long long>(whole / 60 % 24));
    }
  }
  return text;
}

Result<mesh::WallTime> parse_time(std::string_view text) {
  const auto whole = text;
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, zone = 0;
  std::int64_t fraction = 0;
  if (!take_digits(text, 4, year) || !take(text, "-") || !take_digits(text, 2, month) || !take(text, "-") ||
      !take_digits(text, 2, day)) {
    return bad_time(whole);
  }
  if (!text.empty()) {
    if (!take(text, "Tt ") || !take_digits(text, 2, hour) || !take(text, ":") ||
        !take_digits(text, 2, minute) || !take(text, ":") || !take_digits(text, 2, second) ||
        !take_fraction(text, fraction) || !take_zone(text, zone) || !text.empty()) {
      return bad_time(whole);
    }
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  // The clock's nanoseconds span 1678 to 2262.
  if (!date.ok() || year < 1678 || year > 2261 || hour > 23 || minute > 59 || second > 60)
    return bad_time(whole);
  const auto seconds = std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) +
                       std::chrono::minutes(minute - zone) + std::chrono::seconds(second);
  return std::chrono::duration_cast<Duration>(seconds).count() + fraction;
}

void append_time(std::string& text, mesh::WallTime time) {
  thread_local std::int64_t cached_second = INT64_MIN;
  thread_local char cached[32];
  auto second = time / 1'000'000'000;
  auto fraction = time % 1'000'000'000;
  if (fraction < 0) {
    fraction += 1'000'000'000;
    --second;
  }
  if (second != cached_second) {
    const std::chrono::sys_seconds point{std::chrono::seconds(second)};
    const auto days = std::chrono::floor<std::chrono::days>(point);
    const std::chrono::year_month_day date(days);
    const std::chrono::hh_mm_ss clock(point - days);
    std::snprintf(cached, sizeof cached, "%04d-%02u-%02uT%02d:%02d:%02d.",
                  static_cast<int>(date.year()) % 10'000, static_cast<unsigned>(date.month()) % 100,
                  static_cast<unsigned>(date.day()) % 100, static_cast<int>(clock.hours().count()) % 100,
                  static_cast<int>(clock.minutes().count()) % 100,
                  static_cast<int>(clock.seconds().count()) % 100);
    cached_second = second;
  }
  char digits[10];
  for (int at = 8; at >= 0; --at) {
    digits[at] = static_cast<char>('0' + fraction % 10);
    fraction /= 10;
  }
  digits[9] = 'Z';
  text += cached;
  text.append(digits, sizeof digits);
}

std::string time_text(mesh::WallTime time) {
  std::string text;
  append_time(text, time);
  return text;
}

Result<mesh::Start> parse_start(std::string_view text) {
  if (text == "earliest") return mesh::Start{mesh::Start::Kind::earliest, 0, 0};
  if (text == "latest") return mesh::Start{mesh::Start::Kind::latest, 0, 0};
  if (text.starts_with("time:")) {
    auto time = parse_time(text.substr(5));
    if (!time) return time.error();
    return mesh::Start{mesh::Start::Kind::time, 0, *time};
  }
  auto digits = text.starts_with("seq:") ? text.substr(4) : text;
  mesh::Seq seq = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seq);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) {
    return fail(Errc::invalid_argument,
                "'" + std::string(text) + "' is not earliest, latest, seq:N or time:RFC3339");
  }
  return mesh::Start{mesh::Start::Kind::seq, seq, 0};
}

}  // namespace zmesh
