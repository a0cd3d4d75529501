#include <journal/identity.hpp>

namespace mesh {

namespace {

int hex_digit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  return -1;
}

}  // namespace

std::string Origin::hex() const {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    text.push_back(digits[byte >> 4]);
    text.push_back(digits[byte & 15]);
  }
  return text;
}

std::optional<Origin> Origin::from_hex(std::string_view hex) {
  Origin origin;
  if (hex.size() != 2 * origin.bytes.size()) return std::nullopt;
  for (std::size_t i = 0; i < origin.bytes.size(); ++i) {
    const int high = hex_digit(hex[2 * i]);
    const int low = hex_digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    origin.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return origin;
}

Bytes::Bytes(std::vector<std::byte>&& data) {
  auto owner = std::make_shared<const std::vector<std::byte>>(std::move(data));
  view_ = *owner;
  owner_ = std::move(owner);
}

Bytes Bytes::copy(ByteView view) {
  return Bytes(std::vector<std::byte>(view.begin(), view.end()));
}

}  // namespace mesh
