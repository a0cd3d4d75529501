// Items of a sniffer as text, in the form that was asked for.
#pragma once

#include <optional>
#include <string>

#include <tools/zmesh/sniff/item.hpp>
#include <tools/zmesh/sniff/sniff.hpp>
#include <tools/zmesh/text/event_format.hpp>

namespace zmesh {

class SniffWriter {
 public:
  /// Error: invalid_argument (the format).
  static mesh::Result<SniffWriter> make(const SniffOptions& options);

  void append(std::string& out, const SniffItem& item);

  /// A line of its own between events: "-- gap: ...". Where lines are for programs it goes to stderr.
  void append_mark(std::string& out, const std::string& name, const std::string& text);

 private:
  SniffOptions::Form form_ = SniffOptions::Form::text;
  bool latency_ = false;
  bool colour_ = false;
  bool terminal_ = false;
  std::size_t width_ = 0;
  std::optional<EventFormat> format_;
  std::string day_;  ///< of the event before
};

}  // namespace zmesh
