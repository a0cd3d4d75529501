// The bytes of a received batch, as the deliveries of its events share them.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

#include <journal/identity.hpp>

namespace mesh {

/// One reference to a batch's bytes. Like a copy of the Bytes; but references are made (BatchShare) and given
/// back (BatchRelease) many at a time: one thread makes the deliveries of a batch and another is done with
/// them, and counting each would pass the counter between the two processors for every event.
class BatchRef {
 public:
  BatchRef() = default;

  BatchRef(const BatchRef& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->count.fetch_add(1, std::memory_order_relaxed);
  }

  BatchRef(BatchRef&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}

  BatchRef& operator=(BatchRef other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }

  ~BatchRef() {
    if (block_ != nullptr) release(block_, 1);
  }

  /// Empty without a batch.
  const Bytes& bytes() const {
    static const Bytes none;
    return block_ != nullptr ? block_->bytes : none;
  }

 private:
  friend class BatchShare;
  friend class BatchRelease;

  struct Block {
    Bytes bytes;
    std::atomic<std::size_t> count;
  };

  explicit BatchRef(Block* block) : block_(block) {}

  static void release(Block* block, std::size_t count) {
    if (block->count.fetch_sub(count, std::memory_order_acq_rel) == count) delete block;
  }

  Block* block_ = nullptr;
};

/// Makes references to one batch. Those that were counted ahead and not made are given back at its end.
class BatchShare {
 public:
  /// `expected` references are counted at once; more are possible.
  BatchShare(const Bytes& bytes, std::size_t expected)
      : block_(new BatchRef::Block{bytes, expected + 1}), left_(expected) {}

  BatchShare(BatchShare&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)), left_(other.left_) {}

  BatchShare& operator=(BatchShare&&) = delete;

  ~BatchShare() {
    if (block_ != nullptr) BatchRef::release(block_, left_ + 1);
  }

  BatchRef next() {
    if (left_ == 0) block_->count.fetch_add(++left_, std::memory_order_relaxed);
    --left_;
    return BatchRef(block_);
  }

 private:
  BatchRef::Block* block_;
  std::size_t left_;
};

/// Takes references back; those of one batch that come in a row are counted at once.
class BatchRelease {
 public:
  BatchRelease() = default;
  BatchRelease(const BatchRelease&) = delete;
  BatchRelease& operator=(const BatchRelease&) = delete;

  ~BatchRelease() { flush(); }

  void add(BatchRef& reference) {
    auto* block = std::exchange(reference.block_, nullptr);
    if (block != block_) flush();
    block_ = block;
    ++count_;
  }

 private:
  void flush() {
    if (block_ != nullptr) BatchRef::release(block_, count_);
    count_ = 0;
  }

  BatchRef::Block* block_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace mesh
