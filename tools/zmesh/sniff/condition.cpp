#include <tools/zmesh/sniff/condition.hpp>

#include <charconv>
#include <nlohmann/json.hpp>

namespace zmesh {
namespace {

using Json = nlohmann::ordered_json;

mesh::Error bad_condition(std::string_view text, std::string_view why) {
  return mesh::fail(
      mesh::Errc::invalid_argument,
      "'" + std::string(text) + "' is no condition such as data.amount>100: " + std::string(why));
}

/// A number, true, false, null, a quoted string; anything else is itself.
Json value_of(std::string_view text) {
  auto value = Json::parse(text, nullptr, false);
  if (value.is_discarded() || value.is_structured()) return std::string(text);
  return value;
}

/// "data.items[0].price" to data, items, 0, price; a header's name may have dots: headers.NAME takes the
/// rest.
std::vector<std::string> words_of(std::string_view field) {
  for (const std::string_view root : {"headers.", "header."}) {
    if (field.starts_with(root)) return {"headers", std::string(field.substr(root.size()))};
  }
  std::vector<std::string> words(1);
  for (const char symbol : field) {
    if (symbol == '.' || symbol == '[') {
      words.emplace_back();
    } else if (symbol != ']') {
      words.back() += symbol;
    }
  }
  if (words.front() == "payload") words.front() = "data";
  return words;
}

const Json* below(const Json* json, const std::string& word) {
  if (json->is_object()) {
    const auto found = json->find(word);
    return found == json->end() ? nullptr : &*found;
  }
  if (!json->is_array()) return nullptr;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), index);
  if (error != std::errc{} || end != word.data() + word.size() || index >= json->size()) return nullptr;
  return &(*json)[index];
}

/// -1, 0 or 1; 2 where the two cannot be compared.
int compare_json(const Json& left, const Json& right) {
  if (left.is_number() && right.is_number()) return left < right ? -1 : right < left ? 1 : 0;
  if (left.is_string() && right.is_string()) {
    const auto order = left.get_ref<const std::string&>().compare(right.get_ref<const std::string&>());
    return order < 0 ? -1 : order > 0 ? 1 : 0;
  }
  // key=17 is meant as text, as keys and headers are.
  if (left.is_string() && !right.is_string()) {
    return compare_json(left, right.dump());
  }
  return left == right ? 0 : 2;
}

std::string text_of_json(const Json& json) {
  return json.is_string() ? json.get<std::string>()
                          : json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

mesh::Result<Condition> Condition::parse(std::string_view text) {
  constexpr std::pair<std::string_view, Op> operators[] = {
      {"!=", Op::unequal}, {">=", Op::greater_equal}, {"<=", Op::less_equal}, {"==", Op::equal},
      {"=", Op::equal},    {">", Op::greater},        {"<", Op::less},        {"~", Op::finds}};
  Condition condition;
  condition.text_ = text;
  const auto at = text.find_first_of("=!<>~");
  auto field = text.substr(0, at);
  while (field.ends_with(' ')) field.remove_suffix(1);
  if (at != std::string_view::npos) {
    auto rest = text.substr(at);
    for (const auto& [name, op] : operators) {
      if (!rest.starts_with(name)) continue;
      condition.op_ = op;
      rest.remove_prefix(name.size());
      break;
    }
    if (condition.op_ == Op::there) return bad_condition(text, "the operators are = != > >= < <= ~");
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    if (condition.op_ == Op::finds) {
      auto regex = Regex::compile(std::string(rest));
      if (!regex) return regex.error();
      condition.regex_ = std::make_shared<Regex>(std::move(*regex));
    } else {
      condition.value_ = std::make_shared<Json>(value_of(rest));
    }
  }
  auto words = words_of(field);
  condition.root_ = words.front();
  constexpr std::string_view roots[] = {"data", "headers", "topic", "key", "seq", "size"};
  if (std::find(std::begin(roots), std::end(roots), condition.root_) == std::end(roots))
    return bad_condition(text, "the fields are data, headers.NAME, topic, key, seq and size");
  condition.path_.assign(words.begin() + 1, words.end());
  if (condition.root_ == "headers" && condition.path_.empty()) return bad_condition(text, "which header?");
  if (condition.root_ != "headers" && condition.root_ != "data" && !condition.path_.empty())
    return bad_condition(text, "only data and headers have parts");
  return condition;
}

nlohmann::ordered_json Condition::field(const mesh::EventView& event,
                                        const nlohmann::ordered_json& data) const {
  if (root_ == "data") {
    const Json* at = &data;
    for (const auto& word : path_) {
      at = below(at, word);
      if (at == nullptr) return {};
    }
    return *at;
  }
  if (root_ == "headers") {
    const auto value = mesh::find_header(event, path_.front());
    return value ? Json(std::string(*value)) : Json();
  }
  if (root_ == "topic") return std::string(event.topic);
  if (root_ == "key") return event.key ? Json(std::string(*event.key)) : Json();
  if (root_ == "seq") return event.seq;
  return event.payload.size();
}

bool Condition::holds(const mesh::EventView& event, const nlohmann::ordered_json& data) const {
  const auto found = field(event, data);
  if (op_ == Op::there) return !found.is_null() && found != Json(false);
  if (op_ == Op::finds) return !found.is_null() && regex_->finds(text_of_json(found));
  const int order = compare_json(found, *value_);
  switch (op_) {
    case Op::equal:
      return order == 0;
    case Op::unequal:
      return order != 0;
    case Op::greater:
      return order == 1;
    case Op::greater_equal:
      return order == 0 || order == 1;
    case Op::less:
      return order == -1;
    case Op::less_equal:
      return order == 0 || order == -1;
    default:
      return false;
  }
}

}  // namespace zmesh
