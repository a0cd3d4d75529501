#include <journal/check.hpp>

#include <nlohmann/json.hpp>

#include <tools/zmesh/console.hpp>
#include <tools/zmesh/journal/journal.hpp>
#include <tools/zmesh/text/table.hpp>

namespace zmesh {
namespace {

using Json = nlohmann::ordered_json;

struct CheckSums {
  std::uint64_t batches = 0;
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
};

CheckSums sums_of(const mesh::JournalCheck& check) {
  CheckSums sums;
  for (const auto& segment : check.segments) {
    sums.batches += segment.batches;
    sums.events += segment.events;
    sums.bytes += segment.bytes;
  }
  return sums;
}

std::vector<std::string> damage_of(const mesh::JournalCheck& check) {
  auto damage = check.damage;
  for (const auto& segment : check.segments) {
    damage.insert(damage.end(), segment.damage.begin(), segment.damage.end());
  }
  return damage;
}

std::string dump_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string check_json(const mesh::JournalCheck& check) {
  const auto sums = sums_of(check);
  auto segments = Json::array();
  for (const auto& segment : check.segments) {
    segments.push_back({{"file", segment.file},
                        {"first", segment.first},
                        {"last", segment.last},
                        {"batches", segment.batches},
                        {"events", segment.events},
                        {"bytes", segment.bytes},
                        {"damage", segment.damage}});
  }
  return dump_line({{"sound", check.sound()},
                    {"origin", check.origin.hex()},
                    {"name", check.name},
                    {"incarnation", check.incarnation},
                    {"batches", sums.batches},
                    {"events", sums.events},
                    {"bytes", sums.bytes},
                    {"damage", check.damage},
                    {"segments", segments}});
}

std::string check_text(const mesh::JournalCheck& check) {
  const auto sums = sums_of(check);
  auto text = "journal " + check.name + ", origin " + check.origin.hex() + ", incarnation " +
              std::to_string(check.incarnation) + "\n";
  text += std::to_string(sums.events) + " events in " + std::to_string(sums.batches) +
          " batches verify, in " + std::to_string(check.segments.size()) + " segments of " +
          size_text(sums.bytes) + "\n";
  for (const auto& place : damage_of(check)) text += "damaged: " + place + "\n";
  if (check.sound()) text += "sound\n";
  return text;
}

std::string salvage_json(const mesh::SalvageReport& report) {
  auto segments = Json::array();
  for (const auto& segment : report.segments) {
    auto missing = Json::array();
    for (const auto& range : segment.missing) missing.push_back({range.first, range.last});
    segments.push_back({{"file", segment.file},
                        {"kept_aside", segment.kept_aside},
                        {"batches", segment.batches},
                        {"events", segment.events},
                        {"missing", missing}});
  }
  return dump_line({{"changed", report.changed()},
                    {"segments", segments},
                    {"state_rebuilt", report.state_rebuilt},
                    {"state_entries_kept", report.state_entries_kept},
                    {"state_kept_aside", report.state_kept_aside}});
}

std::string salvage_text(const mesh::SalvageReport& report) {
  if (!report.changed()) return "sound: nothing to salvage\n";
  std::string text;
  for (const auto& segment : report.segments) {
    text += segment.file + ": kept " + std::to_string(segment.events) + " events; the damaged file is " +
            segment.kept_aside + "\n";
    for (const auto& range : segment.missing) {
      text += "  no event verifies for seqs " + std::to_string(range.first) + " to " +
              std::to_string(range.last) + "\n";
    }
  }
  if (report.state_rebuilt) {
    text += "state: kept " + std::to_string(report.state_entries_kept) + " entries; the damaged file is " +
            report.state_kept_aside + "\n";
  }
  return text + "the journal goes on as a new incarnation\n";
}

}  // namespace

ExitCode journal_check(const JournalCommand& command) {
  const auto check = mesh::check_journal(command.directory);
  if (!check) return report(command.directory, check.error());
  if (!write_out(command.json ? check_json(*check) : check_text(*check))) return report_stdout();
  if (check->sound()) return ExitCode::ok;
  complain(command.directory + " is damaged; `zmesh journal salvage` recovers what verifies");
  return ExitCode::damage;
}

ExitCode journal_salvage(const JournalCommand& command) {
  const auto salvaged = mesh::salvage_journal(command.directory);
  if (!salvaged) return report(command.directory, salvaged.error());
  return write_out(command.json ? salvage_json(*salvaged) : salvage_text(*salvaged)) ? ExitCode::ok
                                                                                     : report_stdout();
}

}  // namespace zmesh
