#include "trace.hpp"

#include <cstdio>

#include "rng.hpp"

namespace sim {

namespace {

std::uint64_t fold(std::uint64_t hash, std::string_view text) {
  for (const char letter : text) hash = (hash ^ static_cast<std::uint8_t>(letter)) * 0x100000001b3ull;
  return hash;
}

}  // namespace

std::string seconds(mesh::Duration time) {
  char text[48];
  std::snprintf(text, sizeof text, "%11.6f", static_cast<double>(time.count()) / 1e9);
  return text;
}

void Trace::absorb(std::string_view who, std::string_view what, std::initializer_list<Field> fields,
                   std::string_view text) {
  ++lines_;
  std::uint64_t hash = hash_ ^ (now_ != nullptr ? static_cast<std::uint64_t>(now_->count()) : 0);
  hash = fold(fold(hash, who), what);
  // Text is for readers and may be left out when nobody reads: it is not hashed.
  static_cast<void>(text);
  for (const auto& field : fields) hash = mix(hash ^ field.value);
  hash_ = mix(hash);
}

void Trace::write(std::string_view who, std::string_view what, std::initializer_list<Field> fields,
                  std::string_view text) {
  std::string line = now_ != nullptr ? seconds(*now_) : std::string();
  line += "  ";
  line += who;
  if (who.size() < 16) line.append(16 - who.size(), ' ');
  line += ' ';
  line += what;
  for (const auto& field : fields) {
    line += ' ';
    line += field.name;
    line += '=';
    line += std::to_string(field.value);
  }
  if (!text.empty()) {
    line += "  ";
    line += text;
  }
  if (mode_ == Mode::print) {
    std::fputs(line.c_str(), stdout);
    std::fputc('\n', stdout);
    return;
  }
  tail_.push_back(std::move(line));
  if (tail_.size() > tail_max) tail_.pop_front();
}

}  // namespace sim
