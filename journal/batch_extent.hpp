// For salvage: how long is the batch that begins here?
#pragma once

#include <optional>

#include <journal/identity.hpp>

namespace mesh::detail {

/// Size of the batch at the start of `bytes`, which may be followed by anything; nothing when no batch of
/// that many records begins there. The checksum is not looked at.
std::optional<std::size_t> batch_extent(ByteView bytes);

}  // namespace mesh::detail
