#include <tools/zmesh/admin/publishers.hpp>

#include <bit>
#include <nlohmann/json.hpp>

#include <tools/zmesh/admin/look.hpp>
#include <tools/zmesh/console.hpp>
#include <tools/zmesh/text/table.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

using Json = nlohmann::ordered_json;

std::string json_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json publisher_json(const PublisherLook& look) {
  Json json = {{"name", look.name}, {"endpoint", look.endpoint}, {"answers", look.answers()}};
  json["origin"] = look.info ? Json(look.info->origin.hex()) : Json();
  json["incarnation"] = look.info ? Json(look.info->incarnation) : Json();
  json["events"] = look.info ? Json(look.info->events) : Json();
  json["head"] = look.info ? Json(look.info->head) : Json();
  json["dropped_through"] = look.info ? Json(look.info->dropped_through) : Json();
  json["journal_bytes"] = look.info ? Json(look.info->journal_bytes) : Json();
  const bool tells_limit = look.info && look.info->journal_bytes_max > 0;
  json["journal_bytes_max"] = tells_limit ? Json(look.info->journal_bytes_max) : Json();
  json["journal_owed_bytes"] = tells_limit ? Json(look.info->journal_owed_bytes) : Json();
  const bool fills = look.info && look.info->journal_full_in;
  json["journal_full_in_seconds"] =
      fills ? Json(std::chrono::duration<double>(*look.info->journal_full_in).count()) : Json();
  json["groups"] = look.info ? Json(look.info->group_count) : Json();
  json["sessions"] = look.info ? Json(look.info->session_count) : Json();
  json["answer_seconds"] = look.info ? Json(std::chrono::duration<double>(look.answered).count()) : Json();
  json["version"] = look.info && !look.info->version.empty() ? Json(look.info->version) : Json();
  json["journal"] = look.journal.empty() ? Json() : Json(look.journal);
  json["pid"] = look.pid > 0 ? Json(look.pid) : Json();
  json["error"] = look.error ? Json(look.error->describe()) : Json();
  return json;
}

/// Looks at all; complains where there is nobody to look at.
mesh::Result<std::vector<PublisherLook>> look_at_all(const PublishersOptions& options) {
  auto probes = make_probes(options.where);
  if (!probes) return probes.error();
  if (probes->empty())
    return mesh::fail(mesh::Errc::unreachable,
                      "no publisher was found on this machine: name a control endpoint");
  return look_at(*probes, parse_duration(options.timeout).value());
}

bool any_answers(const std::vector<PublisherLook>& looks) {
  return std::any_of(looks.begin(), looks.end(), [](const auto& look) { return look.answers(); });
}

void complain_of_silent(const std::vector<PublisherLook>& looks) {
  for (const auto& look : looks) {
    if (look.error) report(look.endpoint, *look.error);
  }
}

}  // namespace

ExitCode publishers(const PublishersOptions& options) {
  const auto looks = look_at_all(options);
  if (!looks) return report(looks.error());
  std::string out;
  std::vector<std::vector<std::string>> rows = {
      {"NAME", "ENDPOINT", "HEAD", "JOURNAL", "GROUPS", "SESSIONS", "ANSWERED IN"}};
  for (const auto& look : *looks) {
    if (options.json) {
      out += json_line(publisher_json(look));
      continue;
    }
    if (!look.info) {
      rows.push_back({look.name, look.endpoint, "-", "-", "-", "-", "no answer"});
      continue;
    }
    rows.push_back({look.name, look.endpoint, std::to_string(look.info->head),
                    size_text(look.info->journal_bytes), std::to_string(look.info->group_count),
                    std::to_string(look.info->session_count), duration_text(look.answered)});
  }
  if (!options.json) out = table(rows);
  if (!write_out(out)) return report_stdout();
  return any_answers(*looks) ? ExitCode::ok : ExitCode::unreachable;
}

ExitCode members(const PublishersOptions& options) {
  const auto looks = look_at_all(options);
  if (!looks) return report(looks.error());
  complain_of_silent(*looks);
  std::string out;
  std::vector<std::vector<std::string>> rows = {
      {"PUBLISHER", "GROUP", "MEMBER", "SLOTS", "LAG", "HEARD OF", "PAUSED"}};
  bool found = options.group.empty();
  for (const auto& look : *looks) {
    for (const auto& group : look.groups) {
      if (!options.group.empty() && group.group != options.group) continue;
      found = true;
      const std::string paused = group.paused ? "yes" : "no";
      for (const auto& member : group.members) {
        if (options.json) {
          out += json_line({{"publisher", look.name},
                            {"group", group.group},
                            {"member", member.member},
                            {"slots", std::popcount(member.slots)},
                            {"lag", member.lag},
                            {"idle_seconds", std::chrono::duration<double>(member.idle).count()},
                            {"paused", group.paused}});
        }
        rows.push_back({look.name, group.group, member.member, std::to_string(std::popcount(member.slots)),
                        std::to_string(member.lag), duration_text(member.idle) + " ago", paused});
      }
      if (group.members.empty()) rows.push_back({look.name, group.group, "nobody", "-", "-", "-", paused});
    }
  }
  if (!any_answers(*looks)) return ExitCode::unreachable;
  if (!found) {
    complain("there is no group '" + options.group + "'");
    return ExitCode::failure;
  }
  if (!options.json) out = rows.size() > 1 ? table(rows) : "no groups\n";
  return write_out(out) ? ExitCode::ok : report_stdout();
}

}  // namespace zmesh
