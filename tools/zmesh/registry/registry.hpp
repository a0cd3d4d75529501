// The nodes of this machine: how `zmesh sniff`, `top` and the shell's completion find publishers without
// being told.
//
// Who publishes puts a file NAME-PID.json into the registry's directory:
//
//   {"name":"bookings","origin":"<32 hex digits>","control":"tcp://127.0.0.1:5601","events":"tcp://...",
//    "journal":"/var/lib/bookings","pid":4711}
//
// and holds a lock (flock, exclusive) on it while it lives. So an entry whose lock can be taken is stale,
// whatever became of its process; whoever meets one removes it. The directory is the first of these that
// there is or can be made: $ZMESH_REGISTRY, $XDG_RUNTIME_DIR/zmesh, /run/zmesh, /tmp/zmesh-UID; it must
// belong to us or to root. A process that finds none goes on without.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <journal/identity.hpp>

namespace zmesh {

struct RegistryEntry {
  std::string name;
  std::string origin;   ///< hex
  std::string control;  ///< endpoint
  std::string events;   ///< endpoint
  std::string journal;  ///< absolute path; empty: not told
  std::int64_t pid = 0;
};

/// Is in the registry while it lives.
class Registration {
 public:
  /// Does nothing where there is no directory for it, or it cannot be written.
  explicit Registration(const RegistryEntry& entry);
  ~Registration();
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

 private:
  std::string path_;
  int fd_ = -1;
};

/// The directory; made if need be, unless only looked for. Nothing: there is none.
std::optional<std::string> registry_directory(bool make);

/// Every live entry, by name.
std::vector<RegistryEntry> registry_entries();

}  // namespace zmesh
