#include <nodes/gateway/zmq_listener.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <thread>
#include <zmq.hpp>

#include <nodes/gateway/zmq_request.hpp>
#include <nodes/log/log.hpp>
#include <tools/zmesh/text/reserved_headers.hpp>

namespace node {
namespace {

using namespace std::chrono_literals;

/// Requests that may wait for their commit; then no more are read, and ZeroMQ holds the clients back.
constexpr std::size_t waiting_max = 1000;

/// Requests of one client that ZeroMQ may hold in memory besides.
constexpr int client_requests_max = 4;

using Frames = std::vector<zmq::message_t>;

}  // namespace

struct ZmqListener::State : std::enable_shared_from_this<State> {
  struct Job {
    Frames envelope;  ///< routing id and what stands before the body
    ZmqRequest request;
    std::size_t size = 0;  ///< of all frames
    std::vector<mesh::Receipt> receipts;
    std::optional<mesh::Error> stopped;
  };

  using JobPtr = std::shared_ptr<Job>;

  explicit State(const GatewaySettings& settings_) : settings(settings_) {}

  ~State() { ::close(wake_fd); }

  void wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_fd, &one, sizeof one);
  }

  void run() {
    while (!ended()) {
      const bool reads = !ending && has_room();
      zmq::pollitem_t items[] = {{nullptr, wake_fd, ZMQ_POLLIN, 0}, {socket.handle(), 0, ZMQ_POLLIN, 0}};
      try {
        zmq::poll(items, reads ? 2 : 1, 200ms);
      } catch (const zmq::error_t&) {  // interrupted
        continue;
      }
      if (items[0].revents != 0) {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto got = ::read(wake_fd, &count, sizeof count);
      }
      send_answers();
      for (int i = 0; reads && i < 100 && has_room(); ++i)
        if (!receive()) break;
    }
    socket.close();
  }

  bool has_room() const { return waiting < waiting_max && waiting_bytes < settings.memory_max; }

  bool ended() const { return ending && (waiting == 0 || std::chrono::steady_clock::now() > end_by); }

  bool receive() {
    auto job = std::make_shared<Job>();
    zmq::message_t frame;
    std::size_t size = 0;
    do {
      if (!socket.recv(frame, zmq::recv_flags::dontwait)) return false;
      size += frame.size() + sizeof frame;
      job->envelope.push_back(std::move(frame));
      frame = zmq::message_t();
    } while (job->envelope.back().more());
    const auto body = std::move(job->envelope.back());
    job->envelope.pop_back();
    ++counters->requests;
    ++waiting;
    job->size = size;
    waiting_bytes += job->size;
    auto request = mesh::unpack<ZmqRequest>({static_cast<const std::byte*>(body.data()), body.size()});
    if (request) {
      job->request = std::move(*request);
      publish(*job);
    } else {
      job->stopped = request.error();
    }
    if (job->receipts.empty()) {
      resolved(job);
    } else {
      commits->add(job->receipts.back(), [self = shared_from_this(), job] {
        self->resolved(job);
        self->wake();
      });
    }
    return true;
  }

  /// Waits for room: on a thread of its own that is what holds clients back.
  void publish(Job& job) {
    if (job.request.events.empty() || job.request.events.size() > settings.events_max) {
      job.stopped = mesh::fail(mesh::Errc::invalid_argument,
                               "a request has 1 to " + std::to_string(settings.events_max) + " events");
      return;
    }
    for (const auto& event : job.request.events) {
      std::vector<mesh::Header> headers;
      if (event.headers)
        for (const auto& [name, value] : *event.headers) headers.emplace_back(name, value);
      mesh::EventInput input{event.topic, std::nullopt, headers,
                             mesh::as_bytes({event.payload.data(), event.payload.size()})};
      if (event.key) input.key = *event.key;
      // The publisher may have room for more, for relays.
      auto checked = mesh::check_event(input, settings.event_size_max);
      if (checked) checked = zmesh::check_no_reserved_headers(input);
      auto receipt = checked ? publisher->publish(input, settings.publish_timeout) : checked.error();
      if (!receipt) {
        job.stopped = receipt.error();
        return;
      }
      job.receipts.push_back(std::move(*receipt));
    }
  }

  void resolved(const JobPtr& job) {
    const std::lock_guard lock(mutex);
    answers.push_back(job);
  }

  void send_answers() {
    std::deque<JobPtr> ready;
    {
      const std::lock_guard lock(mutex);
      ready.swap(answers);
    }
    for (const auto& job : ready) {
      --waiting;
      waiting_bytes -= job->size;
      const auto packed = mesh::pack(answer_of(*job));
      for (auto& frame : job->envelope)
        socket.send(frame, zmq::send_flags::sndmore | zmq::send_flags::dontwait);
      zmq::message_t body(packed.data(), packed.size());
      // A client that is gone, or does not read its answers, does without.
      socket.send(body, zmq::send_flags::dontwait);
    }
  }

  ZmqAnswer answer_of(const Job& job) {
    ZmqAnswer answer{job.request.id, publisher->identity().origin.hex(), {}, {}};
    std::optional<mesh::Error> error = job.stopped;
    for (std::size_t i = 0; i < job.request.events.size(); ++i) {
      const auto outcome = i < job.receipts.size() ? job.receipts[i].poll() : std::nullopt;
      if (outcome && *outcome) {
        answer.seqs.emplace_back(**outcome);
        ++counters->events;
        topics->count(job.request.events[i].topic, job.request.events[i].payload.size(), **outcome);
        continue;
      }
      answer.seqs.emplace_back();
      ++(i < job.receipts.size() ? counters->failed : counters->refused);
      if (outcome) error = outcome->error();
    }
    if (job.request.events.empty()) ++counters->refused;
    if (error) answer.error = ZmqError{std::string(mesh::to_string(error->code)), error->text};
    return answer;
  }

  const GatewaySettings& settings;
  // Of serve().
  mesh::Publisher* publisher = nullptr;
  CommitWatch* commits = nullptr;
  PublishCounters* counters = nullptr;
  Topics* topics = nullptr;
  zmq::context_t context{1};
  zmq::socket_t socket{context, zmq::socket_type::router};
  const int wake_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  std::mutex mutex;
  std::deque<JobPtr> answers;
  std::size_t waiting = 0;  ///< requests; of the thread, as is their size
  std::size_t waiting_bytes = 0;
  std::atomic<bool> ending{false};
  std::chrono::steady_clock::time_point end_by{};
  std::thread thread;
};

