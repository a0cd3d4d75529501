// How much was published and handled per topic since the node started.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <journal/identity.hpp>

namespace node {

struct TopicCount {
  std::string topic;
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;  ///< of payloads
  mesh::Seq last_seq = 0;
};

/// Any thread.
class Topics {
 public:
  /// Topics beyond this many are counted together.
  static constexpr std::size_t count_max = 1000;

  void count(std::string_view topic, std::size_t bytes, mesh::Seq seq);
  /// By name; those that did not fit any more as "(others)".
  std::vector<TopicCount> list() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, TopicCount, std::less<>> counts_;
  TopicCount others_;
};

}  // namespace node
