#include <mesh/detail/handling.hpp>

#include <algorithm>
#include <cstring>
#include <exception>

#include <journal/topic.hpp>

namespace mesh::detail {

struct EventMaker {
  static Event make(const core::Delivery& delivery, const EventSource* source,
                    const std::function<void()>& extend) {
    Event event;
    event.view_ = delivery.event;
    event.source_ = source;
    event.attempt_ = delivery.attempt;
    event.redrives_ = delivery.redrives;
    event.redelivered_ = delivery.redelivered;
    event.borrowed_ = &delivery.batch.bytes();
    event.extend_ = &extend;
    return event;
  }
};

namespace {

/// Where a batch's header has the origin: behind array(7), the version and bin8(16).
constexpr std::size_t origin_at = 4;

bool is_of(const core::Delivery& delivery, const Origin& origin) {
  const auto& bytes = delivery.batch.bytes();
  return bytes.size() >= batch_header_size &&
         std::memcmp(bytes.data() + origin_at, origin.bytes.data(), origin.bytes.size()) == 0;
}

const EventSource& unknown_source() {
  static const auto source = std::make_shared<const EventSource>();
  return *source;
}

void fail_with(io::Executor::Outcome& outcome, core::Completion::Kind kind, Reason reason,
               std::string_view text) {
  outcome.kind = kind;
  outcome.reason = reason;
  outcome.text = clean_reason(text);
}

}  // namespace

void SourceTable::update(core::LinkId link, const Origin& origin, const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto same = [&](const auto& source) { return source->origin == origin && source->name == name; };
  auto found = std::find_if(known_.begin(), known_.end(), same);
  if (found == known_.end()) {
    auto source = std::make_shared<EventSource>();
    source->origin = origin;
    source->name = name;
    found = known_.insert(known_.end(), std::move(source));
  }
  current_[link].store(found->get(), std::memory_order_release);
}

const EventSource* SourceTable::find(const core::Delivery& delivery) const {
  const auto* current = current_[delivery.link].load(std::memory_order_acquire);
  if (current != nullptr && is_of(delivery, current->origin)) return current;
  // An event of a journal that has been replaced meanwhile.
  const std::lock_guard lock(mutex_);
  for (const auto& source : known_)
    if (is_of(delivery, source->origin)) return source.get();
  return &unknown_source();
}

Handling::Handling(std::vector<std::pair<std::string, Handler>> handlers, std::size_t links)
    : handlers_(std::move(handlers)), sources_(links) {
  std::stable_sort(handlers_.begin(), handlers_.end(),
                   [](const auto& one, const auto& other) { return one.first.size() > other.first.size(); });
}

const Handler* Handling::handler_of(std::string_view topic) const {
  for (const auto& [prefix, handler] : handlers_)
    if (topic.starts_with(prefix)) return &handler;
  return nullptr;
}

void Handling::handle(const core::Delivery& delivery, const std::function<void()>& extend,
                      io::Executor::Outcome& outcome) const {
  using Kind = core::Completion::Kind;
  const auto* handler = handler_of(delivery.event.topic);
  if (handler == nullptr)
    return fail_with(outcome, Kind::park, Reason::no_handler, "no handler for this topic");
  try {
    const auto event = EventMaker::make(delivery, sources_.find(delivery), extend);
    const auto result = (*handler)(event);
    if (result.kind == Outcome::Kind::ack) return;
    if (result.kind == Outcome::Kind::put_back) {
      outcome.kind = Kind::behind;
      return;
    }
    const bool retries = result.kind == Outcome::Kind::retry;
    fail_with(outcome, retries ? Kind::retry : Kind::park, Reason::handler_rejected, result.text);
    if (retries) outcome.delay = result.delay;
  } catch (const Undecodable& error) {
    fail_with(outcome, Kind::park, Reason::undecodable, error.what());
  } catch (const std::exception& error) {
    fail_with(outcome, Kind::retry, Reason::handler_rejected, error.what());
  } catch (...) {
    fail_with(outcome, Kind::retry, Reason::handler_rejected, "an exception that is no std::exception");
  }
}

std::string clean_reason(std::string_view text) {
  std::string clean(text.substr(0, attempt_text_max));
  // The cut may have gone through a character: leave its beginning out.
  if (clean.size() < text.size()) {
    std::size_t end = clean.size();
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    clean.resize(end);
  }
  if (is_utf8(clean)) return clean;
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return clean;
}

}  // namespace mesh::detail
