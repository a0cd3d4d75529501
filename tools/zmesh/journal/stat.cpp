#include <journal/journal.hpp>
#include <nlohmann/json.hpp>
#include <tools/zmesh/console.hpp>
#include <tools/zmesh/journal/journal.hpp>
#include <tools/zmesh/text/table.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

using Json = nlohmann::ordered_json;

std::string state_text(mesh::Opened opened) {
  switch (opened) {
    case mesh::Opened::created:
      return "created";
    case mesh::Opened::clean:
      return "clean";
    case mesh::Opened::crashed:
      return "crashed";
    case mesh::Opened::suspect:
      return "suspect";
  }
  return "unknown";
}

Json stat_json(const mesh::Journal& journal, const mesh::JournalUsage& usage) {
  const auto& identity = journal.identity();
  auto segments = Json::array();
  for (const auto& segment : usage.segments) {
    segments.push_back({{"first", segment.first},
                        {"last", segment.last},
                        {"bytes", segment.bytes},
                        {"oldest", segment.oldest > 0 ? Json(time_text(segment.oldest)) : Json()},
                        {"newest", segment.newest > 0 ? Json(time_text(segment.newest)) : Json()},
                        {"active", segment.active}});
  }
  return {{"origin", identity.origin.hex()},
          {"name", identity.name},
          {"incarnation", identity.incarnation},
          {"run", identity.run},
          {"opened", state_text(identity.opened)},
          {"head", journal.head()},
          {"dropped_through", journal.dropped_through()},
          {"event_bytes", usage.event_bytes()},
          {"segments", segments}};
}

std::string stat_text(const mesh::Journal& journal, const mesh::JournalUsage& usage) {
  const auto& identity = journal.identity();
  auto text = table({{"name", identity.name},
                     {"origin", identity.origin.hex()},
                     {"incarnation", std::to_string(identity.incarnation)},
                     {"run", std::to_string(identity.run)},
                     {"head", std::to_string(journal.head())},
                     {"dropped through", std::to_string(journal.dropped_through())},
                     {"events on disk", size_text(usage.event_bytes())}});
  std::vector<std::vector<std::string>> rows = {{"SEGMENT", "LAST", "SIZE", "OLDEST", "NEWEST", ""}};
  for (const auto& segment : usage.segments) {
    rows.push_back(
        {std::to_string(segment.first), segment.last < segment.first ? "-" : std::to_string(segment.last),
         size_text(segment.bytes), segment.oldest > 0 ? time_text(segment.oldest) : "-",
         segment.newest > 0 ? time_text(segment.newest) : "-", segment.active ? "active" : "sealed"});
  }
  return text + "\n" + table(rows);
}

}  // namespace

ExitCode journal_stat(const JournalCommand& command) {
  const auto journal = mesh::open_journal_reader(command.directory);
  if (!journal) return report(command.directory, journal.error());
  const auto usage = (*journal)->usage();
  const auto out = command.json ? stat_json(**journal, usage).dump() + "\n" : stat_text(**journal, usage);
  return write_out(out) ? ExitCode::ok : report_stdout();
}

}  // namespace zmesh
