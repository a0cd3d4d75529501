// What the state tables of a journal know about an event; FORMAT.md has their values.

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>

#include <journal/journal.hpp>
#include <tools/zmesh/journal/state_value.hpp>
#include <tools/zmesh/trace/trace.hpp>

namespace zmesh {
namespace {

using Json = nlohmann::ordered_json;

mesh::Error bad_state(const std::string& what) {
  return mesh::fail(mesh::Errc::journal_damaged,
                    "the journal's entry of " + what + " is not as FORMAT.md has it");
}

std::string entry_key(const std::string& group, mesh::Seq seq) {
  auto key = group + '\0';
  for (int shift = 56; shift >= 0; shift -= 8) key += static_cast<char>(seq >> shift & 255);
  return key;
}

std::vector<mesh::Attempt> history_of(const Json& list) {
  std::vector<mesh::Attempt> attempts;
  for (const auto& entry : list) {
    mesh::Attempt attempt;
    attempt.number = entry.at(0).get<std::uint32_t>();
    attempt.at = entry.at(1).get<mesh::WallTime>();
    attempt.took = mesh::Duration(entry.at(2).get<std::int64_t>());
    attempt.member = entry.at(3).get<std::string>();
    attempt.reason = static_cast<mesh::Reason>(entry.at(4).get<std::uint8_t>());
    attempt.text = entry.at(5).get<std::string>();
    attempts.push_back(std::move(attempt));
  }
  return attempts;
}

bool settled_in(const Json& ledgers, mesh::Slot slot, mesh::Seq seq) {
  for (const auto& ledger : ledgers) {
    if ((ledger.at(0).get<mesh::SlotMask>() >> slot & 1) == 0) continue;
    if (seq <= ledger.at(1).get<mesh::Seq>()) return true;
    const auto& ranges = ledger.at(2);
    for (std::size_t at = 0; at + 1 < ranges.size(); at += 2) {
      if (ranges[at].get<mesh::Seq>() <= seq && seq <= ranges[at + 1].get<mesh::Seq>()) return true;
    }
  }
  return false;
}

class JournalTrace {
 public:
  JournalTrace(const mesh::Journal& journal, const mesh::EventView& event)
      : journal_(journal), event_(event) {}

  mesh::Result<std::vector<GroupTrace>> all() {
    std::vector<std::pair<std::string, Json>> groups;
    bool sound = true;
    auto scanned =
        journal_.scan_state(mesh::Table::groups, "", [&](std::string_view name, std::string_view bytes) {
          const auto value = state_value(bytes);
          sound = value && value->size() > 1;
          if (sound) groups.emplace_back(std::string(name), value->at(1));
          return sound;
        });
    if (!scanned) return scanned.error();
    if (!sound) return bad_state("a group");
    std::vector<GroupTrace> traces;
    for (const auto& [name, prefixes] : groups) {
      auto trace = of_group(name, prefixes);
      if (!trace) return trace.error();
      traces.push_back(std::move(*trace));
    }
    return traces;
  }

 private:
  mesh::Result<GroupTrace> of_group(const std::string& group, const Json& prefixes) {
    GroupTrace trace;
    trace.group = group;
    const bool wanted =
        prefixes.empty() || std::any_of(prefixes.begin(), prefixes.end(), [&](const Json& prefix) {
          return event_.topic.starts_with(prefix.get_ref<const std::string&>());
        });
    if (!wanted) {
      trace.state = GroupTrace::State::unwanted;
      return trace;
    }
    auto parked = value_of(mesh::Table::parked, entry_key(group, event_.seq));
    if (!parked) return parked.error();
    if (*parked) {
      const auto& value = **parked;
      trace.state = GroupTrace::State::parked;
      trace.at = value.at(1).get<mesh::WallTime>();
      trace.reason = static_cast<mesh::Reason>(value.at(2).get<std::uint8_t>());
      trace.redrives = value.at(3).get<std::uint32_t>();
      trace.attempts = history_of(value.at(4));
      return trace;
    }
    auto retry = value_of(mesh::Table::retries, entry_key(group, event_.seq));
    if (!retry) return retry.error();
    if (*retry) {
      const auto& value = **retry;
      const auto state = value.at(1).get<unsigned>();
      trace.state = state == 2   ? GroupTrace::State::in_flight
                    : state == 4 ? GroupTrace::State::behind
                                 : GroupTrace::State::waiting;
      if (trace.state == GroupTrace::State::waiting) trace.at = value.at(4).get<mesh::WallTime>();
      trace.redrives = value.at(3).get<std::uint32_t>();
      trace.attempts = history_of(value.at(8));
      return trace;
    }
    return settled_or_pending(std::move(trace));
  }

  mesh::Result<GroupTrace> settled_or_pending(GroupTrace trace) {
    auto scanned = journal_.scan_state(mesh::Table::audit, "", [&](std::string_view, std::string_view bytes) {
      const auto value = state_value(bytes);
      constexpr int discard = 1;
      if (!value || value->size() < 5 || value->at(1) != discard || value->at(2) != trace.group ||
          value->at(3) != event_.seq)
        return true;
      trace.state = GroupTrace::State::discarded;
      trace.at = value->at(4).get<mesh::WallTime>();
      return false;
    });
    if (!scanned) return scanned.error();
    if (trace.state == GroupTrace::State::discarded) {
      trace.history = GroupTrace::History::unknown;
      return trace;
    }
    const auto ledgers = value_of(mesh::Table::ledgers, trace.group);
    if (!ledgers) return ledgers.error();
    if (*ledgers && settled_in((**ledgers).at(1), event_.slot, event_.seq)) {
      trace.state = GroupTrace::State::settled;
      trace.history = GroupTrace::History::unknown;
    }
    return trace;
  }

  mesh::Result<std::optional<Json>> value_of(mesh::Table table, const std::string& key) {
    const auto bytes = journal_.read_state(table, key);
    if (!bytes) return bytes.error();
    if (!*bytes) return std::optional<Json>();
    auto value = state_value(**bytes);
    if (!value) return bad_state("#" + std::to_string(event_.seq));
    return value;
  }

  const mesh::Journal& journal_;
  const mesh::EventView& event_;
};

}  // namespace

mesh::Result<std::vector<GroupTrace>> trace_in_journal(const std::string& journal,
                                                       const mesh::EventView& event) {
  const auto opened = mesh::open_journal_reader(journal);
  if (!opened) return opened.error();
  try {
    return JournalTrace(**opened, event).all();
  } catch (const Json::exception&) {
    return bad_state("#" + std::to_string(event.seq));
  }
}

}  // namespace zmesh
