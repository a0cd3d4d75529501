// `zmesh doctor`: looks for what commonly goes wrong, and says what to do.
#pragma once

#include <string>
#include <vector>

#include <tools/zmesh/admin/look.hpp>
#include <tools/zmesh/exit_code.hpp>

namespace zmesh {

struct DoctorOptions {
  std::vector<std::string> where;
  bool deep = false;  ///< verify every checksum of the journals
  bool json = false;
  std::string timeout = "3s";
};

ExitCode doctor(const DoctorOptions& options);

struct Finding {
  bool good = true;
  std::string about;  ///< a publisher's name, or "this machine"
  std::string what;   ///< "reachability", "clock", "disk", ...
  std::string text;
  std::string advice;  ///< what to do; empty when good
};

using Findings = std::vector<Finding>;

// Each looks at one thing.
void diagnose_machine(Findings& findings);
/// Against this tool's version and each other's.
void diagnose_versions(const std::vector<PublisherLook>& looks, Findings& findings);
void diagnose_answer(const PublisherLook& look, Findings& findings);
void diagnose_stream(const PublisherLook& look, mesh::Duration timeout, Findings& findings);
void diagnose_journal(const PublisherLook& look, bool deep, Findings& findings);
void diagnose_room(const PublisherLook& look, Findings& findings);
void diagnose_groups(const PublisherLook& look, Findings& findings);
void diagnose_clock(const PublisherLook& look, Findings& findings);
void diagnose_process(const PublisherLook& look, Findings& findings);

}  // namespace zmesh
