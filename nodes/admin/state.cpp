#include <nodes/admin/state.hpp>

#include <charconv>
#include <nlohmann/json.hpp>

#include <mesh/admin.hpp>
#include <tools/zmesh/text/event_line.hpp>
#include <tools/zmesh/text/times.hpp>

namespace node {
namespace {

using Json = nlohmann::ordered_json;
using namespace std::chrono_literals;

constexpr mesh::Duration answer_time = 2s;

double seconds(mesh::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

Json link_json(const RoleStatus& role, const mesh::LinkStats& link) {
  Json json{{"endpoint", link.endpoint}, {"role", role.role}, {"group", role.group}};
  json["origin"] = link.origin ? Json(link.origin->hex()) : Json();
  json["name"] = link.publisher;
  json["phase"] = mesh::to_string(link.phase);
  json["caught_up"] = link.caught_up;
  json["position"] = link.position;
  json["head"] = link.head;
  json["received"] = link.received;
  json["settled"] = link.settled;
  json["retried"] = link.retried;
  json["parked"] = link.parked;
  json["gaps"] = link.gaps;
  json["last_error"] = link.last_error;
  return json;
}

Json publishers(const View& view) {
  Json json{{"own", nullptr}, {"upstream", Json::array()}};
  if (view.publisher != nullptr) {
    const auto stats = view.publisher->stats();
    const auto& identity = view.publisher->identity();
    json["own"] = {{"name", identity.name},
                   {"origin", identity.origin.hex()},
                   {"incarnation", identity.incarnation},
                   {"control", view.publisher->control_endpoint()},
                   {"events", view.publisher->events_endpoint()},
                   {"head", stats.head},
                   {"committed", stats.committed},
                   {"failed", stats.failed},
                   {"bytes", stats.bytes}};
  }
  for (const auto& role : view.roles())
    for (const auto& link : role.stats.links) json["upstream"].push_back(link_json(role, link));
  return json;
}

Json topics(const View& view) {
  Json list = Json::array();
  for (const auto& topic : view.topics->list())
    list.push_back({{"topic", topic.topic},
                    {"events", topic.events},
                    {"payload_bytes", topic.bytes},
                    {"last_seq", topic.last_seq}});
  return {{"topics", std::move(list)}};
}

Json group_json(const mesh::GroupStatus& group) {
  Json json{{"group", group.group},         {"prefixes", group.prefixes},
            {"floor", group.floor},         {"lag", group.lag},
            {"in_flight", group.in_flight}, {"waiting", group.waiting},
            {"parked", group.parked},       {"expired", group.expired},
            {"retried", group.retried},     {"redelivered", group.redelivered}};
  json["oldest_unsettled"] = group.oldest_unsettled;
  json["oldest_age_seconds"] = group.oldest_age ? Json(seconds(*group.oldest_age)) : Json();
  json["paused"] = group.paused;
  json["lease_seconds"] = group.lease ? Json(seconds(*group.lease)) : Json();
  json["unattended_seconds"] = seconds(group.unattended);
  json["members"] = group.members.size();
  return json;
}

Json members_json(const mesh::GroupStatus& group) {
  Json list = Json::array();
  for (const auto& member : group.members)
    list.push_back({{"group", group.group},
                    {"member", member.member},
                    {"slots", std::popcount(member.slots)},
                    {"lag", member.lag},
                    {"idle_seconds", seconds(member.idle)}});
  return list;
}

/// For the own publisher and each upstream: {"publisher": EP, "error" or what `fill` makes of its groups}.
template <class Fill>
Json of_publishers(const View& view, Fill&& fill) {
  Json list = Json::array();
  const auto add = [&](const std::string& endpoint, const mesh::Result<mesh::GroupList>& groups) {
    Json entry{{"publisher", endpoint}};
    if (groups) {
      entry["head"] = groups->head;
      fill(entry, groups->groups);
    } else {
      entry["error"] = groups.error().describe();
    }
    list.push_back(std::move(entry));
  };
  if (view.publisher != nullptr) add(view.publisher->control_endpoint(), view.publisher->groups(answer_time));
  for (const auto& endpoint : view.upstreams) {
    auto admin = mesh::Admin::connect(endpoint, answer_time);
    add(endpoint, admin ? admin->groups() : mesh::Result<mesh::GroupList>(admin.error()));
  }
  return {{"publishers", std::move(list)}};
}

Json parked_json(const mesh::ParkedEvent& parked, const mesh::Identity& publisher) {
  Json json;
  if (const auto event = mesh::decode_parked(parked)) {
    std::string line;
    const auto origin = publisher.origin.hex();
    zmesh::append_event_json(line, *event, {.origin = origin, .name = publisher.name, .delivery = false});
    json = Json::parse(line, nullptr, false);
  }
  json["seq"] = parked.seq;
  json["parked_at"] = zmesh::time_text(parked.parked_at);
  json["reason"] = mesh::to_string(parked.reason);
  json["redrives"] = parked.redrives;
  json["attempts"] = Json::array();
  for (const auto& attempt : parked.attempts)
    json["attempts"].push_back({{"number", attempt.number},
                                {"at", zmesh::time_text(attempt.at)},
                                {"took_seconds", seconds(attempt.took)},
                                {"member", attempt.member},
                                {"reason", mesh::to_string(attempt.reason)},
                                {"text", attempt.text}});
  return json;
}

mesh::Result<std::uint64_t> number_of(const http::Request& request, std::string_view name,
                                      std::uint64_t otherwise) {
  const auto text = request.parameter(name);
  if (!text) return otherwise;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size())
    return mesh::fail(mesh::Errc::invalid_argument, std::string(name) + " must be a number");
  return number;
}

mesh::Result<Json> parked(const View& view, const http::Request& request) {
  if (view.publisher == nullptr)
    return mesh::fail(mesh::Errc::not_found, "this node has no journal of its own");
  const auto group = request.parameter("group");
  if (!group)
    return mesh::fail(mesh::Errc::invalid_argument, "of which group? (?group=NAME&after=SEQ&limit=N)");
  const auto after = number_of(request, "after", 0);
  if (!after) return after.error();
  const auto limit = number_of(request, "limit", 100);
  if (!limit) return limit.error();
  const auto list = view.publisher->parked(
      std::string(*group), {}, *after, static_cast<std::uint32_t>(std::clamp<std::uint64_t>(*limit, 1, 1000)),
      answer_time);
  if (!list) return list.error();
  Json json{{"group", *group}, {"more", list->more}, {"events", Json::array()}};
  for (const auto& event : list->events)
    json["events"].push_back(parked_json(event, view.publisher->identity()));
  return json;
}

}  // namespace

mesh::Result<std::string> state_text(const View& view, const http::Request& request) {
  const auto& what = request.path[2];
  mesh::Result<Json> json = mesh::fail(mesh::Errc::not_found, "there is no /api/v1/" + what);
  if (what == "publishers") json = publishers(view);
  if (what == "topics") json = topics(view);
  if (what == "parked") json = parked(view, request);
  if (what == "groups")
    json = of_publishers(view, [](Json& entry, const auto& groups) {
      entry["groups"] = Json::array();
      for (const auto& group : groups) entry["groups"].push_back(group_json(group));
    });
  if (what == "members")
    json = of_publishers(view, [](Json& entry, const auto& groups) {
      entry["members"] = Json::array();
      for (const auto& group : groups)
        for (auto& member : members_json(group)) entry["members"].push_back(std::move(member));
    });
  if (!json) return json.error();
  return json->dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace node
