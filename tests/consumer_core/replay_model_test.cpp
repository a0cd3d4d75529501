// Replay to live merge against a model publisher: whatever is lost, cut, repeated or delayed, everything that
// matches is delivered exactly once and in order.
#include <boost/test/unit_test.hpp>

#include "model_publisher.hpp"

using namespace test;

namespace {

struct Totals {
  std::uint64_t live = 0, fetched = 0, gaps = 0, demotions = 0, events = 0;
};

class Replay {
 public:
  Replay(unsigned seed, std::vector<std::string> prefixes, std::size_t window)
      : seed_(seed), model_(seed, prefixes), link_(settings(prefixes, window)) {}

  void run(Totals& totals) {
    link_.core.on_start(link_.now);
    link_.take();
    for (int step = 0; step < 400; ++step) {
      fault();
      for (std::size_t i = model_.pick(4); i > 0; --i) turn();
      check();
    }
    lossy_ = false;
    model_.live_loss = 0;
    model_.connect();
    model_.commit();
    for (int i = 0; i < 4000 && link_.core.counters().received < model_.expected().size(); ++i) {
      if (i % 50 == 0) model_.beat();
      turn();
    }
    check();
    BOOST_REQUIRE_MESSAGE(got_ == model_.expected(),
                          "seed " << seed_ << ": " << got_.size() << " of " << model_.expected().size());
    const auto& counters = link_.core.counters();
    totals.live += counters.live;
    totals.fetched += counters.fetched;
    totals.gaps += counters.gaps;
    totals.demotions += counters.demotions;
    totals.events += got_.size();
  }

 private:
  static MemberSettings settings(std::vector<std::string> prefixes, std::size_t window) {
    auto settings = member_settings();
    settings.prefixes = std::move(prefixes);
    settings.window_events = window;
    settings.hold_bytes = 6000;
    return settings;
  }

  void fault() {
    if (model_.chance(60)) model_.commit();
    if (model_.chance(20)) model_.beat();
    if (model_.chance(4)) model_.toggle_other();
    if (model_.chance(1)) model_.disconnect();
    if (model_.chance(10)) model_.connect();
    if (model_.chance(1)) model_.forget_session();
    if (model_.chance(1)) link_.now.steady += 3s;  // the process stood still
    lossy_ = model_.chance(10);
  }

  void turn() {
    model_.subscribe_step();
    if (auto message = model_.receive_live()) link_.live(std::move(*message));
    const auto requests = std::move(link_.sent);
    link_.sent.clear();
    for (const auto& request : requests) {
      auto answer = model_.answer(request);
      if (answer && !lossy_) answers_.push_back(std::move(*answer));
    }
    if (!answers_.empty() && model_.chance(70)) {
      link_.give(std::move(answers_.front()));
      answers_.pop_front();
    }
    if (!link_.connects.empty()) {
      model_.disconnect();
      model_.connect();
      link_.connects.clear();
    }
    for (auto& delivery : link_.deliveries) {
      got_.push_back(delivery.event.seq);
      hand_.push_back(std::move(delivery));
    }
    link_.deliveries.clear();
    for (std::size_t i = model_.pick(8); i > 0 && !hand_.empty(); --i) {
      link_.handle(hand_.front());
      hand_.pop_front();
    }
    link_.pass(1ms * static_cast<int>(model_.pick(20)));
  }

  // What has been delivered is at every moment the beginning of what was to be delivered.
  void check() {
    const auto expected = model_.expected();
    BOOST_REQUIRE_MESSAGE(
        got_.size() <= expected.size() && std::equal(got_.begin(), got_.end(), expected.begin()),
        "seed " << seed_ << ": delivered events are not the first expected ones");
  }

  unsigned seed_;
  ModelPublisher model_;
  Link link_;
  std::deque<ControlMessage> answers_;
  std::deque<Delivery> hand_;
  std::vector<Seq> got_;
  bool lossy_ = false;
};

Totals replay(const std::vector<std::vector<std::string>>& sets, unsigned seeds, std::size_t window) {
  Totals totals;
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    Replay(seed, sets[seed % sets.size()], window).run(totals);
  }
  return totals;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(replay_model)

BOOST_AUTO_TEST_CASE(one_prefix_gets_everything_once_in_order_and_much_of_it_live) {
  const auto totals = replay({{""}, {"a."}, {"a.x"}, {"b.q"}}, 100, 10'000);
  BOOST_TEST(totals.live > totals.fetched / 4);
  BOOST_TEST(totals.gaps > 100u);
}

BOOST_AUTO_TEST_CASE(several_prefixes_get_everything_once_in_order) {
  const auto totals =
      replay({{"a.", "b."}, {"a.x", "c"}, {"a.x.1", "a.y", "b.q"}, {"a.", "a.x", "c"}}, 100, 10'000);
  BOOST_TEST(totals.live > 100u);
  BOOST_TEST(totals.fetched > 100u);
}

BOOST_AUTO_TEST_CASE(a_slow_consumer_with_a_small_window_gets_everything_once_in_order) {
  const auto totals = replay({{""}, {"a."}, {"a.", "b."}}, 100, 12);
  BOOST_TEST(totals.demotions > 100u);
}

BOOST_AUTO_TEST_SUITE_END()
