#include <journal/lmdb/tree_cursor.hpp>

#include <atomic>

namespace mesh::lmdb {

TreeCursor::TreeCursor(const PageFile& file, const MetaInfo& meta, const TreeInfo& tree, KeyOrder order)
    : file_(file), meta_(meta), tree_(tree), order_(order) {}

Result<void> TreeCursor::push(std::uint64_t page, std::string low, std::optional<std::string> high) {
  std::unique_ptr<TreePage> loaded;
  if (spare_.empty()) {
    loaded = std::make_unique<TreePage>();
  } else {
    loaded = std::move(spare_.back());
    spare_.pop_back();
  }
  const bool is_leaf = path_.size() + 1u == tree_.depth;
  if (auto done = loaded->load(file_, meta_, page, is_leaf, order_); !done) return done;
  const std::size_t lowest = is_leaf ? 0 : 1;
  if (loaded->count() > lowest) {
    const bool low_holds = low.empty() || compare_keys(order_, low, loaded->key(lowest)) <= 0;
    const bool high_holds = !high || compare_keys(order_, loaded->key(loaded->count() - 1), *high) < 0;
    if (!low_holds || !high_holds) {
      return file_.damaged("page " + std::to_string(page) + " has keys outside its part of the tree");
    }
  }
  path_.push_back({std::move(loaded), 0, std::move(low), std::move(high)});
  return {};
}

Result<void> TreeCursor::push_child() {
  const Step& step = path_.back();
  std::string low = step.index == 0 ? step.low : std::string(step.page->key(step.index));
  std::optional<std::string> high = step.high;
  if (step.index + 1 < step.page->count()) high = std::string(step.page->key(step.index + 1));
  return push(step.page->child(step.index), std::move(low), std::move(high));
}

std::size_t TreeCursor::index_of(const TreePage& page, std::string_view key) const {
  std::size_t low = 0;  // the answer is in [low, high)
  std::size_t high = page.count();
  while (high - low > 1) {
    const std::size_t middle = low + (high - low) / 2;
    if (compare_keys(order_, page.key(middle), key) <= 0) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

Result<bool> TreeCursor::descend(Where where, std::string_view key) {
  if (path_.empty()) {
    if (tree_.root == no_page) return false;
    if (tree_.depth == 0 || tree_.depth > tree_depth_max || tree_.root < 2 || tree_.root > meta_.last_page) {
      return file_.damaged("a tree has an impossible root or depth");
    }
    if (auto done = push(tree_.root, {}, std::nullopt); !done) return done.error();
  } else if (auto done = push_child(); !done) {
    return done.error();
  }
  for (;;) {
    Step& step = path_.back();
    if (where == Where::last) step.index = step.page->count() - 1;
    if (where == Where::at_key) step.index = index_of(*step.page, key);
    if (step.page->is_leaf()) return true;
    if (auto done = push_child(); !done) return done.error();
  }
}

Result<bool> TreeCursor::first() {
  path_.clear();
  return descend(Where::first, {});
}

Result<bool> TreeCursor::last() {
  path_.clear();
  return descend(Where::last, {});
}

Result<bool> TreeCursor::seek(std::string_view key) {
  path_.clear();
  return descend(Where::at_key, key);
}

Result<bool> TreeCursor::next() {
  while (!path_.empty()) {
    Step& step = path_.back();
    if (step.index + 1 < step.page->count()) {
      ++step.index;
      return step.page->is_leaf() ? Result<bool>(true) : descend(Where::first, {});
    }
    spare_.push_back(std::move(step.page));
    path_.pop_back();
  }
  return false;
}

Result<void> TreeCursor::check_overflow() const {
  const ValueRef ref = value();
  if (ref.is_inline()) return {};
  std::byte header[page_header_size];
  if (auto done = file_.read(ref.overflow_page * meta_.page_size, header); !done) return done;
  const bool sound =
      load_little<std::uint64_t>(header) == ref.overflow_page &&
      load_little<std::uint16_t>(header + 10) == page_is_overflow &&
      load_little<std::uint32_t>(header + 12) == overflow_page_count(ref.size, meta_.page_size);
  if (sound) return {};
  return file_.damaged("page " + std::to_string(ref.overflow_page) +
                       " is not the overflow page it should be");
}

Result<ByteView> TreeCursor::read_value(std::size_t size_max) {
  const ValueRef ref = value();
  if (ref.size > size_max) return file_.damaged("a value is larger than allowed");
  if (ref.is_inline()) return ref.inlined;
  if (auto sound = check_overflow(); !sound) return sound.error();
  // Not one that is much too large either: who keeps the value keeps all of it.
  if (capacity_ < ref.size || capacity_ > 2 * ref.size || buffer_.use_count() > 1) {
    buffer_ = std::make_shared_for_overwrite<std::byte[]>(ref.size);
    capacity_ = ref.size;
  }
  std::atomic_thread_fence(std::memory_order_acquire);  // another thread's last reads of it came before
  const std::span<std::byte> bytes(buffer_.get(), ref.size);
  if (auto done = file_.read(ref.overflow_page * meta_.page_size + page_header_size, bytes); !done) {
    return done.error();
  }
  return ByteView(bytes);
}

Result<std::optional<std::string>> find_value(const PageFile& file, const MetaInfo& meta,
                                              const TreeInfo& tree, std::string_view key,
                                              std::size_t size_max) {
  TreeCursor cursor(file, meta, tree);
  const auto found = cursor.seek(key);
  if (!found) return found.error();
  if (!*found || cursor.key() != key) return std::optional<std::string>{};
  const auto value = cursor.read_value(size_max);
  if (!value) return value.error();
  return std::optional<std::string>(as_text(*value));
}

Result<std::optional<TreeInfo>> find_table(const PageFile& file, const MetaInfo& meta,
                                           std::string_view name) {
  TreeCursor cursor(file, meta, meta.main);
  const auto found = cursor.seek(name);
  if (!found) return found.error();
  if (!*found || cursor.key() != name || !cursor.value().is_tree) return std::optional<TreeInfo>{};
  return std::optional<TreeInfo>(parse_tree_info(cursor.value().inlined.data()));
}

}  // namespace mesh::lmdb
