// zmeshd: a node of the mesh.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <thread>

#include <nodes/config/command_line.hpp>
#include <nodes/config/settings.hpp>
#include <nodes/log/log.hpp>
#include <nodes/node/node.hpp>
#include <nodes/node/notify.hpp>
#include <nodes/node/reload.hpp>
#include <tools/zmesh/process/child.hpp>

namespace {

using namespace std::chrono_literals;
using node::CommandLine;
using node::Problem;

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

node::Sources sources_of(const CommandLine& line) {
  const auto environment = [](const std::string& name) -> std::optional<std::string> {
    const char* text = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
    return text == nullptr ? std::nullopt : std::optional<std::string>(text);
  };
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (text.starts_with("ZMESH_")) variables.emplace_back(text.substr(0, text.find('=')));
  }
  return {line.file, environment, line.flags, std::move(variables)};
}

int tell(const std::vector<Problem>& problems) {
  for (const auto& problem : problems) std::cerr << "zmeshd: " << problem.describe() << "\n";
  return 2;
}

/// From now on a signal ends the process at once, and with it the commands and workers it runs.
void end_at_once() {
  std::thread([set = handled_signals()] {
    int signal = 0;
    while (sigwait(&set, &signal) == 0 && signal == SIGHUP) {
    }
    zmesh::Children::all().kill();
    ::_exit(130);
  }).detach();
}

int run(const CommandLine& line, node::Config config, const node::Settings& settings) {
  node::set_log(settings.log_level, settings.log_format);
  auto opened = node::Node::open(settings);
  if (!opened) {
    node::log(mesh::Level::error, "node.start", opened.error().describe());
    return 1;
  }
  auto& node = **opened;
  node::log(mesh::Level::info, "node.ready", settings.name + " is up");
  node::notify("READY=1");
  const auto watchdog = node::watchdog_interval();
  const auto period = std::min<mesh::Duration>(1s, watchdog.value_or(1s));
  const timespec timeout{static_cast<time_t>(period / 1s), static_cast<long>((period % 1s).count())};
  const auto set = handled_signals();
  while (true) {
    const int signal = sigtimedwait(&set, nullptr, &timeout);
    if (signal == SIGTERM || signal == SIGINT) break;
    if (signal == SIGHUP) {
      node::notify("RELOADING=1");
      node::reload(sources_of(line), config, node);
      node::notify("READY=1");
    }
    if (watchdog && node.alive()) node::notify("WATCHDOG=1");
    node.tick();
  }
  node::log(mesh::Level::info, "node.draining", "finishing; once more to end at once");
  node::notify("STOPPING=1");
  end_at_once();
  node.drain();
  node::log(mesh::Level::info, "node.ended", settings.name + " has ended in order");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  // Before any thread is there: all of them leave these to the main one.
  const auto set = handled_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  int status = 0;
  const auto line = node::parse_command_line(argc, argv, status);
  if (!line) return status;
  if (line->action == CommandLine::Action::print_default) {
    std::cout << node::default_text();
    return 0;
  }
  std::vector<Problem> problems;
  auto config = node::read_config(sources_of(*line), problems);
  if (!problems.empty()) return tell(problems);
  const auto settings = node::settings_of(config, problems);
  if (line->action == CommandLine::Action::print_config) {
    std::cout << node::config_text(config);
    return problems.empty() ? 0 : tell(problems);
  }
  if (!problems.empty()) return tell(problems);
  if (line->action == CommandLine::Action::check_config) {
    std::cout << (line->file.empty() ? "the configuration" : line->file) << ": ok\n";
    return 0;
  }
  try {
    return run(*line, std::move(config), settings);
  } catch (const std::exception& error) {
    std::cerr << "zmeshd: " << error.what() << "\n";
    return 1;
  }
}
