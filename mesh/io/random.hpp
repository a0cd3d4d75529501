// Randomness from the kernel, for identities that nobody shall guess.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace mesh::io {

void fill_random(std::span<std::uint8_t> bytes);
std::uint64_t random_number();

}  // namespace mesh::io