mesh::Result<std::unique_ptr<ZmqListener>> ZmqListener::open(const GatewaySettings& settings) {
  auto state = std::make_shared<State>(settings);
  try {
    state->socket.set(zmq::sockopt::linger, 200);
    state->socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(settings.body_size_max));
    state->socket.set(zmq::sockopt::rcvhwm, client_requests_max);
    state->socket.set(zmq::sockopt::sndhwm, 1000);
    state->socket.bind(settings.zmq);
  } catch (const zmq::error_t& error) {
    return mesh::fail(mesh::Errc::endpoint_in_use, "cannot listen on " + settings.zmq + ": " + error.what());
  }
  return std::unique_ptr<ZmqListener>(new ZmqListener(std::move(state)));
}

ZmqListener::ZmqListener(std::shared_ptr<State> state) : state_(std::move(state)) {}

void ZmqListener::serve(mesh::Publisher& publisher, CommitWatch& commits, PublishCounters& counters,
                        Topics& topics) {
  state_->publisher = &publisher;
  state_->commits = &commits;
  state_->counters = &counters;
  state_->topics = &topics;
  state_->thread = std::thread([state = state_] { state->run(); });
}

ZmqListener::~ZmqListener() {
  if (!state_->thread.joinable()) return;
  state_->end_by = std::chrono::steady_clock::now() + 1s;
  state_->ending = true;
  state_->wake();
  state_->thread.join();
}

}  // namespace node
