#include <tools/zmesh/bench/bench.hpp>

#include <sys/utsname.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include <tools/zmesh/bench/process.hpp>
#include <tools/zmesh/console.hpp>
#include <tools/zmesh/text/table.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

struct BenchMode {
  const char* name;
  const char* transport;
  const char* durability;
  const char* title;
};

constexpr std::array bench_modes = {
    BenchMode{"zmq", "zmq", "os", "one ZeroMQ PUB/SUB message per event, no journal"},
    BenchMode{"os", "mesh", "os", "zmesh, durability os, every event acknowledged"},
    BenchMode{"disk", "mesh", "disk", "zmesh, durability disk, every event acknowledged"},
};

/// A directory that is removed with all it holds.
class BenchScratch {
 public:
  explicit BenchScratch(const std::string& parent) {
    auto pattern = (parent.empty() ? "/var/tmp" : parent) + "/zmesh-bench-XXXXXX";
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }

  ~BenchScratch() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }

  BenchScratch(const BenchScratch&) = delete;
  BenchScratch& operator=(const BenchScratch&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Events per second of one run; nothing: it failed.
std::optional<double> run_once(const BenchMode& mode, const BenchOptions& options) {
  const BenchScratch scratch(options.directory);
  if (scratch.path().empty()) {
    complain("cannot make a directory for the journal");
    return {};
  }
  const auto arguments = [&](const std::string& role, const std::string& place) {
    return std::vector<std::string>{
        "bench-child",   std::string(mode.transport) + "-" + role, place,
        mode.durability, std::to_string(options.events),           std::to_string(options.payload_bytes)};
  };
  Process publisher(arguments("publisher", scratch.path() + "/journal"));
  const auto bound = publisher.line(30s);
  if (!bound) return {};
  Process consumer(arguments("consumer", Json::parse(*bound).at("endpoint").get<std::string>()));
  const auto consumed = consumer.line(300s);
  const auto published = publisher.line(60s);
  if (!consumed || !published || !consumer.succeeded() || !publisher.succeeded()) return {};
  const auto start = Json::parse(*published).at("start_ns").get<double>();
  const auto& last = std::string_view(mode.transport) == "zmq" ? *consumed : *published;
  const auto end = Json::parse(last).at("end_ns").get<double>();
  return static_cast<double>(options.events) / ((end - start) / 1e9);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(std::min(line.size(), line.find(':') + 2));
  }
  return "unknown";
}

Json bench_machine(const BenchOptions& options) {
  utsname system{};
  ::uname(&system);
  int major = 0, minor = 0, patch = 0;
  zmq_version(&major, &minor, &patch);
  return {{"cpu", cpu_model()},
          {"cores", std::thread::hardware_concurrency()},
          {"kernel", system.release},
          {"compiler", __VERSION__},
          {"libzmq", std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch)},
          {"zmesh", ZMESH_VERSION},
          {"events", options.events},
          {"payload_bytes", options.payload_bytes},
          {"runs", options.runs},
          {"directory", options.directory.empty() ? "/var/tmp" : options.directory}};
}

std::string number_text(double value, int digits) {
  char text[48];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

}  // namespace

ExitCode bench(const BenchOptions& asked) {
  auto options = asked;
  if (options.quick) {
    options.events = std::min<std::uint64_t>(options.events, 300'000);
    options.runs = std::min(options.runs, 3U);
  }
  const auto about = bench_machine(options);
  if (options.json) {
    if (!write_out(Json{{"machine", about}}.dump() + "\n")) return report_stdout();
  } else {
    std::string text;
    for (const auto& [name, value] : about.items()) {
      text += name + ": " + (value.is_string() ? value.get<std::string>() : value.dump()) + "\n";
    }
    if (!write_out(text + "\n")) return report_stdout();
  }

  // Not counted: the first to use a machine's memory and disk pays for it.
  for (const auto& mode : bench_modes) {
    if (!run_once(mode, options)) {
      complain(std::string("the run of '") + mode.name + "' failed");
      return ExitCode::failure;
    }
  }
  std::array<std::vector<double>, bench_modes.size()> rates;
  // Interleaved, so that a machine that changes its pace changes it for all alike.
  for (std::uint32_t run = 0; run < options.runs; ++run) {
    for (std::size_t mode = 0; mode < bench_modes.size(); ++mode) {
      const auto rate = run_once(bench_modes[mode], options);
      if (!rate) {
        complain(std::string("the run of '") + bench_modes[mode].name + "' failed");
        return ExitCode::failure;
      }
      rates[mode].push_back(*rate);
      say("run " + std::to_string(run + 1) + ", " + bench_modes[mode].name + ": " + number_text(*rate, 0) +
          " events/s");
    }
  }

  std::vector<std::vector<std::string>> rows = {{"MODE", "EVENTS/S", "MIN", "MAX", "MB/S", "OF ZMQ", ""}};
  std::string lines;
  for (std::size_t mode = 0; mode < bench_modes.size(); ++mode) {
    std::vector<double> ratios;
    for (std::size_t run = 0; run < options.runs; ++run) ratios.push_back(rates[mode][run] / rates[0][run]);
    const auto [low, high] = std::minmax_element(rates[mode].begin(), rates[mode].end());
    const auto middle = median(rates[mode]);
    rows.push_back({bench_modes[mode].name, number_text(middle, 0), number_text(*low, 0),
                    number_text(*high, 0), number_text(middle * options.payload_bytes / 1e6, 0),
                    number_text(median(ratios), 2), bench_modes[mode].title});
    lines +=
        Json{{"mode", bench_modes[mode].name}, {"events_per_second", middle}, {"min", *low}, {"max", *high},
             {"of_zmq", median(ratios)},       {"runs", rates[mode]}}
            .dump() +
        "\n";
  }
  const auto out = options.json ? lines : table(rows) + "medians; OF ZMQ is the median of the runs' ratios\n";
  return write_out(out) ? ExitCode::ok : report_stdout();
}

}  // namespace zmesh
