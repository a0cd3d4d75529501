#include <tools/zmesh/record/pace.hpp>

#include <algorithm>
#include <charconv>
#include <string>

namespace zmesh {

mesh::Result<Pace> Pace::parse(std::string_view text) {
  Pace pace;
  if (text == "max") return pace;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error == std::errc{} && number > 0 && number <= 1e9) {
    if (unit == "x") pace.factor_ = number;
    if (unit == "/s") pace.per_second_ = number;
    if (pace.factor_ > 0 || pace.per_second_ > 0) return pace;
  }
  return mesh::fail(mesh::Errc::invalid_argument,
                    "'" + std::string(text) + "' is no rate such as 2x (of the recorded pace), 500/s or max");
}

mesh::Duration Pace::due(mesh::WallTime time) {
  if (per_second_ > 0) {
    return mesh::Duration(static_cast<std::int64_t>(static_cast<double>(count_++) / per_second_ * 1e9));
  }
  if (factor_ > 0) {
    if (count_++ == 0) first_ = time;
    // Clocks that went back, and other origins, must not make it wait for the past.
    const auto after = static_cast<double>(time - first_) / factor_;
    latest_ = std::max(latest_, mesh::Duration(static_cast<std::int64_t>(std::max(after, 0.0))));
  }
  return latest_;
}

}  // namespace zmesh
