#include <tools/zmesh/sniff/outcomes.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>

#include <mesh/admin.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

constexpr mesh::Duration outcome_interval = 1s;

std::string count_text(std::uint64_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

/// ": #17, #18 ..." of these incidents; empty: none is told.
template <class Text>
std::string named(std::span<const mesh::Incident> incidents, std::uint64_t count, const Text& text_of) {
  std::string text;
  std::uint64_t told = 0;
  for (const auto& incident : incidents) {
    const auto one = text_of(incident);
    if (one.empty()) continue;
    text += (told++ == 0 ? ": " : ", ") + one;
  }
  if (told > 0 && told < count) text += ", and " + std::to_string(count - told) + " before";
  return text;
}

std::string name_of(const mesh::Incident& incident) {
  return "#" + std::to_string(incident.seq);
}

}  // namespace

std::vector<std::string> outcome_lines(const mesh::GroupStatus& before, const mesh::GroupStatus& now) {
  using What = mesh::Incident::What;
  // Counters begin anew when the publisher restarts.
  const bool same_run = now.incidents >= before.incidents && now.retried >= before.retried;
  const auto fresh =
      std::min<std::uint64_t>(now.incidents - (same_run ? before.incidents : 0), now.newest.size());
  const auto incidents = std::span(now.newest).last(fresh);
  std::vector<std::string> lines;
  if (same_run && now.retried > before.retried) {
    const auto count = now.retried - before.retried;
    // The last attempt of one that is parked is told there.
    lines.push_back(count_text(count, "attempt", "attempts") + " failed (" + std::to_string(now.waiting) +
                    " events wait for their retry)" + named(incidents, 0, [](const auto& one) {
                      return one.what == What::retry
                                 ? "retry (attempt " + std::to_string(one.attempt) + ") " + name_of(one)
                                 : std::string();
                    }));
  }
  if (now.parked > before.parked) {
    const auto count = now.parked - before.parked;
    lines.push_back(count_text(count, "event", "events") + " parked (" + std::to_string(now.parked) +
                    " now)" + named(incidents, count, [](const auto& one) {
                      if (one.what != What::parked) return std::string();
                      return name_of(one) +
                             (one.reason ? " " + std::string(mesh::to_string(*one.reason)) : "");
                    }));
  }
  if (now.parked < before.parked) {
    const auto count = before.parked - now.parked;
    lines.push_back(count_text(count, "parked event", "parked events") + " redriven or discarded (" +
                    std::to_string(now.parked) + " left)" + named(incidents, count, [](const auto& one) {
                      if (one.what == What::redriven) return name_of(one) + " redriven";
                      return one.what == What::discarded ? name_of(one) + " discarded" : std::string();
                    }));
  }
  if (now.members.empty() && !before.members.empty()) lines.emplace_back("its last member is gone");
  return lines;
}

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
    for (const auto& line : outcome_lines(before, group))
      tell_(publisher, "group " + group.group + ": " + line);
  }
  before_[group.group] = group;
}

}  // namespace zmesh
