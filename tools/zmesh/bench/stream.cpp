#include <tools/zmesh/bench/stream.hpp>

#include <algorithm>
#include <chrono>

#include <tools/zmesh/bench/cast.hpp>
#include <tools/zmesh/console.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

constexpr double mebibyte = 1 << 20;

/// Consumers of a run, as far as they tell their own.
struct StreamEnds {
  std::uint64_t last_ns = 0;
  std::uint64_t deliveries = 0;
  double cpu = 0;
};

bool is_complete(const BenchStream& stream, const BenchChild& consumer, const BenchJson& result) {
  const auto expected = Workload(stream.publisher).expected(consumer.prefix, stream.publisher.events);
  const Tally got{result.at("events").get<std::uint64_t>(), result.at("sum").get<std::uint64_t>()};
  if (got == expected) return true;
  complain("'" + consumer.role + "' handled " + std::to_string(got.events) + " events of " +
           std::to_string(expected.events) + ", or not the ones that were published");
  return false;
}

void add_times(Sample& sample, const BenchJson& result) {
  for (const auto* name : {"p50", "p99", "max"}) {
    const auto field = std::string(name) + "_ns";
    if (!result.contains(field)) continue;
    auto& value = sample[std::string(name) + "_us"];
    value = std::max(value, result.at(field).get<double>() / 1e3);
  }
}

}  // namespace

BenchStream stream_of(const std::string& mode, std::uint64_t events, std::uint32_t payload_bytes) {
  const std::string transport = mode == "zmq" ? "zmq" : "mesh";
  BenchChild child;
  child.events = events;
  child.payload_bytes = payload_bytes;
  child.durability = mode == "disk" ? "disk" : "os";
  child.role = transport + "-publisher";
  BenchStream stream{child, {child}};
  stream.consumers.front().role = transport + "-consumer";
  return stream;
}

void add_memory(Sample& sample, const std::string& who, std::uint64_t anonymous, const BenchJson& result) {
  const auto raise = [&](const std::string& name, double bytes) {
    auto& value = sample[who + name];
    value = std::max(value, bytes / mebibyte);
  };
  raise("_mib", static_cast<double>(anonymous) + result.at("program_rss").get<double>());
  raise("_rss_mib", result.at("peak_rss").get<double>());
}

std::optional<Sample> run_stream(const Bench& bench, const BenchStream& stream) {
  const BenchScratch scratch(bench.options.directory);
  if (scratch.path().empty()) return {};
  auto publishing = stream.publisher;
  publishing.members = static_cast<std::uint32_t>(stream.consumers.size());
  if (publishing.place.empty()) publishing.place = scratch.path() + "/journal";

  Cast cast(bench.interrupt);
  auto& publisher = cast.start(publishing);
  const auto ready = cast.next(publisher, 60s);
  if (!ready) return {};
  std::vector<Cast::Member*> consumers;
  for (auto consumer : stream.consumers) {
    consumer.place = ready->at("ready").get<std::string>();
    consumers.push_back(&cast.start(consumer));
  }
  Sample sample;
  StreamEnds ends;
  std::vector<BenchJson> results;
  for (std::size_t index = 0; index < consumers.size(); ++index) {
    const auto result = cast.next(*consumers[index], 300s);
    if (!result || !is_complete(stream, stream.consumers[index], *result)) return {};
    ends.last_ns = std::max(ends.last_ns, result->at("end_ns").get<std::uint64_t>());
    ends.deliveries += result->at("events").get<std::uint64_t>();
    ends.cpu += result->at("cpu_seconds").get<double>();
    add_memory(sample, "consumer", consumers[index]->peak.anonymous, *result);
    add_times(sample, *result);
  }
  const auto published = cast.next(publisher, 60s);
  if (!published || !cast.finish()) return {};
  if (published->at("published").get<std::uint64_t>() != publishing.events) {
    complain("committed " + published->at("published").dump() + " events of " +
             std::to_string(publishing.events));
    return {};
  }
  add_memory(sample, "publisher", publisher.peak.anonymous, *published);
  const bool acknowledged = publishing.role.starts_with("mesh") && !stream.until_handled;
  const auto end = acknowledged ? published->at("end_ns").get<std::uint64_t>() : ends.last_ns;
  const auto seconds = static_cast<double>(end - published->at("start_ns").get<std::uint64_t>()) / 1e9;
  const auto events = static_cast<double>(publishing.events);
  const auto deliveries = static_cast<double>(ends.deliveries);
  sample["events_per_second"] = events / seconds;
  sample["deliveries_per_second"] = deliveries / seconds;
  sample["mb_per_second"] = events * publishing.payload_bytes / seconds / 1e6;
  sample["cpu_seconds_per_million"] =
      (ends.cpu + published->at("cpu_seconds").get<double>()) / (deliveries / 1e6);
  if (published->contains("open_ns")) sample["open_ms"] = published->at("open_ns").get<double>() / 1e6;
  return sample;
}

std::vector<Metric> stream_metrics() {
  return {
      {"events_per_second", "EVENTS/S", 0, "of_zmq", "OF ZMQ"},
      {"mb_per_second", "MB/S", 0},
      {"cpu_seconds_per_million", "CPU S/M", 3, "cpu_of_zmq", "OF ZMQ"},
      {"publisher_mib", "PUB MIB", 1},
      {"consumer_mib", "CON MIB", 1},
      {"publisher_rss_mib", "PUB RSS", 0},
      {"consumer_rss_mib", "CON RSS", 0},
  };
}

}  // namespace zmesh
