// What a handler gets (Event), and what it answers (Outcome).
//
//   options.on("booking.", [](const mesh::Event& event) {
//     auto booking = event.as<Booking>();      // needs <mesh/payload.hpp>
//     if (!store(booking)) return mesh::retry("database is busy");
//     return mesh::ack();
//   });
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <journal/batch.hpp>
#include <mesh/model/time.hpp>

namespace mesh {

/// Thrown by Event::as<T>() when the payload is not the MessagePack of a T. Where it leaves a handler the
/// event is parked as `undecodable` at once: trying again would not help.
class Undecodable : public std::runtime_error {
 public:
  explicit Undecodable(const std::string& text) : std::runtime_error(text) {}
};

namespace detail {

/// The publisher an event came from, as the consumer knew it when it was delivered.
struct EventSource : std::enable_shared_from_this<EventSource> {
  Origin origin;
  std::string name;
};

struct EventMaker;  // the consumer makes events

}  // namespace detail

/// One delivered event. All views it returns are valid while this Event or a copy of it lives: a copy shares
/// the received bytes, and so may outlive the handler (and keeps its whole batch, up to about 256 KiB, in
/// memory). Reading it is safe from any thread.
class Event {
 public:
  Event(const Event& other);
  Event& operator=(const Event& other);

  /// Position in the origin's journal. (origin, seq) names the event exactly, for ever.
  Seq seq() const { return view_.seq; }

  /// When it was published, by the publisher's wall clock.
  WallTime time() const { return view_.time; }

  std::string_view topic() const { return view_.topic; }

  /// What orders it: events with the same key are handled one at a time, in publish order.
  std::optional<std::string_view> key() const { return view_.key; }

  ByteView payload() const { return view_.payload; }

  std::string_view payload_text() const { return as_text(view_.payload); }

  /// Calls visit(name, value) for each header, in the order they were published.
  template <class Visit>
  void for_each_header(Visit&& visit) const {
    mesh::for_each_header(view_, std::forward<Visit>(visit));
  }

  /// The value of the first header of that name.
  std::optional<std::string_view> header(std::string_view name) const { return find_header(view_, name); }

  /// The payload as a T (MessagePack, with bounds on its structure). Throws Undecodable. Defined in
  /// <mesh/payload.hpp>, as is try_as, which returns a Result instead.
  template <class T>
  T as() const;
  template <class T>
  Result<T> try_as() const;

  /// 1 for the first delivery, 2 after one failed attempt, ...
  std::uint32_t attempt() const { return attempt_; }

  /// It may have been handled before: attempt() > 1, or a crash or a lost lease left it unclear.
  bool redelivered() const { return redelivered_ || attempt_ > 1; }

  /// How often an operator has put it back from the parking lot.
  std::uint32_t redrives() const { return redrives_; }

  const Origin& origin() const { return source_->origin; }

  const std::string& publisher_name() const { return source_->name; }

  /// The handler needs more time: its ack_wait starts anew. Only of use inside the handler, on its thread;
  /// on a copy or later it does nothing.
  void extend() const {
    if (extend_ != nullptr) (*extend_)();
  }

  /// The event as it was encoded; its views are those of the functions above.
  const EventView& view() const { return view_; }

 private:
  friend struct detail::EventMaker;
  Event() = default;
  void own();

  EventView view_;
  const detail::EventSource* source_ = nullptr;
  std::uint32_t attempt_ = 1;
  std::uint32_t redrives_ = 0;
  bool redelivered_ = false;
  // The event a handler is given borrows its bytes, its source and the way to extend; a copy owns what it
  // needs.
  const Bytes* borrowed_ = nullptr;
  const std::function<void()>* extend_ = nullptr;
  Bytes bytes_;
  std::shared_ptr<const detail::EventSource> source_owner_;
};

/// What became of an event. Made by ack(), retry(), park() and put_back().
struct Outcome {
  enum class Kind : std::uint8_t { ack, retry, park, put_back };
  Kind kind = Kind::ack;
  std::string text;               ///< the reason, cut at 1 KiB
  std::optional<Duration> delay;  ///< retry: instead of the backoff's
};

/// Handled: it will not come again.
inline Outcome ack() {
  return {};
}

/// Failed for now: comes again after `delay`, or after the group's backoff; parked (retry_exhausted) when
/// attempts_max attempts have failed.
inline Outcome retry(std::string reason, std::optional<Duration> delay = {}) {
  return {Outcome::Kind::retry, std::move(reason), delay};
}

/// Will never succeed: it is parked (handler_rejected) with this reason.
inline Outcome park(std::string reason) {
  return {Outcome::Kind::park, std::move(reason), {}};
}

/// Not handled after all, and nothing was done about it (what it was to be handed to is not there, and the
/// process is ending): it comes again soon, to whoever has its slot then, as the same attempt. Not for
/// waiting.
inline Outcome put_back() {
  return {Outcome::Kind::put_back, {}, {}};
}

/// Called on one of the consumer's worker threads, by `concurrency` of them at once but never for two events
/// with one key. An exception is a retry with its what() as the reason (Undecodable: parked).
using Handler = std::function<Outcome(const Event&)>;

}  // namespace mesh
