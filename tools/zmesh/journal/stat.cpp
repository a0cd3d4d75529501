#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include <journal/journal.hpp>
#include <nlohmann/json.hpp>
#include <tools/zmesh/console.hpp>
#include <tools/zmesh/journal/holders.hpp>
#include <tools/zmesh/journal/journal.hpp>
#include <tools/zmesh/text/table.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

using Json = nlohmann::ordered_json;

/// Whether somebody holds the writer's lock (FORMAT.md).
bool has_writer(const std::string& directory) {
  const int fd = ::open((directory + "/lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool held = ::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(fd);
  return held;
}

/// How the next one to open it would find it, or that it is in use.
std::string state_text(mesh::Opened opened, const std::string& directory) {
  // A journal in use and one whose process has died look the same but for the lock. Only then it is looked
  // at, since a publisher that starts in the moment of the look would find it taken.
  if (opened == mesh::Opened::crashed && has_writer(directory)) return "running";
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

Json stat_json(const mesh::Journal& journal, const mesh::JournalUsage& usage, const std::string& state,
               const std::vector<Holder>& holders) {
  const auto& identity = journal.identity();
  auto held = Json::array();
  for (const auto& holder : holders) {
    held.push_back({{"group", holder.group},
                    {"from", holder.from},
                    {"lapsed", holder.lapsed},
                    {"since", holder.since ? Json(time_text(*holder.since)) : Json()}});
  }
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
          {"opened", state},
          {"head", journal.head()},
          {"dropped_through", journal.dropped_through()},
          {"event_bytes", usage.event_bytes()},
          {"segments", segments},
          {"held", held}};
}

std::string stat_text(const mesh::Journal& journal, const mesh::JournalUsage& usage, const std::string& state,
                      const std::vector<Holder>& holders) {
  const auto& identity = journal.identity();
  auto text = table({{"name", identity.name},
                     {"origin", identity.origin.hex()},
                     {"incarnation", std::to_string(identity.incarnation)},
                     {"run", std::to_string(identity.run)},
                     {"state", state},
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
  text += "\n" + table(rows);
  if (holders.empty()) return text + "\nno group holds anything\n";
  rows = {{"GROUP", "HOLDS FROM", "SINCE"}};
  for (const auto& holder : holders) {
    const bool nothing = holder.from > journal.head();
    rows.push_back({holder.group,
                    holder.lapsed ? "nothing: its lease has lapsed"
                    : nothing     ? "nothing"
                                  : std::to_string(holder.from),
                    holder.since && !holder.lapsed ? time_text(*holder.since) : "-"});
  }
  return text + "\n" + table(rows);
}

}  // namespace

ExitCode journal_stat(const JournalCommand& command) {
  const auto journal = mesh::open_journal_reader(command.directory);
  if (!journal) return report(command.directory, journal.error());
  const auto usage = (*journal)->usage();
  const auto holders = holders_of(**journal);
  if (!holders) return report(command.directory, holders.error());
  const auto state = state_text((*journal)->identity().opened, command.directory);
  const auto out = command.json ? stat_json(**journal, usage, state, *holders).dump() + "\n"
                                : stat_text(**journal, usage, state, *holders);
  return write_out(out) ? ExitCode::ok : report_stdout();
}

}  // namespace zmesh
