// Relays between publishers in this process: what is an event of its own, and what has been relayed before.
#include <boost/test/unit_test.hpp>
#include <map>

#include <mesh/publisher.hpp>
#include <nodes/relay/relay.hpp>
#include <nodes/relay/route.hpp>
#include <tests/nodes/files.hpp>

namespace {

using namespace std::chrono_literals;

struct RelayPlace : TemporaryDirectory {
  mesh::Publisher publisher(const std::string& name) const {
    mesh::PublisherOptions options;
    options.journal = path + "/" + name;
    options.name = name;
    options.control = "ipc://" + path + "/" + name + ".control";
    options.durability = mesh::Durability::os;
    options.groups.push_back({"relay", {}, {}, {}});
    options.groups.push_back({"other", {}, {}, {}});
    return mesh::Publisher::open(std::move(options)).value();
  }

  /// How often each payload is in a journal that nobody has open.
  std::map<std::string, int> payloads(const std::string& name) const {
    std::map<std::string, int> found;
    std::vector<mesh::EventView> events;
    const auto reader = mesh::open_journal_reader(path + "/" + name).value();
    BOOST_REQUIRE(reader
                      ->read(0,
                             [&](const mesh::BatchView& batch) {
                               BOOST_REQUIRE(mesh::decode_events(batch, events).ok());
                               for (const auto& event : events)
                                 ++found[std::string(mesh::as_text(event.payload))];
                               return true;
                             })
                      .ok());
    return found;
  }
};

node::RelaySettings relay_of(std::vector<const mesh::Publisher*> publishers,
                             const std::string& group = "relay") {
  node::RelaySettings settings;
  settings.source.group = group;
  settings.source.member = group + "-member";
  settings.source.concurrency = 64;
  for (const auto* publisher : publishers) settings.source.from.push_back(publisher->control_endpoint());
  return settings;
}

/// The headers by which a relay says: event `seq` of `origin`, here by way of `path`.
struct RelayedHeaders {
  RelayedHeaders(const mesh::Origin& origin, mesh::Seq seq, std::string path)
      : texts{origin.hex(), std::to_string(seq), "5", std::move(path)},
        list{{node::origin_header, texts[0]},
             {node::seq_header, texts[1]},
             {node::time_header, texts[2]},
             {node::path_header, texts[3]}} {}

