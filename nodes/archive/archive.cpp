#include <nodes/archive/archive.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include <nodes/archive/archive_file.hpp>
#include <nodes/log/log.hpp>
#include <tools/zmesh/text/event_line.hpp>
#include <tools/zmesh/text/times.hpp>

namespace node {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

/// How long an event is held before its line is written again.
constexpr auto write_again_after = 500ms;

/// A sync costs the same for one line as for many, so what comes one after the other is gathered. An event
/// that is fresh shows that there is no backlog, which a longer wait would make grow.
constexpr mesh::Duration gather_fresh = 20ms;
constexpr mesh::Duration gather_old = 2ms;
constexpr auto fresh_age = 1s;

/// "mail-20261124T114500123456Z.jsonl.gz": sorted by name is sorted by time.
std::string file_name(const std::string& group) {
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  std::string name;
  for (const char letter : group) name += letter == '/' || letter == ':' ? '-' : letter;
  name += '-';
  for (const char letter : zmesh::time_text(now.count()))
    if (letter != '-' && letter != ':' && letter != '.') name += letter;
  return name + ".jsonl.gz";
}

/// Handlers put their line into the heap that is being gathered and wait for it; one thread writes and syncs
/// heap after heap. So a sync is shared by all that came during the one before.
class Archive final : public Role {
 public:
  explicit Archive(const ArchiveSettings& settings) : settings_(settings) {}

  ~Archive() override {
    close(0s);
    if (lock_fd_ >= 0) ::close(lock_fd_);
  }

  mesh::Result<void> open(const mesh::Publisher* publisher) {
    std::error_code error;
    std::filesystem::create_directories(settings_.directory, error);
    const auto lock = settings_.directory + "/.lock";
    lock_fd_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (error || lock_fd_ < 0)
      return mesh::fail(mesh::Errc::journal_io,
                        "archive directory " + settings_.directory + " cannot be written to");
    if (::flock(lock_fd_, LOCK_EX | LOCK_NB) != 0)
      return mesh::fail(mesh::Errc::journal_locked, "another archive writes to " + settings_.directory);
    const auto recovered = recover_archive(settings_.directory);
    if (!recovered) return recovered.error();
    if (recovered->completed > 0)
      log(mesh::Level::info, "archive.recovered",
          std::to_string(recovered->completed) + " file(s) of an earlier run were completed");
    for (const auto& path : recovered->damaged)
      log(mesh::Level::error, "archive.damaged",
          path + " of an earlier run is damaged: it is kept as it is; zcat gives what is before the damage");
    thread_ = std::thread([this] { run(); });
    auto consumer = open_member("archive", settings_.source, publisher,
                                [this](const mesh::Event& event) { return handle(event); });
    if (!consumer) return consumer.error();
    consumer_.emplace(std::move(*consumer));
    return {};
  }

  RoleStatus status() const override {
    return {"archive",
            settings_.source.group,
            consumer_->member(),
            consumer_->stats(),
            {{"syncs", syncs_}, {"files", files_}, {"written_bytes", bytes_}, {"failures", failures_}}};
  }

  void close(mesh::Duration timeout) override {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    written_.notify_all();
    if (consumer_) (void)consumer_->close(timeout);
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

 private:
  struct Heap {
    std::string lines;
    std::size_t count = 0;
    bool fresh = false;  ///< its first event is
    bool done = false;
    std::optional<mesh::Error> error;
  };

  mesh::Outcome handle(const mesh::Event& event) {
    std::string line;
    zmesh::append_event_json(line, event.view(),
                             {event.origin().hex(), event.publisher_name(), event.attempt(),
                              event.redelivered(), event.redrives()});
    line += '\n';
    std::unique_lock lock(mutex_);
    while (true) {
      const auto heap = gathering_;
      heap->lines += line;
      if (++heap->count == 1) heap->fresh = is_fresh(event);
      if (heap->count == 1 || heap->count == settings_.source.concurrency) changed_.notify_one();
      written_.wait(lock, [&] { return heap->done; });
      if (!heap->error) return mesh::ack();
      // A disk that is full will have room again: the publisher's journal is the buffer until then.
      event.extend();
      if (written_.wait_for(lock, write_again_after, [&] { return closing_; })) return mesh::put_back();
    }
  }

  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      const auto wakes = [&] { return ending_ || !gathering_->lines.empty(); };
      if (file_.is_open()) {
        changed_.wait_until(lock, file_began_ + settings_.file_age_max, wakes);
      } else {
        changed_.wait(lock, wakes);
      }
      gather(lock);
      auto heap = std::exchange(gathering_, std::make_shared<Heap>());
      const bool last = ending_ && heap->lines.empty();
      lock.unlock();
      if (!heap->lines.empty()) write(*heap);
      if (file_.is_open() && (last || is_full())) complete();
      lock.lock();
      heap->done = true;
      written_.notify_all();
      if (last) return;
    }
  }

