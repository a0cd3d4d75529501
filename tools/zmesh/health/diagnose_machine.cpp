// This machine and the processes of its nodes.

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <tools/zmesh/health/doctor.hpp>
#include <tools/zmesh/registry/registry.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

/// The soft limit of a line of /proc/PID/limits; 0: unlimited or not readable.
std::uint64_t process_limit(std::int64_t pid, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/limits");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(name)) continue;
    std::istringstream rest(line.substr(name.size()));
    std::uint64_t value = 0;
    return rest >> value ? value : 0;
  }
  return 0;
}

std::uint64_t open_files(std::int64_t pid) {
  std::error_code error;
  std::filesystem::directory_iterator file("/proc/" + std::to_string(pid) + "/fd", error), end;
  std::uint64_t count = 0;
  for (; !error && file != end; file.increment(error)) ++count;
  return count;
}

constexpr mesh::Duration clock_off_max = std::chrono::milliseconds(100);

}  // namespace

void diagnose_machine(Findings& findings) {
  findings.push_back(
      {true, "this machine", "version",
       std::string("zmesh " ZMESH_VERSION ", protocol ") + std::to_string(mesh::protocol_version), ""});
  const auto registry = registry_directory(false);
  const auto entries = registry_entries().size();
  if (registry) {
    findings.push_back({true, "this machine", "registry",
                        std::to_string(entries) + " nodes are listed in " + *registry, ""});
  } else {
    findings.push_back({true, "this machine", "registry", "no node has listed itself here", ""});
  }
}

void diagnose_versions(const std::vector<PublisherLook>& looks, Findings& findings) {
  std::map<std::string, std::vector<std::string>> names;  // by version
  for (const auto& look : looks) {
    if (!look.answers()) continue;
    const auto& version = look.info->version;
    names[version].push_back(look.name);
    if (version == ZMESH_VERSION) {
      findings.push_back({true, look.name, "version", "runs zmesh " + version + ", as this tool", ""});
    } else {
      findings.push_back(
          {false, look.name, "version",
           (version.empty() ? std::string("does not tell its version, so it is older than this tool's ")
                            : "runs zmesh " + version + ", but this tool is ") +
               ZMESH_VERSION,
           "they speak the same protocol; update the older of the two, so that nothing is told by one only"});
    }
  }
  if (names.size() < 2) return;
  std::string text = "the publishers run different versions:";
  for (const auto& [version, who] : names) {
    text += (version.empty() ? " unknown (" : " " + version + " (");
    for (const auto& name : who) text += name + (&name == &who.back() ? ")" : ", ");
  }
  findings.push_back({false, "these publishers", "version", text, "update the older ones"});
}

void diagnose_clock(const PublisherLook& look, Findings& findings) {
  if (look.info->time == 0) return;
  const auto off = look.clock_ahead;
  const bool good = off < clock_off_max && off > -clock_off_max;
  findings.push_back(
      {good, look.name, "clock",
       good ? "its clock agrees with ours"
            : "its clock is " + duration_text(off < mesh::Duration{0} ? -off : off) +
                  (off < mesh::Duration{0} ? " behind ours" : " ahead of ours"),
       good ? "" : "set both machines' clocks (chrony, systemd-timesyncd); --since and ages are wrong"});
}

void diagnose_process(const PublisherLook& look, Findings& findings) {
  if (look.pid <= 0) return;
  const auto limit = process_limit(look.pid, "Max open files");
  const auto open = open_files(look.pid);
  if (limit == 0 || open == 0) return;  // another user's process
  const auto text =
      "its process has " + std::to_string(open) + " of " + std::to_string(limit) + " files open";
  const bool good = open * 10 < limit * 8;
  findings.push_back(
      {good, look.name, "limits", text,
       good ? "" : "raise its limit (ulimit -n, or LimitNOFILE= of its unit): each member takes sockets"});
}

void diagnose_answer(const PublisherLook& look, Findings& findings) {
  if (look.answers()) {
    const auto ms = std::chrono::duration<double, std::milli>(look.answered).count();
    char text[64];
    std::snprintf(text, sizeof text, "answers in %.1f ms", ms);
    findings.push_back(
        {ms < 1000, look.name, "reachability", text + (" at " + look.endpoint),
         ms < 1000 ? "" : "it is overloaded, or its disk or the network is slow: see zmesh top"});
    return;
  }
  const bool protocol =
      look.error->code == mesh::Errc::protocol || look.error->code == mesh::Errc::unsupported;
  findings.push_back({false, look.name, protocol ? "version" : "reachability",
                      "does not answer at " + look.endpoint + " (" + look.error->describe() + ")",
                      protocol
                          ? "it speaks another version of the protocol: update the older of the two"
                          : "is it running (zmesh publishers), is this its --control endpoint, and does a "
                            "firewall let it through?"});
}

}  // namespace zmesh
