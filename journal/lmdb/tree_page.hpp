// One branch or leaf page of an LMDB file, fully checked when it is loaded, so that looking into it is safe.
//
//   page := header (lower, upper), node offset u16 x count, free space, nodes
//   node := low u16, high u16, flags u16, key size u16, key, (leaf: value | page number u64 of an overflow
//   run)
//           leaf: value size = low | high << 16;  branch: child page = low | high << 16 | flags << 32
#pragma once

#include <string_view>
#include <vector>

#include <journal/lmdb/page_file.hpp>

namespace mesh::lmdb {

/// Free tree: native-endian integers. All others: bytes.
enum class KeyOrder : std::uint8_t { bytes, integer };

/// Less than zero, zero, more than zero.
int compare_keys(KeyOrder order, std::string_view left, std::string_view right);

/// A leaf's value: in the page, or a run of overflow pages.
struct ValueRef {
  ByteView inlined;
  std::uint64_t overflow_page = no_page;
  std::size_t size = 0;
  bool is_tree = false;  ///< a TreeInfo (named table)

  bool is_inline() const { return overflow_page == no_page; }
};

/// Pages of an overflow run that holds a value of that size.
inline std::uint64_t overflow_page_count(std::size_t value_size, std::uint32_t page_size) {
  return (page_header_size - 1 + value_size) / page_size + 1;
}

class TreePage {
 public:
  /// Reads and checks page `number`: its kind, that every node lies within it, that keys ascend, and that
  /// every page it names exists. Errors: journal_damaged, journal_io.
  Result<void> load(const PageFile& file, const MetaInfo& meta, std::uint64_t number, bool leaf,
                    KeyOrder order);

  std::uint64_t number() const { return number_; }

  std::size_t count() const { return count_; }

  bool is_leaf() const { return leaf_; }

  /// Preconditions of all: index < count(), child for branches, value for leaves. The first key of a branch
  /// is empty: it stands for "before everything".
  std::string_view key(std::size_t index) const;
  std::uint64_t child(std::size_t index) const;
  ValueRef value(std::size_t index) const;

  /// Where in the page an inline value lies.
  std::size_t place_of(ByteView inlined) const {
    return static_cast<std::size_t>(inlined.data() - bytes_.data());
  }

 private:
  const std::byte* node(std::size_t index) const;
  const char* flaw(const MetaInfo& meta, KeyOrder order) const;
  const char* node_flaw(const MetaInfo& meta, std::size_t index) const;

  std::vector<std::byte> bytes_;
  std::uint64_t number_ = 0;
  std::size_t count_ = 0;
  bool leaf_ = false;
};

}  // namespace mesh::lmdb
