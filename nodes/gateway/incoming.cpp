#include <nodes/gateway/incoming.hpp>

#include <algorithm>

#include <tools/zmesh/text/reserved_headers.hpp>

namespace node {
namespace {

using mesh::Errc;

bool is_any(std::string_view type, std::initializer_list<std::string_view> wanted) {
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return std::find(wanted.begin(), wanted.end(), type) != wanted.end();
}

class BodyReader {
 public:
  BodyReader(const http::Request& request, std::size_t event_size_max, std::size_t events_max)
      : request_(request), event_size_max_(event_size_max), events_max_(events_max) {
    if (request.path.size() == 3) topic_ = request.path[2];
    if (const auto key = request.parameter("key")) key_ = std::string(*key);
  }

  Incoming read() {
    const auto type = request_.header("content-type");
    if (is_any(type, {"application/octet-stream", "application/msgpack", "application/x-msgpack"})) {
      mesh::EventInput event{
          request_.path.size() == 3 ? std::string_view(request_.path[2]) : std::string_view(),
          request_.parameter("key"),
          {},
          mesh::as_bytes(request_.body)};
      add(event);
    } else if (is_any(type, {"application/x-ndjson", "application/ndjson", "application/jsonl",
                             "application/json-lines", "application/jsonlines", "application/x-jsonlines"})) {
      read_lines();
    } else if (parse(request_.body)) {
      const auto topic = incoming_.events.front().topic;
      if (!topic_.empty() && topic != topic_)
        fail(mesh::fail(Errc::invalid_topic, "the path has the topic '" + topic_ + "', the event '" +
                                                 std::string(topic) + "': leave one out"));
    }
    return std::move(incoming_);
  }

 private:
  bool fail(mesh::Error error) {
    incoming_.error = std::move(error);
    return false;
  }

  void read_lines() {
    incoming_.lines = true;
    for (std::string_view rest = request_.body; !rest.empty();) {
      ++incoming_.line;
      auto line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      if (incoming_.events.size() == events_max_) {
        fail(mesh::fail(Errc::invalid_argument,
                        "more than " + std::to_string(events_max_) + " events in one request"));
        return;
      }
      if (!parse(line)) return;
    }
    incoming_.line = 0;
    if (incoming_.events.empty()) fail(mesh::fail(Errc::invalid_argument, "there is no event in the body"));
  }

  bool parse(std::string_view line) {
    auto event = incoming_.parsed.emplace_back(topic_, key_).parse(line);
    return event ? add(*event) : fail(event.error());
  }

  bool add(const mesh::EventInput& event) {
    if (auto checked = mesh::check_event(event, event_size_max_); !checked) return fail(checked.error());
    if (auto checked = zmesh::check_no_reserved_headers(event); !checked) return fail(checked.error());
    incoming_.events.push_back(event);
    return true;
  }

  const http::Request& request_;
  const std::size_t event_size_max_;
  const std::size_t events_max_;
  std::string topic_;
  std::optional<std::string> key_;
  Incoming incoming_;
};

}  // namespace

Incoming Incoming::read(const http::Request& request, std::size_t event_size_max, std::size_t events_max) {
  return BodyReader(request, event_size_max, events_max).read();
}

}  // namespace node
