#include <nodes/gateway/group_finder.hpp>

#include <algorithm>

#include <mesh/admin.hpp>

namespace node {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t finder_questions_max = 64;
constexpr mesh::Duration finder_answer_time = 1s;

}  // namespace

GroupFinder::GroupFinder(mesh::Publisher* own, std::vector<std::string> others)
    : own_(own), others_(std::move(others)), thread_([this] { run(); }) {}

GroupFinder::~GroupFinder() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void GroupFinder::find(std::string group, Told told) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < finder_questions_max && !ending_) {
      waiting_.push_back({std::move(group), std::move(told)});
      changed_.notify_all();
      return;
    }
  }
  told(mesh::fail(mesh::Errc::limit_reached, "too many groups are being looked for; try again later"));
}

void GroupFinder::run() {
  while (true) {
    Question question;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return ending_ || !waiting_.empty(); });
      if (ending_) return;
      question = std::move(waiting_.front());
      waiting_.pop_front();
    }
    question.told(ask(question.group));
  }
}

mesh::Result<bool> GroupFinder::ask(const std::string& group) const {
  std::vector<mesh::Result<mesh::GroupList>> answers;
  if (own_ != nullptr) answers.push_back(own_->groups(finder_answer_time));
  for (const auto& endpoint : others_) {
    auto admin = mesh::Admin::connect(endpoint, finder_answer_time);
    answers.push_back(admin ? admin->groups() : mesh::Result<mesh::GroupList>(admin.error()));
  }
  std::optional<mesh::Error> failed;
  for (const auto& answer : answers) {
    if (!answer) {
      failed = answer.error();
      continue;
    }
    if (std::any_of(answer->groups.begin(), answer->groups.end(),
                    [&](const auto& status) { return status.group == group; }))
      return true;
  }
  if (failed) return *failed;
  return false;
}

}  // namespace node
