// What the tests of the public API share: a directory that goes away, waiting on conditions with a deadline,
// and a place where handlers note what they were given.
#pragma once

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <mesh/admin.hpp>
#include <mesh/consumer.hpp>
#include <mesh/payload.hpp>
#include <mesh/publisher.hpp>

namespace mesh::test {

inline constexpr Duration patience = 20s;

/// A fresh directory, removed at the end.
class TempDirectory {
 public:
  TempDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "zmesh-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = name;
  }

  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// Something the threads of a test change and wait for.
class Latch {
 public:
  template <class Change>
  void change(Change&& change) {
    {
      const std::lock_guard lock(mutex_);
      change();
    }
    changed_.notify_all();
  }

  /// False when the condition did not come true in time.
  template <class Condition>
  bool wait(Condition&& condition, Duration timeout = patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, condition);
  }

  /// Asks again now and then, for conditions that nobody announces.
  bool eventually(const std::function<bool()>& condition, Duration timeout = patience) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    std::unique_lock lock(mutex_);
    while (!condition()) {
      if (std::chrono::steady_clock::now() >= deadline) return false;
      changed_.wait_for(lock, 2ms);
    }
    return true;
  }

  std::mutex& mutex() { return mutex_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

inline bool eventually(const std::function<bool()>& condition, Duration timeout = patience) {
  return Latch().eventually(condition, timeout);
}

struct Seen {
  Seq seq = 0;
  std::string topic;
  std::string key;
  std::string payload;
  std::uint32_t attempt = 0;
  bool redelivered = false;
  std::uint32_t redrives = 0;
};

/// Notes every event.
class Notebook {
 public:
  void note(const Event& event) {
    latch_.change([&] {
      seen_.push_back({event.seq(), std::string(event.topic()), std::string(event.key().value_or("")),
                       std::string(event.payload_text()), event.attempt(), event.redelivered(),
                       event.redrives()});
    });
  }

  bool wait_count(std::size_t count, Duration timeout = patience) {
    return latch_.wait([&] { return seen_.size() >= count; }, timeout);
  }

  std::vector<Seen> seen() {
    const std::lock_guard lock(latch_.mutex());
    return seen_;
  }

  std::size_t count() { return seen().size(); }

  std::vector<std::string> payloads() {
    std::vector<std::string> payloads;
    for (const auto& one : seen()) payloads.push_back(one.payload);
    return payloads;
  }

 private:
  Latch latch_;
  std::vector<Seen> seen_;
};

inline PublisherOptions publisher_options(const TempDirectory& directory,
                                          const std::string& name = "bookings") {
  PublisherOptions options;
  options.journal = directory / name;
  options.name = name;
  options.durability = Durability::os;
  options.segment_size = 4u << 20;
  return options;
}

inline ConsumerOptions consumer_options(const std::string& publisher, const std::string& group) {
  ConsumerOptions options;
  options.publishers = {publisher};
  options.group = group;
  return options;
}

inline Seq publish_text(Publisher& publisher, std::string_view topic, std::string_view key,
                        std::string_view text) {
  return publisher.publish(topic, key, as_bytes(text)).value().seq();
}

}  // namespace mesh::test
