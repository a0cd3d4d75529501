// What becomes of events, told in a sniffer's flow: asks a publisher once a second how its groups are.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include <mesh/model/messages.hpp>

namespace zmesh {

/// What has befallen a group's events between two of its states, as lines without the group's name. Counts
/// are exact; seqs are named as far as the publisher tells them (the newest 32 incidents).
std::vector<std::string> outcome_lines(const mesh::GroupStatus& before, const mesh::GroupStatus& now);

class OutcomeWatch {
 public:
  /// Calls tell(publisher, text) on its thread: "group refunds: 1 event parked (3 now): #17 retry_exhausted".
  OutcomeWatch(std::string endpoint, std::function<void(const std::string&, const std::string&)> tell);
  ~OutcomeWatch();
  OutcomeWatch(const OutcomeWatch&) = delete;
  OutcomeWatch& operator=(const OutcomeWatch&) = delete;

 private:
  void loop();
  void compare(const std::string& publisher, const mesh::GroupStatus& group);

  const std::string endpoint_;
  const std::function<void(const std::string&, const std::string&)> tell_;
  std::map<std::string, mesh::GroupStatus> before_;
  bool looked_ = false;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace zmesh
