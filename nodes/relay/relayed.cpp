#include <nodes/relay/relayed.hpp>

#include <journal/journal.hpp>
#include <nodes/relay/route.hpp>

namespace node {
namespace {

/// Events that are looked at for each one that is to be remembered.
constexpr mesh::Seq looked_at_most = 64;

}  // namespace

void Relayed::remember(const std::vector<Seen::Entry>& known) {
  const std::lock_guard lock(mutex_);
  for (const auto& entry : known) seen_.add(entry);
}

Relayed::Claim Relayed::claim(const Seen::Entry& event, mesh::Duration patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::unique_lock lock(mutex_);
  while (true) {
    if (const auto* content = seen_.find(event.id))
      return *content == event.content ? Claim::duplicate : Claim::another;
    const auto [found, made] = under_way_.emplace(event.id, event.content);
    if (made) return Claim::mine;
    if (found->second != event.content) return Claim::another;
    if (ended_.wait_until(lock, deadline) == std::cv_status::timeout) return Claim::under_way;
  }
}

void Relayed::end(const Seen::Entry& event, bool published) {
  {
    const std::lock_guard lock(mutex_);
    under_way_.erase(event.id);
    if (published) seen_.add(event);
  }
  ended_.notify_all();
}

mesh::Result<std::vector<Seen::Entry>> relayed_before(const std::string& journal, std::size_t count) {
  std::vector<Seen::Entry> known;
  const auto reader = mesh::open_journal_reader(journal);
  if (!reader && reader.error().code == mesh::Errc::journal_missing) return known;
  if (!reader) return reader.error();
  const auto head = (*reader)->head();
  std::vector<mesh::EventView> events;
  const auto visit = [&](const mesh::BatchView& batch) {
    if (!mesh::decode_events(batch, events)) return false;
    for (const auto& event : events) {
      const auto provenance = provenance_of(event, batch.header.origin);
      if (provenance.path_length > 1) known.push_back({provenance.id, provenance.content});
    }
    return true;
  };
  // They are at the end of the journal, among others: a longer end is looked at while it has too few of them.
  for (mesh::Seq width = count; known.size() < count && width <= looked_at_most * count; width *= 4) {
    known.clear();
    if (auto read = (*reader)->read(head > width ? head - width : 0, visit); !read) return read.error();
    if (width >= head) break;
  }
  if (known.size() > count) known.erase(known.begin(), known.end() - static_cast<std::ptrdiff_t>(count));
  return known;
}

}  // namespace node
