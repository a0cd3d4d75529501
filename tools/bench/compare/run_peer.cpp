#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>

#include <tools/bench/compare/server.hpp>
#include <tools/zmesh/bench/cast.hpp>
#include <tools/zmesh/console.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

constexpr double mebibyte = 1 << 20;

/// A server's memory is read now and then while its clients are waited for.
std::optional<BenchJson> next_watched(Cast& cast, Cast::Member& member, const Server& server,
                                      Resident& peak) {
  const auto deadline = std::chrono::steady_clock::now() + 300s;
  while (true) {
    peak.raise(server.memory());
    const auto slice = std::min<mesh::Duration>(200ms, deadline - std::chrono::steady_clock::now());
    if (slice <= 0s) {
      complain("'" + member.role + "' took too long");
      return {};
    }
    bool late = false;
    auto object = cast.next(member, slice, &late);
    if (!late) return object;
  }
}

}  // namespace

std::pair<std::string, int> host_and_port(const std::string& place) {
  const auto colon = place.rfind(':');
  return {place.substr(0, colon), std::atoi(place.c_str() + colon + 1)};
}

ExitCode print_published(const BenchChild& child, std::uint64_t start_ns, double cpu_before) {
  BenchJson result = {{"start_ns", start_ns}, {"end_ns", monotonic_ns()}, {"published", child.events}};
  add_usage(result, cpu_before);
  return print_object(result) ? ExitCode::ok : ExitCode::failure;
}

ExitCode print_received(const Received& received, std::uint64_t start_ns, double cpu_before) {
  auto result = received.result();
  result["start_ns"] = start_ns;
  result["end_ns"] = monotonic_ns();
  add_usage(result, cpu_before);
  return print_object(result) ? ExitCode::ok : ExitCode::failure;
}

std::optional<Sample> run_peer(const Bench& bench, const Peer& peer, const BenchChild& settings) {
  const BenchScratch scratch(bench.options.directory);
  const int port = free_port();
  if (scratch.path().empty() || port == 0) return {};
  Server server(peer.plan(scratch.path(), port), scratch.path());
  if (!server.wait_for(port, bench.interrupt)) return {};

  auto child = settings;
  child.place = "127.0.0.1:" + std::to_string(port);
  Cast cast(bench.interrupt);
  child.role = peer.client + "-consumer";
  auto& consumer = cast.start(child);
  if (!cast.next(consumer, 60s)) return {};
  const auto cpu = server.cpu_seconds();
  child.role = peer.client + "-publisher";
  auto& publisher = cast.start(child);
  Resident peak;
  const auto published = next_watched(cast, publisher, server, peak);
  if (!published) return {};
  const auto received = next_watched(cast, consumer, server, peak);
  if (!received) return {};
  const auto server_cpu = server.cpu_seconds() - cpu;
  if (!cast.finish()) return {};
  const auto expected = Workload(child).expected("", child.events);
  if (received->at("events") != expected.events || received->at("sum") != expected.sum) {
    complain("'" + consumer.role + "' handled " + received->at("events").dump() + " events of " +
             std::to_string(expected.events) + ", or not the ones that were published");
    return {};
  }

  const auto seconds = static_cast<double>(received->at("end_ns").get<std::uint64_t>() -
                                           published->at("start_ns").get<std::uint64_t>()) /
                       1e9;
  const auto events = static_cast<double>(child.events);
  Sample sample = {
      {"events_per_second", events / seconds},
      {"cpu_seconds_per_million",
       (server_cpu + published->at("cpu_seconds").get<double>() + received->at("cpu_seconds").get<double>()) /
           (events / 1e6)},
      {"memory_mib", (static_cast<double>(peak.anonymous + peak.file) +
                      published->at("peak_rss").get<double>() + received->at("peak_rss").get<double>()) /
                         mebibyte}};
  for (const std::string name : {"p50", "p99", "max"}) {
    if (received->contains(name + "_ns"))
      sample[name + "_us"] = received->at(name + "_ns").get<double>() / 1e3;
  }
  return sample;
}

}  // namespace zmesh
