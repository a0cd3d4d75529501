// The processes of one run: started, listened to, and watched for their memory meanwhile.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <vector>

#include <tools/zmesh/bench/child.hpp>
#include <tools/zmesh/bench/process.hpp>
#include <tools/zmesh/bench/usage.hpp>
#include <tools/zmesh/process/interrupt.hpp>

namespace zmesh {

/// A directory that is removed with all it holds.
class BenchScratch {
 public:
  /// In `parent`, or where that is empty in /var/tmp.
  explicit BenchScratch(const std::string& parent);
  ~BenchScratch();
  BenchScratch(const BenchScratch&) = delete;
  BenchScratch& operator=(const BenchScratch&) = delete;

  /// Empty: it could not be made, which was complained of.
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class Cast {
 public:
  explicit Cast(const Interrupt& interrupt) : interrupt_(interrupt) {}

  struct Member {
    explicit Member(const BenchChild& child)
        : role(child.role), process({"bench-child", BenchJson(child).dump()}) {}

    std::string role;
    Process process;
    Resident peak;  ///< as sampled every 20 ms
  };

  Member& start(const BenchChild& child);

  /// The next object that it prints; nothing: it failed (complained of), or we were interrupted. With `late`
  /// it may take longer, which is told there.
  std::optional<BenchJson> next(Member& member, mesh::Duration timeout, bool* late = nullptr);

  /// All have ended by themselves, and well.
  bool finish();

 private:
  void sample();

  const Interrupt& interrupt_;
  std::list<Member> members_;
};

}  // namespace zmesh
