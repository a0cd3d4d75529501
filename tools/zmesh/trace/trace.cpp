#include <tools/zmesh/trace/trace.hpp>

#include <algorithm>
#include <charconv>

#include <journal/journal.hpp>
#include <mesh/admin.hpp>
#include <tools/zmesh/console.hpp>
#include <tools/zmesh/registry/where.hpp>
#include <tools/zmesh/sniff/stream.hpp>
#include <tools/zmesh/text/json_text.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

/// Keeps what comes.
class TraceSink final : public StreamSink {
 public:
  bool event(const SniffItem& item) override {
    auto kept = own_event(item.event);
    kept.source = item.source;
    items_.push_back(std::move(kept));
    return true;
  }

  void mark(const std::string&, const std::string&) override {}

  bool pause() override { return true; }

  std::vector<SniffItem>& items() { return items_; }

 private:
  std::vector<SniffItem> items_;
};

struct Wanted {
  std::vector<mesh::Seq> seqs;
  std::string key;
};

/// What is no seq is a key.
mesh::Result<Wanted> understand(const TraceOptions& options) {
  Wanted wanted{{}, options.key};
  for (const auto& text : options.wanted) {
    mesh::Seq seq = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seq);
    if (error == std::errc() && end == text.data() + text.size()) {
      wanted.seqs.push_back(seq);
    } else if (options.wanted.size() == 1 && wanted.key.empty()) {
      wanted.key = text;
    } else {
      return mesh::fail(mesh::Errc::invalid_argument,
                        "'" + text + "' is no SEQ; one key is named alone, or by --key");
    }
  }
  if (wanted.seqs.empty() == wanted.key.empty())
    return mesh::fail(mesh::Errc::invalid_argument, "name either SEQs or a key");
  return wanted;
}

mesh::Result<void> find_events(const TraceOptions& options, const Wanted& wanted, const Where& where,
                               std::vector<SniffItem>& items, Interrupt& interrupt) {
  StreamOptions stream;
  // From the journal where there is one: that costs the publisher nothing.
  if (where.journal.empty()) {
    stream.endpoints = {where.endpoint};
  } else {
    stream.journals = {where.journal};
  }
  stream.marks = false;
  TraceSink sink;
  if (!wanted.key.empty()) {
    std::string key;
    append_string(key, wanted.key);
    stream.filter.where = {"key=" + key};
    if (where.journal.empty()) {
      stream.start.from = mesh::Start{mesh::Start::Kind::earliest, 0, 0};
    } else {
      stream.start.last = options.last;
    }
    const auto end = run_stream(stream, sink, interrupt);
    if (!end) return end.error();
    if (end->error) return *end->error;
  }
  for (const auto seq : wanted.seqs) {
    stream.filter.where.clear();
    stream.start = {};
    stream.start.from = mesh::Start{mesh::Start::Kind::seq, seq, 0};
    stream.count = 1;
    const auto before = sink.items().size();
    const auto end = run_stream(stream, sink, interrupt);
    if (!end) return end.error();
    if (end->error) return *end->error;
    if (sink.items().size() > before && sink.items().back().event.seq != seq) sink.items().pop_back();
    if (sink.items().size() == before)
      return mesh::fail(mesh::Errc::not_found, "there is no event #" + std::to_string(seq) +
                                                   " (never committed, or dropped by retention)");
  }
  items = std::move(sink.items());
  if (items.size() > options.last && !wanted.key.empty())
    items.erase(items.begin(), items.end() - static_cast<std::ptrdiff_t>(options.last));
  return {};
}

/// How the groups are doing, by their publisher; empty: it is not known where it is, or it does not answer.
std::vector<mesh::GroupStatus> ask_statuses(const Where& where, mesh::Duration timeout) {
  if (where.endpoint.empty()) return {};
  auto admin = mesh::Admin::connect(where.endpoint, timeout);
  if (!admin) return {};
  auto list = admin->groups();
  if (!list) return {};
  return std::move(list->groups);
}

}  // namespace

std::string_view to_string(GroupTrace::State state) {
  switch (state) {
    case GroupTrace::State::unwanted:
      return "unwanted";
    case GroupTrace::State::settled:
      return "settled";
    case GroupTrace::State::pending:
      return "pending";
    case GroupTrace::State::waiting:
      return "waiting";
    case GroupTrace::State::behind:
      return "behind";
    case GroupTrace::State::in_flight:
      return "in_flight";
    case GroupTrace::State::parked:
      return "parked";
    case GroupTrace::State::discarded:
      return "discarded";
  }
  return "unknown";
}

ExitCode trace(const TraceOptions& options) {
  const auto wanted = understand(options);
  if (!wanted) return report(wanted.error());
  auto where = find_where(options.where);
  if (!where) return report(where.error());
  // Where its journal is another user's, the publisher can be asked.
  if (!where->endpoint.empty() && !where->journal.empty() && !mesh::open_journal_reader(where->journal))
    where->journal.clear();
  Interrupt interrupt;
  std::vector<SniffItem> items;
  if (const auto found = find_events(options, *wanted, *where, items, interrupt); !found)
    return report(found.error());
  if (items.empty()) {
    complain("no event has that key");
    return ExitCode::failure;
  }
  const auto timeout = parse_duration(options.timeout).value();
  const auto statuses = ask_statuses(*where, timeout);
  std::string out;
  for (const auto& item : items) {
    auto groups = where->journal.empty() ? trace_by_asking(where->endpoint, timeout, item.event)
                                         : trace_in_journal(where->journal, item.event);
    if (!groups) return report(groups.error());
    for (auto& group : *groups) {
      const auto status = std::find_if(statuses.begin(), statuses.end(),
                                       [&](const auto& one) { return one.group == group.group; });
      if (status == statuses.end()) continue;
      tell_way(group, *status, item.event.seq, item.event.slot);
      tell_incidents(group, *status, item.event.seq);
    }
    if (!options.group.empty())
      std::erase_if(*groups, [&](const auto& group) { return group.group != options.group; });
    if (!out.empty() && !options.json) out += '\n';
    out += options.json ? trace_json(item, *groups) : trace_text(item, *groups);
  }
  return write_out(out) ? ExitCode::ok : report_stdout();
}

}  // namespace zmesh
