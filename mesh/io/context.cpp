#include <mesh/io/context.hpp>

#include <zmq.h>

#include <mutex>

#include <mesh/io/heap.hpp>

namespace mesh::io {

namespace {

constexpr int sockets_max = 8192;

}  // namespace

Context::~Context() {
  if (!owned_) return;
  zmq_ctx_shutdown(handle_);
  while (zmq_ctx_term(handle_) != 0 && zmq_errno() == EINTR) {
  }
}

Result<std::shared_ptr<Context>> use_context(void* own) {
  keep_large_blocks();
  if (own != nullptr) return std::make_shared<Context>(own, false);

  static std::mutex mutex;
  static std::weak_ptr<Context> shared;
  const std::lock_guard lock(mutex);
  if (auto context = shared.lock()) return context;
  void* handle = zmq_ctx_new();
  if (handle == nullptr) return fail(Errc::limit_reached, "cannot make a ZeroMQ context: out of descriptors");
  zmq_ctx_set(handle, ZMQ_BLOCKY, 0);
  zmq_ctx_set(handle, ZMQ_MAX_SOCKETS, sockets_max);
  auto context = std::make_shared<Context>(handle, true);
  shared = context;
  return context;
}

}  // namespace mesh::io
