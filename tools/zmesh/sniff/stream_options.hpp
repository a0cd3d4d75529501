// The options that all who look at a stream share. For *command.cpp only.
#pragma once

#include <string>
#include <vector>

#include <tools/zmesh/option.hpp>
#include <tools/zmesh/sniff/stream.hpp>

namespace zmesh {

/// The words of the command line, before they are understood.
struct StreamTexts {
  std::vector<std::string> words;  ///< endpoints, @NAMEs and topics
  std::string from, since, wait;
};

/// SOURCE|TOPIC, --journal, --from, --since, --last, --follow, --count, --wait and the filters.
void add_stream_options(CLI::App& command, StreamTexts& texts, StreamOptions& options);

/// Completes the options by the texts. Error: invalid_argument.
mesh::Result<void> understand(const StreamTexts& texts, StreamOptions& options);

/// What the footers of all of them say about filters.
extern const char* const filter_help;

}  // namespace zmesh
