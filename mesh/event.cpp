#include <mesh/event.hpp>

namespace mesh {

// Copying is the only way out of a handler, since handlers get a const Event&.
Event::Event(const Event& other)
    : view_(other.view_),
      source_(other.source_),
      attempt_(other.attempt_),
      redrives_(other.redrives_),
      redelivered_(other.redelivered_),
      borrowed_(other.borrowed_),
      bytes_(other.bytes_),
      source_owner_(other.source_owner_) {
  own();
}

Event& Event::operator=(const Event& other) {
  if (this == &other) return *this;
  view_ = other.view_;
  source_ = other.source_;
  attempt_ = other.attempt_;
  redrives_ = other.redrives_;
  redelivered_ = other.redelivered_;
  borrowed_ = other.borrowed_;
  extend_ = nullptr;
  bytes_ = other.bytes_;
  source_owner_ = other.source_owner_;
  own();
  return *this;
}

void Event::own() {
  if (borrowed_ == nullptr) return;
  bytes_ = *borrowed_;
  borrowed_ = nullptr;
  source_owner_ = source_->shared_from_this();
}

}  // namespace mesh
