#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <tools/zmesh/console.hpp>
#include <tools/zmesh/record/recording.hpp>
#include <tools/zmesh/text/event_line.hpp>

namespace zmesh {
namespace {

mesh::Error recording_error(const std::string& path) {
  const auto code = errno == ENOSPC ? mesh::Errc::disk_full : mesh::Errc::journal_io;
  return mesh::fail(code, path + ": " + std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
}

}  // namespace

mesh::Result<RecordingWriter> RecordingWriter::open(const std::string& path, RecordingForm form, Mode mode) {
  RecordingWriter writer;
  writer.path_ = path;
  writer.form_ = form;
  int fd = STDOUT_FILENO;
  if (mode == Mode::append && path != "-" && ::access(path.c_str(), F_OK) == 0) {
    const auto whole = whole_size(path, form);
    if (!whole) return whole.error();
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    if (!error && size > *whole) {
      warn(path + ": its last " + std::to_string(size - *whole) +
           " bytes are an unfinished recording's end: they are cut off");
      std::filesystem::resize_file(path, *whole, error);
    }
    if (error) return mesh::fail(mesh::Errc::journal_io, path + ": " + error.message());
  }
  if (path == "-") {
    fd = ::dup(fd);
  } else {
    const int how = mode == Mode::create ? O_EXCL : mode == Mode::append ? O_APPEND : O_TRUNC;
    fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | how, 0644);
    if (fd < 0 && errno == EEXIST)
      return mesh::fail(mesh::Errc::journal_io, path + " exists; --append adds to it, --force replaces it");
  }
  if (fd < 0) return recording_error(path);
  writer.file_ = {::fdopen(fd, "w"), std::fclose};
  if (!writer.file_) return recording_error(path);
  return writer;
}

mesh::Result<void> RecordingWriter::write(const void* data, std::size_t size) {
  if (std::fwrite(data, 1, size, file_.get()) != size) return recording_error(path_);
  return {};
}

mesh::Result<void> RecordingWriter::seal(Tail& tail) {
  const auto batch = tail.builder.seal();
  return write(batch.bytes.data(), batch.size());
}

/// Seqs ascend within a batch, which is closed when it is big or when they do not.
mesh::Result<RecordingWriter::Tail*> RecordingWriter::tail_for(const mesh::Origin& origin, mesh::Seq seq) {
  auto [found, made] = tails_.try_emplace(origin, Tail{mesh::BatchBuilder(origin), 0});
  auto& tail = found->second;
  if (!tail.builder.empty() && (seq <= tail.last || tail.builder.body_size() >= mesh::batch_body_target)) {
    if (auto sealed = seal(tail); !sealed) return sealed.error();
  }
  tail.last = seq;
  ++events_;
  return &tail;
}

mesh::Result<void> RecordingWriter::add(const mesh::Origin& origin, const std::string& name,
                                        const mesh::EventView& event) {
  if (form_ == RecordingForm::json_lines) {
    const auto hex = origin.hex();
    LineMarks marks{hex, name};
    marks.delivery = false;
    line_.clear();
    append_event_json(line_, event, marks);
    line_ += '\n';
    ++events_;
    return write(line_.data(), line_.size());
  }
  const auto tail = tail_for(origin, event.seq);
  if (!tail) return tail.error();
  (*tail)->builder.append(event);
  return {};
}

mesh::Result<void> RecordingWriter::add(const mesh::Origin& origin, mesh::Seq seq, mesh::WallTime time,
                                        const mesh::EventInput& event) {
  if (form_ == RecordingForm::batches) {
    const auto tail = tail_for(origin, seq);
    if (!tail) return tail.error();
    (*tail)->builder.append(seq, time, event);
    return {};
  }
  // Lines are made of what a batch holds, so that there is one way to make them.
  mesh::BatchBuilder builder(origin, mesh::encoded_size(event) + 4096);
  builder.append(seq, time, event);
  const auto batch = builder.seal();
  std::vector<mesh::EventView> views;
  if (auto decoded = mesh::decode_events(batch.view(), views); !decoded) return decoded;
  return add(origin, "", views.front());
}

mesh::Result<void> RecordingWriter::flush() {
  for (auto& [origin, tail] : tails_) {
    if (tail.builder.empty()) continue;
    if (auto sealed = seal(tail); !sealed) return sealed;
  }
  if (std::fflush(file_.get()) != 0) return recording_error(path_);
  return {};
}

mesh::Result<void> RecordingWriter::close() {
  if (auto flushed = flush(); !flushed) return flushed;
  // A pipe cannot be synced, which is no failure.
  if (::fsync(::fileno(file_.get())) != 0 && errno != EINVAL && errno != EROFS) return recording_error(path_);
  if (std::fclose(file_.release()) != 0) return recording_error(path_);
  return {};
}

}  // namespace zmesh
