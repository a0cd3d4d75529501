#include <mesh/core/consumer/key_gate.hpp>

namespace mesh::core {

bool KeyGate::holds_back(const Delivery& delivery) const {
  if (turns_.empty() || delivery.counted || !delivery.event.key) return false;
  return turns_.contains({delivery.link, key_id(delivery.event.key)});
}

Completion KeyGate::behind(const Delivery& delivery) {
  Completion completion = completion_of(delivery);
  completion.kind = Completion::Kind::behind;
  completion.key = key_id(delivery.event.key);
  completion.turn = turns_[{delivery.link, completion.key}] = ++turn_;
  return completion;
}

void KeyGate::failed(std::vector<Completion>& completions, std::size_t from) {
  if (!ordered_) return;
  for (; from < completions.size(); ++from) {
    Completion& completion = completions[from];
    if (completion.kind == Completion::Kind::ack || completion.key == 0) continue;
    completion.turn = turns_[{completion.link, completion.key}] = ++turn_;
  }
}

void KeyGate::change(LinkId link, const KeyChange& change) {
  const Key key{link, change.key};
  if (change.blocked) {
    turns_.emplace(key, 0);
  } else if (const auto found = turns_.find(key); found != turns_.end() && found->second <= change.turn) {
    turns_.erase(found);
  }
}

void KeyGate::clear(LinkId link) {
  turns_.erase(turns_.lower_bound({link, 0}), turns_.upper_bound({link, ~KeyId{0}}));
}

}  // namespace mesh::core
