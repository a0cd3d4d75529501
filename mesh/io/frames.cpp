#include <mesh/io/frames.hpp>

#include <cstring>
#include <new>

namespace mesh::io {

namespace {

using Owner = std::shared_ptr<const void>;

void release_owner(void*, void* hint) {
  delete static_cast<Owner*>(hint);
}

/// A received message on the heap; closed with its last user.
struct ReceivedMessage {
  zmq_msg_t message;

  ReceivedMessage() { zmq_msg_init(&message); }

  ~ReceivedMessage() { zmq_msg_close(&message); }

  ReceivedMessage(const ReceivedMessage&) = delete;
  ReceivedMessage& operator=(const ReceivedMessage&) = delete;
};

}  // namespace

bool make_message(zmq_msg_t& message, const Bytes& bytes) {
  if (bytes.size() >= zero_copy_min && bytes.owner() != nullptr) {
    auto* owner = new (std::nothrow) Owner(bytes.owner());
    if (owner == nullptr) return false;
    // zmq_msg_init_data wants a mutable pointer, but nothing writes through it.
    auto* data = const_cast<std::byte*>(bytes.data());
    if (zmq_msg_init_data(&message, data, bytes.size(), release_owner, owner) == 0) return true;
    delete owner;
    return false;
  }
  if (zmq_msg_init_size(&message, bytes.size()) != 0) return false;
  if (!bytes.empty()) std::memcpy(zmq_msg_data(&message), bytes.data(), bytes.size());
  return true;
}

Bytes take_message(zmq_msg_t& message) {
  const auto* data = static_cast<const std::byte*>(zmq_msg_data(&message));
  const ByteView view{data, zmq_msg_size(&message)};
  if (view.size() < zero_copy_min) return Bytes::copy(view);
  auto received = std::make_shared<ReceivedMessage>();
  zmq_msg_move(&received->message, &message);
  const ByteView kept{static_cast<const std::byte*>(zmq_msg_data(&received->message)), view.size()};
  return Bytes(kept, std::move(received));
}

}  // namespace mesh::io
