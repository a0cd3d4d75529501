#include <journal/big_endian.hpp>
#include <mesh/core/publisher/state_codec.hpp>

namespace mesh::core {
namespace {

constexpr char separator = '\0';
constexpr char copy_mark = '\1';

void append_big(std::string& to, std::uint64_t value) {
  std::byte bytes[8];
  detail::store_big(bytes, value);
  to.append(as_text(bytes));
}

std::uint64_t load(std::string_view from) {
  return detail::load_big<std::uint64_t>(as_bytes(from).data());
}

Error damaged() {
  return fail(Errc::journal_damaged, "the journal's state has a key that does not decode");
}

}  // namespace

std::string event_key(std::string_view group, Seq seq) {
  std::string key(group);
  key.push_back(separator);
  append_big(key, seq);
  return key;
}

std::string copy_key(std::string_view group, Seq seq) {
  return event_key(group, seq) + copy_mark;
}

std::string number_key(std::uint64_t number) {
  std::string key;
  append_big(key, number);
  return key;
}

Result<EventKey> parse_event_key(std::string_view key) {
  const std::size_t end = key.find(separator);
  if (end == std::string_view::npos) return damaged();
  const std::string_view rest = key.substr(end + 1);
  const bool copy = rest.size() == 9 && rest.back() == copy_mark;
  if (rest.size() != 8 && !copy) return damaged();
  EventKey out{key.substr(0, end), load(rest), copy};
  if (!valid_name(out.group) || out.seq == 0) return damaged();
  return out;
}

Result<std::uint64_t> parse_number_key(std::string_view key) {
  if (key.size() != 8) return damaged();
  return load(key);
}

}  // namespace mesh::core
