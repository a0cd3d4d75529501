// `zmesh sniff`: watch publishers and journals without being a group or acknowledging anything.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <mesh/model/time.hpp>
#include <tools/zmesh/exit_code.hpp>
#include <tools/zmesh/sniff/filter.hpp>
#include <tools/zmesh/sniff/source.hpp>

namespace zmesh {

struct SniffOptions {
  std::vector<std::string> endpoints;
  std::vector<std::string> journals;
  std::vector<std::string> names;  ///< of nodes of this machine; "" with nothing else: all of them
  SniffStart start;
  bool follow = false;
  bool complete = false;  ///< fall behind rather than leave events out
  FilterOptions filter;
  std::uint64_t count = 0;             ///< end after so many; 0: no limit
  std::optional<mesh::Duration> wait;  ///< end after so long without an event

  enum class Form { text, json, raw, hex, cloud_events, custom };
  Form form = Form::text;
  std::string format;  ///< of Form::custom
  bool latency = false;
  bool wrap = false;  ///< long lines as they are, also on a terminal
  bool marks = true;
  std::uint64_t event_bytes_max = 64u << 20;
  bool verbose = false;
};

ExitCode sniff(const SniffOptions& options);

/// The sources that were asked for, those of one origin folded into one: an endpoint and its journal become
/// one stream. Says what it cannot reach; an error only when nothing is left. Errors: unreachable, and those
/// of journals.
mesh::Result<std::vector<SourceOptions>> resolve_sources(const SniffOptions& options);

}  // namespace zmesh
