// `zmesh record`, `replay` and `convert`.
#pragma once

#include <string>
#include <vector>

#include <tools/zmesh/exit_code.hpp>
#include <tools/zmesh/record/recording.hpp>
#include <tools/zmesh/sniff/stream.hpp>

namespace zmesh {

struct RecordOptions {
  std::string file;
  StreamOptions stream;
  bool json_lines = false;
  bool append = false;
  bool force = false;
};

ExitCode record(const RecordOptions& options);

struct ReplayOptions {
  std::string file;
  std::string to;  ///< directory of a journal (without headers zmesh-*); empty: lines of JSON on stdout
  std::string control = "tcp://127.0.0.1:*";
  std::vector<std::string> topics;  ///< patterns
  std::string rate = "1x";          ///< "2x" of the recorded pace, "500/s", "max"
  mesh::Seq from = 0;
  std::uint64_t count = 0;
  bool stay = false;
  bool mark = false;  ///< add headers replayed-origin and replayed-seq
  bool verbose = false;
};

ExitCode replay(const ReplayOptions& options);

struct ConvertOptions {
  std::string from;
  std::string to;
  bool force = false;
};

ExitCode convert(const ConvertOptions& options);

}  // namespace zmesh
