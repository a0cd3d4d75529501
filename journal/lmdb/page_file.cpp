#include <journal/lmdb/page_file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

namespace mesh::lmdb {

namespace {

constexpr std::uint32_t magic = 0xbeefc0de;
constexpr std::uint32_t data_version = 1;
constexpr std::size_t meta_size = page_header_size + 24 + 2 * tree_info_size + 16;
constexpr std::uint32_t page_size_min = 4096;
constexpr std::uint32_t page_size_max = 65536;

bool is_sound_tree(const TreeInfo& tree, std::uint64_t last_page) {
  if (tree.root == no_page) return tree.entries == 0 && tree.depth == 0;
  return tree.root >= 2 && tree.root <= last_page && tree.depth >= 1 && tree.depth <= tree_depth_max;
}

/// Page numbers stay below 2^40, so that multiplying them by the page size cannot overflow.
bool is_sound(const MetaInfo& meta) {
  return meta.last_page >> 40 == 0 && meta.map_size / meta.page_size > meta.last_page &&
         is_sound_tree(meta.free, meta.last_page) && is_sound_tree(meta.main, meta.last_page);
}

}  // namespace

TreeInfo parse_tree_info(const std::byte* from) {
  TreeInfo tree;
  tree.flags = load_little<std::uint16_t>(from + 4);
  tree.depth = load_little<std::uint16_t>(from + 6);
  tree.branch_pages = load_little<std::uint64_t>(from + 8);
  tree.leaf_pages = load_little<std::uint64_t>(from + 16);
  tree.overflow_pages = load_little<std::uint64_t>(from + 24);
  tree.entries = load_little<std::uint64_t>(from + 32);
  tree.root = load_little<std::uint64_t>(from + 40);
  return tree;
}

Result<PageFile> PageFile::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd >= 0) return PageFile(path, fd);
  if (errno == ENOENT) return fail(Errc::journal_missing, path + " is not there");
  return fail(Errc::journal_io, "cannot open " + path + ": " + std::strerror(errno));
}

PageFile::PageFile(PageFile&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

PageFile& PageFile::operator=(PageFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  return *this;
}

PageFile::~PageFile() {
  if (fd_ >= 0) ::close(fd_);
}

Error PageFile::damaged(const std::string& what) const {
  return fail(Errc::journal_damaged, path_ + ": " + what);
}

Result<std::uint64_t> PageFile::size() const {
  struct stat status {};

  if (::fstat(fd_, &status) != 0) {
    return fail(Errc::journal_io, "cannot stat " + path_ + ": " + std::strerror(errno));
  }
  return static_cast<std::uint64_t>(status.st_size);
}

Result<void> PageFile::read(std::uint64_t at, std::span<std::byte> to) const {
  while (!to.empty()) {
    const ssize_t got = ::pread(fd_, to.data(), to.size(), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Errc::journal_io, "cannot read " + path_ + ": " + std::strerror(errno));
    if (got == 0) return damaged("the file ends early, at byte " + std::to_string(at));
    at += static_cast<std::uint64_t>(got);
    to = to.subspan(static_cast<std::size_t>(got));
  }
  return {};
}

Result<MetaInfo> PageFile::meta_at(std::uint64_t at, unsigned which) const {
  std::array<std::byte, meta_size> bytes;
  if (auto read_done = read(at, bytes); !read_done) return read_done.error();
  const std::byte* body = bytes.data() + page_header_size;
  const std::string name = "meta page " + std::to_string(which);
  if (load_little<std::uint32_t>(body) != magic) return damaged(name + " has no LMDB magic");
  if (load_little<std::uint32_t>(body + 4) != data_version)
    return damaged(name + " has another LMDB version");
  if (load_little<std::uint64_t>(bytes.data()) != which ||
      load_little<std::uint16_t>(bytes.data() + 10) != page_is_meta) {
    return damaged(name + " has a wrong page header");
  }
  MetaInfo meta;
  meta.map_size = load_little<std::uint64_t>(body + 16);
  meta.page_size = load_little<std::uint32_t>(body + 24);
  meta.free = parse_tree_info(body + 24);
  meta.main = parse_tree_info(body + 24 + tree_info_size);
  meta.last_page = load_little<std::uint64_t>(body + 24 + 2 * tree_info_size);
  meta.txn = load_little<std::uint64_t>(body + 32 + 2 * tree_info_size);
  if (!std::has_single_bit(meta.page_size) || meta.page_size < page_size_min ||
      meta.page_size > page_size_max) {
    return damaged(name + " has an impossible page size");
  }
  return meta;
}

Result<MetaInfo> PageFile::meta(unsigned which) const {
  auto zero = meta_at(0, 0);
  if (which == 0) return zero;
  if (zero) return meta_at(zero->page_size, 1);
  // Page 0 does not tell the page size: try those there are.
  auto found = zero;
  for (std::uint32_t size = page_size_min; size <= page_size_max && !found; size *= 2)
    found = meta_at(size, 1);
  return found;
}

Result<MetaInfo> PageFile::newest_meta() const {
  // A busy writer may commit between the reading of the two pages.
  constexpr int looks_max = 20;
  auto found = read_newest_meta();
  for (int tries = 1; !found && found.error().code == Errc::journal_damaged && tries < looks_max; ++tries) {
    found = read_newest_meta();
  }
  return found;
}

Result<MetaInfo> PageFile::read_newest_meta() const {
  const auto zero = meta(0);
  const auto one = meta(1);
  if (!zero && !one) {
    std::array<std::byte, 4> start{};
    const bool short_file = !read(page_header_size, start);
    if (short_file || load_little<std::uint32_t>(start.data()) != magic) {
      return zero.error().code == Errc::journal_io
                 ? zero.error()
                 : fail(Errc::journal_foreign, path_ + " is not an LMDB file");
    }
  }
  if (!zero) return zero.error();
  if (!one) return one.error();
  if (one->page_size != zero->page_size) return damaged("the meta pages disagree on the page size");
  const unsigned newer = one->txn > zero->txn ? 1 : 0;
  const MetaInfo& meta = newer == 1 ? *one : *zero;
  const MetaInfo& older = newer == 1 ? *zero : *one;
  // Each commit takes the other page, so a flipped bit in a txn shows.
  if (meta.txn - older.txn > 1 || (meta.txn != older.txn && (meta.txn & 1) != newer)) {
    return damaged("the meta pages' transactions do not follow on each other");
  }
  if (!is_sound(meta)) return damaged("the newest meta page has impossible page numbers");
  return meta;
}

}  // namespace mesh::lmdb
