// What a disk may hold when the power goes: built from the recorder's log.
//
// A file's writes are durable from the next sync of the file on (a write through O_DSYNC: at once). Directory
// entries are durable, in order, from the next sync of their directory on. What is not yet durable may be
// there or not, in part, in any order.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace powerloss {

enum class Kind : std::uint8_t {
  open = 1,
  write,
  dsync,
  sync,
  truncate,
  make_directory,
  unlink,
  rename,
  link,
  note,
};

struct Entry {
  Kind kind;
  std::uint64_t inode = 0;
  std::uint64_t at = 0;
  std::string bytes;
};

/// Reads the recorder's log. Empty when it does not parse.
std::vector<Entry> read_log(const std::string& path);

/// Which of the writes that are not durable are taken to have reached the disk.
enum class Lost : std::uint8_t {
  all,          ///< none of them is there
  nothing,      ///< all are
  some,         ///< each write by a coin
  torn_512,     ///< each sector of each write by a coin
  torn_4096,    ///< each page of each write by a coin
  newest_kept,  ///< only the second half of them
  reversed,     ///< all, but the older of two to one place wins
};
inline constexpr unsigned lost_count = 7;

/// Path -> content; a directory has a trailing slash and no content.
using Snapshot = std::map<std::string, std::string>;

class DiskModel {
 public:
  explicit DiskModel(std::string directory) : directory_(std::move(directory)) {}

  /// Plays one entry.
  void apply(const Entry& entry);
  /// A state the power loss may leave now, with paths relative to the directory.
  Snapshot crash(Lost lost, std::mt19937_64& random) const;
  bool has_pending() const;

 private:
  struct Write {
    std::uint64_t at = 0;
    std::string bytes;
    bool truncate = false;
  };

  struct File {
    std::string durable;
    std::vector<Write> pending;
  };

  struct NameOp {
    Kind kind;
    std::string path;
    std::string to;
    std::shared_ptr<File> file;
  };

  using Names = std::map<std::string, std::shared_ptr<File>>;  // null: a directory

  static void play(Names& names, const NameOp& op);
  static void put(std::string& content, const Write& write);
  static std::string content_of(const File& file, Lost lost, std::mt19937_64& random);
  void add_name(NameOp op);

  const std::string directory_;
  std::map<std::uint64_t, std::shared_ptr<File>> files_;  // by inode, newest owner
  std::map<std::uint64_t, std::string> directory_inodes_;
  Names durable_names_;
  Names names_;                   // as the process sees them
  std::vector<NameOp> name_ops_;  // not durable yet, in order
};

}  // namespace powerloss
