#include "fixture.hpp"

#include <random>

namespace mesh::core {
namespace {

/// Members that say anything, in any order, with numbers near the ones that mean something.
struct Chaos {
  Mesh mesh;
  std::mt19937_64 dice;
  std::vector<Welcome> welcomes;
  std::uint64_t parked = 0, in_flight = 0, expired = 0;  // summed over all checks: what came to pass at all

  explicit Chaos(unsigned seed) : dice(seed) {
    mesh.settings.waiting_max = 20;
    mesh.settings.parked_max = 10;
    mesh.settings.sessions_max = 6;
    mesh.settings.groups_max = 3;
    mesh.options.segment_size = 20'000;
    mesh.settings.retention.bytes_max = 40'000;
    mesh.settings.retention.on_limit = RetentionPolicy::OnLimit::drop_oldest;
    mesh.open();
  }

  std::uint64_t below(std::uint64_t bound) { return dice() % bound; }

  Seq seq() {
    const std::uint64_t kind = below(20);
    if (kind == 0) return ~Seq{0} - below(2);
    return below(mesh.core->head() + 4);
  }

  SlotLedger ledger() {
    SlotLedger out;
    out.slots = below(4) == 0 ? dice() : all_slots;
    out.floor = seq();
    for (std::uint64_t i = below(4); i > 0; --i) out.above.push_back({seq(), seq()});
    return out;
  }

  std::vector<Verdict> verdicts() {
    std::vector<Verdict> out;
    for (std::uint64_t i = below(4); i > 0; --i) {
      Verdict verdict = retry_of(seq(), static_cast<std::uint32_t>(below(4)));
      verdict.kind = static_cast<Verdict::Kind>(1 + below(3));
      verdict.reason = static_cast<Reason>(1 + below(6));
      if (below(3) == 0) verdict.delay = Duration(static_cast<std::int64_t>(dice()));
      verdict.text.assign(below(2000), 'x');
      verdict.slot = static_cast<Slot>(below(slot_count));
      out.push_back(std::move(verdict));
    }
    return out;
  }

  Welcome known() {
    if (welcomes.empty() || below(10) == 0) return Welcome{};
    return welcomes[welcomes.size() - 1 - below(std::min<std::size_t>(welcomes.size(), 6))];
  }

  ControlMessage message() {
    const Welcome w = known();
    const Epoch epoch = below(8) == 0 ? below(5) : w.epoch;
    switch (below(9)) {
      case 0:
      case 1: {
        Member member{.mesh = mesh,
                      .group = below(5) == 0 ? "" : "g" + std::to_string(below(4)),
                      .name = "m" + std::to_string(below(3)),
                      .instance = static_cast<std::uint8_t>(below(3))};
        member.policy = {.backoff = {10ms, 1s}, .attempts_max = 3};
        member.start = {static_cast<Start::Kind>(1 + below(4)), seq(),
                        static_cast<WallTime>(below(2'000'000'000'000))};
        if (below(4) == 0) member.prefixes = {"a."};
        Hello hello = member.hello();
        if (below(2) == 0) hello.resume = Resume{epoch, dice() | dice(), {ledger()}, {{seq(), 2}}};
        return hello;
      }
      case 2:
        return Fetch{w.session,
                     below(100),
                     epoch,
                     seq(),
                     below(2) == 0 ? 0 : seq(),
                     below(2) == 0 ? w.slots : dice(),
                     static_cast<std::uint32_t>(dice()),
                     below(2) == 0};
      case 3:
      case 4:
      case 5:
        return Ack{w.session, below(100), epoch, {ledger()}, verdicts(), {{seq(), 2}, {seq(), 1}}};
      case 6:
        if (below(2) != 0) return InfoRequest{1};
        if (below(2) != 0) return Release{w.session, below(100), epoch, dice() & dice(), {ledger()}};
        return Detach{w.session, 1, epoch, {ledger()}, verdicts(), below(2) == 0};
      case 7:
        return GroupsRequest{1};
      default:
        if (below(2) == 0) return ParkedListRequest{1, "g" + std::to_string(below(4)), {}, seq(), 5};
        return ParkedCommand{1,
                             static_cast<ParkedCommand::Kind>(1 + below(2)),
                             "g" + std::to_string(below(4)),
                             {},
                             below(2) == 0};
    }
  }

  void step() {
    switch (below(12)) {
      case 0:
        mesh.publish({{"a.x"}, {"b.x"}, {"a.y", {}, std::string(below(3000), 'x')}});
        break;
      case 1:
        mesh.pass(Duration(static_cast<std::int64_t>(below(2'000'000'000))));
        break;
      case 2:
        mesh.subscribe(below(2) == 0 ? "a." : "", below(2) == 0);
        break;
      case 3:
        mesh.usage();
        break;
      case 4:
        if (below(10) == 0) mesh.store->fail_next_state(fail(Errc::disk_full, "no room"));
        break;
      case 5:
        if (below(20) == 0) {
          below(2) == 0 ? mesh.crash() : mesh.close();
          mesh.open();
        }
        break;
      default:
        mesh.tell("r", message());
        break;
    }
    for (const ControlOut& out : mesh.sent) {
      if (const auto* welcome = std::get_if<Welcome>(&out.message)) welcomes.push_back(*welcome);
      if (const auto* grant = std::get_if<Grant>(&out.message)) {
        for (Welcome& one : welcomes) {
          if (one.session == grant->session) one.epoch = grant->epoch;
        }
      }
    }
    mesh.sent.clear();
    mesh.live.clear();
  }

  void check() {
    for (const GroupStatus& status : mesh.core->groups(mesh.now)) {
      BOOST_REQUIRE(status.floor <= mesh.core->head());
      BOOST_REQUIRE(status.in_flight + status.waiting <= mesh.settings.waiting_max);
      BOOST_REQUIRE(status.parked <= mesh.settings.parked_max);
      parked += status.parked;
      in_flight += status.in_flight;
      expired += status.expired;
    }
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile)

BOOST_AUTO_TEST_CASE(whatever_members_say_bounds_hold_and_state_can_be_restored) {
  std::uint64_t parked = 0, in_flight = 0, expired = 0;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      Chaos chaos(seed);
      for (unsigned i = 0; i < 1500; ++i) {
        chaos.step();
        chaos.check();
      }
      // What was restored is what was there, also as far as it can be seen from outside.
      chaos.mesh.close();
      chaos.mesh.open();
      chaos.check();
      parked += chaos.parked;
      in_flight += chaos.in_flight;
      expired += chaos.expired;
    }
  }
  BOOST_TEST(parked > 0u);
  BOOST_TEST(in_flight > 0u);
  BOOST_TEST(expired > 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
