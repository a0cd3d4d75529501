// What the contract tests need of a journal, for each implementation: open, close, die, damage, lose power.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <journal/lmdb/lmdb_journal.hpp>
#include <journal/memory/memory_journal.hpp>

namespace contract {

inline mesh::JournalOptions small_options(mesh::Durability durability = mesh::Durability::disk) {
  mesh::JournalOptions options;
  options.name = "orders";
  options.durability = durability;
  options.segment_size = 64 * 1024;
  return options;
}

class MemoryFixture {
 public:
  mesh::Result<std::unique_ptr<mesh::Journal>> open(const mesh::JournalOptions& options = small_options()) {
    auto opened = mesh::MemoryJournal::open(store_, options);
    if (!opened) return opened.error();
    return std::unique_ptr<mesh::Journal>(std::move(*opened));
  }

  /// The process dies: nothing is closed.
  void crash(std::unique_ptr<mesh::Journal> journal) { static_cast<mesh::MemoryJournal&>(*journal).crash(); }

  /// The machine restarts; at most the newest `commits` appends are lost, when that may be.
  void lose_power(std::size_t commits) { store_->lose_power(commits); }

 private:
  static mesh::Origin origin() {
    mesh::Origin one;
    one.bytes[0] = 7;
    return one;
  }

  std::shared_ptr<mesh::MemoryStore> store_ = std::make_shared<mesh::MemoryStore>(origin());
};

class LmdbFixture {
 public:
  LmdbFixture() {
    std::string name = (std::filesystem::temp_directory_path() / "zmesh-contract-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    directory_ = root_ + "/journal";
  }

  ~LmdbFixture() { std::filesystem::remove_all(root_); }

  LmdbFixture(const LmdbFixture&) = delete;
  LmdbFixture& operator=(const LmdbFixture&) = delete;

  mesh::Result<std::unique_ptr<mesh::Journal>> open(const mesh::JournalOptions& options = small_options()) {
    mesh::lmdb::OpenHooks hooks;
    hooks.boot_id = "boot " + std::to_string(boots_);
    return mesh::lmdb::LmdbJournal::open(directory_, options, hooks);
  }

  /// A copy of the files as they are now is what a dead process leaves.
  void crash(std::unique_ptr<mesh::Journal> journal) {
    const std::string left = root_ + "/left";
    std::filesystem::copy(directory_, left, std::filesystem::copy_options::recursive);
    journal.reset();
    std::filesystem::remove_all(directory_);
    std::filesystem::rename(left, directory_);
  }

  void lose_power(std::size_t) { ++boots_; }

  const std::string& directory() const { return directory_; }

 private:
  std::string root_;
  std::string directory_;
  unsigned boots_ = 1;
};

}  // namespace contract
