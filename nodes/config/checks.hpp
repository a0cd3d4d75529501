// What single texts of the configuration must look like. Each returns what is wrong, or nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace node {

std::string check_name(const std::string& text);
std::string check_listen(const std::string& text);
std::string check_host(const std::string& text);
std::string check_endpoint(const std::string& text);
std::string check_group(const std::string& text);
std::string check_prefix_text(const std::string& text);
std::string check_start(const std::string& text);
std::string check_rename(const std::string& text);
std::string check_url(const std::string& text);

struct Listen {
  std::string address;  ///< an IPv4 or IPv6 address
  std::uint16_t port = 0;

  bool all() const { return address == "0.0.0.0" || address == "*" || address == "::"; }

  bool loopback() const { return address == "::1" || address.starts_with("127."); }
};

/// "127.0.0.1:8480", "[::1]:8480", "localhost:8480".
std::optional<Listen> parse_listen(std::string_view text);

/// "5601"; also "*" and 0, a free one, as 0.
std::optional<std::uint16_t> parse_port(std::string_view text);

/// Of "tcp://ADDRESS:PORT"; nothing: it is another endpoint, or not valid.
std::optional<Listen> parse_tcp(std::string_view endpoint);

/// Both cannot be listened at: the same port (not 0) of the same address, or of all.
bool overlap(const Listen& one, const Listen& other);

/// "mail=booking.,payment." as its name and prefixes.
std::pair<std::string, std::vector<std::string>> split_group(std::string_view text);

}  // namespace node
