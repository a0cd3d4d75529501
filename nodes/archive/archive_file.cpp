#include <nodes/archive/archive_file.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

namespace node {
namespace {

constexpr int gzip_window = 15 + 16;
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
  std::string out(::deflateBound(&stream, lines.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(lines.data()));
  stream.avail_in = static_cast<uInt>(lines.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  ::deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

/// Where the last whole member ends.
std::uint64_t whole_members(int fd) {
  std::vector<unsigned char> in(64 * 1024), out(64 * 1024);
  z_stream stream{};
  if (::inflateInit2(&stream, gzip_window) != Z_OK) throw std::bad_alloc();
  std::uint64_t read_size = 0, whole = 0;
  bool good = true;
  while (good) {
    const auto got = ::read(fd, in.data(), in.size());
    if (got <= 0) break;
    read_size += static_cast<std::uint64_t>(got);
    stream.next_in = in.data();
    stream.avail_in = static_cast<uInt>(got);
    while (good && stream.avail_in > 0) {
      stream.next_out = out.data();
      stream.avail_out = static_cast<uInt>(out.size());
      const int status = ::inflate(&stream, Z_NO_FLUSH);
      good = status == Z_OK || status == Z_STREAM_END;
      if (status != Z_STREAM_END) continue;
      whole = read_size - stream.avail_in;
      good = ::inflateReset(&stream) == Z_OK;
    }
  }
  ::inflateEnd(&stream);
  return whole;
}

mesh::Result<void> recover(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return file_failed(path, "opened");
  const auto size = whole_members(fd);
  const bool cut = ::ftruncate(fd, static_cast<off_t>(size)) == 0 && ::fsync(fd) == 0;
  ::close(fd);
  if (!cut) return file_failed(path, "completed");
  auto place = path.string();
  place.resize(place.size() - growing.size());
  if ((size > 0 ? ::rename(path.c_str(), place.c_str()) : ::unlink(path.c_str())) != 0)
    return file_failed(path, "renamed");
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
    // After a failed sync nobody knows what is on disk: what was not synced is not counted on.
    [[maybe_unused]] const int cut = ::ftruncate(fd_, static_cast<off_t>(size_));
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

mesh::Result<unsigned> recover_archive(const std::string& directory) {
  unsigned count = 0;
  std::error_code error;
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error))
    if (entry.path().string().ends_with(".jsonl.gz" + std::string(growing))) found.push_back(entry.path());
  if (error) return mesh::fail(mesh::Errc::journal_io, directory + " cannot be read: " + error.message());
  for (const auto& path : found) {
    if (auto recovered = recover(path); !recovered) return recovered.error();
    ++count;
  }
  if (count > 0 && !sync_directory(directory)) return file_failed(directory, "synced");
  return count;
}

}  // namespace node
