#include <tools/zmesh/health/check.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>

#include <tools/zmesh/console.hpp>
#include <tools/zmesh/health/disk.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

/// The two parts of "W,C", each as a number.
template <class Parse>
mesh::Result<Threshold> parse_threshold(const std::string& text, Parse parse, bool below = false) {
  const auto comma = text.find(',');
  const auto warning = parse(text.substr(0, comma));
  const auto critical = comma == std::string::npos ? warning : parse(text.substr(comma + 1));
  if (!warning) return warning.error();
  if (!critical) return critical.error();
  if (!below && *critical > 0 && *warning > *critical)
    return mesh::fail(mesh::Errc::invalid_argument, "'" + text + "': the warning is above what is critical");
  if (below && *warning > 0 && *warning < *critical)
    return mesh::fail(mesh::Errc::invalid_argument, "'" + text + "': the warning is below what is critical");
  return Threshold{*warning, *critical, below};
}

mesh::Result<double> parse_seconds(const std::string& text) {
  const auto duration = parse_duration(text, std::chrono::seconds(1));
  if (!duration) return duration.error();
  return std::chrono::duration<double>(*duration).count();
}

mesh::Result<double> parse_plain(const std::string& text, double factor) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0)
    return mesh::fail(mesh::Errc::invalid_argument, "'" + text + "' is no number");
  return number * factor;
}

/// Adds what was measured and what that means.
class Measuring {
 public:
  explicit Measuring(std::vector<Measured>& all) : all_(all) {}

  void add(const PublisherLook& look, const std::string& group, const std::string& what, double value,
           const Threshold& threshold, std::string text) {
    all_.push_back({look.name, group, what, value, threshold, threshold.judge(value), std::move(text)});
  }

  void set(Health health) { all_.back().health = health; }

 private:
  std::vector<Measured>& all_;
};

void measure_group(Measuring& measuring, const PublisherLook& look, const mesh::GroupStatus& group,
                   const Thresholds& thresholds) {
  const auto name = "group " + group.group;
  const auto lag = static_cast<double>(group.lag);
  measuring.add(look, group.group, "lag", lag, thresholds.lag,
                name + " is " + std::to_string(group.lag) + " events behind");
  const auto age = group.oldest_age ? std::chrono::duration<double>(*group.oldest_age).count() : 0;
  measuring.add(
      look, group.group, "oldest_age_seconds", age, thresholds.age,
      name + " has an event unsettled for " + duration_text(group.oldest_age.value_or(mesh::Duration{0})));
  measuring.add(look, group.group, "parked", static_cast<double>(group.parked), thresholds.parked,
                name + " has " + std::to_string(group.parked) + " parked");
  measuring.add(look, group.group, "members", static_cast<double>(group.members.size()), {},
                name + " has " + std::to_string(group.members.size()) + " members");
  if (group.members.empty() && thresholds.unattended) measuring.set(Health::critical);
  measuring.add(look, group.group, "paused", group.paused ? 1 : 0, {1, 0},
                name + (group.paused ? " is paused: nothing of it is given out" : " is not paused"));
}

}  // namespace

std::string_view to_string(Health health) {
  switch (health) {
    case Health::ok:
      return "OK";
    case Health::warning:
      return "WARNING";
    case Health::critical:
      return "CRITICAL";
    case Health::unknown:
      return "UNKNOWN";
  }
  return "UNKNOWN";
}

Health Threshold::judge(double value) const {
  const auto reached = [&](double limit) { return limit > 0 && (below ? value <= limit : value >= limit); };
  return reached(critical) ? Health::critical : reached(warning) ? Health::warning : Health::ok;
}

mesh::Result<Threshold> parse_count_threshold(const std::string& text) {
  return parse_threshold(text, [](const std::string& part) { return parse_plain(part, 1); });
}

mesh::Result<Threshold> parse_duration_threshold(const std::string& text) {
  return parse_threshold(text, parse_seconds);
}

