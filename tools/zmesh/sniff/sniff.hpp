// `zmesh sniff`: watch publishers and journals without being a group or acknowledging anything.
#pragma once

#include <string>

#include <tools/zmesh/exit_code.hpp>
#include <tools/zmesh/sniff/stream.hpp>

namespace zmesh {

struct SniffOptions {
  StreamOptions stream;

  enum class Form { text, json, raw, hex, cloud_events, custom };
  Form form = Form::text;
  std::string format;  ///< of Form::custom
  bool latency = false;
  bool wrap = false;  ///< long lines as they are, also on a terminal

  /// Lines are for people: marks stand between them.
  bool for_people() const { return form == Form::text || form == Form::hex; }
};

ExitCode sniff(const SniffOptions& options);

}  // namespace zmesh
