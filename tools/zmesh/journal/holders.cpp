#include <tools/zmesh/journal/holders.hpp>

#include <algorithm>
#include <map>

#include <tools/zmesh/journal/state_value.hpp>

namespace zmesh {
namespace {

/// The lowest floor of a group's slots.
std::optional<mesh::Seq> floor_of(std::string_view bytes) {
  const auto value = state_value(bytes);
  if (!value || value->size() < 2) return {};
  std::optional<mesh::Seq> floor;
  for (const auto& ledger : value->at(1)) {
    const auto one = ledger.at(1).get<mesh::Seq>();
    floor = std::min(floor.value_or(one), one);
  }
  return floor;
}

/// The group's lease has passed without members.
bool has_lapsed(std::string_view bytes) {
  constexpr std::size_t lease = 9, unattended = 10;
  const auto value = state_value(bytes);
  return value && value->size() > unattended && value->at(unattended) >= value->at(lease);
}

/// Lowers `from` to the first event that waits for a retry and has no copy of its own.
mesh::Result<void> with_retries(const mesh::Journal& journal, Holder& holder) {
  constexpr std::size_t copied = 7;
  const auto prefix = holder.group + '\0';
  return journal.scan_state(mesh::Table::retries, prefix, [&](std::string_view key, std::string_view bytes) {
    if (key.size() != prefix.size() + 8) return true;
    const auto value = state_value(bytes);
    if (!value || value->size() <= copied || value->at(copied) == true) return true;
    mesh::Seq seq = 0;
    for (const char byte : key.substr(prefix.size())) seq = seq << 8 | static_cast<unsigned char>(byte);
    holder.from = std::min(holder.from, seq);
    return false;
  });
}

/// The time of the first event from there on.
std::optional<mesh::WallTime> time_from(const mesh::Journal& journal, mesh::Seq from) {
  std::optional<mesh::WallTime> time;
  std::vector<mesh::EventView> events;
  const auto read = journal.read(from - 1, [&](const mesh::BatchView& batch) {
    if (!decode_events(batch, events)) return false;
    const auto event = std::find_if(events.begin(), events.end(),
                                    [&](const mesh::EventView& one) { return one.seq >= from; });
    if (event == events.end()) return true;
    time = event->time;
    return false;
  });
  return read ? time : std::nullopt;
}

}  // namespace

mesh::Result<std::vector<Holder>> holders_of(const mesh::Journal& journal) {
  std::vector<Holder> holders;
  bool sound = true;
  const auto scanned =
      journal.scan_state(mesh::Table::ledgers, "", [&](std::string_view name, std::string_view bytes) {
        const auto floor = floor_of(bytes);
        sound = floor.has_value();
        if (sound) holders.push_back({std::string(name), *floor + 1, false, {}});
        return sound;
      });
  if (!scanned) return scanned.error();
  if (!sound) {
    return mesh::fail(mesh::Errc::journal_damaged,
                      "the journal's entry of a group is not as FORMAT.md has it");
  }
  for (Holder& holder : holders) {
    const auto value = journal.read_state(mesh::Table::groups, holder.group);
    if (!value) return value.error();
    holder.lapsed = *value && has_lapsed(**value);
    if (auto done = with_retries(journal, holder); !done) return done.error();
    holder.since = time_from(journal, holder.from);
  }
  std::sort(holders.begin(), holders.end(), [](const Holder& a, const Holder& b) {
    return std::pair(a.lapsed, a.from) < std::pair(b.lapsed, b.from);
  });
  return holders;
}

}  // namespace zmesh
