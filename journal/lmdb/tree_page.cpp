#include <journal/lmdb/tree_page.hpp>

#include <algorithm>
#include <cstring>

namespace mesh::lmdb {

namespace {

constexpr std::size_t node_header_size = 8;
constexpr std::uint16_t node_is_big = 0x01;
constexpr std::uint16_t node_is_tree = 0x02;
constexpr std::size_t key_size_max = 511;

std::uint16_t node_flags(const std::byte* node) {
  return load_little<std::uint16_t>(node + 4);
}

std::size_t node_key_size(const std::byte* node) {
  return load_little<std::uint16_t>(node + 6);
}

std::size_t node_value_size(const std::byte* node) {
  return load_little<std::uint16_t>(node) | std::size_t{load_little<std::uint16_t>(node + 2)} << 16;
}

}  // namespace

int compare_keys(KeyOrder order, std::string_view left, std::string_view right) {
  if (order == KeyOrder::bytes) return left.compare(right);
  const auto a = load_little<std::uint64_t>(as_bytes(left).data());
  const auto b = load_little<std::uint64_t>(as_bytes(right).data());
  return a < b ? -1 : a > b ? 1 : 0;
}

const std::byte* TreePage::node(std::size_t index) const {
  return bytes_.data() + load_little<std::uint16_t>(bytes_.data() + page_header_size + 2 * index);
}

std::string_view TreePage::key(std::size_t index) const {
  const std::byte* at = node(index);
  return as_text({at + node_header_size, node_key_size(at)});
}

std::uint64_t TreePage::child(std::size_t index) const {
  const std::byte* at = node(index);
  return node_value_size(at) | std::uint64_t{node_flags(at)} << 32;
}

ValueRef TreePage::value(std::size_t index) const {
  const std::byte* at = node(index);
  const std::byte* data = at + node_header_size + node_key_size(at);
  ValueRef value;
  value.size = node_value_size(at);
  value.is_tree = node_flags(at) == node_is_tree;
  if (node_flags(at) == node_is_big) {
    value.overflow_page = load_little<std::uint64_t>(data);
  } else {
    value.inlined = {data, value.size};
  }
  return value;
}

Result<void> TreePage::load(const PageFile& file, const MetaInfo& meta, std::uint64_t number, bool leaf,
                            KeyOrder order) {
  bytes_.resize(meta.page_size);
  number_ = number;
  leaf_ = leaf;
  count_ = 0;
  if (auto done = file.read(number * meta.page_size, bytes_); !done) return done;
  if (const char* what = flaw(meta, order)) {
    count_ = 0;
    return file.damaged("page " + std::to_string(number) + " " + what);
  }
  count_ = (load_little<std::uint16_t>(bytes_.data() + 12) - page_header_size) / 2;
  return {};
}

const char* TreePage::flaw(const MetaInfo& meta, KeyOrder order) const {
  const std::byte* header = bytes_.data();
  if (load_little<std::uint64_t>(header) != number_) return "names another page";
  if (load_little<std::uint16_t>(header + 10) != (leaf_ ? page_is_leaf : page_is_branch)) {
    return "is of another kind than its place in the tree";
  }
  const std::size_t lower = load_little<std::uint16_t>(header + 12);
  const std::size_t upper = load_little<std::uint16_t>(header + 14);
  if (lower < page_header_size || lower % 2 != 0 || lower > upper || upper > meta.page_size) {
    return "has impossible bounds";
  }
  const std::size_t count = (lower - page_header_size) / 2;
  if (count == 0) return "has no nodes";
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = load_little<std::uint16_t>(header + page_header_size + 2 * i);
    if (at < upper || at % 2 != 0 || at + node_header_size > meta.page_size) return "has a node outside it";
    if (const char* what = node_flaw(meta, i)) return what;
    if (order == KeyOrder::integer && (leaf_ || i > 0) && key(i).size() != sizeof(std::uint64_t)) {
      return "has an integer key of another size";
    }
    if (i > (leaf_ ? 0 : 1) && compare_keys(order, key(i - 1), key(i)) >= 0) return "has keys out of order";
  }
  return nullptr;
}

const char* TreePage::node_flaw(const MetaInfo& meta, std::size_t index) const {
  const std::byte* at = node(index);
  const auto left = static_cast<std::size_t>(bytes_.data() + meta.page_size - at) - node_header_size;
  const std::size_t key_size = node_key_size(at);
  if (key_size > left || key_size > key_size_max) return "has a key that does not fit";
  if (!leaf_) {
    const std::uint64_t below = child(index);
    return below < 2 || below > meta.last_page ? "names a child that is not there" : nullptr;
  }
  if (key_size == 0) return "has an empty key";
  const std::size_t size = node_value_size(at);
  switch (node_flags(at)) {
    case 0:
      return size > left - key_size ? "has a value that does not fit" : nullptr;
    case node_is_tree:
      return size != tree_info_size || size > left - key_size ? "has a broken table entry" : nullptr;
    case node_is_big: {
      if (left - key_size < sizeof(std::uint64_t)) return "has a value that does not fit";
      const std::uint64_t page = value(index).overflow_page;
      const std::uint64_t pages = overflow_page_count(size, meta.page_size);
      const bool there = page >= 2 && page <= meta.last_page && pages <= meta.last_page - page + 1;
      return there ? nullptr : "names overflow pages that are not there";
    }
    default:
      return "has a node of an unknown kind";
  }
}

}  // namespace mesh::lmdb
