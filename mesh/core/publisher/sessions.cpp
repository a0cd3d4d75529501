#include <mesh/core/publisher/retry_schedule.hpp>
#include <mesh/core/publisher/sessions.hpp>

namespace mesh::core {

Session& Sessions::open(const Route& route, Duration now) {
  SessionId id = 0;
  while (id == 0 || sessions_.contains(id)) id = mix(seed_ ^ mix(++count_ ^ mix(run_)));
  auto session = std::make_unique<Session>();
  session->id = id;
  session->route = route;
  session->heard = now;
  return *sessions_.emplace(id, std::move(session)).first->second;
}

Session* Sessions::find(SessionId id) {
  const auto it = sessions_.find(id);
  return it == sessions_.end() ? nullptr : it->second.get();
}

void Sessions::close(SessionId id) {
  sessions_.erase(id);
}

void Sessions::detach(SessionId id) {
  close(id);
  if (!detached_.insert(id).second) return;
  detached_order_.push_back(id);
  if (detached_order_.size() <= detached_max) return;
  detached_.erase(detached_order_.front());
  detached_order_.pop_front();
}

void Sessions::lose(SessionId id) {
  const Session* session = find(id);
  if (session == nullptr) return;
  if (session->group != nullptr && lost_.emplace(id, session->group->serial).second)
    lost_order_.push_back(id);
  close(id);
  if (lost_order_.size() <= lost_max) return;
  lost_.erase(lost_order_.front());
  lost_order_.pop_front();
}

Session* Sessions::find_member(const Group* group, std::string_view member) {
  for (const auto& [id, session] : sessions_) {
    if (session->group == group && session->member == member) return session.get();
  }
  return nullptr;
}

}  // namespace mesh::core
