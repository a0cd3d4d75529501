#include <nodes/gateway/group_request.hpp>

#include <algorithm>
#include <charconv>

#include <journal/topic.hpp>
#include <tools/zmesh/text/times.hpp>

namespace node {
namespace {

using namespace std::chrono_literals;

constexpr mesh::Duration wait_max = 60s;
constexpr mesh::Duration wait_default = 20s;

mesh::Error bad_request(std::string text) {
  return mesh::fail(mesh::Errc::invalid_argument, std::move(text));
}

mesh::Result<std::size_t> count_of(const http::Request& request, std::size_t most) {
  const auto text = request.parameter("max");
  if (!text) return most;
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
  if (error != std::errc() || end != text->data() + text->size() || count == 0)
    return bad_request("max must be a number above 0");
  return std::min(count, most);
}

mesh::Result<mesh::Duration> wait_of(const http::Request& request) {
  const auto text = request.parameter("wait");
  if (!text) return wait_default;
  const auto wait = zmesh::parse_duration(*text, 1s);
  if (!wait || *wait < 0s) return bad_request("wait must be a duration, such as 20s");
  return std::min(*wait, wait_max);
}

}  // namespace

mesh::Result<GroupRequest> read_group_request(const http::Request& request, std::size_t most) {
  GroupRequest wanted;
  wanted.group = request.path.at(2);
  if (!mesh::valid_name(wanted.group)) return bad_request("'" + wanted.group + "' is not a name for a group");
  for (const auto& [name, value] : request.query)
    if (name != "max" && name != "wait" && name != "prefix" && name != "create")
      return bad_request("parameter '" + name + "' is not known");
  const auto count = count_of(request, most);
  if (!count) return count.error();
  wanted.count = *count;
  const auto wait = wait_of(request);
  if (!wait) return wait.error();
  wanted.wait = *wait;
  for (const auto& [name, value] : request.query)
    if (name == "prefix" && !value.empty()) wanted.prefixes.push_back(value);
  for (const auto& prefix : wanted.prefixes)
    if (auto checked = mesh::check_prefix(prefix); !checked) return checked.error();
  std::sort(wanted.prefixes.begin(), wanted.prefixes.end());
  const auto create = request.parameter("create").value_or("false");
  if (create != "true" && create != "false") return bad_request("create must be true or false");
  wanted.create = create == "true";
  wanted.streams = request.path.at(3) == "stream" || request.header("accept") == "text/event-stream";
  if (wanted.streams && request.parameter("wait"))
    return bad_request("wait is for a long poll (/events): a stream goes on until its reader closes it");
  return wanted;
}

}  // namespace node
