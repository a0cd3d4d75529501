// Errors as values: the closed set of codes, and Result<T>, which every fallible call returns.
//
// Nothing in zmesh throws across a public call, with one exception that the caller asks for: `value()` on a
// failed Result throws `mesh::Failure`, so that code which prefers exceptions can write `.value()`.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace mesh {

/// Why a call failed. Values travel on the wire (PROTOCOL.md): they are never renumbered or reused.
enum class Errc : unsigned {
  invalid_argument = 1,    ///< an option or argument is out of its documented range
  invalid_topic = 2,       ///< topic or prefix breaks the rules of journal/topic.hpp
  invalid_key = 3,         ///< key longer than key_size_max or not UTF-8
  invalid_headers = 4,     ///< too many or too large headers, or not UTF-8
  event_too_large = 5,     ///< encoded event above the publisher's event_size_max
  staging_full = 6,        ///< try_publish: no room now; publish would wait
  timeout = 7,             ///< the deadline passed; the outcome may still come
  closed = 8,              ///< the publisher or consumer was closed
  journal_full = 9,        ///< retention limit reached: groups have not settled enough to make room
  journal_locked = 10,     ///< another writer (this or another process) has the journal open
  journal_missing = 11,    ///< no journal at that path
  journal_foreign = 12,    ///< the path holds something that is not a journal
  journal_newer = 13,      ///< the journal was written by a newer format version
  journal_damaged = 14,    ///< a checksum, length or order does not hold; nothing of it is served
  journal_io = 15,         ///< the operating system refused a read or write
  disk_full = 16,          ///< no space left on the device; publishing resumes when there is room
  endpoint_invalid = 17,   ///< not a tcp://, ipc:// or inproc:// endpoint
  endpoint_in_use = 18,    ///< bind failed: somebody listens there already
  unreachable = 19,        ///< no answer from the peer in time
  protocol = 20,           ///< a frame that does not decode, or a message out of place
  unknown_group = 21,      ///< no such group at this publisher
  unknown_session = 22,    ///< attach again: the publisher has restarted or the lease ran out
  prefixes_mismatch = 23,  ///< another live member of the group has other prefixes
  limit_reached = 24,      ///< a documented bound (groups, sessions, prefixes, parked) is full
  not_found = 25,          ///< nothing by that seq or name
  stale = 26,              ///< the epoch of the request has passed; harmless
  unsupported = 27,        ///< a request this version does not know
  in_use = 28,             ///< the group has members, or is not paused
  policy_mismatch = 29,    ///< another live member of the group keeps its keys' order otherwise
};

inline constexpr Errc errc_last = Errc::policy_mismatch;

/// The code's name as written above (stable; used in logs and `--json`).
std::string_view to_string(Errc code);

struct Error {
  Errc code;
  std::string text;  ///< one sentence for a person: what happened, to what, and what to do

  /// "journal_locked: ..." for logs.
  std::string describe() const { return std::string(to_string(code)) + ": " + text; }
};

/// Thrown only by Result::value() on failure.
class Failure : public std::runtime_error {
 public:
  explicit Failure(Error error) : std::runtime_error(error.describe()), error_(std::move(error)) {}

  const Error& error() const { return error_; }

 private:
  Error error_;
};

/// A value or an Error. Must be looked at: discarding one does not compile without a warning.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit on purpose

  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit on purpose

  bool ok() const { return state_.index() == 0; }

  explicit operator bool() const { return ok(); }

  /// The value; throws Failure when there is none.
  T& value() & { return check(), std::get<0>(state_); }

  const T& value() const& { return check(), std::get<0>(state_); }

  T&& value() && { return check(), std::get<0>(std::move(state_)); }

  /// Unchecked access; undefined unless ok().
  T& operator*() { return *std::get_if<0>(&state_); }

  const T& operator*() const { return *std::get_if<0>(&state_); }

  T* operator->() { return std::get_if<0>(&state_); }

  const T* operator->() const { return std::get_if<0>(&state_); }

  /// The error; undefined when ok().
  const Error& error() const { return *std::get_if<1>(&state_); }

 private:
  void check() const {
    if (!ok()) throw Failure(error());
  }

  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;

  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit on purpose

  bool ok() const { return !error_.has_value(); }

  explicit operator bool() const { return ok(); }

  void value() const {
    if (error_) throw Failure(*error_);
  }

  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

inline Error fail(Errc code, std::string text) {
  return Error{code, std::move(text)};
}

inline Error invalid(std::string text) {
  return Error{Errc::invalid_argument, std::move(text)};
}

}  // namespace mesh
