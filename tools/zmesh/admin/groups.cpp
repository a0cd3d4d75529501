#include <tools/zmesh/admin/groups.hpp>

#include <bit>
#include <nlohmann/json.hpp>

#include <mesh/admin.hpp>
#include <tools/zmesh/console.hpp>
#include <tools/zmesh/registry/where.hpp>
#include <tools/zmesh/text/table.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

using Json = nlohmann::ordered_json;

double seconds(mesh::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

bool lapsed(const mesh::GroupStatus& group) {
  return group.lease && group.unattended >= *group.lease;
}

// In the words of the options of `zmesh sub`.
std::string order_text(const mesh::GroupStatus& group) {
  return group.order == mesh::Order::key ? "key" : "none";
}

std::string on_park_text(const mesh::GroupStatus& group) {
  return group.on_park == mesh::OnPark::park_key ? "park-key" : "go-on";
}

std::string policy_text(const mesh::GroupStatus& group) {
  if (group.attempts_max == 0) return "?";
  return group.on_park == mesh::OnPark::park_key ? "key, park-key" : order_text(group);
}

Json group_json(const mesh::GroupStatus& group, mesh::Seq head) {
  Json json = {{"group", group.group},
               {"prefixes", group.prefixes},
               {"head", head},
               {"floor", group.floor},
               {"lag", group.lag},
               {"in_flight", group.in_flight},
               {"waiting", group.waiting},
               {"parked", group.parked},
               {"expired", group.expired},
               {"retried", group.retried},
               {"redelivered", group.redelivered},
               {"stale", group.stale}};
  json["oldest_unsettled"] = group.oldest_unsettled > 0 ? Json(group.oldest_unsettled) : Json();
  json["oldest_age_seconds"] = group.oldest_age ? Json(seconds(*group.oldest_age)) : Json();
  json["paused"] = group.paused;
  json["lease_seconds"] = group.lease ? Json(seconds(*group.lease)) : Json();
  json["unattended_seconds"] = seconds(group.unattended);
  json["lapsed"] = lapsed(group);
  json["owed"] = group.owed;
  const bool told = group.attempts_max > 0;
  json["order"] = told ? Json(order_text(group)) : Json();
  json["on_park"] = told ? Json(on_park_text(group)) : Json();
  json["attempts_max"] = told ? Json(group.attempts_max) : Json();
  json["members"] = Json::array();
  for (const auto& member : group.members) {
    json["members"].push_back({{"member", member.member},
                               {"slots", std::popcount(member.slots)},
                               {"lag", member.lag},
                               {"idle_seconds", seconds(member.idle)}});
  }
  return json;
}

std::string members_text(const mesh::GroupStatus& group) {
  std::string text = group.paused ? "paused" : group.members.empty() ? "nobody" : "";
  if (lapsed(group)) {
    text += ", lease lapsed";
  } else if (group.lease && group.members.empty()) {
    text += ", lapses in " + duration_text(*group.lease - group.unattended);
  }
  for (const auto& member : group.members) {
    if (!text.empty()) text += ", ";
    text += member.member;
    if (group.members.size() > 1) text += " (" + std::to_string(std::popcount(member.slots)) + " slots)";
  }
  return text;
}

std::string groups_text(const mesh::GroupList& list) {
  std::vector<std::vector<std::string>> rows = {
      {"GROUP", "FLOOR", "LAG", "IN FLIGHT", "WAITING", "PARKED", "EXPIRED", "OLDEST", "ORDER", "MEMBERS"}};
  for (const auto& group : list.groups) {
    rows.push_back(
        {group.group, std::to_string(group.floor), std::to_string(group.lag), std::to_string(group.in_flight),
         std::to_string(group.waiting), std::to_string(group.parked), std::to_string(group.expired),
         group.oldest_age ? duration_text(*group.oldest_age) : "-", policy_text(group), members_text(group)});
  }
  return table(rows);
}

}  // namespace

ExitCode groups(const GroupsOptions& options) {
  const auto timeout = parse_duration(options.timeout).value();
  auto admin = connect_admin(options.endpoint, timeout);
  if (!admin) return report(options.endpoint, admin.error());
  auto info = admin->info();
  if (!info) return report(options.endpoint, info.error());
  auto list = admin->groups();
  if (!list) return report(options.endpoint, list.error());
  std::string out;
  if (options.json) {
    for (const auto& group : list->groups) {
      auto json = group_json(group, list->head);
      json["publisher"] = info->name;
      json["origin"] = info->origin.hex();
      out += json.dump() + "\n";
    }
  } else {
    out = "publisher " + info->name + ", origin " + info->origin.hex() + ", head " +
          std::to_string(list->head) + ", journal " + size_text(info->journal_bytes) + "\n";
    out += list->groups.empty() ? "no groups\n" : groups_text(*list);
  }
  return write_out(out) ? ExitCode::ok : report_stdout();
}

}  // namespace zmesh
