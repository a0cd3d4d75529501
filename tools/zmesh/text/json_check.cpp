#include <tools/zmesh/text/json_check.hpp>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

namespace zmesh {
namespace {

using CheckedJson = nlohmann::json;

/// Gets the values as the parser meets them; false ends it, with the trouble told.
class JsonChecker final : public nlohmann::json_sax<CheckedJson> {
 public:
  explicit JsonChecker(int depth_max) : depth_max_(depth_max), depth_left_(depth_max) {}

  std::optional<std::string> trouble;

  bool null() override { return true; }

  bool boolean(bool) override { return true; }

  bool number_integer(std::int64_t) override { return true; }

  bool number_unsigned(std::uint64_t) override { return true; }

  /// Also what was written as an integer, but fits none.
  bool number_float(double, const std::string& digits) override {
    if (digits.find_first_of(".eE") != std::string::npos) return true;
    return refuse("the integer " + shortened(digits) + " does not fit 64 bits: use a string");
  }

  bool string(std::string&) override { return true; }

  bool binary(CheckedJson::binary_t&) override { return true; }

  bool start_object(std::size_t) override {
    objects_.push_back(names_.size());
    return deeper();
  }

  bool key(std::string& name) override {
    names_.push_back(name);
    return true;
  }

  bool end_object() override {
    const auto first = names_.begin() + static_cast<std::ptrdiff_t>(objects_.back());
    std::sort(first, names_.end());
    const auto twice = std::adjacent_find(first, names_.end());
    if (twice != names_.end()) return refuse("'" + shortened(*twice) + "' stands twice in one object");
    names_.erase(first, names_.end());
    objects_.pop_back();
    ++depth_left_;
    return true;
  }

  bool start_array(std::size_t) override { return deeper(); }

  bool end_array() override {
    ++depth_left_;
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
    const std::string_view text = error.what();
    return refuse("not JSON: " + std::string(text.substr(std::min(text.find("] ") + 2, text.size()))));
  }

 private:
  bool deeper() {
    return --depth_left_ >= 0 || refuse("nested deeper than " + std::to_string(depth_max_) + " levels");
  }

  bool refuse(std::string text) {
    trouble = std::move(text);
    return false;
  }

  static std::string shortened(const std::string& text) {
    if (text.size() <= 60) return text;
    std::size_t end = 57;
    while ((static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not within a character
    return text.substr(0, end) + "...";
  }

  const int depth_max_;
  int depth_left_;
  std::vector<std::string> names_;    ///< of the objects that are open
  std::vector<std::size_t> objects_;  ///< for each, where its names begin
};

}  // namespace

std::optional<std::string> json_trouble(std::string_view line, int depth_max) {
  JsonChecker checker(depth_max);
  CheckedJson::sax_parse(line, &checker);
  return std::move(checker.trouble);
}

}  // namespace zmesh
