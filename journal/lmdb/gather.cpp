#include <journal/lmdb/gather.hpp>

#include <vector>

namespace mesh::lmdb {

namespace {

void gather_leaf(const TreePage& page, std::uint32_t page_size, const GatherVisit& visit) {
  for (std::size_t i = 0; i < page.count(); ++i) {
    const ValueRef value = page.value(i);
    Gathered entry{page.key(i), 0, value.size, value.is_tree};
    entry.at = value.is_inline() ? page.number() * page_size + page.place_of(value.inlined)
                                 : value.overflow_page * page_size + page_header_size;
    visit(entry);
  }
}

class TreeGather {
 public:
  TreeGather(const PageFile& file, const MetaInfo& meta, const GatherVisit& visit)
      : file_(file), meta_(meta), visit_(visit), seen_(meta.last_page + 1, false) {}

  void gather(std::uint64_t number, unsigned levels) {
    if (number > meta_.last_page || seen_[number]) return;
    seen_[number] = true;
    TreePage page;
    if (!page.load(file_, meta_, number, levels == 1, KeyOrder::bytes)) return;
    if (levels == 1) return gather_leaf(page, meta_.page_size, visit_);
    for (std::size_t i = 0; i < page.count(); ++i) gather(page.child(i), levels - 1);
  }

 private:
  const PageFile& file_;
  const MetaInfo& meta_;
  const GatherVisit& visit_;
  std::vector<bool> seen_;
};

}  // namespace

void gather_tree(const PageFile& file, const MetaInfo& meta, const TreeInfo& tree, const GatherVisit& visit) {
  const auto size = file.size();
  if (!size || tree.root == no_page || tree.depth == 0 || tree.depth > tree_depth_max) return;
  MetaInfo bounded = meta;
  bounded.last_page = std::min(meta.last_page, *size / meta.page_size);
  TreeGather(file, bounded, visit).gather(tree.root, tree.depth);
}

void gather_leaves(const PageFile& file, std::uint32_t page_size, const GatherVisit& visit) {
  const auto size = file.size();
  if (!size) return;
  MetaInfo meta;
  meta.page_size = page_size;
  meta.last_page = *size / page_size;
  TreePage page;
  for (std::uint64_t number = 2; number < meta.last_page; ++number) {
    if (page.load(file, meta, number, true, KeyOrder::bytes)) gather_leaf(page, page_size, visit);
  }
}

void gather_runs(const PageFile& file, std::uint32_t page_size, const RunVisit& visit) {
  const auto size = file.size();
  if (!size) return;
  const std::uint64_t count = *size / page_size;
  for (std::uint64_t number = 2; number < count; ++number) {
    std::byte header[page_header_size];
    if (!file.read(number * page_size, header)) continue;
    const bool is_run = load_little<std::uint64_t>(header) == number &&
                        load_little<std::uint16_t>(header + 10) == page_is_overflow;
    const auto pages = load_little<std::uint32_t>(header + 12);
    if (is_run && pages >= 1 && pages <= count - number) {
      visit(number * page_size + page_header_size, std::size_t{pages} * page_size - page_header_size);
    }
  }
}

}  // namespace mesh::lmdb
