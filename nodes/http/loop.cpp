#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <nodes/http/loop_state.hpp>

namespace node::http {

Loop::Loop() : state_(std::make_unique<State>()) {
  state_->thread = std::thread([state = state_.get()] { state->context.run(); });
}

Loop::~Loop() {
  stop();
}

void Loop::post(Task task) {
  boost::asio::post(state_->context, std::move(task));
}

void Loop::after(mesh::Duration delay, Task task) {
  auto timer = std::make_shared<boost::asio::steady_timer>(state_->context, delay);
  timer->async_wait([timer, task = std::move(task)](const boost::system::error_code& error) {
    if (!error) task();
  });
}

void Loop::stop() {
  state_->context.stop();
  if (state_->thread.joinable()) state_->thread.join();
}

}  // namespace node::http
