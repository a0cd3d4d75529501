#include <tools/zmesh/bench/mesh_child.hpp>

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include <tools/zmesh/console.hpp>

namespace zmesh {

using namespace std::chrono_literals;

mesh::PublisherOptions bench_publisher_options(const BenchChild& child) {
  mesh::PublisherOptions options;
  options.journal = child.place;
  options.name = "bench";
  options.durability = child.durability == "os" ? mesh::Durability::os : mesh::Durability::disk;
  if (child.keep) {
    options.retention.bytes_max = 1ull << 40;
    options.retention.settled_keep = 24h;
  }
  for (std::uint32_t group = 0; group < child.idle_groups; ++group) {
    const auto name = "idle-" + std::to_string(group);
    options.groups.push_back({.name = name, .prefixes = {name + "."}});
  }
  return options;
}

bool print_ready(const mesh::Publisher& publisher, BenchJson result) {
  result["ready"] = publisher.control_endpoint();
  return print_object(result);
}

bool wait_for_members(const mesh::Publisher& publisher, std::uint32_t members, const Interrupt& interrupt) {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (std::chrono::steady_clock::now() < deadline && !interrupt.requested()) {
    const auto list = publisher.groups();
    std::size_t there = 0;
    for (std::size_t group = 0; list && group < list->groups.size(); ++group) {
      there += list->groups[group].members.size();
    }
    if (list && (members == 0 ? there == 0 : there >= members)) return true;
    interrupt.wait(10ms);
  }
  if (!interrupt.requested()) complain("the members did not " + std::string(members == 0 ? "leave" : "come"));
  return false;
}

bool wait_for_floors(const mesh::Publisher& publisher, mesh::Seq seq, const Interrupt& interrupt) {
  const auto deadline = std::chrono::steady_clock::now() + 300s;
  while (std::chrono::steady_clock::now() < deadline && !interrupt.requested()) {
    const auto list = publisher.groups();
    if (list && std::all_of(list->groups.begin(), list->groups.end(),
                            [&](const auto& group) { return group.members.empty() || group.floor >= seq; })) {
      return true;
    }
    interrupt.wait(10ms);
  }
  if (!interrupt.requested()) complain("not everything was acknowledged");
  return false;
}

bool is_told_to_go_on() {
  pollfd entry{STDIN_FILENO, POLLIN, 0};
  return ::poll(&entry, 1, 0) > 0;
}

bool wait_to_go_on(const Interrupt& interrupt) {
  pollfd entries[2] = {{STDIN_FILENO, POLLIN, 0}, {interrupt.fd(), POLLIN, 0}};
  while (::poll(entries, 2, -1) < 0 && errno == EINTR) {
  }
  char byte = 0;
  return entries[0].revents != 0 && ::read(STDIN_FILENO, &byte, 1) == 1;
}

}  // namespace zmesh
