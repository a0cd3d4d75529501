// Answers to fetches that wait at the head, out of what has just been committed: each batch is decoded once
// and its events divided among the members of each group, so that another member costs a message per commit
// but nothing per event.
#pragma once

#include <span>
#include <vector>

#include <mesh/core/publisher/desk.hpp>

namespace mesh::core {

class HeadRouter {
 public:
  explicit HeadRouter(const Desk& desk) : desk_(desk) {}

  /// What of these batches, which follow each other, each session wants (its fetch.slots of its group), in
  /// the order of `sessions`. Sessions of one group have no slot in common. False: a batch did not decode;
  /// then the journal will tell.
  bool route(std::span<const Batch> batches, std::span<Session* const> sessions,
             std::vector<std::vector<Batch>>& out);

 private:
  struct Part {
    const Group* group = nullptr;
    std::array<std::uint16_t, slot_count> to{};  ///< index of the session that has the slot; or nobody
    std::string_view topic;                      ///< the last one looked at, and
    bool wanted = false;                         ///< whether the group wants it
  };

  static constexpr std::uint16_t nobody = 0xffff;

  void divide(std::span<Session* const> sessions);

  const Desk& desk_;
  // Kept between calls for their memory.
  std::vector<Part> parts_;
  std::vector<EventView> events_;
  std::vector<std::uint32_t> counts_;  ///< per session: events of the batch
  std::vector<std::size_t> bytes_;
  std::vector<std::pair<std::uint32_t, std::uint16_t>> places_;  ///< event, session
};

}  // namespace mesh::core
