// Events as the user's own format has them, in the manner of kcat -f.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <journal/batch.hpp>
#include <tools/zmesh/text/event_line.hpp>

namespace zmesh {

/// Text with %letters and backslash escapes (\n \t \r \0 \\ \xHH):
///   %t topic   %o seq   %p publisher   %O its origin   %k key (empty without)   %K size of the key, -1
///   without %s payload as shown by sniff   %r payload as it is   %x payload in hex   %S size of the payload
///   %h headers, name=value,...   %T time in ms since 1970   %d time (RFC 3339)   %l latency in us, -1
///   unknown %j the event as --json has it   %% a percent sign
class EventFormat {
 public:
  /// Error: invalid_argument.
  static mesh::Result<EventFormat> parse(std::string_view text);

  /// `arrived`: when we got it; 0: it was history. `tame`: control characters in key, headers and payload as
  /// shown are escaped (for a terminal); what the format itself says, and %r, stays as it is.
  void append(std::string& out, const mesh::EventView& event, const LineMarks& marks, mesh::WallTime arrived,
              bool tame = false) const;

 private:
  struct Part {
    char letter = 0;  ///< 0: text as it is
    std::string text;
  };

  std::vector<Part> parts_;
};

}  // namespace zmesh
