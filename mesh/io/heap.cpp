#include <mesh/io/heap.hpp>

#include <cstdlib>

namespace mesh::io {

namespace {

/// Up to this size blocks are then kept, and twice as much of what is free.
constexpr std::size_t largest_kept = 4u << 20;

}  // namespace

void keep_large_blocks() {
  [[maybe_unused]] static const bool done = [] {
    // Never written to, so it costs no memory; volatile, or a compiler sees that the two calls do nothing.
    void* volatile block = std::malloc(largest_kept);
    std::free(block);
    return true;
  }();
}

}  // namespace mesh::io
