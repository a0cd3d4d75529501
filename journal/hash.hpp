// XXH3-64, compiled once (hash.cpp), so that the rest of the tree does not see xxhash.h.
#pragma once

#include <cstdint>

#include <journal/identity.hpp>

namespace mesh::detail {

std::uint64_t hash64(ByteView bytes, std::uint64_t seed = 0);

}  // namespace mesh::detail
