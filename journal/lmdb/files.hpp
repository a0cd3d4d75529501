// The files of a journal directory, by name and by system call.
//
//   DIR/lock                             flock: held by the writer
//   DIR/state.mdb, DIR/state.mdb-lock    state; its presence makes the directory a journal
//   DIR/segments/<20 digits>.mdb[-lock]  events; the name is the first seq it may hold
//   DIR/state.new, DIR/segments/new      being made; renamed when complete and synced, else removed
#pragma once

#include <string>
#include <vector>

#include <journal/identity.hpp>
#include <journal/result.hpp>

namespace mesh::lmdb {

/// Owns a file descriptor.
class File {
 public:
  File() = default;

  explicit File(int fd) : fd_(fd) {}

  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  int get() const { return fd_; }

  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// Every path of one journal.
struct Paths {
  std::string directory;

  std::string lock() const { return directory + "/lock"; }

  std::string state() const { return directory + "/state.mdb"; }

  std::string new_state() const { return directory + "/state.new"; }

  std::string segments() const { return directory + "/segments"; }

  std::string new_segment() const { return segments() + "/new"; }

  std::string segment(Seq first) const;
};

/// An errno as disk_full or journal_io: "cannot <doing> <path>: why".
Error io_error(int code, const std::string& doing, const std::string& path);

bool exists(const std::string& path);
bool is_directory(const std::string& path);

/// Names in a directory but . and .., sorted. Errors: journal_missing, journal_io.
Result<std::vector<std::string>> list_names(const std::string& directory);

/// First seqs of the segment files, ascending.
Result<std::vector<Seq>> list_segments(const Paths& paths);

/// Mode 0700; fine when it is there. The parent is synced when it was made.
Result<void> make_directory(const std::string& path);

Result<void> sync_directory(const std::string& path);
/// fdatasync through a descriptor of its own.
Result<void> sync_file(const std::string& path);
Result<void> rename_file(const std::string& from, const std::string& to);

/// Removes the file and LMDB's lock file beside it; fine when they are not there.
Result<void> remove_env_file(const std::string& path);

/// The writer's lock: refused while any other descriptor, in this or another process, holds it.
/// Error: journal_locked, journal_io, disk_full.
Result<File> lock_writer(const Paths& paths);

/// Changes with every start of the machine; empty when the system does not tell.
std::string read_boot_id();

}  // namespace mesh::lmdb
