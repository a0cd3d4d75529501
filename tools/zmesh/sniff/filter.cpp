#include <tools/zmesh/sniff/filter.hpp>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include <tools/zmesh/text/payload_show.hpp>

namespace zmesh {
namespace {

mesh::Result<std::vector<TopicPattern>> patterns_of(const std::vector<std::string>& texts) {
  std::vector<TopicPattern> patterns;
  for (const auto& text : texts) {
    auto pattern = TopicPattern::parse(text);
    if (!pattern) return pattern.error();
    patterns.push_back(std::move(*pattern));
  }
  return patterns;
}

/// Without those that a shorter one covers; none at all for every topic.
std::vector<std::string> prefixes_of(const std::vector<TopicPattern>& patterns) {
  std::vector<std::string> prefixes, kept;
  for (const auto& pattern : patterns) prefixes.push_back(pattern.prefix());
  std::sort(prefixes.begin(), prefixes.end());
  for (auto& prefix : prefixes) {
    if (prefix.empty()) return {};
    if (kept.empty() || !prefix.starts_with(kept.back())) kept.push_back(std::move(prefix));
  }
  return kept;
}

bool take_number(std::string_view text, double& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

/// Spreads seqs evenly over [0, 1).
double spread(mesh::Seq seq) {
  std::uint64_t mixed = seq * 0x9e3779b97f4a7c15ull;
  mixed ^= mixed >> 29;
  mixed *= 0xbf58476d1ce4e5b9ull;
  return static_cast<double>(mixed >> 11) / static_cast<double>(1ull << 53);
}

}  // namespace

mesh::Result<double> parse_share(std::string_view text) {
  double share = 0, parts = 0;
  const auto slash = text.find('/');
  bool good = false;
  if (slash != std::string_view::npos) {
    good =
        take_number(text.substr(0, slash), share) && take_number(text.substr(slash + 1), parts) && parts > 0;
    share = good ? share / parts : 0;
  } else if (text.ends_with('%')) {
    good = take_number(text.substr(0, text.size() - 1), share);
    share /= 100;
  } else {
    good = take_number(text, share);
  }
  if (good && share > 0 && share <= 1) return share;
  return mesh::fail(mesh::Errc::invalid_argument,
                    "'" + std::string(text) + "' is no share such as 1/100, 5% or 0.05");
}

mesh::Result<Filter> Filter::make(const FilterOptions& options) {
  Filter filter;
  auto topics = patterns_of(options.topics);
  if (!topics) return topics.error();
  auto without = patterns_of(options.without);
  if (!without) return without.error();
  filter.topics_ = std::move(*topics);
  filter.without_ = std::move(*without);
  filter.prefixes_ = prefixes_of(filter.topics_);
  for (const auto& text : options.headers) {
    const auto equals = text.find('=');
    HeaderTest test{text.substr(0, equals), {}};
    if (equals != std::string::npos) test.value = text.substr(equals + 1);
    filter.headers_.push_back(std::move(test));
  }
  for (const auto& text : options.greps) {
    auto regex = Regex::compile(text, options.ignore_case);
    if (!regex) return regex.error();
    filter.greps_.push_back(std::move(*regex));
  }
  for (const auto& text : options.where) {
    auto condition = Condition::parse(text);
    if (!condition) return condition.error();
    filter.where_.push_back(std::move(*condition));
  }
  if (!options.sample.empty()) {
    const auto share = parse_share(options.sample);
    if (!share) return share.error();
    filter.share_ = *share;
  }
  return filter;
}

bool Filter::open() const {
  return topics_.empty() && without_.empty() && headers_.empty() && greps_.empty() && where_.empty() &&
         share_ >= 1;
}

bool Filter::topic_passes(std::string_view topic) const {
  const auto matches = [&](const TopicPattern& pattern) { return pattern.matches(topic); };
  if (!topics_.empty() && std::none_of(topics_.begin(), topics_.end(), matches)) return false;
  return std::none_of(without_.begin(), without_.end(), matches);
}

bool Filter::passes(const mesh::EventView& event) const {
  if (!topic_passes(event.topic)) return false;
  if (share_ < 1 && spread(event.seq) >= share_) return false;
  for (const auto& test : headers_) {
    const auto value = mesh::find_header(event, test.name);
    if (!value || (test.value && *value != *test.value)) return false;
  }
  return (greps_.empty() && where_.empty()) || content_passes(event);
}

bool Filter::content_passes(const mesh::EventView& event) const {
  if (!greps_.empty()) {
    // One text to search: topic, key, headers and payload, one per line.
    std::string text(event.topic);
    text += '\n';
    if (event.key) text += *event.key;
    mesh::for_each_header(event, [&](std::string_view name, std::string_view value) {
      text += '\n';
      text += name;
      text += '=';
      text += value;
    });
    text += '\n';
    append_payload_shown(text, event.payload, event.payload.size());
    if (!std::all_of(greps_.begin(), greps_.end(), [&](const Regex& regex) { return regex.finds(text); }))
      return false;
  }
  if (where_.empty()) return true;
  nlohmann::ordered_json data;
  if (std::any_of(where_.begin(), where_.end(), [](const auto& condition) { return condition.of_data(); })) {
    std::string text;
    if (append_payload_json(text, event.payload)) data = nlohmann::ordered_json::parse(text, nullptr, false);
    if (data.is_discarded()) data = nullptr;
  }
  return std::all_of(where_.begin(), where_.end(),
                     [&](const auto& condition) { return condition.holds(event, data); });
}

}  // namespace zmesh
