#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include <journal/batch_extent.hpp>
#include <tools/zmesh/record/recording.hpp>
#include <tools/zmesh/text/input_line.hpp>
#include <tools/zmesh/text/line_reader.hpp>

namespace zmesh {
namespace {

using RecordingVisit = std::function<mesh::Result<bool>(const RecordedEvent&)>;

constexpr std::size_t recorded_line_max = 128u << 20;
/// First byte of a batch: MessagePack's array of 7.
constexpr std::byte batch_first_byte{0x97};

mesh::Error cannot_read(const std::string& path) {
  return mesh::fail(mesh::Errc::journal_io,
                    path + ": " + std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
}

/// A file in memory while it is read; its pages come and go as the system likes.
class MappedFile {
 public:
  explicit MappedFile(int fd) {
    struct stat status {};

    if (::fstat(fd, &status) != 0 || status.st_size == 0) return;
    size_ = static_cast<std::size_t>(status.st_size);
    data_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data_ != MAP_FAILED) ::madvise(data_, size_, MADV_SEQUENTIAL);
  }

  ~MappedFile() {
    if (good()) ::munmap(data_, size_);
  }

  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  bool good() const { return data_ != nullptr && data_ != MAP_FAILED; }

  mesh::ByteView bytes() const { return {static_cast<const std::byte*>(data_), size_}; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

mesh::Result<void> read_batches(const std::string& path, int fd, const RecordingVisit& visit) {
  const MappedFile file(fd);
  if (!file.good()) return cannot_read(path);
  std::vector<mesh::EventView> events;
  std::vector<mesh::Header> headers;
  const auto bytes = file.bytes();
  for (std::size_t at = 0; at < bytes.size();) {
    const auto place = path + ", byte " + std::to_string(at);
    const auto extent = mesh::detail::batch_extent(bytes.subspan(at));
    if (!extent) return mesh::fail(mesh::Errc::journal_damaged, place + ": no whole batch begins here");
    const auto batch = mesh::parse_batch(bytes.subspan(at, *extent));
    if (!batch) return mesh::fail(batch.error().code, place + ": " + batch.error().text);
    if (auto decoded = mesh::decode_events(*batch, events); !decoded)
      return mesh::fail(decoded.error().code, place + ": " + decoded.error().text);
    for (const auto& event : events) {
      headers.clear();
      mesh::for_each_header(
          event, [&](std::string_view name, std::string_view value) { headers.emplace_back(name, value); });
      const auto more = visit(
          {batch->header.origin, event.seq, event.time, {event.topic, event.key, headers, event.payload}});
      if (!more) return more.error();
      if (!*more) return {};
    }
    at += *extent;
  }
  return {};
}

mesh::Result<void> read_lines(const std::string& path, int fd, const RecordingVisit& visit) {
  LineReader reader(fd, -1, recorded_line_max);
  InputLine input("", {});
  std::string_view line;
  for (std::uint64_t number = 1;; ++number) {
    const auto status = reader.next(line);
    if (status == LineReader::Status::end) return {};
    if (status == LineReader::Status::failed || status == LineReader::Status::interrupted)
      return cannot_read(path);
    const auto place = path + ", line " + std::to_string(number) + ": ";
    if (status == LineReader::Status::too_long)
      return mesh::fail(mesh::Errc::invalid_argument, place + "longer than any event may be");
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto event = input.parse(line);
    if (!event) return mesh::fail(mesh::Errc::invalid_argument, place + event.error().text);
    if (auto checked = mesh::check_event(*event, mesh::event_size_limit); !checked)
      return mesh::fail(checked.error().code, place + checked.error().text);
    const auto more = visit({input.origin().value_or(mesh::Origin{}), input.seq(), input.time(), *event});
    if (!more) return more.error();
    if (!*more) return {};
  }
}

/// A descriptor of the file, closed at the end.
struct RecordingFile {
  explicit RecordingFile(const std::string& path)
      : fd(path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}

  ~RecordingFile() {
    if (fd >= 0) ::close(fd);
  }

  RecordingFile(const RecordingFile&) = delete;
  RecordingFile& operator=(const RecordingFile&) = delete;

  int fd;
};

}  // namespace

mesh::Result<std::uint64_t> whole_size(const std::string& path, RecordingForm form) {
  const RecordingFile file(path);

  struct stat status {};

  if (file.fd < 0 || ::fstat(file.fd, &status) != 0) return cannot_read(path);
  if (status.st_size == 0) return std::uint64_t{0};
  const MappedFile mapped(file.fd);
  if (!mapped.good()) return cannot_read(path);
  const auto bytes = mapped.bytes();
  const bool batches = bytes[0] == batch_first_byte;
  if (batches != (form == RecordingForm::batches))
    return mesh::fail(mesh::Errc::invalid_argument,
                      path + (batches ? " holds batches, not JSON Lines" : " does not hold batches"));
  if (!batches) return mesh::as_text(bytes).rfind('\n') + 1;
  std::size_t at = 0, last = 0;
  while (at < bytes.size()) {
    const auto extent = mesh::detail::batch_extent(bytes.subspan(at));
    if (!extent) break;
    last = at;
    at += *extent;
  }
  // A batch behind this place would be one that is damaged, not one that was not finished.
  const auto rest = bytes.subspan(at);
  const auto damaged = [&](std::size_t where) {
    return mesh::fail(mesh::Errc::journal_damaged,
                      path + ", byte " + std::to_string(where) + ": damaged, and so nothing is appended");
  };
  if (!rest.empty() &&
      (rest[0] != batch_first_byte || rest.size() > mesh::event_size_limit + mesh::batch_body_target))
    return damaged(at);
  for (std::size_t i = 1; i < rest.size(); ++i)
    if (rest[i] == batch_first_byte && mesh::detail::batch_extent(rest.subspan(i))) return damaged(at);
  if (at > 0)
    if (const auto batch = mesh::parse_batch(bytes.subspan(last, at - last)); !batch) return damaged(last);
  return at;
}

mesh::Result<RecordingForm> recording_form(const std::string& path) {
  if (path == "-") return RecordingForm::json_lines;
  const RecordingFile file(path);
  std::byte first{};
  if (file.fd < 0 || ::read(file.fd, &first, 1) < 0) return cannot_read(path);
  return first == batch_first_byte ? RecordingForm::batches : RecordingForm::json_lines;
}

mesh::Result<void> read_recording(const std::string& path, const RecordingVisit& visit) {
  const auto form = recording_form(path);
  if (!form) return form.error();
  const RecordingFile file(path);
  if (file.fd < 0) return cannot_read(path);
  return *form == RecordingForm::batches ? read_batches(path, file.fd, visit)
                                         : read_lines(path, file.fd, visit);
}

}  // namespace zmesh
