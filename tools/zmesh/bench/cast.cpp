#include <tools/zmesh/bench/cast.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include <tools/zmesh/console.hpp>

namespace zmesh {

using namespace std::chrono_literals;

BenchScratch::BenchScratch(const std::string& parent) {
  auto pattern = (parent.empty() ? "/var/tmp" : parent) + "/zmesh-bench-XXXXXX";
  if (::mkdtemp(pattern.data()) != nullptr) {
    path_ = pattern;
  } else {
    complain("cannot make a directory like " + pattern);
  }
}

BenchScratch::~BenchScratch() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

Cast::Member& Cast::start(const BenchChild& child) {
  return members_.emplace_back(child);
}

void Cast::sample() {
  for (auto& member : members_) {
    if (member.process.started()) member.peak.raise(resident(member.process.pid()));
  }
}

std::optional<BenchJson> Cast::next(Member& member, mesh::Duration timeout, bool* late) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (std::chrono::steady_clock::now() < deadline && !interrupt_.requested()) {
    const auto line = member.process.line(20ms);
    sample();
    if (line) {
      auto object = BenchJson::parse(*line, nullptr, false);
      if (object.is_object()) return object;
      complain("'" + member.role + "' printed what is no object: " + *line);
      return {};
    }
    if (member.process.silent()) {
      complain("'" + member.role + "' ended early");
      return {};
    }
  }
  if (interrupt_.requested()) return {};
  if (late != nullptr) {
    *late = true;
  } else {
    complain("'" + member.role + "' took too long");
  }
  return {};
}

bool Cast::finish() {
  bool good = true;
  for (auto& member : members_) {
    if (member.process.succeeded()) continue;
    complain("'" + member.role + "' failed");
    good = false;
  }
  return good;
}

}  // namespace zmesh
