#include <nodes/node/rivals.hpp>

#include <algorithm>
#include <memory>
#include <mutex>

#include <nodes/log/log.hpp>

namespace node {
namespace {

using namespace std::chrono_literals;

/// Rivals attach about once a second each; a publisher that is restarted over and over, hardly.
constexpr std::size_t attached_often = 4;
constexpr auto rival_window = 15s;
constexpr Rivals::Clock::duration tell_again_least = 15s;
constexpr Rivals::Clock::duration tell_again_most = 1h;

/// "NAME" of "attached to NAME, going on at seq 1 of 2" or "attached to NAME at seq 1 of 2"; empty: it goes
/// on.
std::string newly_attached_to(std::string_view text) {
  const auto end = text.rfind(" at seq ");
  text = text.substr(0, end);
  return text.ends_with(", going on") ? std::string() : std::string(text);
}

}  // namespace

bool Rivals::attached(const std::string& publisher, Clock::time_point now) {
  auto& times = attached_[publisher];
  times.push_back(now);
  while (now - times.front() > rival_window) times.pop_front();
  if (times.size() < attached_often + publishers_) return false;
  times.pop_front();
  if (pause_.count() > 0 && now - told_ < pause_) return false;
  const bool anew = pause_.count() == 0 || now - told_ > 2 * pause_ + rival_window;
  pause_ = anew ? tell_again_least : std::min(pause_ * 2, tell_again_most);
  told_ = now;
  return true;
}

mesh::LogCallback notices_of_member(std::string who, std::string member, std::size_t publishers) {
  struct State {
    explicit State(std::size_t count) : rivals(count) {}

    std::mutex mutex;
    Rivals rivals;
  };

  return [pass_on = notices_of(who), who = std::move(who), member = std::move(member),
          state = std::make_shared<State>(publishers)](const mesh::Notice& notice) {
    pass_on(notice);
    if (notice.code != "link.attached") return;
    const auto publisher = newly_attached_to(notice.text);
    if (publisher.empty()) return;
    const std::lock_guard lock(state->mutex);
    if (state->rivals.attached(publisher, Rivals::Clock::now()))
      log(mesh::Level::error, "member.rival",
          who + ": " + publisher + " again and again: another process has the member's name '" + member +
              "', too, and each takes the group from the other, which charges events; give each node a name "
              "of its own (node.name)");
  };
}

}  // namespace node
