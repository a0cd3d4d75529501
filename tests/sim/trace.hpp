// What happened, line by line: always hashed (equal seeds must give equal hashes), kept or printed on demand.
#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <string>
#include <string_view>

#include <mesh/model/time.hpp>

namespace sim {

class Trace {
 public:
  struct Field {
    const char* name;
    std::uint64_t value;
  };
  enum class Mode : std::uint8_t {
    hash,  ///< fast: only the hash
    tail,  ///< keeps the last lines
    print  ///< writes every line to stdout
  };

  explicit Trace(Mode mode) : mode_(mode) {}

  void clock(const mesh::Duration* now) { now_ = now; }

  /// `who` did `what`; fields and text say with what.
  void line(std::string_view who, std::string_view what, std::initializer_list<Field> fields = {},
            std::string_view text = {}) {
    absorb(who, what, fields, text);
    if (mode_ != Mode::hash) write(who, what, fields, text);
  }

  /// A line for readers alone, which is not hashed. Only to be called while somebody reads.
  void remark(std::string_view who, std::string_view what, std::initializer_list<Field> fields = {},
              std::string_view text = {}) {
    write(who, what, fields, text);
  }

  /// True when somebody reads lines: costly text is made only then.
  bool reading() const { return mode_ != Mode::hash; }

  std::uint64_t hash() const { return hash_; }

  std::uint64_t lines() const { return lines_; }

  const std::deque<std::string>& tail() const { return tail_; }

 private:
  void absorb(std::string_view who, std::string_view what, std::initializer_list<Field> fields,
              std::string_view text);
  void write(std::string_view who, std::string_view what, std::initializer_list<Field> fields,
             std::string_view text);

  static constexpr std::size_t tail_max = 400;
  Mode mode_;
  const mesh::Duration* now_ = nullptr;
  std::uint64_t hash_ = 0;
  std::uint64_t lines_ = 0;
  std::deque<std::string> tail_;
};

/// 12.345678 (seconds) for people.
std::string seconds(mesh::Duration time);

}  // namespace sim
