#include "disk_model.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>

namespace powerloss {

namespace {

constexpr std::size_t head_size = 25;

std::string parent_of(const std::string& path) {
  return path.substr(0, path.find_last_of('/'));
}

}  // namespace

std::vector<Entry> read_log(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<Entry> entries;
  char head[head_size];
  while (file.read(head, head_size)) {
    Entry entry;
    entry.kind = static_cast<Kind>(head[0]);
    std::uint64_t size = 0;
    std::memcpy(&entry.inode, head + 1, 8);
    std::memcpy(&entry.at, head + 9, 8);
    std::memcpy(&size, head + 17, 8);
    entry.bytes.resize(size);
    if (size != 0 && !file.read(entry.bytes.data(), static_cast<std::streamsize>(size))) return {};
    entries.push_back(std::move(entry));
  }
  return entries;
}

void DiskModel::play(Names& names, const NameOp& op) {
  switch (op.kind) {
    case Kind::open:
    case Kind::make_directory:
      names[op.path] = op.file;
      break;
    case Kind::unlink:
      names.erase(op.path);
      break;
    case Kind::link:
      if (names.count(op.path) != 0) names[op.to] = names[op.path];
      break;
    default:
      if (names.count(op.path) == 0) break;
      names[op.to] = names[op.path];
      names.erase(op.path);
  }
}

void DiskModel::add_name(NameOp op) {
  play(names_, op);
  name_ops_.push_back(std::move(op));
}

void DiskModel::put(std::string& content, const Write& write) {
  if (write.truncate) {
    content.resize(write.at, '\0');
    return;
  }
  if (content.size() < write.at + write.bytes.size()) content.resize(write.at + write.bytes.size(), '\0');
  content.replace(write.at, write.bytes.size(), write.bytes);
}

void DiskModel::apply(const Entry& entry) {
  const auto two_paths = [&entry] {
    const auto cut = entry.bytes.find('\0');
    return std::pair(entry.bytes.substr(0, cut), entry.bytes.substr(cut + 1));
  };
  switch (entry.kind) {
    case Kind::open: {
      const auto known = names_.find(entry.bytes);
      if (entry.at == 1) {
        auto file = std::make_shared<File>();
        files_[entry.inode] = file;
        add_name({Kind::open, entry.bytes, {}, std::move(file)});
      } else if (known == names_.end() || !known->second) {
        directory_inodes_[entry.inode] = entry.bytes;
      } else {
        files_[entry.inode] = known->second;
      }
      break;
    }
    case Kind::write:
      files_.at(entry.inode)->pending.push_back({entry.at, entry.bytes, false});
      break;
    case Kind::dsync:
      put(files_.at(entry.inode)->durable, {entry.at, entry.bytes, false});
      break;
    case Kind::truncate:
      files_.at(entry.inode)->pending.push_back({entry.at, {}, true});
      break;
    case Kind::sync: {
      const auto directory = directory_inodes_.find(entry.inode);
      if (directory != directory_inodes_.end()) {
        std::vector<NameOp> left;
        for (auto& op : name_ops_) {
          if (parent_of(op.path) == directory->second) {
            play(durable_names_, op);
          } else {
            left.push_back(std::move(op));
          }
        }
        name_ops_ = std::move(left);
      } else if (const auto file = files_.find(entry.inode); file != files_.end()) {
        for (const auto& write : file->second->pending) put(file->second->durable, write);
        file->second->pending.clear();
      }
      break;
    }
    case Kind::make_directory:
      add_name({Kind::make_directory, entry.bytes, {}, nullptr});
      break;
    case Kind::unlink:
      add_name({Kind::unlink, entry.bytes, {}, nullptr});
      break;
    case Kind::rename:
    case Kind::link: {
      auto [from, to] = two_paths();
      add_name({entry.kind, std::move(from), std::move(to), nullptr});
      break;
    }
    case Kind::note:
      break;
  }
}

bool DiskModel::has_pending() const {
  if (!name_ops_.empty()) return true;
  return std::any_of(files_.begin(), files_.end(),
                     [](const auto& file) { return !file.second->pending.empty(); });
}

std::string DiskModel::content_of(const File& file, Lost lost, std::mt19937_64& random) {
  std::string content = file.durable;
  auto writes = file.pending;
  if (lost == Lost::reversed) std::reverse(writes.begin(), writes.end());
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const Write& write = writes[i];
    if (lost == Lost::all || (lost == Lost::newest_kept && i < writes.size() / 2)) continue;
    if (lost == Lost::some && random() % 2 == 0) continue;
    if ((lost != Lost::torn_512 && lost != Lost::torn_4096) || write.truncate) {
      put(content, write);
      continue;
    }
    const std::size_t unit = lost == Lost::torn_512 ? 512 : 4096;
    for (std::size_t at = 0; at < write.bytes.size(); at += unit) {
      if (random() % 2 == 0) put(content, {write.at + at, write.bytes.substr(at, unit), false});
    }
  }
  return content;
}

Snapshot DiskModel::crash(Lost lost, std::mt19937_64& random) const {
  Names names = durable_names_;
  std::size_t ops = lost == Lost::all ? 0 : name_ops_.size();
  if (lost != Lost::all && lost != Lost::nothing && ops != 0) ops = random() % (ops + 1);
  for (std::size_t i = 0; i < ops; ++i) play(names, name_ops_[i]);
  Snapshot snapshot;
  for (const auto& [path, file] : names) {
    if (path.size() <= directory_.size()) continue;  // the directory itself
    const std::string relative = path.substr(directory_.size() + 1);
    if (file) {
      snapshot[relative] = content_of(*file, lost, random);
    } else {
      snapshot[relative + "/"];
    }
  }
  return snapshot;
}

}  // namespace powerloss
