#include <journal/lmdb/verify.hpp>

namespace mesh::lmdb {

namespace {

/// A busy writer moves pages under a shared walk; each retry goes on where the last one stopped.
constexpr unsigned retries_max = 1000;
constexpr std::size_t free_list_size_max = std::size_t{1} << 30;

class Verifier {
 public:
  Verifier(const PageFile& file, const MetaInfo& meta, std::uint64_t file_size, const VerifyOptions& options)
      : file_(file),
        meta_(meta),
        options_(options),
        file_size_(file_size),
        seen_(meta.last_page + 1, false) {}

  /// `reached`: the greatest key visited so far; entries up to it are not visited again.
  Result<void> run(std::string& reached) {
    if (auto main = walk(meta_.main, KeyOrder::bytes, &reached); !main) return main;
    for (const auto& table : tables_) {
      if (auto done = walk(table, KeyOrder::bytes, nullptr); !done) return done;
    }
    return options_.with_free_list ? walk(meta_.free, KeyOrder::integer, nullptr) : Result<void>{};
  }

 private:
  Result<void> walk(const TreeInfo& tree, KeyOrder order, std::string* reached) {
    TreeCursor cursor(file_, meta_, tree, order);
    TreeInfo counted;
    std::vector<std::uint64_t> path;
    auto more = cursor.first();
    for (; more && *more; more = cursor.next()) {
      ++counted.entries;
      if (auto used = use_path(cursor, path, counted); !used) return used;
      if (auto used = use_value(cursor, counted); !used) return used;
      if (order == KeyOrder::integer) {
        if (auto free = use_free_list(cursor); !free) return free;
      }
      if (reached == nullptr) continue;
      if (auto done = visit(cursor, *reached); !done) return done;
    }
    if (!more) return more.error();
    const bool same = counted.entries == tree.entries && counted.branch_pages == tree.branch_pages &&
                      counted.leaf_pages == tree.leaf_pages && counted.overflow_pages == tree.overflow_pages;
    return same ? Result<void>{} : file_.damaged("a tree's counts do not hold");
  }

  Result<void> visit(TreeCursor& cursor, std::string& reached) {
    if (options_.has_tables != cursor.value().is_tree) return file_.damaged("an entry is of the wrong kind");
    if (options_.has_tables) tables_.push_back(parse_tree_info(cursor.value().inlined.data()));
    if (cursor.key() <= reached) return {};
    if (options_.visit) {
      if (auto done = options_.visit(cursor); !done) return done;
    }
    reached.assign(cursor.key());
    return {};
  }

  Result<void> use(std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t page = first; page < first + count; ++page) {
      if (page < 2 || page > meta_.last_page || seen_[page]) {
        return file_.damaged("page " + std::to_string(page) + " is used twice");
      }
      seen_[page] = true;
    }
    return {};
  }

  /// Marks the pages the cursor has come to since `path`.
  Result<void> use_path(const TreeCursor& cursor, std::vector<std::uint64_t>& path, TreeInfo& counted) {
    path.resize(cursor.depth(), 0);
    for (std::size_t level = 0; level < path.size(); ++level) {
      if (path[level] == cursor.page(level)) continue;
      path[level] = cursor.page(level);
      ++(level + 1 == path.size() ? counted.leaf_pages : counted.branch_pages);
      if (auto used = use(path[level], 1); !used) return used;
    }
    return {};
  }

  Result<void> use_value(const TreeCursor& cursor, TreeInfo& counted) {
    const ValueRef value = cursor.value();
    if (value.is_inline()) return {};
    const std::uint64_t pages = overflow_page_count(value.size, meta_.page_size);
    counted.overflow_pages += pages;
    if (value.overflow_page * meta_.page_size + page_header_size + value.size > file_size_) {
      return file_.damaged("a value lies past the end of the file");
    }
    if (auto sound = cursor.check_overflow(); !sound) return sound;
    return use(value.overflow_page, pages);
  }

  /// value := count u64, page u64 x count (descending), unused space
  Result<void> use_free_list(TreeCursor& cursor) {
    const auto value = cursor.read_value(free_list_size_max);
    if (!value) return value.error();
    const std::size_t words = value->size() / sizeof(std::uint64_t);
    const auto word = [&value](std::size_t i) {
      return load_little<std::uint64_t>(value->data() + i * sizeof(std::uint64_t));
    };
    if (words == 0 || word(0) >= words) return file_.damaged("a free list does not fit its entry");
    for (std::size_t i = 1; i <= word(0); ++i) {
      if (i > 1 && word(i) >= word(i - 1)) return file_.damaged("a free list is out of order");
      if (auto used = use(word(i), 1); !used) return used;
    }
    return {};
  }

  const PageFile& file_;
  const MetaInfo& meta_;
  const VerifyOptions& options_;
  const std::uint64_t file_size_;
  std::vector<bool> seen_;
  std::vector<TreeInfo> tables_;
};

}  // namespace

Result<MetaInfo> verify_file(const PageFile& file, const VerifyOptions& options) {
  std::string reached;
  std::uint64_t failed_txn = 0;
  for (unsigned tries = 0;; ++tries) {
    const auto meta = file.newest_meta();
    if (!meta) return meta.error();
    const auto size = file.size();
    if (!size) return size.error();
    // Without this bound a bad meta could ask for a page map of any size.
    if (meta->last_page > *size / meta->page_size + (std::uint64_t{1} << 20)) {
      return file.damaged("the file ends early");
    }
    auto done = Verifier(file, *meta, *size, options).run(reached);
    if (done) return *meta;
    const bool moved = tries == 0 || meta->txn != failed_txn;
    if (!options.is_shared || !moved || tries >= retries_max) return done.error();
    failed_txn = meta->txn;
  }
}

}  // namespace mesh::lmdb
