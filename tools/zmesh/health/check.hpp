// `zmesh check`: thresholds, for monitoring.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <tools/zmesh/admin/look.hpp>
#include <tools/zmesh/exit_code.hpp>

namespace zmesh {

/// As monitoring plugins end.
enum class Health : int { ok = 0, warning = 1, critical = 2, unknown = 3 };
std::string_view to_string(Health health);

/// Where a value becomes a warning, and where critical; 0: never.
struct Threshold {
  double warning = 0;
  double critical = 0;
  bool below = false;  ///< it is bad at or below these, else at or above them

  Health judge(double value) const;
};

struct CheckOptions {
  std::vector<std::string> where;
  std::string group;  ///< only this one
  std::string lag = "100000,1000000";
  std::string age = "5m,1h";
  std::string parked = "1,1000";
  std::string disk = "85%,95%";
  std::string journal = "80%,95%";
  std::string full_in = "6h,1h";
  bool unattended = false;  ///< a group without members is critical
  std::string format = "text";
  std::string timeout = "2s";
};

/// Ends with Health, not with ExitCode's meanings.
ExitCode check(const CheckOptions& options);

/// One thing that was measured.
struct Measured {
  std::string publisher;
  std::string group;  ///< empty: of the publisher
  /// "lag", "oldest_age_seconds", "parked", "members", "paused", "journal_owed_share",
  /// "journal_full_in_seconds" (only while it fills), "disk_used_share", "answers"
  std::string what;
  double value = 0;
  Threshold threshold;
  Health health = Health::ok;
  std::string text;  ///< for people
};

struct Thresholds {
  Threshold lag, age, parked, disk, journal, full_in;
  bool unattended = false;
};

/// "W,C" with both of one kind. Errors: invalid_argument.
mesh::Result<Threshold> parse_count_threshold(const std::string& text);
mesh::Result<Threshold> parse_duration_threshold(const std::string& text);   ///< in seconds
mesh::Result<Threshold> parse_time_left_threshold(const std::string& text);  ///< in seconds; `below`
mesh::Result<Threshold> parse_share_threshold(const std::string& text);      ///< 0 to 1

std::vector<Measured> measure(const std::vector<PublisherLook>& looks, const std::string& group,
                              const Thresholds& thresholds);

Health worst(const std::vector<Measured>& all);

/// text, nagios, json or prometheus.
std::string check_report(const std::vector<Measured>& all, const std::string& format);

}  // namespace zmesh
