// A line that `pub` reads, as an event to publish.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <journal/batch.hpp>

namespace zmesh {

/// One line of JSON: {"topic", "key", "headers", "payload" | "payload_base64"}. The payload is any JSON
/// value, carried as MessagePack; without one the event has no bytes. What `sub` and `sniff --json` print
/// besides (origin, name, seq, attempt, ...) is accepted and ignored, so that their lines can be published
/// again; any other field is an error, since it is a spelling mistake. So is what would not arrive as it
/// stands: a name that an object has twice, an integer beyond 64 bits.
class InputLine {
 public:
  /// Used for lines that do not say.
  InputLine(std::string topic, std::optional<std::string> key)
      : topic_(std::move(topic)), key_(std::move(key)) {}

  /// Error: invalid_argument with what is wrong. The event's views are valid until the next call.
  mesh::Result<mesh::EventInput> parse(std::string_view line);

  // What the last line said besides, where it was printed by us: of its origin, its seq, its time; else
  // nothing, 0.
  const std::optional<mesh::Origin>& origin() const { return origin_; }

  mesh::Seq seq() const { return seq_; }

  mesh::WallTime time() const { return time_; }

 private:
  std::string topic_;
  std::optional<std::string> key_;
  std::string line_topic_;
  std::string line_key_;
  std::vector<std::pair<std::string, std::string>> header_texts_;
  std::vector<mesh::Header> headers_;
  std::vector<std::uint8_t> packed_;
  std::string decoded_;
  std::optional<mesh::Origin> origin_;
  mesh::Seq seq_ = 0;
  mesh::WallTime time_ = 0;
};

}  // namespace zmesh
