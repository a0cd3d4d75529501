#include <algorithm>

#include <mesh/core/consumer/hung_book.hpp>
#include <mesh/core/consumer/run_book.hpp>

namespace mesh::core {

void HungBook::add(Delivery delivery) {
  waiting_.push_back({std::move(delivery), std::nullopt});
}

void HungBook::extend(LinkId link, Seq seq, Now now) {
  for (Waiting& waiting : waiting_) {
    const Delivery& delivery = waiting.delivery;
    if (delivery.link == link && delivery.event.seq == seq) waiting.since = now.steady;
  }
}

void HungBook::expire(Now now, std::vector<Completion>& out) {
  const Duration pause = now.steady - seen_;
  std::erase_if(waiting_, [&](Waiting& waiting) {
    if (!waiting.since) {
      waiting.since = now.steady;
    } else if (pause > stood_still) {
      *waiting.since += pause;
    }
    if (now.steady - *waiting.since < ack_wait_) return false;
    auto& completion = out.emplace_back(completion_of(waiting.delivery));
    completion.kind = Completion::Kind::retry;
    completion.reason = Reason::ack_timeout;
    completion.text = "its handler has not returned since an earlier attempt";
    completion.took = now.steady - *waiting.since;
    if (with_keys_) completion.key = key_id(waiting.delivery.event.key);
    return true;
  });
  seen_ = std::max(seen_, now.steady);
}

std::optional<Duration> HungBook::next_deadline() const {
  std::optional<Duration> next;
  for (const Waiting& waiting : waiting_) {
    const Duration at =
        waiting.since ? std::min(*waiting.since + ack_wait_, seen_ + look_every) : Duration{0};
    next = std::min(next.value_or(at), at);
  }
  return next;
}

std::vector<Delivery> HungBook::take_if(const std::function<bool(const Delivery&)>& condition) {
  std::vector<Delivery> out;
  std::erase_if(waiting_, [&](Waiting& waiting) {
    if (!condition(waiting.delivery)) return false;
    out.push_back(std::move(waiting.delivery));
    return true;
  });
  return out;
}

std::size_t HungBook::bytes() const {
  std::size_t sum = 0;
  for (const Waiting& waiting : waiting_) sum += waiting.delivery.event.record.size();
  return sum;
}

}  // namespace mesh::core