  std::string texts[4];
  std::vector<mesh::Header> list;
};

mesh::Seq publish(mesh::Publisher& publisher, std::string_view payload,
                  const std::vector<mesh::Header>& headers) {
  return publisher.publish({"a.b", std::nullopt, headers, mesh::as_bytes(payload)}).value().seq();
}

std::uint64_t count_of(const node::Role& role, std::string_view name) {
  for (const auto& [counted, count] : role.status().counts)
    if (counted == name) return count;
  BOOST_FAIL("there is no such count");
  return 0;
}

mesh::Origin some_origin(std::uint8_t byte) {
  mesh::Origin origin;
  origin.bytes.fill(byte);
  return origin;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(relay)

BOOST_AUTO_TEST_CASE(copied_and_forged_headers_take_no_event_away) {
  const RelayPlace place;
  {
    auto up = place.publisher("up"), down = place.publisher("down");
    const auto up_hex = up.identity().origin.hex(), far_hex = some_origin(7).hex();
    const auto down_origin = down.identity().origin;
    // As a service has them that hands the headers of what it consumed on to what it publishes.
    const RelayedHeaders copied(some_origin(7), 3, far_hex + "," + some_origin(8).hex());
    publish(up, "derived 1", copied.list);
    publish(up, "derived 2", copied.list);
    publish(up, "of one's own", RelayedHeaders(down_origin, 1, down_origin.hex()).list);
    // Made up so well that a relay could have written them.
    const RelayedHeaders forged(some_origin(7), 4, far_hex + "," + up_hex);
    publish(up, "forged 1", forged.list);
    publish(up, "forged 2", forged.list);
    // The same event once more.
    const auto last = publish(up, "forged 1", forged.list);

    node::Relayed relayed(1000);
    node::Topics topics;
    auto settings = relay_of({&up});
    settings.source.concurrency = 1;  // in their order
    const auto relay = node::open_relay(settings, down, relayed, topics).value();
    // "other" settles nothing here.
    BOOST_REQUIRE(up.wait_settled(last, 0s).error().code == mesh::Errc::timeout);
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    const auto done = [&] {
      return count_of(*relay, "published_events") + count_of(*relay, "duplicates") +
                 count_of(*relay, "loops_refused") ==
             6;
    };
    while (!done() && std::chrono::steady_clock::now() < deadline) (void)up.wait_settled(last, 10ms);
    BOOST_TEST(count_of(*relay, "published_events") == 5U);
    BOOST_TEST(count_of(*relay, "duplicates") == 1U);
    BOOST_TEST(count_of(*relay, "mistaken") == 1U);
    relay->close(5s);
  }
  const std::map<std::string, int> wanted{
      {"derived 1", 1}, {"derived 2", 1}, {"forged 1", 1}, {"forged 2", 1}, {"of one's own", 1}};
  BOOST_TEST((place.payloads("down") == wanted));
}

BOOST_AUTO_TEST_CASE(what_comes_by_two_ways_at_once_is_published_once) {
  constexpr int event_count = 2000;
  const RelayPlace place;
  {
    auto left = place.publisher("left"), right = place.publisher("right"), down = place.publisher("down");
    const auto first = some_origin(7);
    mesh::Seq last_left = 0, last_right = 0;
    for (mesh::Seq seq = 1; seq <= event_count; ++seq) {
      const auto payload = std::to_string(seq);
      last_left = publish(left, payload,
                          RelayedHeaders(first, seq, first.hex() + "," + left.identity().origin.hex()).list);
      last_right = publish(
          right, payload, RelayedHeaders(first, seq, first.hex() + "," + right.identity().origin.hex()).list);
    }
    node::Relayed relayed(10 * event_count);
    node::Topics topics;
    // Two relays of one node, each of both publishers: four ways.
    const auto one = node::open_relay(relay_of({&left, &right}), down, relayed, topics).value();
    const auto two = node::open_relay(relay_of({&left, &right}, "other"), down, relayed, topics).value();
    BOOST_REQUIRE(left.wait_settled(last_left, 60s).ok());
    BOOST_REQUIRE(right.wait_settled(last_right, 60s).ok());
    one->close(5s);
    two->close(5s);
    BOOST_TEST(down.stats().committed == static_cast<std::uint64_t>(event_count));
  }
  BOOST_TEST(place.payloads("down").size() == static_cast<std::size_t>(event_count));
}

BOOST_AUTO_TEST_CASE(what_was_relayed_is_remembered_from_among_other_events) {
  const RelayPlace place;
  mesh::Origin own;
  {
    auto down = place.publisher("down");
    own = down.identity().origin;
    const auto first = some_origin(7);
    for (mesh::Seq seq = 1; seq <= 5; ++seq)
      publish(down, std::to_string(seq), RelayedHeaders(first, seq, first.hex() + "," + own.hex()).list);
    for (int i = 0; i < 100; ++i) publish(down, "of its own", {});
    BOOST_REQUIRE(down.flush(10s).ok());
  }
  const auto known = node::relayed_before(place.path + "/down", 4).value();
  BOOST_REQUIRE_EQUAL(known.size(), 4U);
  BOOST_TEST((known.front().id == node::Seen::Id{some_origin(7), 2}));
  BOOST_TEST((known.back().id == node::Seen::Id{some_origin(7), 5}));
  BOOST_TEST(node::relayed_before(place.path + "/none", 4).value().empty());
}

BOOST_AUTO_TEST_CASE(an_event_is_claimed_by_one_at_a_time) {
  using Claim = node::Relayed::Claim;
  node::Relayed relayed(10);
  const node::Seen::Entry event{{some_origin(1), 1}, 5}, forged{{some_origin(1), 1}, 6};
  BOOST_TEST((relayed.claim(event, 0s) == Claim::mine));
  BOOST_TEST((relayed.claim(event, 1ms) == Claim::under_way));
  BOOST_TEST((relayed.claim(forged, 1ms) == Claim::another));
  relayed.end(event, false);
  BOOST_TEST((relayed.claim(event, 0s) == Claim::mine));
  relayed.end(event, true);
  BOOST_TEST((relayed.claim(event, 0s) == Claim::duplicate));
  BOOST_TEST((relayed.claim(forged, 0s) == Claim::another));
}

BOOST_AUTO_TEST_SUITE_END()
