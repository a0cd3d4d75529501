#include <journal/lmdb/salvage_state.hpp>

#include <map>

#include <journal/big_endian.hpp>
#include <journal/lmdb/gather.hpp>
#include <journal/lmdb/state_store.hpp>
#include <journal/lmdb/tree_cursor.hpp>

namespace mesh::lmdb {

namespace {

constexpr std::uint32_t lost_incarnation = 1u << 16;
constexpr std::size_t value_size_max = event_size_limit + 2 * batch_body_target;

using Entries = std::map<std::pair<Table, std::string>, std::string>;

void gather_table(const PageFile& file, const MetaInfo& meta, Table table, const TreeInfo& tree,
                  Entries& found) {
  std::vector<std::byte> bytes;
  gather_tree(file, meta, tree, [&](const Gathered& entry) {
    if (entry.is_tree || entry.size > value_size_max) return;
    bytes.resize(entry.size);
    if (!file.read(entry.at, bytes)) return;
    const auto value = unseal_value(table, entry.key, as_text(bytes));
    if (value) found.try_emplace({table, std::string(entry.key)}, *value);
  });
}

/// What the newest meta reaches wins; the one before fills holes.
Entries gather_state(const PageFile& file) {
  Entries found;
  const auto zero = file.meta(0);
  const auto one = file.meta(1);
  const bool one_is_newer = one && (!zero || one->txn > zero->txn);
  for (const auto* meta : {one_is_newer ? &one : &zero, one_is_newer ? &zero : &one}) {
    if (!*meta) continue;
    gather_tree(file, **meta, (*meta)->main, [&](const Gathered& entry) {
      std::byte raw[tree_info_size];
      const auto table = table_of_name(entry.key);
      if (!entry.is_tree || !table || !file.read(entry.at, raw)) return;
      gather_table(file, **meta, *table, parse_tree_info(raw), found);
    });
  }
  return found;
}

Result<Marks> marks_of(const Entries& found, const std::function<Result<Origin>()>& find_origin) {
  const FindMark find = [&found](std::string_view key) -> Result<std::optional<std::string>> {
    const auto entry = found.find({Table::meta, std::string(key)});
    if (entry == found.end()) return std::optional<std::string>{};
    return std::optional<std::string>(entry->second);
  };
  auto marks = decode_marks(find);
  if (marks || marks.error().code == Errc::journal_newer) return marks;
  const auto origin = find_origin();
  if (!origin) return origin.error();
  Marks made_up;
  made_up.origin = *origin;
  made_up.name = "salvaged-" + origin->hex().substr(0, 8);
  if (const auto name = find("name"); name && *name) made_up.name = **name;
  made_up.incarnation = lost_incarnation;
  const auto dropped = find("dropped");
  if (dropped && *dropped && (*dropped)->size() == sizeof(Seq)) {
    made_up.dropped_through = detail::load_big<Seq>(as_bytes(**dropped).data());
  }
  return made_up;
}

}  // namespace

Result<void> check_state_entries(const Paths& paths) {
  auto state = StateStore::open(paths, false);
  if (!state) return state.error();
  for (auto table = Table::meta; table <= Table::audit;
       table = static_cast<Table>(static_cast<int>(table) + 1)) {
    auto done = state->scan(table, {}, [](std::string_view, std::string_view) { return true; });
    if (!done) return done;
  }
  return {};
}

Result<RebuiltState> rebuild_state(const Paths& paths, const std::function<Result<Origin>()>& find_origin) {
  Entries found;
  if (exists(paths.state())) {
    const auto file = PageFile::open(paths.state());
    if (!file) return file.error();
    found = gather_state(*file);
  }
  const auto marks = marks_of(found, find_origin);
  if (!marks) return marks.error();
  std::vector<StateWrite> writes;
  for (const auto& [place, value] : found) {
    if (place.first != Table::meta) writes.push_back({place.first, place.second, value});
  }
  if (auto done = build_state(paths, *marks, writes); !done) return done.error();
  return RebuiltState{*marks, writes.size()};
}

}  // namespace mesh::lmdb
