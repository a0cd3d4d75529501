#include <nodes/gateway/settle_request.hpp>

#include <nlohmann/json.hpp>

#include <mesh/model/policy.hpp>
#include <tools/zmesh/text/times.hpp>

namespace node {
namespace {

mesh::Error bad_answer(std::string text) {
  return mesh::fail(mesh::Errc::invalid_argument, std::move(text));
}

struct Texts {
  std::vector<std::string> deliveries;
  std::string reason, delay;
};

mesh::Result<Texts> read_body(const std::string& body) {
  const auto object = nlohmann::json::parse(body, nullptr, false);
  if (!object.is_object()) return bad_answer("the body is not a JSON object");
  Texts texts;
  for (const auto& [name, value] : object.items()) {
    if (name == "deliveries" && value.is_array()) {
      for (const auto& delivery : value) {
        if (!delivery.is_string()) return bad_answer("deliveries is not a list of strings");
        texts.deliveries.push_back(delivery.get<std::string>());
      }
    } else if (name == "delivery" && value.is_string()) {
      texts.deliveries.push_back(value.get<std::string>());
    } else if (name == "reason" && value.is_string()) {
      texts.reason = value.get<std::string>();
    } else if (name == "delay" && value.is_string()) {
      texts.delay = value.get<std::string>();
    } else {
      return bad_answer("field '" + name + "' is not known, or not of its type");
    }
  }
  return texts;
}

mesh::Result<Texts> read_query(const http::Request& request) {
  Texts texts;
  for (const auto& [name, value] : request.query) {
    if (name == "delivery")
      texts.deliveries.push_back(value);
    else if (name == "reason")
      texts.reason = value;
    else if (name == "delay")
      texts.delay = value;
    else
      return bad_answer("parameter '" + name + "' is not known");
  }
  return texts;
}

}  // namespace

mesh::Result<SettleRequest> read_settle(const http::Request& request, std::string_view verb) {
  auto texts = request.body.empty() ? read_query(request) : read_body(request.body);
  if (!texts) return texts.error();
  if (texts->deliveries.empty()) return bad_answer("no delivery is named");
  if (!texts->delay.empty() && verb != "retry") return bad_answer("only a retry has a delay");
  if (!texts->reason.empty() && verb == "ack") return bad_answer("an ack has no reason");
  SettleRequest settle{std::move(texts->deliveries), mesh::ack()};
  if (verb == "park") settle.outcome = mesh::park(texts->reason.empty() ? "parked by HTTP" : texts->reason);
  if (verb != "retry") return settle;
  std::optional<mesh::Duration> delay;
  if (!texts->delay.empty()) {
    const auto parsed = zmesh::parse_duration(texts->delay);
    if (!parsed || *parsed < mesh::Duration{0} || *parsed > mesh::delay_max)
      return bad_answer("delay must be a duration of 0s to 30d");
    delay = *parsed;
  }
  settle.outcome = mesh::retry(texts->reason.empty() ? "retried by HTTP" : texts->reason, delay);
  return settle;
}

}  // namespace node
