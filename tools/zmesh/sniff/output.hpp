// The output of a sniffer: whole lines, gathered, written without ever being stuck in a write.
#pragma once

#include <string>
#include <vector>

#include <tools/zmesh/process/interrupt.hpp>

namespace zmesh {

/// Writes to stdout as a reader takes it. A terminal that is stopped or a pipe that nobody reads holds up
/// flush(), but an interrupt ends that.
class SniffOutput {
 public:
  explicit SniffOutput(Interrupt& interrupt) : interrupt_(interrupt) {}

  /// Append text to it; event_ends() after each event.
  std::string& text() { return text_; }

  void event_ends() { ends_.push_back(text_.size()); }

  /// Writes when enough has gathered. False: see flush.
  bool offer() { return text_.size() < write_size || flush(); }

  /// Writes all of it. False: stdout is gone (failed()), or it was interrupted while nobody was reading.
  bool flush();

  bool failed() const { return failed_; }

  /// Events that are written entirely.
  std::uint64_t written() const { return written_; }

  /// Events that flush() could not write.
  std::uint64_t stuck() const { return ends_.size(); }

 private:
  static constexpr std::size_t write_size = 64 * 1024;

  std::size_t chunk(std::size_t from) const;

  Interrupt& interrupt_;
  std::string text_;
  std::vector<std::size_t> ends_;  ///< of the events in text_
  std::uint64_t written_ = 0;
  bool failed_ = false;
};

}  // namespace zmesh
