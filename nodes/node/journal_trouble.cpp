#include <nodes/node/journal_trouble.hpp>

#include <chrono>
#include <filesystem>
#include <system_error>

namespace node {
namespace {

using namespace std::chrono_literals;

constexpr mesh::Duration over_after = 5s;
constexpr std::uintmax_t room_least = 1 << 20;  // bytes

}  // namespace

std::string journal_trouble(const mesh::PublisherStats& stats, const std::string& journal) {
  if (!stats.commit_error) return {};
  std::error_code unknown;
  const auto space = std::filesystem::space(journal, unknown);
  const bool full =
      stats.commit_error->code == mesh::Errc::disk_full && !unknown && space.available < room_least;
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  if (!full && now - stats.commit_failed_at > over_after.count()) return {};
  auto text = "events cannot be committed: " + stats.commit_error->describe();
  if (!unknown) text += " (" + std::to_string(space.available) + " bytes are free where the journal is)";
  return text;
}

}  // namespace node
