#include <nodes/http/exchange.hpp>
#include <nodes/http/target.hpp>

namespace node::http {
namespace {

int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

bool decode(std::string_view text, bool query, std::string& out) {
  out.clear();
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += query && text[at] == '+' ? ' ' : text[at];
      continue;
    }
    if (at + 2 >= text.size()) return false;
    const int high = hex_digit(text[at + 1]), low = hex_digit(text[at + 2]);
    if (high < 0 || low < 0) return false;
    out += static_cast<char>(high << 4 | low);
    at += 2;
  }
  return true;
}

}  // namespace

std::string_view Request::header(std::string_view name) const {
  for (const auto& [known, value] : headers)
    if (known == name) return value;
  return {};
}

std::optional<std::string_view> Request::parameter(std::string_view name) const {
  for (const auto& [known, value] : query)
    if (known == name) return value;
  return std::nullopt;
}

bool parse_target(std::string_view target, Request& request) {
  const auto mark = std::min(target.find('?'), target.size());
  auto path = target.substr(0, mark);
  if (!path.starts_with('/')) return false;
  std::string decoded;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto part = path.substr(0, path.find('/'));
    if (!decode(part, false, decoded)) return false;
    request.path.push_back(decoded);
    path.remove_prefix(part.size());
  }
  auto query = target.substr(std::min(target.size(), mark + 1));
  while (!query.empty()) {
    const auto part = query.substr(0, query.find('&'));
    const auto equals = std::min(part.find('='), part.size());
    std::string name;
    if (!decode(part.substr(0, equals), true, name)) return false;
    if (!decode(part.substr(std::min(part.size(), equals + 1)), true, decoded)) return false;
    if (!part.empty()) request.query.emplace_back(name, decoded);
    query.remove_prefix(std::min(query.size(), part.size() + 1));
  }
  return true;
}

}  // namespace node::http
