#include <algorithm>
#include <chrono>
#include <set>

#include <journal/journal.hpp>
#include <tools/zmesh/admin/look.hpp>
#include <tools/zmesh/registry/registry.hpp>
#include <tools/zmesh/shell/shell.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

/// A shell that waits is worse than one that does not know.
constexpr mesh::Duration answer_in_time = 300ms;
constexpr mesh::Seq topics_reach = 2000;
constexpr std::size_t topics_shown_max = 200;

}  // namespace

std::vector<Candidate> live_nodes() {
  std::vector<Candidate> nodes;
  for (const auto& entry : registry_entries()) {
    nodes.push_back({"@" + entry.name, "node at " + entry.control});
    nodes.push_back({entry.control, "control endpoint of " + entry.name});
  }
  return nodes;
}

std::vector<Candidate> live_topics() {
  std::set<std::string> topics;
  for (const auto& entry : registry_entries()) {
    const auto journal = mesh::open_journal_reader(entry.journal);
    if (!journal) continue;
    const auto head = (*journal)->head();
    std::vector<mesh::EventView> events;
    (void)(*journal)->read(head > topics_reach ? head - topics_reach : 0, [&](const mesh::BatchView& batch) {
      if (!mesh::decode_events(batch, events)) return false;
      for (const auto& event : events) topics.emplace(event.topic);
      return topics.size() < topics_shown_max;
    });
  }
  std::vector<Candidate> candidates;
  for (const auto& topic : topics) candidates.push_back({topic, "topic"});
  return candidates;
}

std::vector<Candidate> live_groups(const std::vector<std::string>& words) {
  std::vector<std::string> where;
  for (const auto& word : words) {
    if (word.starts_with('@') || word.find("://") != std::string::npos) where.push_back(word);
  }
  auto probes = make_probes(where);
  if (!probes) return {};
  std::vector<Candidate> groups;
  for (const auto& look : look_at(*probes, answer_in_time)) {
    for (const auto& group : look.groups) groups.push_back({group.group, "group of " + look.name});
  }
  return groups;
}

}  // namespace zmesh
