// One file of an archive: JSON Lines, compressed in pieces that each stand alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <journal/result.hpp>

namespace node {

/// Each sync adds one gzip member, so the file up to any sync is a complete gzip file: what a crash leaves
/// behind that is cut off again, and nothing has to be written anew. While it grows it is called NAME.part.
class ArchiveFile {
 public:
  ArchiveFile() = default;
  ~ArchiveFile();
  ArchiveFile(const ArchiveFile&) = delete;
  ArchiveFile& operator=(const ArchiveFile&) = delete;

  /// Begins NAME.part in `directory`. Error: journal_io, disk_full.
  mesh::Result<void> begin(const std::string& directory, const std::string& name, int level);

  /// Writes the lines as one member and syncs it. On an error the file is as it was before, or, where that
  /// cannot be, not open any more: another one is to be begun. Errors: journal_io, disk_full.
  mesh::Result<void> add(std::string_view lines);

  /// Renames it into place; it is closed whatever happens. Error: journal_io.
  mesh::Result<void> complete();

  bool is_open() const { return fd_ >= 0; }

  std::uint64_t size() const { return size_; }

  const std::string& path() const { return path_; }

 private:
  std::string directory_, path_;
  int fd_ = -1;
  int level_ = 6;
  std::uint64_t size_ = 0;
};

struct Recovered {
  unsigned completed = 0;
  std::vector<std::string> damaged{};  ///< paths
};

/// Completes what an earlier run has left behind in `directory`: from each NAME.part the unfinished last
/// member is cut off, and it is renamed. One that has damage elsewhere holds events that were acknowledged,
/// and is kept as it is as NAME.damaged. Error: journal_io.
mesh::Result<Recovered> recover_archive(const std::string& directory);

}  // namespace node
