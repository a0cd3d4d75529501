#include <tools/zmesh/text/input_line.hpp>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include <tools/zmesh/text/json_check.hpp>
#include <tools/zmesh/text/json_text.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

using Json = nlohmann::ordered_json;
using mesh::Errc;
using mesh::fail;

constexpr std::array<std::string_view, 8> ignored_fields = {"origin",      "name",     "seq",  "attempt",
                                                            "redelivered", "redrives", "time", "slot"};

mesh::Error bad_line(std::string text) {
  return fail(Errc::invalid_argument, std::move(text));
}

}  // namespace

mesh::Result<mesh::EventInput> InputLine::parse(std::string_view line) {
  // The payload is one level down; packing recurses, so the depth is looked at first.
  if (auto trouble = json_trouble(line, payload_depth_max + 1)) return bad_line(std::move(*trouble));
  const auto object = Json::parse(line);
  if (!object.is_object()) return bad_line("not a JSON object");

  mesh::EventInput event;
  event.topic = topic_;
  if (key_) event.key = *key_;
  header_texts_.clear();
  headers_.clear();
  packed_.clear();
  origin_.reset();
  seq_ = 0;
  time_ = 0;
  bool has_payload = false;
  for (const auto& [name, value] : object.items()) {
    if (name == "topic") {
      if (!value.is_string()) return bad_line("topic is not a string");
      line_topic_ = value.get_ref<const std::string&>();
      event.topic = line_topic_;
    } else if (name == "key") {
      if (value.is_null()) continue;
      if (!value.is_string()) return bad_line("key is not a string");
      line_key_ = value.get_ref<const std::string&>();
      event.key = line_key_;
    } else if (name == "headers") {
      if (value.is_null()) continue;
      if (!value.is_object()) return bad_line("headers is not an object");
      for (const auto& [header, text] : value.items()) {
        if (!text.is_string()) return bad_line("header '" + header + "' is not a string");
        header_texts_.emplace_back(header, text.template get<std::string>());
      }
    } else if (name == "payload" || name == "payload_base64") {
      if (has_payload) return bad_line("both payload and payload_base64");
      has_payload = true;
      if (name == "payload") {
        Json::to_msgpack(value, packed_);
        event.payload = {reinterpret_cast<const std::byte*>(packed_.data()), packed_.size()};
      } else {
        if (!value.is_string() || !decode_base64(value.get_ref<const std::string&>(), decoded_)) {
          return bad_line("payload_base64 is not base64");
        }
        event.payload = mesh::as_bytes(decoded_);
      }
    } else if (name == "origin" && value.is_string()) {
      origin_ = mesh::Origin::from_hex(value.get_ref<const std::string&>());
    } else if (name == "seq" && value.is_number_unsigned()) {
      seq_ = value.get<mesh::Seq>();
    } else if (name == "time" && value.is_string()) {
      if (const auto time = parse_time(value.get_ref<const std::string&>())) time_ = *time;
    } else if (std::find(ignored_fields.begin(), ignored_fields.end(), name) == ignored_fields.end()) {
      return bad_line("unknown field '" + name + "'");
    }
  }
  for (const auto& [name, text] : header_texts_) headers_.emplace_back(name, text);
  event.headers = headers_;
  if (event.topic.empty()) return bad_line("no topic (in the line, or by --topic)");
  return event;
}

}  // namespace zmesh
