// From what was named on the command line to sources of which no two show the same events.

#include <algorithm>
#include <filesystem>
#include <map>

#include <mesh/admin.hpp>
#include <tools/zmesh/console.hpp>
#include <tools/zmesh/registry/registry.hpp>
#include <tools/zmesh/sniff/stream.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

struct Named {
  std::string endpoint;
  std::string journal;
};

/// What is known of each source before it is opened.
struct Resolved {
  SourceOptions source;
  std::string origin;  ///< hex; empty: it does not answer
};

std::vector<Named> named_sources(const StreamOptions& options) {
  std::vector<Named> named;
  for (const auto& endpoint : options.endpoints) named.push_back({endpoint, ""});
  for (const auto& journal : options.journals) named.push_back({"", journal});
  if (!named.empty() && options.names.empty()) return named;
  for (const auto& entry : registry_entries()) {
    const auto& names = options.names;
    if (!names.empty() && std::find(names.begin(), names.end(), entry.name) == names.end()) continue;
    named.push_back({entry.control, entry.journal});
  }
  return named;
}

mesh::Result<std::string> journal_origin(const std::string& journal) {
  const auto opened = mesh::open_journal_reader(journal);
  if (!opened) return opened.error();
  return (*opened)->identity().origin.hex();
}

mesh::Result<std::string> publisher_origin(const std::string& endpoint) {
  auto admin = mesh::Admin::connect(endpoint, 3s);
  if (!admin) return admin.error();
  const auto info = admin->info();
  if (!info) return info.error();
  return info->origin.hex();
}

/// Another name of a publisher that we have: its journal or endpoint completes it.
bool folded(std::vector<Resolved>& all, const Resolved& other) {
  for (auto& known : all) {
    if (other.origin.empty() || known.origin != other.origin) continue;
    if (known.source.endpoint.empty()) known.source.endpoint = other.source.endpoint;
    if (known.source.journal.empty()) known.source.journal = other.source.journal;
    return true;
  }
  return false;
}

mesh::Result<Resolved> resolve_one(const Named& named, const StreamOptions& options) {
  Resolved resolved;
  auto& source = resolved.source;
  source.endpoint = named.endpoint;
  source.journal = named.journal;
  source.start = options.start;
  source.marks = options.marks;
  source.event_size_max = options.event_bytes_max;
  source.log = [log = notices(options.verbose)](const mesh::Notice& notice) {
    // These are told in the flow.
    if (notice.code != "link.lost" && notice.code != "publisher.incarnation" &&
        notice.code != "event.expired")
      log(notice);
  };
  const auto origin =
      named.endpoint.empty() ? journal_origin(named.journal) : publisher_origin(named.endpoint);
  if (!origin) return origin.error();
  resolved.origin = *origin;
  return resolved;
}

}  // namespace

mesh::Result<std::vector<SourceOptions>> resolve_sources(const StreamOptions& options) {
  const auto named = named_sources(options);
  if (named.empty()) {
    return mesh::fail(
        mesh::Errc::unreachable,
        options.names.empty()
            ? "no publisher was found on this machine: name a control endpoint, or --journal DIR"
            : "no node of that name was found on this machine (zmesh publishers lists them)");
  }
  std::vector<Resolved> all;
  std::optional<mesh::Error> first_error;
  for (const auto& one : named) {
    auto resolved = resolve_one(one, options);
    if (resolved) {
      if (!folded(all, *resolved)) all.push_back(std::move(*resolved));
      continue;
    }
    if (named.size() == 1)
      return mesh::fail(resolved.error().code,
                        (one.endpoint.empty() ? one.journal : one.endpoint) + ": " + resolved.error().text);
    report(one.endpoint.empty() ? one.journal : one.endpoint, resolved.error());
    if (!first_error) first_error = resolved.error();
  }
  if (all.empty()) return *first_error;
  std::vector<SourceOptions> sources;
  for (auto& resolved : all) {
    // A publisher that runs is followed unless its end was asked for by a place to begin; a journal only when
    // told.
    const bool live = !resolved.source.endpoint.empty() && !options.start.from && options.start.last == 0;
    resolved.source.follow = options.follow || live;
    if (resolved.source.endpoint.empty() && !options.start.from && options.start.last == 0 && !options.follow)
      resolved.source.start.from = mesh::Start{mesh::Start::Kind::earliest, 0, 0};
    sources.push_back(std::move(resolved.source));
  }
  return sources;
}

}  // namespace zmesh
