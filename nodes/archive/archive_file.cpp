#include <nodes/archive/archive_file.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace node {
namespace {

constexpr int gzip_window = 15 + 16;
/// Each member says how long it is, in the extra field of its header: 'Z' 'M', the size of the number, the
/// number. So a member of which the end is missing is told from one in which a byte is wrong.
constexpr std::array<unsigned char, 4> size_mark{'Z', 'M', 4, 0};
constexpr std::size_t size_mark_at = 12;
constexpr std::size_t size_at = size_mark_at + size_mark.size();
constexpr std::size_t header_with_size = size_at + 4;
constexpr std::string_view growing = ".part";

mesh::Error file_failed(const std::string& path, std::string_view what) {
  const int error = errno;
  const auto code = error == ENOSPC || error == EDQUOT ? mesh::Errc::disk_full : mesh::Errc::journal_io;
  return mesh::fail(code, path + " cannot be " + std::string(what) + ": " + std::strerror(error));  // NOLINT
}

bool sync_directory(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool synced = ::fsync(fd) == 0;
  ::close(fd);
  return synced;
}

std::string compress(std::string_view lines, int level) {
  z_stream stream{};
  if (::deflateInit2(&stream, level, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  std::array<unsigned char, size_mark.size() + 4> extra{};
  std::copy(size_mark.begin(), size_mark.end(), extra.begin());
  gz_header header{};
  header.os = 3;  // Unix
  header.extra = extra.data();
  header.extra_len = static_cast<uInt>(extra.size());
  ::deflateSetHeader(&stream, &header);
  std::string out(::deflateBound(&stream, lines.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(lines.data()));
  stream.avail_in = static_cast<uInt>(lines.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  ::deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  for (std::size_t i = 0; i < 4; ++i) out[size_at + i] = static_cast<char>(out.size() >> (8 * i));
  return out;
}

/// How long the member that begins there says it is. Nothing: it does not (any more, or yet).
std::optional<std::uint64_t> size_of_member(int fd, std::uint64_t at) {
  std::array<unsigned char, header_with_size> bytes{};
  if (::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(at)) != static_cast<ssize_t>(bytes.size()))
    return std::nullopt;
  if (!std::equal(size_mark.begin(), size_mark.end(), bytes.begin() + size_mark_at)) return std::nullopt;
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) size |= std::uint64_t{bytes[size_at + i]} << (8 * i);
  return size;
}

/// What a file that was left behind holds.
struct Members {
  std::uint64_t whole = 0;  ///< bytes up to the end of the last whole one
  bool damaged = false;     ///< what follows is not the beginning of another one either
};

mesh::Result<Members> members_of(int fd, const std::string& path) {
  std::vector<unsigned char> in(64 * 1024), out(64 * 1024);
  z_stream stream{};
  if (::inflateInit2(&stream, gzip_window) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, int (*)(z_stream*)> ended(&stream, ::inflateEnd);
  Members members;
  std::uint64_t read_size = 0;
  while (true) {
    const auto got = ::read(fd, in.data(), in.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_failed(path, "read");
    if (got == 0) {
      const auto size = size_of_member(fd, members.whole);
      members.damaged = size && read_size - members.whole >= *size;
      return members;
    }
    read_size += static_cast<std::uint64_t>(got);
    stream.next_in = in.data();
    stream.avail_in = static_cast<uInt>(got);
    while (stream.avail_in > 0) {
      stream.next_out = out.data();
      stream.avail_out = static_cast<uInt>(out.size());
      const int status = ::inflate(&stream, Z_NO_FLUSH);
      if (status == Z_MEM_ERROR) throw std::bad_alloc();
      members.damaged = status != Z_OK && status != Z_STREAM_END;
      if (members.damaged) return members;
      if (status != Z_STREAM_END) continue;
      members.whole = read_size - stream.avail_in;
      ::inflateReset(&stream);
    }
  }
}

/// Only what a crash can have left behind is cut off: the beginning of a member, which nobody was told is
/// safe.
mesh::Result<void> recover(const std::filesystem::path& path, Recovered& recovered) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return file_failed(path, "opened");
  const auto members = members_of(fd, path);
  const bool cuts = members && !members->damaged;
  const bool cut = !cuts || (::ftruncate(fd, static_cast<off_t>(members->whole)) == 0 && ::fsync(fd) == 0);
  ::close(fd);
  if (!members) return members.error();
  if (!cut) return file_failed(path, "completed");
  auto place = path.string();
  place.resize(place.size() - growing.size());
  if (members->damaged) recovered.damaged.push_back(place += ".damaged");
  const bool keeps = members->damaged || members->whole > 0;
  if ((keeps ? ::rename(path.c_str(), place.c_str()) : ::unlink(path.c_str())) != 0)
    return file_failed(path, "renamed");
  if (!members->damaged) ++recovered.completed;
  return {};
}

}  // namespace

ArchiveFile::~ArchiveFile() {
  if (is_open()) (void)complete();
}

mesh::Result<void> ArchiveFile::begin(const std::string& directory, const std::string& name, int level) {
  directory_ = directory;
  path_ = directory + "/" + name;
  level_ = level;
  size_ = 0;
  const auto path = path_ + std::string(growing);
  fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640);
  if (fd_ < 0 || !sync_directory(directory)) {
    auto error = file_failed(path, "made");
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    return error;
  }
  return {};
}

mesh::Result<void> ArchiveFile::add(std::string_view lines) {
  const auto packed = compress(lines, level_);
  std::string_view rest = packed;
  while (!rest.empty()) {
    const auto written = ::write(fd_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  if (!rest.empty() || ::fdatasync(fd_) != 0) {
    auto error = file_failed(path_, "written");
    // After a failed sync nobody knows what is on disk: what was not synced is not counted on. Nothing may
    // follow what cannot be cut off.
    if (::ftruncate(fd_, static_cast<off_t>(size_)) != 0) {
      ::close(fd_);
      fd_ = -1;
      error.text += "; nor can it be cut: it is left as it is, and completed at the next start";
    }
    return error;
  }
  size_ += packed.size();
  return {};
}

mesh::Result<void> ArchiveFile::complete() {
  const bool synced = ::fsync(fd_) == 0;
  ::close(fd_);
  fd_ = -1;
  const auto path = path_ + std::string(growing);
  if (size_ == 0) {
    ::unlink(path.c_str());
    return {};
  }
  if (!synced || ::rename(path.c_str(), path_.c_str()) != 0 || !sync_directory(directory_))
    return file_failed(path_, "completed");
  return {};
}

mesh::Result<Recovered> recover_archive(const std::string& directory) {
  Recovered recovered;
  std::error_code error;
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error))
    if (entry.path().string().ends_with(".jsonl.gz" + std::string(growing))) found.push_back(entry.path());
  if (error) return mesh::fail(mesh::Errc::journal_io, directory + " cannot be read: " + error.message());
  for (const auto& path : found) {
    if (auto done = recover(path, recovered); !done) return done.error();
  }
  if (!found.empty() && !sync_directory(directory)) return file_failed(directory, "synced");
  return recovered;
}

}  // namespace node
