// A publisher reduced to what a member can see of it, with a network that loses, delays and disconnects at
// random from a seed. Written from the contract (messages.hpp), not from the publisher's core.
#pragma once

#include <deque>
#include <map>
#include <random>
#include <set>

#include "fixture.hpp"

namespace test {

class ModelPublisher {
 public:
  ModelPublisher(unsigned seed, std::vector<std::string> mine) : random_(seed), mine_(std::move(mine)) {}

  std::size_t pick(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

  bool chance(unsigned percent) { return pick(100) < percent; }

  // ---- what happens at the publisher ----
  /// Commits a batch of random topics and sends its messages.
  void commit() {
    std::vector<Item> batch;
    Seq seq = head_ + (chance(5) ? 10 : 0);  // gaps in the seqs are allowed
    for (std::size_t i = 0; i < 1 + pick(5); ++i) batch.push_back({++seq, topics_[pick(topics_.size())]});
    head_ = seq;
    std::map<std::string, std::vector<Item>> shares;
    for (const auto& item : batch) {
      journal_.push_back(item);
      if (const auto* longest = longest_active(item.topic)) shares[*longest].push_back(item);
    }
    const auto before = active_;
    for (const auto& [prefix, list] : shares) {
      LiveMessage message = frame(prefix, before);
      message.first = batch.front().seq;
      message.last = batch.back().seq;
      message.head = head_;
      if (!chance(nameless)) {
        message.companions.emplace();
        for (const auto& [other, ignored] : shares) {
          if (other != prefix) message.companions->push_back(other);
        }
      }
      message.batch = batch_of(list);
      send_live(std::move(message));
      for (auto& [active, previous] : active_) {
        if (prefix.starts_with(active)) previous = std::max(previous, list.back().seq);
      }
    }
  }

  void beat() {
    for (const auto& [prefix, previous] : active_) {
      const bool covered = std::any_of(active_.begin(), active_.end(), [&](auto& other) {
        return other.first != prefix && std::string_view(other.first).starts_with(prefix);
      });
      if (covered) continue;
      LiveMessage message = frame(prefix, active_);
      message.head = head_;
      message.companions.emplace();
      send_live(std::move(message));
    }
  }

  /// Another consumer's subscription comes or goes.
  void toggle_other() {
    const auto& prefix = others_[pick(others_.size())];
    if (others_active_.contains(prefix)) {
      others_active_.erase(prefix);
      if (!read_.contains(prefix)) active_.erase(prefix);
    } else {
      others_active_.insert(prefix);
      active_.try_emplace(prefix, head_);
    }
  }

  void disconnect() {
    wire_.clear();
    piped_.clear();
    for (const auto& prefix : read_) {
      if (!others_active_.contains(prefix)) active_.erase(prefix);
    }
    read_.clear();
    connected_ = false;
  }

  void connect() { connected_ = true; }

  /// One subscription of ours gets a step further: into the socket's filter, then known to the engine.
  void subscribe_step() {
    if (!connected_) return;
    const auto& prefix = mine_[pick(mine_.size())];
    if (piped_.insert(prefix).second) return;
    if (read_.insert(prefix).second) active_.try_emplace(prefix, head_);
  }

  // ---- the conversation ----
  /// What it answers, if anything.
  std::optional<ControlMessage> answer(const ControlMessage& message) {
    if (const auto* hello = std::get_if<Hello>(&message)) {
      Welcome welcome;
      welcome.id = hello->id;
      welcome.session = ++session_;
      welcome.origin = home;
      welcome.name = "model";
      welcome.events = "inproc://events";
      welcome.head = head_;
      welcome.lease = 5s;
      welcome.epoch = 3;
      welcome.slots = all_slots;
      welcome.resumed = hello->resume.has_value();
      return welcome;
    }
    if (const auto* ack = std::get_if<Ack>(&message)) {
      if (ack->session != session_) return Refused{ack->id, ack->session, Errc::unknown_session, ""};
      return Acked{ack->session, ack->id, false, head_};
    }
    const auto* fetch = std::get_if<Fetch>(&message);
    if (!fetch) return std::nullopt;
    if (fetch->session != session_) return Refused{fetch->id, fetch->session, Errc::unknown_session, ""};
    Events events;
    events.session = fetch->session;
    events.id = fetch->id;
    events.epoch = fetch->epoch;
    events.slots = fetch->slots;
    events.after = fetch->after;
    events.head = head_;
    events.through = head_;
    std::vector<Item> list;
    const auto credit = 1 + pick(40);
    for (const auto& item : journal_) {
      if (item.seq <= fetch->after || !matches(item.topic)) continue;
      if (list.size() == credit) {
        events.through = list.back().seq;
        break;
      }
      list.push_back(item);
    }
    if (!list.empty()) events.batches.push_back(batch_of(list));
    return events;
  }

  void forget_session() { ++session_; }

  std::optional<LiveMessage> receive_live() {
    if (wire_.empty()) return std::nullopt;
    auto message = std::move(wire_.front());
    wire_.pop_front();
    return message;
  }

  std::vector<Seq> expected() const {
    std::vector<Seq> seqs;
    for (const auto& item : journal_) {
      if (matches(item.topic)) seqs.push_back(item.seq);
    }
    return seqs;
  }

  unsigned live_loss = 10;  ///< percent
  unsigned nameless = 3;    ///< percent of messages without companions

 private:
  bool matches(const std::string& topic) const {
    return std::any_of(mine_.begin(), mine_.end(), [&](auto& prefix) { return topic.starts_with(prefix); });
  }

  const std::string* longest_active(const std::string& topic) const {
    const std::string* longest = nullptr;
    for (const auto& [prefix, previous] : active_) {
      if (topic.starts_with(prefix) && (!longest || prefix.size() > longest->size())) longest = &prefix;
    }
    return longest;
  }

  static LiveMessage frame(const std::string& prefix, const std::map<std::string, Seq>& active) {
    LiveMessage message;
    message.prefix = prefix;
    message.origin = home;
    for (const auto& [other, previous] : active) {
      if (prefix.starts_with(other)) {
        message.chains.push_back({static_cast<std::uint16_t>(other.size()), previous});
      }
    }
    return message;
  }

  void send_live(LiveMessage message) {
    const bool wanted = std::any_of(piped_.begin(), piped_.end(),
                                    [&](auto& prefix) { return message.prefix.starts_with(prefix); });
    if (!wanted || chance(live_loss)) return;
    if (chance(live_loss / 4)) wire_.push_back(message);  // twice
    wire_.push_back(std::move(message));
  }

  std::mt19937 random_;
  std::vector<std::string> mine_;
  const std::vector<std::string> topics_{"a.x.1", "a.x.2", "a.y", "b.q", "b.r", "c"};
  const std::vector<std::string> others_{"", "a.", "a.x", "a.x.1", "b.", "c", "b.q"};
  std::vector<Item> journal_;
  Seq head_ = 0;
  std::map<std::string, Seq> active_;
  std::set<std::string> others_active_, piped_, read_;
  bool connected_ = false;
  std::deque<LiveMessage> wire_;
  SessionId session_ = 50;
};

}  // namespace test
