// Walks one tree of an LMDB file in key order, on bytes, trusting nothing. Sealed segments are read with it;
// every file is walked with it before LMDB may touch it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <journal/lmdb/tree_page.hpp>

namespace mesh::lmdb {

/// Not thread safe; one per reader. `file` must outlive it. After an error only a new seek is allowed.
class TreeCursor {
 public:
  TreeCursor(const PageFile& file, const MetaInfo& meta, const TreeInfo& tree,
             KeyOrder order = KeyOrder::bytes);

  /// To the first entry. False: the tree is empty.
  Result<bool> first();
  Result<bool> last();
  /// To the greatest key <= `key`, or to the first entry when there is none. False: the tree is empty.
  Result<bool> seek(std::string_view key);
  /// To the next entry. False: there is none.
  Result<bool> next();

  /// Of the entry it stands on; valid until it moves.
  std::string_view key() const { return leaf().key(path_.back().index); }

  ValueRef value() const { return leaf().value(path_.back().index); }

  /// The value's bytes; an overflow run is read into a buffer that lives until the next call.
  /// Values larger than size_max are damage.
  Result<ByteView> read_value(std::size_t size_max);

  /// Of the value that was read last: who holds it lets it outlive the next call. Nothing for a small one,
  /// which is part of its page.
  std::shared_ptr<const void> owner() const { return value().is_inline() ? nullptr : buffer_; }

  /// Checks the overflow page's header without reading the rest.
  Result<void> check_overflow() const;

  /// Pages the cursor stands on, root first.
  std::size_t depth() const { return path_.size(); }

  std::uint64_t page(std::size_t level) const { return path_[level].page->number(); }

 private:
  struct Step {
    std::unique_ptr<TreePage> page;
    std::size_t index = 0;
    std::string low;                  // keys below must not be less
    std::optional<std::string> high;  // and must be less than this
  };
  enum class Where : std::uint8_t { first, last, at_key };

  const TreePage& leaf() const { return *path_.back().page; }

  Result<bool> descend(Where where, std::string_view key);
  Result<void> push(std::uint64_t page, std::string low, std::optional<std::string> high);
  Result<void> push_child();
  std::size_t index_of(const TreePage& page, std::string_view key) const;

  const PageFile& file_;
  const MetaInfo meta_;
  const TreeInfo tree_;
  const KeyOrder order_;
  std::vector<Step> path_;
  std::vector<std::unique_ptr<TreePage>> spare_;
  std::shared_ptr<std::byte[]> buffer_;
  std::size_t capacity_ = 0;
};

/// The entry of that key, copied out.
Result<std::optional<std::string>> find_value(const PageFile& file, const MetaInfo& meta,
                                              const TreeInfo& tree, std::string_view key,
                                              std::size_t size_max);

/// The named table's tree; nothing when there is none.
Result<std::optional<TreeInfo>> find_table(const PageFile& file, const MetaInfo& meta, std::string_view name);

}  // namespace mesh::lmdb
