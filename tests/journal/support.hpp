// Helpers of the journal tests.
#pragma once

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <journal/journal.hpp>

namespace support {

/// A directory that is gone when the test ends; `journal()` is a path in it that does not exist yet.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "zmesh-journal-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }

  ~TemporaryDirectory() { std::filesystem::remove_all(root_); }

  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return root_; }

  std::string journal() const { return root_ + "/journal"; }

 private:
  std::string root_;
};

/// For messages: empty when there is no error.
template <class T>
std::string error_of(const mesh::Result<T>& result) {
  return result ? std::string() : result.error().describe();
}

inline mesh::JournalOptions options(mesh::Durability durability = mesh::Durability::os) {
  mesh::JournalOptions one;
  one.name = "orders";
  one.durability = durability;
  one.segment_size = 64 * 1024;
  return one;
}

inline mesh::Batch make_batch(const mesh::Origin& origin, mesh::Seq first, std::uint32_t count,
                              std::size_t payload_size = 300) {
  mesh::BatchBuilder builder(origin);
  for (mesh::Seq seq = first; seq < first + count; ++seq) {
    const std::string payload(payload_size, static_cast<char>('a' + seq % 26));
    const std::string key = "key-" + std::to_string(seq % 7);
    mesh::EventInput event;
    event.topic = "orders.placed";
    event.key = key;
    event.payload = mesh::as_bytes(payload);
    builder.append(seq, static_cast<mesh::WallTime>(seq), event);
  }
  return builder.seal();
}

inline void append_many(mesh::Journal& journal, std::size_t batches, std::uint32_t count = 10,
                        std::size_t payload_size = 300) {
  for (std::size_t i = 0; i < batches; ++i) {
    const auto batch = make_batch(journal.identity().origin, journal.next_seq(), count, payload_size);
    journal.append({&batch, 1}).value();
  }
}

/// Events that differ from what append_many wrote; and the last seq.
struct ReadBack {
  std::uint64_t events = 0;
  std::uint64_t wrong = 0;
  mesh::Seq last = 0;
  std::optional<mesh::Error> error;
};

inline ReadBack read_back(const mesh::Journal& journal) {
  ReadBack back;
  std::vector<mesh::EventView> events;
  const auto done = journal.read(0, [&](const mesh::BatchView& batch) {
    if (!mesh::decode_events(batch, events)) ++back.wrong;
    for (const auto& event : events) {
      const char letter = static_cast<char>('a' + event.seq % 26);
      const std::string_view payload = mesh::as_text(event.payload);
      const bool right = event.seq > back.last && event.topic == "orders.placed" &&
                         event.key == "key-" + std::to_string(event.seq % 7) &&
                         payload.find_first_not_of(letter) == std::string_view::npos;
      if (!right) ++back.wrong;
      back.last = event.seq;
      ++back.events;
    }
    return true;
  });
  if (!done) back.error = done.error();
  return back;
}

inline std::vector<char> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::string& path, const std::vector<char>& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline std::vector<std::string> segment_files(const std::string& journal) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(journal + "/segments")) {
    if (entry.path().extension() == ".mdb") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace support
