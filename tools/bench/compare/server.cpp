#include <tools/bench/compare/server.hpp>

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>
#include <vector>

#include <tools/zmesh/console.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool listens(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = loopback(port);
  const bool connected = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return connected;
}

/// Fields of /proc/PID/stat from the state on (the third); empty: there is no such process.
std::vector<std::string> stat_fields(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return {};
  std::istringstream rest(line.substr(line.rfind(')') + 2));
  std::vector<std::string> fields;
  for (std::string field; rest >> field;) fields.push_back(field);
  return fields;
}

void each_of_group(pid_t group, const std::function<void(pid_t, const std::vector<std::string>&)>& visit) {
  DIR* directory = ::opendir("/proc");
  if (directory == nullptr) return;
  while (const auto* entry = ::readdir(directory)) {
    const auto process = static_cast<pid_t>(std::atoi(entry->d_name));
    if (process <= 0) continue;
    const auto fields = stat_fields(process);
    if (fields.size() > 14 && std::atoi(fields[2].c_str()) == group) visit(process, fields);
  }
  ::closedir(directory);
}

}  // namespace

int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  int port = 0;
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    port = ntohs(address.sin_port);
  }
  ::close(socket);
  return port;
}

Server::Server(const ServerPlan& plan, const std::string& directory) : directory_(directory) {
  for (const auto& [name, content] : plan.files) std::ofstream(directory + "/" + name) << content;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, (directory + "/output.log").c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  // Its own group, so that it is counted and ended with all it starts; and the signals as they were before
  // ours.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  sigset_t pipe = none;
  sigaddset(&pipe, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &pipe);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  auto words = plan.command;
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const int failed =
      ::posix_spawnp(&group_, words.front().c_str(), &actions, &attributes, pointers.data(), environ);
  if (failed != 0) {
    group_ = -1;
    complain("cannot start " + words.front());
  }
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
}

Server::~Server() {
  if (group_ <= 0) return;
  ::kill(-group_, SIGKILL);  // its data is thrown away
  while (::waitpid(group_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

bool Server::ended() {
  // Not reaped: its number must stay ours until the group is ended.
  siginfo_t info{};
  return group_ <= 0 ||
         (::waitid(P_PID, static_cast<id_t>(group_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
          info.si_pid == group_);
}

bool Server::wait_for(int port, const Interrupt& interrupt) {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!ended() && std::chrono::steady_clock::now() < deadline && !interrupt.requested()) {
    if (listens(port)) return true;
    interrupt.wait(20ms);
  }
  if (interrupt.requested()) return false;
  std::ifstream output(directory_ + "/output.log");
  std::string last;
  for (std::string line; std::getline(output, line);) last = line;
  complain("the server did not come up: " + last);
  return false;
}

double Server::cpu_seconds() const {
  double ticks = 0;
  each_of_group(group_, [&](pid_t, const std::vector<std::string>& fields) {
    // utime, stime, and those of its children that have ended
    for (const std::size_t field : {11, 12, 13, 14}) ticks += std::atof(fields[field].c_str());
  });
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

Resident Server::memory() const {
  Resident sum;
  each_of_group(group_, [&](pid_t process, const std::vector<std::string>&) {
    const auto one = resident(process);
    sum.anonymous += one.anonymous;
    sum.file += one.file;
  });
  return sum;
}

}  // namespace zmesh
