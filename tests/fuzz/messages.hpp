// Control messages and batches out of a fuzzer's choices: valid on the wire, but with contents that nobody
// honest would send. Small numbers are shared, so that what one message says fits another.
#pragma once

#include <mesh/model/messages.hpp>

#include "input.hpp"

namespace mesh::fuzz {

/// What a sender may know, to be near the truth more often than chance would be.
struct Known {
  std::vector<SessionId> sessions{0};
  std::vector<Epoch> epochs{0};
  std::uint64_t id = 0;
  Seq head = 0;
};

inline constexpr Origin origin{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};

std::string_view topic(Input& input);
std::string prefix(Input& input);
Seq seq(Input& input, const Known& known);

/// Events with seqs from `first` on.
Batch batch(Input& input, Seq first, std::uint32_t flags = batch_filtered);

/// From a member or an operator, or (seldom) what only a publisher sends.
ControlMessage to_publisher(Input& input, const Known& known);
ControlMessage to_member(Input& input, const Known& known);
LiveMessage live(Input& input, const Known& known);

/// The message as it arrives on the other side; nothing when it would not be let in. What is sent by
/// ourselves must arrive: `ours` makes anything else a failure.
std::optional<ControlMessage> transmit(const ControlMessage& message, bool ours);
std::optional<LiveMessage> transmit(const LiveMessage& message, bool ours);

}  // namespace mesh::fuzz
