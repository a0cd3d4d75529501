#include <tools/zmesh/sniff/outcomes.hpp>

#include <chrono>
#include <optional>

#include <mesh/admin.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

constexpr mesh::Duration outcome_interval = 1s;

std::string count_text(std::uint64_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

}  // namespace

OutcomeWatch::OutcomeWatch(std::string endpoint,
                           std::function<void(const std::string&, const std::string&)> tell)
    : endpoint_(std::move(endpoint)), tell_(std::move(tell)), thread_([this] { loop(); }) {}

OutcomeWatch::~OutcomeWatch() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ended_.notify_all();
  thread_.join();
}

void OutcomeWatch::loop() {
  std::optional<mesh::Admin> admin;
  std::string publisher;
  std::unique_lock lock(mutex_);
  while (!ending_) {
    lock.unlock();
    // Short, as the end of the sniffer waits for it.
    if (!admin) {
      if (auto connected = mesh::Admin::connect(endpoint_, 500ms)) admin = std::move(*connected);
    }
    if (admin) {
      const auto info = publisher.empty() ? admin->info() : mesh::Result<mesh::Info>(mesh::Info{});
      if (info && publisher.empty()) publisher = info->name;
      const auto list = admin->groups();
      if (list) {
        for (const auto& group : list->groups) compare(publisher, group);
        looked_ = true;
      } else {
        admin.reset();
      }
    }
    lock.lock();
    ended_.wait_for(lock, outcome_interval, [this] { return ending_; });
  }
}

void OutcomeWatch::compare(const std::string& publisher, const mesh::GroupStatus& group) {
  const auto known = before_.find(group.group);
  // A group that is new since we look began with nothing; what there was before says nothing of now.
  if (known != before_.end() || looked_) {
    const auto before = known != before_.end() ? known->second : mesh::GroupStatus{};
    const auto tell = [&](const std::string& text) {
      tell_(publisher, "group " + group.group + ": " + text);
    };
    // Counters begin anew when the publisher restarts.
    if (group.retried > before.retried)
      tell(count_text(group.retried - before.retried, "attempt", "attempts") + " failed (" +
           std::to_string(group.waiting) + " events wait for their retry)");
    if (group.parked > before.parked)
      tell(count_text(group.parked - before.parked, "event", "events") + " parked (" +
           std::to_string(group.parked) + " now)");
    if (group.parked < before.parked)
      tell(count_text(before.parked - group.parked, "parked event", "parked events") +
           " redriven or discarded (" + std::to_string(group.parked) + " left)");
    if (group.members.empty() && !before.members.empty()) tell("its last member is gone");
  }
  before_[group.group] = group;
}

}  // namespace zmesh
