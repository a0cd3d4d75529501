// What the shell and the manual get from the tree of subcommands and options: nothing is written down twice.
#pragma once

#include <string>
#include <vector>

#include <tools/zmesh/exit_code.hpp>

namespace CLI {
class App;
}

namespace zmesh {

/// A word that may come next, and what it is.
struct Candidate {
  std::string word;
  std::string about;
};

/// What the last of the words after `zmesh` may become: subcommands, options, their values; also live ones
/// (nodes, topics, groups). Sets `files` where files would do.
std::vector<Candidate> complete(const CLI::App& app, const std::vector<std::string>& words, bool& files);

/// `zmesh __complete WORD...`: a candidate and its meaning per line, separated by a tab; ":files" where files
/// would do.
ExitCode complete_words(const CLI::App& app, const std::vector<std::string>& words);

/// The script that makes a shell ask `zmesh __complete`: of bash or zsh.
std::string completion_script(const std::string& shell);

/// The manual page of the subcommand at that path ("parked"), or of all of it (empty), as man(7) source.
/// Nothing: there is no such subcommand.
std::string man_page(const CLI::App& app, const std::string& path);
/// The names of all pages: "zmesh", "zmesh-sniff", ...
std::vector<std::string> man_names(const CLI::App& app);

// Of what runs just now on this machine; quick, and nothing rather than late.

std::vector<Candidate> live_nodes();   ///< endpoints and @NAMEs
std::vector<Candidate> live_topics();  ///< of the newest events
/// Of the publisher named by one of the words, else of every node.
std::vector<Candidate> live_groups(const std::vector<std::string>& words);

}  // namespace zmesh
