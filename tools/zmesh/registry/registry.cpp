#include <tools/zmesh/registry/registry.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace zmesh {
namespace {

constexpr std::size_t entry_size_max = 16 * 1024;

std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets variables
  return value == nullptr ? std::string() : std::string(value);
}

std::vector<std::string> registry_candidates() {
  std::vector<std::string> paths;
  if (const auto chosen = variable("ZMESH_REGISTRY"); !chosen.empty()) return {chosen};
  if (const auto runtime = variable("XDG_RUNTIME_DIR"); !runtime.empty()) paths.push_back(runtime + "/zmesh");
  paths.emplace_back("/run/zmesh");
  paths.push_back("/tmp/zmesh-" + std::to_string(::getuid()));
  return paths;
}

/// Somebody else's directory in /tmp could hold anything.
bool trusted(const std::string& path) {
  struct stat status {};

  if (::lstat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return false;
  return status.st_uid == ::getuid() || status.st_uid == 0;
}

bool writable(const std::string& path) {
  return ::access(path.c_str(), W_OK | X_OK) == 0;
}

std::string file_name(const RegistryEntry& entry) {
  auto name = entry.name;
  std::replace_if(
      name.begin(), name.end(),
      [](char symbol) {
        return std::isalnum(static_cast<unsigned char>(symbol)) == 0 && symbol != '-' && symbol != '_';
      },
      '_');
  return name + "-" + std::to_string(entry.pid) + "-" + entry.origin.substr(0, 8) + ".json";
}

std::optional<RegistryEntry> read_entry(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return {};
  const bool stale = ::flock(fd, LOCK_SH | LOCK_NB) == 0;
  std::string text(entry_size_max, '\0');
  const auto size = ::read(fd, text.data(), text.size());
  ::close(fd);
  // A new entry is locked before it gets its name, so what is not locked has nobody any more.
  if (stale) {
    ::unlink(path.c_str());
    return {};
  }
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return {};
  const auto field = [&](const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  RegistryEntry entry{field("name"), field("origin"), field("control"), field("events"), field("journal"), 0};
  if (const auto pid = json.find("pid"); pid != json.end() && pid->is_number_integer())
    entry.pid = pid->get<std::int64_t>();
  if (entry.name.empty() || entry.control.empty()) return {};
  return entry;
}

}  // namespace

std::optional<std::string> registry_directory(bool make) {
  for (const auto& path : registry_candidates()) {
    if (make) ::mkdir(path.c_str(), 0700);
    if (trusted(path) && (!make || writable(path))) return path;
  }
  return {};
}

Registration::Registration(const RegistryEntry& entry) {
  const auto directory = registry_directory(true);
  if (!directory) return;
  const nlohmann::ordered_json json = {{"name", entry.name},       {"origin", entry.origin},
                                       {"control", entry.control}, {"events", entry.events},
                                       {"journal", entry.journal}, {"pid", entry.pid}};
  const auto text = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  const auto hidden = *directory + "/." + file_name(entry);
  const int fd = ::open(hidden.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0) return;
  const auto path = *directory + "/" + file_name(entry);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0 || ::write(fd, text.data(), text.size()) < 0 ||
      ::rename(hidden.c_str(), path.c_str()) != 0) {
    ::unlink(hidden.c_str());
    ::close(fd);
    return;
  }
  path_ = path;
  fd_ = fd;
}

Registration::~Registration() {
  if (fd_ < 0) return;
  ::unlink(path_.c_str());
  ::close(fd_);
}

std::vector<RegistryEntry> registry_entries() {
  std::vector<RegistryEntry> entries;
  const auto directory = registry_directory(false);
  if (!directory) return entries;
  std::error_code error;
  for (std::filesystem::directory_iterator file(*directory, error), end; !error && file != end;
       file.increment(error)) {
    const auto name = file->path().filename().string();
    if (name.starts_with('.') || !name.ends_with(".json")) continue;
    if (auto entry = read_entry(file->path().string())) entries.push_back(std::move(*entry));
  }
  std::sort(entries.begin(), entries.end(), [](const auto& left, const auto& right) {
    return std::tie(left.name, left.pid) < std::tie(right.name, right.pid);
  });
  return entries;
}

}  // namespace zmesh
