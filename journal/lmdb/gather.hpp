// Everything that still can be read of a damaged LMDB file. Finds candidates; whoever calls must verify them.
#pragma once

#include <functional>

#include <journal/lmdb/tree_page.hpp>

namespace mesh::lmdb {

/// A key and where its value lies in the file.
struct Gathered {
  std::string_view key;
  std::uint64_t at = 0;  ///< byte in the file
  std::size_t size = 0;
  bool is_tree = false;
};

using GatherVisit = std::function<void(const Gathered& entry)>;

/// Entries of the tree, skipping the parts that do not hold. In key order where the tree is sound.
void gather_tree(const PageFile& file, const MetaInfo& meta, const TreeInfo& tree, const GatherVisit& visit);

/// Entries of every page that looks like a leaf, whether a tree refers to it or not.
void gather_leaves(const PageFile& file, std::uint32_t page_size, const GatherVisit& visit);

/// Every run of overflow pages, by its header: where its bytes begin and how many there may be.
using RunVisit = std::function<void(std::uint64_t at, std::size_t size_max)>;
void gather_runs(const PageFile& file, std::uint32_t page_size, const RunVisit& visit);

}  // namespace mesh::lmdb
