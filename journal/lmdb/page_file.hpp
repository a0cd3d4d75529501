// An LMDB 0.9 file read as bytes: bounds-checked, with pread, never through LMDB and never mapped. A
// truncated, torn or foreign file gives an error here where LMDB itself would crash.
//
//   file := meta page 0, meta page 1, then branch, leaf and overflow pages in any order
//   page := pgno u64, pad u16, flags u16, (lower u16, upper u16 | pages u32), ...        16 bytes of header
//   meta := page header, magic u32, version u32, address u64, map size u64, tree free, tree main,
//           last page u64, txn u64                                                       little-endian
//   tree := pad u32 (of tree free: page size), flags u16, depth u16, branch pages u64, leaf pages u64,
//           overflow pages u64, entries u64, root page u64                               48 bytes
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <journal/identity.hpp>
#include <journal/result.hpp>

namespace mesh::lmdb {

inline constexpr std::uint64_t no_page = ~std::uint64_t{0};
inline constexpr std::size_t page_header_size = 16;
inline constexpr std::uint16_t page_is_branch = 0x01;
inline constexpr std::uint16_t page_is_leaf = 0x02;
inline constexpr std::uint16_t page_is_overflow = 0x04;
inline constexpr std::uint16_t page_is_meta = 0x08;

/// Deeper than any tree that fits a disk: LMDB's own bound is 32.
inline constexpr unsigned tree_depth_max = 32;

template <class T>
T load_little(const std::byte* from) {
  T value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

struct TreeInfo {
  std::uint16_t flags = 0;
  std::uint16_t depth = 0;
  std::uint64_t branch_pages = 0;
  std::uint64_t leaf_pages = 0;
  std::uint64_t overflow_pages = 0;
  std::uint64_t entries = 0;
  std::uint64_t root = no_page;
  bool operator==(const TreeInfo&) const = default;
};

inline constexpr std::size_t tree_info_size = 48;
TreeInfo parse_tree_info(const std::byte* from);

/// One committed transaction's view of the file.
struct MetaInfo {
  std::uint32_t page_size = 0;
  std::uint64_t map_size = 0;
  TreeInfo free;
  TreeInfo main;
  std::uint64_t last_page = 1;
  std::uint64_t txn = 0;
  bool operator==(const MetaInfo&) const = default;
};

/// An open file; read-only; any thread. Move-only.
class PageFile {
 public:
  /// Errors: journal_missing, journal_io.
  static Result<PageFile> open(const std::string& path);
  PageFile(PageFile&& other) noexcept;
  PageFile& operator=(PageFile&& other) noexcept;
  ~PageFile();

  const std::string& path() const { return path_; }

  int fd() const { return fd_; }

  Result<std::uint64_t> size() const;

  /// Fills all of `to`. Errors: journal_damaged past the end of the file, journal_io.
  Result<void> read(std::uint64_t at, std::span<std::byte> to) const;

  /// The meta LMDB would use: the one with the higher txn. Its page numbers are possible. Of the other one
  /// only the beginning must hold: after a failed write of it LMDB leaves a mix there, under the old txn.
  /// Errors: journal_foreign when this is not an LMDB file at all, journal_damaged, journal_io.
  Result<MetaInfo> newest_meta() const;

  /// Meta page 0 or 1 alone; its page numbers may be anything.
  Result<MetaInfo> meta(unsigned which) const;

  /// "path: what", as journal_damaged.
  Error damaged(const std::string& what) const;

 private:
  PageFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  Result<MetaInfo> read_newest_meta() const;
  Result<MetaInfo> meta_at(std::uint64_t at, unsigned which) const;

  std::string path_;
  int fd_ = -1;
};

}  // namespace mesh::lmdb