  /// Until every handler has put its line into the heap, or for a moment.
  void gather(std::unique_lock<std::mutex>& lock) {
    if (gathering_->lines.empty()) return;
    changed_.wait_for(lock, gathering_->fresh ? gather_fresh : gather_old, [&] {
      return ending_ || closing_ || gathering_->count >= settings_.source.concurrency;
    });
  }

  static bool is_fresh(const mesh::Event& event) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return now - std::chrono::nanoseconds(event.time()) < fresh_age;
  }

  bool is_full() const {
    return file_.size() >= settings_.file_size_max || Clock::now() - file_began_ >= settings_.file_age_max;
  }

  void write(Heap& heap) {
    mesh::Result<void> written;
    if (!file_.is_open()) {
      written = file_.begin(settings_.directory, file_name(settings_.source.group), settings_.level);
      file_began_ = Clock::now();
    }
    const auto before = file_.size();
    if (written) written = file_.add(heap.lines);
    if (written) {
      ++syncs_;
      bytes_ += file_.size() - before;
      failing_ = false;
      return;
    }
    heap.error = written.error();
    ++failures_;
    if (!std::exchange(failing_, true)) log(mesh::Level::error, "archive.write", written.error().describe());
  }

  void complete() {
    if (file_.size() > 0) ++files_;
    if (const auto completed = file_.complete(); !completed)
      log(mesh::Level::error, "archive.complete", completed.error().describe());
  }

  const ArchiveSettings settings_;
  int lock_fd_ = -1;
  std::mutex mutex_;
  std::condition_variable changed_;  ///< of the writer
  std::condition_variable written_;  ///< of the handlers
  std::shared_ptr<Heap> gathering_ = std::make_shared<Heap>();
  bool closing_ = false;  ///< handlers hold nothing any more
  bool ending_ = false;   ///< the writer writes what there is, and ends
  // Of the writer.
  ArchiveFile file_;
  Clock::time_point file_began_{};
  bool failing_ = false;
  std::atomic<std::uint64_t> syncs_{0}, files_{0}, bytes_{0}, failures_{0};
  std::thread thread_;
  std::optional<mesh::Consumer> consumer_;
};

}  // namespace

mesh::Result<void> check_archive_directory(const std::string& directory) {
  // What is missing of it is made, below the first that is there.
  auto there = std::filesystem::absolute(directory);
  std::error_code error;
  while (there.has_relative_path() && !std::filesystem::exists(there, error)) there = there.parent_path();
  if (::access((there / ".").c_str(), W_OK | X_OK) == 0) return {};
  return mesh::fail(mesh::Errc::journal_io, "archive directory " + directory + " cannot be written to: " +
                                                there.string() + ": " + std::strerror(errno));  // NOLINT
}

mesh::Result<std::unique_ptr<Role>> open_archive(const ArchiveSettings& settings,
                                                 const mesh::Publisher* publisher) {
  auto archive = std::make_unique<Archive>(settings);
  if (auto opened = archive->open(publisher); !opened) return opened.error();
  return std::unique_ptr<Role>(std::move(archive));
}

}  // namespace node
