#include <tools/zmesh/top/top.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include <tools/zmesh/console.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

constexpr std::size_t plain_width = 160;

std::vector<std::string> endpoints_of(const std::vector<PublisherProbe>& probes) {
  std::vector<std::string> endpoints;
  for (const auto& probe : probes) {
    if (std::find(endpoints.begin(), endpoints.end(), probe.endpoint()) == endpoints.end())
      endpoints.push_back(probe.endpoint());
  }
  return endpoints;
}

std::string json_rows(const TopSnapshot& snapshot, const TopState& state) {
  std::string lines;
  const auto& columns = top_columns(state.view);
  for (const auto* row : top_rows(snapshot, state)) {
    Json json = {{"time", time_text(snapshot.at)},
                 {"view", std::string(to_string(state.view))},
                 {"name", row->name},
                 {"publisher", row->publisher.empty() ? Json() : Json(row->publisher)}};
    if (state.view == TopView::publishers) json["answers"] = !row->silent;
    for (std::size_t at = 0; at < columns.size(); ++at) {
      std::string name = columns[at].title;
      for (auto& symbol : name) symbol = symbol == '/' ? '_' : static_cast<char>(std::tolower(symbol));
      json[name] = row->values[at];
    }
    lines += json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  return lines;
}

}  // namespace

TopSampler::TopSampler(std::vector<PublisherProbe> probes, mesh::Duration interval)
    : probes_(std::move(probes)),
      topics_(endpoints_of(probes_)),
      interval_(interval),
      thread_([this] { loop(); }) {}

TopSampler::~TopSampler() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

TopSnapshot TopSampler::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

bool TopSampler::wait_for(std::uint64_t samples, mesh::Duration timeout) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [&] { return snapshot_.samples >= samples; });
}

void TopSampler::loop() {
  auto last = Clock::now();
  auto next = last;
  std::unique_lock lock(mutex_);
  while (!ending_) {
    lock.unlock();
    // Short, so that quitting does not wait long for a publisher that is gone.
    const auto looks = look_at(probes_, std::min<mesh::Duration>(interval_, 1s));
    const auto now = Clock::now();
    auto snapshot = model_.sample(looks, topics_.counts(), now - last);
    last = now;
    next = std::max(next + interval_, now);
    lock.lock();
    snapshot_ = std::move(snapshot);
    changed_.notify_all();
    changed_.wait_until(lock, next, [this] { return ending_; });
  }
}

ExitCode top_lines(const TopSampler& sampler, const TopState& state, const TopOptions& options,
                   const Interrupt& interrupt) {
  std::uint64_t wanted = 2;  // rates are there from the second one on
  std::uint64_t printed = 0;
  while (!interrupt.requested()) {
    if (!sampler.wait_for(wanted, 100ms)) {
      if (interrupt.wait(0s)) break;
      continue;
    }
    const auto snapshot = sampler.snapshot();
    wanted = snapshot.samples + 1;
    std::string out;
    if (options.json) {
      out = json_rows(snapshot, state);
    } else {
      const auto rows = top_rows(snapshot, state).size();
      const auto heads = snapshot.silent.empty() ? 3 : 4;
      auto lines = top_frame(snapshot, state, plain_width, std::max<std::size_t>(rows, 1) + heads);
      lines.pop_back();  // the keys
      for (const auto& line : lines) {
        auto text = line.text;
        text.erase(text.find_last_not_of(' ') + 1);
        out += text + "\n";
      }
      out += "\n";
    }
    if (!write_out(out)) return report_stdout();
    if (++printed == options.count) break;
  }
  return ExitCode::ok;
}

ExitCode top(const TopOptions& options) {
  TopState state;
  for (const auto view : {TopView::topics, TopView::groups, TopView::publishers}) {
    if (to_string(view) == options.view) state.view = view;
  }
  state.filter = options.filter;
  if (!options.sort.empty()) {
    const auto column = top_column(state.view, options.sort);
    if (column < 0 && options.sort != "name") {
      std::string known = "name";
      for (const auto& one : top_columns(state.view)) known += std::string(", ") + one.title;
      complain("'" + options.sort + "' is no column of " + options.view + "; there are " + known);
      return ExitCode::usage;
    }
    state.sort[static_cast<int>(state.view)] = column;
  }
  auto probes = make_probes(options.where);
  if (!probes) return report(probes.error());
  if (probes->empty()) {
    complain("no publisher was found on this machine: name a control endpoint");
    return ExitCode::unreachable;
  }
  const bool terminal = ::isatty(STDOUT_FILENO) == 1 && ::isatty(STDIN_FILENO) == 1;
  Interrupt interrupt;
  ::setpriority(PRIO_PROCESS, 0, 10);  // whoever watches waits for those who work
  const TopSampler sampler(std::move(*probes), parse_duration(options.interval, 1s).value());
  if (terminal && !options.plain && !options.json)
    return top_screen(sampler, state, options.count, interrupt);
  interrupt.watch_stdout();
  return top_lines(sampler, state, options, interrupt);
}

}  // namespace zmesh
