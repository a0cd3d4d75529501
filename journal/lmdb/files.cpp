#include <journal/lmdb/files.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>

namespace mesh::lmdb {

namespace {

constexpr std::size_t seq_digits = 20;
constexpr std::string_view segment_suffix = ".mdb";

std::optional<Seq> seq_of_name(std::string_view name) {
  if (name.size() != seq_digits + segment_suffix.size() || !name.ends_with(segment_suffix))
    return std::nullopt;
  Seq first = 0;
  const char* end = name.data() + seq_digits;
  const auto parsed = std::from_chars(name.data(), end, first);
  if (parsed.ec != std::errc{} || parsed.ptr != end || first == 0) return std::nullopt;
  return first;
}

}  // namespace

File::File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

std::string Paths::segment(Seq first) const {
  const std::string digits = std::to_string(first);
  return segments() + "/" + std::string(seq_digits - digits.size(), '0') + digits +
         std::string(segment_suffix);
}

Error io_error(int code, const std::string& doing, const std::string& path) {
  const Errc kind = code == ENOSPC || code == EDQUOT ? Errc::disk_full : Errc::journal_io;
  return fail(kind, "cannot " + doing + " " + path + ": " + std::strerror(code));
}

bool exists(const std::string& path) {
  struct stat status {};

  return ::lstat(path.c_str(), &status) == 0;
}

bool is_directory(const std::string& path) {
  struct stat status {};

  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

Result<std::vector<std::string>> list_names(const std::string& directory) {
  DIR* const list = ::opendir(directory.c_str());
  if (list == nullptr) {
    if (errno == ENOENT) return fail(Errc::journal_missing, directory + " is not there");
    return io_error(errno, "list", directory);
  }
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(list)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  ::closedir(list);
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::vector<Seq>> list_segments(const Paths& paths) {
  const auto names = list_names(paths.segments());
  if (!names) return names.error();
  std::vector<Seq> firsts;
  for (const auto& name : *names) {
    if (const auto first = seq_of_name(name)) firsts.push_back(*first);
  }
  return firsts;  // zero-padded, so sorted by name is sorted by seq
}

Result<void> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0) {
    if (errno == EEXIST) return {};
    return io_error(errno, "make", path);
  }
  const auto cut = path.find_last_of('/', path.find_last_not_of('/'));
  if (cut == std::string::npos) return sync_directory(".");
  return sync_directory(cut == 0 ? "/" : path.substr(0, cut));
}

Result<void> sync_directory(const std::string& path) {
  const File file(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file || ::fsync(file.get()) != 0) return io_error(errno, "sync", path);
  return {};
}

Result<void> sync_file(const std::string& path) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file || ::fdatasync(file.get()) != 0) return io_error(errno, "sync", path);
  return {};
}

Result<void> rename_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return io_error(errno, "rename", from);
  return {};
}

Result<void> remove_env_file(const std::string& path) {
  ::unlink((path + "-lock").c_str());
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return io_error(errno, "remove", path);
  return {};
}

Result<File> lock_writer(const Paths& paths) {
  File file(::open(paths.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return io_error(errno, "open", paths.lock());
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
  if (errno != EWOULDBLOCK) return io_error(errno, "lock", paths.lock());
  return fail(Errc::journal_locked, "the journal " + paths.directory + " is open for writing elsewhere");
}

std::string read_boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

}  // namespace mesh::lmdb
