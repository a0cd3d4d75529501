// `zmesh top`: what goes on, once a second.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <tools/zmesh/exit_code.hpp>
#include <tools/zmesh/process/interrupt.hpp>
#include <tools/zmesh/top/frame.hpp>

namespace zmesh {

struct TopOptions {
  std::vector<std::string> where;
  std::string interval = "1s";
  std::string view = "topics";
  std::string sort;
  std::string filter;
  std::uint64_t count = 0;  ///< end after N times; 0: no limit
  bool plain = false;       ///< lines instead of a screen
  bool json = false;
};

ExitCode top(const TopOptions& options);

/// Takes snapshots in a thread of its own, so that the keyboard never waits for a publisher.
class TopSampler {
 public:
  TopSampler(std::vector<PublisherProbe> probes, mesh::Duration interval);
  ~TopSampler();
  TopSampler(const TopSampler&) = delete;
  TopSampler& operator=(const TopSampler&) = delete;

  /// The newest one.
  TopSnapshot snapshot() const;
  /// Waits until `after` snapshots or more were taken, or the time is over.
  bool wait_for(std::uint64_t samples, mesh::Duration timeout) const;

 private:
  void loop();

  std::vector<PublisherProbe> probes_;
  TopicWatch topics_;
  const mesh::Duration interval_;
  TopModel model_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  TopSnapshot snapshot_;
  bool ending_ = false;
  std::thread thread_;
};

/// On the terminal, by ncurses, until it is quit.
ExitCode top_screen(const TopSampler& sampler, TopState state, std::uint64_t count,
                    const Interrupt& interrupt);
/// A block of lines each time.
ExitCode top_lines(const TopSampler& sampler, const TopState& state, const TopOptions& options,
                   const Interrupt& interrupt);

}  // namespace zmesh
