#include <chrono>
#include <nlohmann/json.hpp>

#include <tools/zmesh/text/event_line.hpp>
#include <tools/zmesh/text/json_text.hpp>
#include <tools/zmesh/text/times.hpp>
#include <tools/zmesh/trace/trace.hpp>

namespace zmesh {
namespace {

using Json = nlohmann::ordered_json;

std::string state_sentence(const GroupTrace& group) {
  switch (group.state) {
    case GroupTrace::State::unwanted:
      return "not wanted by its prefixes";
    case GroupTrace::State::settled:
      return "settled";
    case GroupTrace::State::pending:
      return "pending: on its way to a member, or waiting for one";
    case GroupTrace::State::waiting:
      return "waiting for its retry, due " + time_text(group.at);
    case GroupTrace::State::behind:
      return "waits behind an earlier event of its key";
    case GroupTrace::State::in_flight:
      return "in flight: attempt " + std::to_string(group.attempts.size() + 1) + " is in a member's hands";
    case GroupTrace::State::parked:
      return "parked " + time_text(group.at) +
             (group.reason ? ": " + std::string(mesh::to_string(*group.reason)) : std::string());
    case GroupTrace::State::discarded:
      return "discarded by an operator " + time_text(group.at);
  }
  return "unknown";
}

/// How it went out, or nothing where there is nothing to say.
std::string way_sentence(const GroupTrace& group) {
  const auto to = group.way_member.empty() ? "" : " " + group.way_member;
  switch (group.way) {
    case GroupTrace::Way::unknown:
      if (group.state == GroupTrace::State::unwanted) return "";
      return "whether it was sent live or fetched is not known (any more)";
    case GroupTrace::Way::waiting:
      return "not fetched so far; a member may have it from the live stream";
    case GroupTrace::Way::live:
      return "sent live, right after its commit" + (to.empty() ? to : ", to" + to);
    case GroupTrace::Way::fetched:
      return time_text(group.way_at) + "  fetched by" + to;
  }
  return "";
}

std::string_view what_text(mesh::Incident::What what) {
  switch (what) {
    case mesh::Incident::What::retry:
      return "failed";
    case mesh::Incident::What::parked:
      return "parked";
    case mesh::Incident::What::redriven:
      return "redriven";
    case mesh::Incident::What::discarded:
      return "discarded";
  }
  return "unknown";
}

/// The attempt that failed, or the last one before it was parked; 0: none.
std::uint32_t attempt_of(const mesh::Incident& incident) {
  return incident.what == mesh::Incident::What::retry && incident.attempt > 0 ? incident.attempt - 1
                                                                              : incident.attempt;
}

std::string incident_sentence(const mesh::Incident& incident) {
  std::string text;
  if (const auto attempt = attempt_of(incident); attempt > 0)
    text = "attempt " + std::to_string(attempt) + " ";
  text += what_text(incident.what);
  if (incident.reason) text += ": " + std::string(mesh::to_string(*incident.reason));
  return text;
}

std::string history_sentence(const GroupTrace& group) {
  switch (group.history) {
    case GroupTrace::History::all:
      return "";
    case GroupTrace::History::newest:
      return "(when, by whom and with what error is no longer kept)";
    case GroupTrace::History::none:
      return "no attempt has failed since the publisher's start";
    case GroupTrace::History::unknown:
      return "whether attempts have failed is not known (any more)";
  }
  return "";
}

}  // namespace

std::string trace_text(const SniffItem& item, const std::vector<GroupTrace>& groups) {
  std::string text;
  LineMarks marks{item.source->hex, item.source->name};
  append_event_text(text, item.event, marks, {});
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  text += "\n  " + time_text(item.event.time) + "  published, " +
          duration_text(mesh::Duration(std::max<mesh::WallTime>(now - item.event.time, 0))) +
          " ago; committed as " + item.source->hex + " #" + std::to_string(item.event.seq) + ", slot " +
          std::to_string(item.event.slot) + "\n";
  if (groups.empty()) text += "  there is no group\n";
  for (const auto& group : groups) {
    text += "  group " + group.group + ": " + state_sentence(group);
    if (group.redrives > 0) text += ", redriven " + std::to_string(group.redrives) + " times";
    text += '\n';
    if (const auto way = way_sentence(group); !way.empty()) text += "    " + way + '\n';
    for (const auto& attempt : group.attempts) {
      text += "    " + time_text(attempt.at) + "  attempt " + std::to_string(attempt.number);
      if (!attempt.member.empty()) text += " by " + attempt.member;
      if (attempt.took.count() > 0) text += ", took " + duration_text(attempt.took);
      text += ": " + std::string(mesh::to_string(attempt.reason));
      if (!attempt.text.empty()) {
        text += ": ";
        for (const char symbol : attempt.text)
          text += static_cast<unsigned char>(symbol) < 0x20 ? ' ' : symbol;
      }
      text += '\n';
    }
    for (const auto& incident : group.incidents) text += "    " + incident_sentence(incident) + '\n';
    if (const auto history = history_sentence(group); !history.empty()) text += "    " + history + '\n';
  }
  return text;
}

std::string trace_json(const SniffItem& item, const std::vector<GroupTrace>& groups) {
  std::string line;
  LineMarks marks{item.source->hex, item.source->name};
  marks.delivery = false;
  append_event_json(line, item.event, marks);
  line.pop_back();
  auto list = Json::array();
  for (const auto& group : groups) {
    auto attempts = Json::array();
    for (const auto& attempt : group.attempts) {
      attempts.push_back({{"attempt", attempt.number},
                          {"at", time_text(attempt.at)},
                          {"took_seconds", std::chrono::duration<double>(attempt.took).count()},
                          {"member", attempt.member},
                          {"reason", std::string(mesh::to_string(attempt.reason))},
                          {"text", attempt.text}});
    }
    auto incidents = Json::array();
    for (const auto& incident : group.incidents) {
      const auto attempt = attempt_of(incident);
      incidents.push_back(
          {{"what", std::string(what_text(incident.what))},
           {"attempt", attempt > 0 ? Json(attempt) : Json()},
           {"reason", incident.reason ? Json(std::string(mesh::to_string(*incident.reason))) : Json()}});
    }
    list.push_back({{"group", group.group},
                    {"state", std::string(to_string(group.state))},
                    {"at", group.at > 0 ? Json(time_text(group.at)) : Json()},
                    {"reason", group.reason ? Json(std::string(mesh::to_string(*group.reason))) : Json()},
                    {"redrives", group.redrives},
                    {"way", std::string(to_string(group.way))},
                    {"way_member", group.way_member.empty() ? Json() : Json(group.way_member)},
                    {"way_at", group.way_at > 0 ? Json(time_text(group.way_at)) : Json()},
                    {"attempts", attempts},
                    {"history", std::string(to_string(group.history))},
                    {"incidents", incidents}});
  }
  return line + ",\"groups\":" + list.dump(-1, ' ', false, Json::error_handler_t::replace) + "}\n";
}

}  // namespace zmesh
