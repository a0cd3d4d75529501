#include <mesh/admin.hpp>

#include <algorithm>
#include <chrono>
#include <mutex>

#include <mesh/io/clock.hpp>
#include <mesh/io/endpoint.hpp>
#include <mesh/io/roles.hpp>
#include <mesh/wire/wire.hpp>

namespace mesh {

namespace {

constexpr Duration repeat_interval = 1s;

}  // namespace

struct Admin::State {
  std::mutex mutex;
  io::Socket socket;
  std::string endpoint;
  Duration timeout{0};
  wire::Limits limits;
  std::uint64_t last_id = 0;
  std::vector<Bytes> frames;

  /// Sends the request until its answer comes.
  template <class Answer, class Request>
  Result<Answer> ask(Request request);

  /// Waits for a message until the deadline. Nothing: there was none.
  std::optional<Result<ControlMessage>> next(std::chrono::steady_clock::time_point deadline);
};

std::optional<Result<ControlMessage>> Admin::State::next(std::chrono::steady_clock::time_point deadline) {
  for (;;) {
    const auto received = socket.receive(frames, limits.frames_max);
    if (received == io::Received::message) return wire::decode(frames, limits);
    if (received == io::Received::unusable)
      return fail(Errc::protocol, "the publisher's answer has too many frames");
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return std::nullopt;
    socket.wait_readable(left);
  }
}

template <class Answer, class Request>
Result<Answer> Admin::State::ask(Request request) {
  const std::lock_guard lock(mutex);
  request.id = ++last_id;
  const auto deadline = io::deadline_after(timeout);
  bool sent = false;
  while (std::chrono::steady_clock::now() < deadline) {
    // Until the connection stands nothing is queued, so a first try may be refused: poll shortly again.
    const bool accepted = socket.send(wire::encode(request)) == io::Sent::ok;
    sent = sent || accepted;
    const auto repeat = io::deadline_after(accepted ? repeat_interval : Duration(10ms));
    while (auto answer = next(std::min(deadline, repeat))) {
      if (!*answer) return answer->error();
      if (auto* wanted = std::get_if<Answer>(&**answer); wanted != nullptr && wanted->id == request.id)
        return std::move(*wanted);
      if (const auto* refused = std::get_if<Refused>(&**answer);
          refused != nullptr && (refused->id == request.id || refused->id == 0))
        return Error{refused->code, refused->text};
      // Anything else answers an earlier request that was given up, or its repetition.
    }
  }
  return fail(Errc::unreachable, sent ? "the publisher at " + endpoint + " did not answer"
                                      : "nobody of ours can be reached at " + endpoint);
}

Result<Admin> Admin::connect(const std::string& endpoint, Duration timeout) {
  AdminOptions options;
  options.timeout = timeout;
  return connect(endpoint, options);
}

Result<Admin> Admin::connect(const std::string& endpoint, const AdminOptions& options) {
  if (auto checked = io::check_connect(endpoint); !checked) return checked.error();
  auto context = io::use_context(options.zmq_context);
  if (!context) return context.error();
  auto socket = io::open_control_out(*context, options.event_size_max);
  if (!socket) return socket.error();
  if (auto connected = socket->connect(endpoint); !connected) return connected.error();
  auto state = std::make_unique<State>();
  state->socket = std::move(*socket);
  state->endpoint = endpoint;
  state->timeout = options.timeout;
  state->limits.frame_size_max = io::frame_size_max(options.event_size_max);
  Admin admin(std::move(state));
  if (auto answered = admin.info(); !answered) return answered.error();
  return admin;
}

Admin::Admin(std::unique_ptr<State> state) : state_(std::move(state)) {}

Admin::Admin(Admin&&) noexcept = default;
Admin& Admin::operator=(Admin&&) noexcept = default;
Admin::~Admin() = default;

Result<Info> Admin::info() {
  return state_->ask<Info>(InfoRequest{});
}

Result<GroupList> Admin::groups() {
  return state_->ask<GroupList>(GroupsRequest{});
}

Result<ParkedList> Admin::parked_list(const std::string& group, const ParkedFilter& filter, Seq after,
                                      std::uint32_t limit) {
  return state_->ask<ParkedList>(ParkedListRequest{0, group, filter, after, limit});
}

Result<std::vector<ParkedEvent>> Admin::parked_all(const std::string& group, const ParkedFilter& filter) {
  std::vector<ParkedEvent> all;
  Seq after = 0;
  for (;;) {
    auto page = parked_list(group, filter, after, 1000);
    if (!page) return page.error();
    const bool more = page->more && !page->events.empty();
    std::move(page->events.begin(), page->events.end(), std::back_inserter(all));
    if (!more) return all;
    after = all.back().seq;
  }
}

Result<ParkedResult> Admin::redrive(const std::string& group, const ParkedFilter& filter, bool dry_run) {
  auto done = state_->ask<ParkedDone>(ParkedCommand{0, ParkedCommand::Kind::redrive, group, filter, dry_run});
  if (!done) return done.error();
  return ParkedResult{done->count, std::move(done->seqs)};
}

Result<ParkedResult> Admin::discard(const std::string& group, const ParkedFilter& filter, bool dry_run) {
  auto done = state_->ask<ParkedDone>(ParkedCommand{0, ParkedCommand::Kind::discard, group, filter, dry_run});
  if (!done) return done.error();
  return ParkedResult{done->count, std::move(done->seqs)};
}

Result<GroupDone> Admin::pause(const std::string& group) {
  return state_->ask<GroupDone>(GroupCommand{0, GroupCommand::Kind::pause, group, {}, false});
}

Result<GroupDone> Admin::resume(const std::string& group) {
  return state_->ask<GroupDone>(GroupCommand{0, GroupCommand::Kind::resume, group, {}, false});
}

Result<GroupDone> Admin::lease(const std::string& group, std::optional<Duration> lease) {
  return state_->ask<GroupDone>(GroupCommand{0, GroupCommand::Kind::lease, group, {}, false, lease});
}

Result<GroupDone> Admin::rewind(const std::string& group, const Start& start, bool dry_run) {
  return state_->ask<GroupDone>(GroupCommand{0, GroupCommand::Kind::rewind, group, start, dry_run});
}

Result<GroupDone> Admin::remove(const std::string& group, bool dry_run) {
  return state_->ask<GroupDone>(GroupCommand{0, GroupCommand::Kind::remove, group, {}, dry_run});
}

Result<EventView> decode_parked(const ParkedEvent& parked) {
  // The decoder wants a batch: put a header's room before the record, and point the views back at the
  // original.
  std::vector<std::byte> bytes(batch_header_size + parked.record.size());
  std::copy(parked.record.view().begin(), parked.record.view().end(), bytes.begin() + batch_header_size);
  BatchView batch;
  batch.header.first = batch.header.last = parked.seq;
  batch.header.count = 1;
  batch.bytes = bytes;
  std::vector<EventView> events;
  if (auto decoded = decode_events(batch, events); !decoded) return decoded.error();
  EventView event = events.front();
  const auto moved = [&](ByteView view) {
    const auto at =
        view.empty() ? 0 : static_cast<std::size_t>(view.data() - bytes.data()) - batch_header_size;
    return parked.record.view().subspan(at, view.size());
  };
  event.topic = as_text(moved(as_bytes(event.topic)));
  if (event.key) event.key = as_text(moved(as_bytes(*event.key)));
  event.headers = moved(event.headers);
  event.payload = moved(event.payload);
  event.record = moved(event.record);
  return event;
}

}  // namespace mesh
