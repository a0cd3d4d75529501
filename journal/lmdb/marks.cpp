#include <journal/lmdb/marks.hpp>

#include <cstring>

#include <journal/big_endian.hpp>
#include <journal/hash.hpp>

namespace mesh::lmdb {

namespace {

constexpr std::size_t checksum_size = 8;

template <class T>
std::string to_big(T value) {
  std::string text(sizeof value, '\0');
  detail::store_big(reinterpret_cast<std::byte*>(text.data()), value);
  return text;
}

std::uint64_t checksum_of(Table table, std::string_view key, std::string_view value) {
  const std::uint64_t seed = detail::hash64(as_bytes(key)) + static_cast<std::uint64_t>(table);
  return detail::hash64(as_bytes(value), seed);
}

/// Reads marks one after the other and remembers the first failure.
class MarkReader {
 public:
  explicit MarkReader(const FindMark& find) : find_(find) {}

  std::string text(const char* key) {
    if (error_) return {};
    auto value = find_(key);
    if (!value) {
      error_ = value.error();
    } else if (!*value) {
      error_ = fail(Errc::journal_damaged, std::string("state.mdb has no mark `") + key + "`");
    } else {
      return std::move(**value);
    }
    return {};
  }

  template <class T>
  T number(const char* key) {
    const std::string value = text(key);
    if (!error_ && value.size() != sizeof(T)) {
      error_ = fail(Errc::journal_damaged, std::string("state.mdb's mark `") + key + "` has a wrong size");
    }
    return error_ ? T{0} : detail::load_big<T>(as_bytes(value).data());
  }

  const std::optional<Error>& error() const { return error_; }

 private:
  const FindMark& find_;
  std::optional<Error> error_;
};

}  // namespace

std::vector<MarkEntry> encode_marks(const Marks& marks) {
  const std::string origin(reinterpret_cast<const char*>(marks.origin.bytes.data()),
                           marks.origin.bytes.size());
  return {{"format", to_big(format_version)},
          {"origin", origin},
          {"name", marks.name},
          {"incarnation", to_big(marks.incarnation)},
          {"run", to_big(marks.run)},
          {"boot", marks.boot_id},
          {"clean", to_big(std::uint8_t{marks.clean})},
          {"durability", to_big(static_cast<std::uint8_t>(marks.durability))},
          {"synced", to_big(marks.synced_through)},
          {"newest", to_big(marks.newest_segment)},
          {"holes", to_big(marks.holes_through)},
          {"dropped", to_big(marks.dropped_through)}};
}

Result<Marks> decode_marks(const FindMark& find) {
  auto format = find("format");
  if (!format) return format.error();
  if (!*format || (*format)->size() < sizeof(std::uint32_t)) {
    return fail(Errc::journal_foreign, "state.mdb is an LMDB file, but not a journal's");
  }
  const auto version = detail::load_big<std::uint32_t>(as_bytes(**format).data());
  if (version > format_version) {
    return fail(Errc::journal_newer, "the journal has format version " + std::to_string(version) +
                                         "; this program knows " + std::to_string(format_version));
  }
  MarkReader read(find);
  Marks marks;
  const std::string origin = read.text("origin");
  marks.name = read.text("name");
  marks.incarnation = read.number<std::uint32_t>("incarnation");
  marks.run = read.number<std::uint32_t>("run");
  marks.boot_id = read.text("boot");
  marks.clean = read.number<std::uint8_t>("clean") == 1;
  const auto durability = read.number<std::uint8_t>("durability");
  marks.synced_through = read.number<Seq>("synced");
  marks.newest_segment = read.number<Seq>("newest");
  marks.holes_through = read.number<Seq>("holes");
  marks.dropped_through = read.number<Seq>("dropped");
  if (read.error()) return *read.error();
  if (origin.size() != marks.origin.bytes.size() || version == 0 || durability < 1 || durability > 2) {
    return fail(Errc::journal_damaged, "state.mdb holds impossible marks");
  }
  std::memcpy(marks.origin.bytes.data(), origin.data(), origin.size());
  marks.durability = static_cast<Durability>(durability);
  return marks;
}

std::string seal_value(Table table, std::string_view key, std::string_view value) {
  std::string stored;
  stored.reserve(value.size() + checksum_size);
  stored.append(value);
  stored.append(to_big(checksum_of(table, key, value)));
  return stored;
}

std::optional<std::string_view> unseal_value(Table table, std::string_view key, std::string_view stored) {
  if (stored.size() < checksum_size) return std::nullopt;
  const std::string_view value = stored.substr(0, stored.size() - checksum_size);
  const auto checksum = detail::load_big<std::uint64_t>(as_bytes(stored).data() + value.size());
  if (checksum != checksum_of(table, key, value)) return std::nullopt;
  return value;
}

}  // namespace mesh::lmdb
