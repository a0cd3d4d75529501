#include <nodes/relay/route.hpp>

#include <algorithm>
#include <charconv>

#include <journal/hash.hpp>
#include <tools/zmesh/text/reserved_headers.hpp>

namespace node {
namespace {

template <class Number>
std::optional<Number> number_of(std::optional<std::string_view> text) {
  Number number = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return number;
}

std::uint64_t content_of(const mesh::EventView& event, mesh::WallTime time) {
  auto hash = mesh::detail::hash64(event.payload, static_cast<std::uint64_t>(time));
  const auto add = [&hash](std::string_view text) {
    hash = mesh::detail::hash64(mesh::as_bytes(text), hash);
  };
  if (event.key) add(*event.key);
  mesh::for_each_header(event, [&](std::string_view name, std::string_view value) {
    if (!zmesh::is_reserved_header(name)) add(name), add(value);
  });
  return hash;
}

/// What the headers say, where a relay wrote them.
void take_headers(Provenance& provenance, const mesh::EventView& event, const mesh::Origin& from) {
  const auto path = mesh::find_header(event, path_header);
  const auto first = mesh::find_header(event, origin_header);
  if (!path || !first || !path->ends_with(from.hex()) || !path->starts_with(*first)) return;
  const auto origin = mesh::Origin::from_hex(*first);
  const auto seq = number_of<mesh::Seq>(mesh::find_header(event, seq_header));
  const auto time = number_of<mesh::WallTime>(mesh::find_header(event, time_header));
  if (!origin || !seq || !time) return;
  provenance.id = {*origin, *seq};
  provenance.time = *time;
  provenance.path = *path;
  provenance.path_length = 1 + static_cast<std::size_t>(std::count(path->begin(), path->end(), ','));
}

}  // namespace

Provenance provenance_of(const mesh::EventView& event, const mesh::Origin& from) {
  Provenance provenance{{from, event.seq}, event.time, from.hex()};
  take_headers(provenance, event, from);
  provenance.content = content_of(event, provenance.time);
  return provenance;
}

bool is_loop(const Provenance& provenance, const mesh::Origin& own) {
  return provenance.id.origin == own || provenance.path_length > path_length_max ||
         provenance.path.find(own.hex()) != std::string::npos;
}

std::optional<std::string> route(const Filters& filters, std::string_view topic) {
  for (const auto& prefix : filters.exclude)
    if (topic.starts_with(prefix)) return std::nullopt;
  for (const auto& [from, to] : filters.rename)
    if (topic.starts_with(from)) return to + std::string(topic.substr(from.size()));
  return std::string(topic);
}

}  // namespace node
