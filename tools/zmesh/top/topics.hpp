// Counts events per topic, as a watcher of the live streams.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <mesh/consumer.hpp>
#include <tools/zmesh/sniff/item.hpp>

namespace zmesh {

struct TopicCount {
  std::string topic;
  std::string publisher;
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;  ///< of payloads
  std::string newest;       ///< the newest event, for people
};

class TopicWatch {
 public:
  /// Only the first topics_max topics are told apart; the others are counted as "(others)".
  static constexpr std::size_t topics_max = 10'000;

  explicit TopicWatch(const std::vector<std::string>& endpoints);
  ~TopicWatch();
  TopicWatch(const TopicWatch&) = delete;
  TopicWatch& operator=(const TopicWatch&) = delete;

  std::vector<TopicCount> counts() const;

 private:
  struct Counter {
    std::uint64_t events = 0;
    std::uint64_t bytes = 0;
    std::optional<SniffItem> newest;
  };

  void count(const mesh::Event& event);

  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Counter, std::less<>> counters_;
  std::optional<mesh::Consumer> consumer_;
};

}  // namespace zmesh
