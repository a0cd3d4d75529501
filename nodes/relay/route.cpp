#include <nodes/relay/route.hpp>

#include <algorithm>
#include <charconv>

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

}  // namespace

Provenance provenance_of(const mesh::EventView& event, const mesh::Origin& from) {
  Provenance provenance{{from, event.seq}, event.time, from.hex(), 1};
  const auto origin_text = mesh::find_header(event, origin_header);
  const auto origin = origin_text ? mesh::Origin::from_hex(*origin_text) : std::nullopt;
  const auto seq = number_of<mesh::Seq>(mesh::find_header(event, seq_header));
  const auto time = number_of<mesh::WallTime>(mesh::find_header(event, time_header));
  if (!origin || !seq || !time) return provenance;
  provenance.id = {*origin, *seq};
  provenance.time = *time;
  if (const auto path = mesh::find_header(event, path_header); path && !path->empty()) {
    provenance.path_length += 1 + static_cast<std::size_t>(std::count(path->begin(), path->end(), ','));
    provenance.path = std::string(*path) + "," + provenance.path;
  }
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
