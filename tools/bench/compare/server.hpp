// A server process and all it starts, in a process group of its own.
#pragma once

#include <sys/types.h>

#include <string>

#include <mesh/model/time.hpp>
#include <tools/bench/compare/peer.hpp>
#include <tools/zmesh/bench/usage.hpp>
#include <tools/zmesh/process/interrupt.hpp>

namespace zmesh {

class Server {
 public:
  /// Its output goes to output.log in the directory.
  Server(const ServerPlan& plan, const std::string& directory);
  /// Ends the whole group, and waits for the server itself.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Until something listens at the port. False: it ended, it took too long (complained of) or we were
  /// interrupted.
  bool wait_for(int port, const Interrupt& interrupt);

  /// User and system time of the group so far.
  double cpu_seconds() const;
  /// Memory of the group now.
  Resident memory() const;

 private:
  bool ended();

  std::string directory_;
  pid_t group_ = -1;
};

}  // namespace zmesh
