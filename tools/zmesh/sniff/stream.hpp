// Events of several publishers and journals as one stream, for those who only look: sniff, record, trace.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <mesh/model/time.hpp>
#include <tools/zmesh/process/interrupt.hpp>
#include <tools/zmesh/sniff/filter.hpp>
#include <tools/zmesh/sniff/source.hpp>

namespace zmesh {

struct StreamOptions {
  std::vector<std::string> endpoints;
  std::vector<std::string> journals;
  std::vector<std::string> names;  ///< of nodes of this machine; nothing at all: all of them
  SniffStart start;
  bool follow = false;
  bool complete = false;  ///< fall behind rather than leave events out
  FilterOptions filter;
  std::uint64_t count = 0;             ///< end after so many; 0: no limit
  std::optional<mesh::Duration> wait;  ///< end after so long without an event
  bool marks = true;                   ///< tell gaps, restarts
  bool outcomes = false;               ///< ask publishers what becomes of events, and tell it as marks
  std::uint64_t event_bytes_max = 64u << 20;
  bool verbose = false;
};

/// Where the events go. Called by the thread of run_stream.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  /// False: it cannot take any more.
  virtual bool event(const SniffItem& item) = 0;
  virtual void mark(const std::string& name, const std::string& text) = 0;
  /// Nothing more is there for the moment. False: as above.
  virtual bool pause() = 0;
};

struct StreamEnd {
  std::uint64_t events = 0;    ///< given to the sink
  std::uint64_t left_out = 0;  ///< told by marks, or that a mark would have told
  std::uint64_t waiting = 0;   ///< were there but not given when the end came
  bool refused = false;        ///< the sink could not take any more
  bool complete = false;       ///< it ended as asked: --count reached, the heads reached
  std::optional<mesh::Error> error;
};

/// The sources that were asked for, those of one origin folded into one: an endpoint and its journal become
/// one stream. Says what it cannot reach; an error only when nothing is left. Errors: unreachable, and those
/// of journals.
mesh::Result<std::vector<SourceOptions>> resolve_sources(const StreamOptions& options);

/// Until all sources have ended, --count, --wait, an interrupt or a sink that cannot go on. Errors: of the
/// options, and of resolve_sources.
mesh::Result<StreamEnd> run_stream(const StreamOptions& options, StreamSink& sink, Interrupt& interrupt);

}  // namespace zmesh