mesh::Result<Threshold> parse_time_left_threshold(const std::string& text) {
  return parse_threshold(text, parse_seconds, true);
}

mesh::Result<Threshold> parse_share_threshold(const std::string& text) {
  return parse_threshold(text, [](std::string part) {
    const bool percent = part.ends_with('%');
    if (percent) part.pop_back();
    auto share = parse_plain(part, percent ? 0.01 : 1);
    if (share && *share > 1) {
      return mesh::Result<double>(
          mesh::fail(mesh::Errc::invalid_argument, "a share is at most 1, or 100%: " + part));
    }
    return share;
  });
}

std::vector<Measured> measure(const std::vector<PublisherLook>& looks, const std::string& group,
                              const Thresholds& thresholds) {
  std::vector<Measured> all;
  Measuring measuring(all);
  for (const auto& look : looks) {
    measuring.add(look, "", "answers", look.answers() ? 1 : 0, {},
                  look.answers() ? "answers" : "does not answer: " + look.error->describe());
    if (!look.answers()) {
      measuring.set(Health::critical);
      continue;
    }
    for (const auto& status : look.groups) {
      if (group.empty() || status.group == group) measure_group(measuring, look, status, thresholds);
    }
    if (const auto limit = look.info->journal_bytes_max; limit > 0) {
      const auto share = static_cast<double>(look.info->journal_owed_bytes) / static_cast<double>(limit);
      const auto percent = static_cast<int>(share * 100);
      measuring.add(look, "", "journal_owed_share", share, thresholds.journal,
                    "what its groups are owed fills " + std::to_string(percent) + "% of its journal's limit" +
                        (share >= 1 ? ": it refuses to publish" : ""));
    }
    if (const auto full_in = look.info->journal_full_in) {
      measuring.add(look, "", "journal_full_in_seconds", std::chrono::duration<double>(*full_in).count(),
                    thresholds.full_in,
                    "its journal reaches its limit in " + duration_text(*full_in) + " at the present rate");
    }
    if (const auto disk = disk_space(look.journal)) {
      const auto percent = static_cast<int>(disk->used_share() * 100);
      measuring.add(look, "", "disk_used_share", disk->used_share(), thresholds.disk,
                    "the disk of its journal is " + std::to_string(percent) + "% full");
    }
  }
  return all;
}

Health worst(const std::vector<Measured>& all) {
  if (all.empty()) return Health::unknown;
  return std::max_element(all.begin(), all.end(),
                          [](const auto& left, const auto& right) { return left.health < right.health; })
      ->health;
}

ExitCode check(const CheckOptions& options) {
  const auto ended = [](Health health) { return static_cast<ExitCode>(health); };
  Thresholds thresholds;
  thresholds.lag = parse_count_threshold(options.lag).value();
  thresholds.age = parse_duration_threshold(options.age).value();
  thresholds.parked = parse_count_threshold(options.parked).value();
  thresholds.disk = parse_share_threshold(options.disk).value();
  thresholds.journal = parse_share_threshold(options.journal).value();
  thresholds.full_in = parse_time_left_threshold(options.full_in).value();
  thresholds.unattended = options.unattended;
  auto probes = make_probes(options.where);
  if (!probes) {
    complain(probes.error().describe());
    return ended(Health::unknown);
  }
  if (probes->empty()) complain("no publisher was found on this machine: name a control endpoint");
  const auto all =
      measure(look_at(*probes, parse_duration(options.timeout).value()), options.group, thresholds);
  const bool found =
      std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.group == options.group; });
  if (!options.group.empty() && !found && !all.empty() && worst(all) == Health::ok) {
    complain("there is no group '" + options.group + "'");
    return ended(Health::unknown);
  }
  if (!write_out(check_report(all, options.format))) return ended(Health::unknown);
  return ended(worst(all));
}

}  // namespace zmesh
