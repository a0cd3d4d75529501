// What the roles decide, without sockets and processes.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>
#include <future>

#include <nodes/admin/admin.hpp>
#include <nodes/deliver/webhook.hpp>
#include <nodes/gateway/group_request.hpp>
#include <nodes/gateway/incoming.hpp>
#include <nodes/gateway/pipe_listener.hpp>
#include <nodes/gateway/settle_request.hpp>
#include <nodes/http/target.hpp>
#include <nodes/log/rarely.hpp>
#include <nodes/node/journal_trouble.hpp>
#include <nodes/node/rivals.hpp>
#include <nodes/relay/route.hpp>
#include <nodes/relay/seen.hpp>

namespace {

using Kind = mesh::Outcome::Kind;
using namespace std::chrono_literals;

node::Incoming incoming(std::string body, std::string type, std::string target) {
  // The events are views into the request.
  static node::http::Request request;
  request = {};
  BOOST_REQUIRE(node::http::parse_target(target, request));
  request.headers.emplace_back("content-type", std::move(type));
  request.body = std::move(body);
  return node::Incoming::read(request, 1000, 3);
}

mesh::Origin origin_of(std::uint8_t byte) {
  mesh::Origin origin;
  origin.bytes.fill(byte);
  return origin;
}

/// A connection to a server of this machine, which it gives 10 s for each answer.
class RawClient {
 public:
  explicit RawClient(const std::string& address) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const auto colon = address.rfind(':');
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
    BOOST_REQUIRE(::inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr) == 1);
    BOOST_REQUIRE(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    const timeval limit{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }

  ~RawClient() { ::close(fd_); }

  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void send(std::string_view text) const {
    BOOST_REQUIRE(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  }

  /// Until `end` has come, or nothing more does.
  std::string read_until(std::string_view end) const {
    std::string text;
    char chunk[4096];
    while (text.find(end) == std::string::npos) {
      const auto got = ::recv(fd_, chunk, sizeof chunk, 0);
      if (got <= 0) break;
      text.append(chunk, static_cast<std::size_t>(got));
    }
    return text;
  }

 private:
  int fd_;
};

/// What the loop was to do before has been done, and what came of that.
void pass_through(node::http::Loop& loop) {
  for (int i = 0; i < 2; ++i) {
    const auto passed = std::make_shared<std::promise<void>>();
    loop.post([passed] { passed->set_value(); });
    passed->get_future().wait();
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(parts)

BOOST_AUTO_TEST_CASE(a_request_that_is_half_read_when_the_node_ends_is_answered) {
  node::http::Loop loop;
  node::HttpSettings settings;
  settings.listen.address = "127.0.0.1";
  node::View view;
  view.not_ready = [] { return std::string(); };
  view.roles = [] { return std::vector<node::RoleStatus>(); };
  auto server = node::http::Server::open(loop, settings);
  BOOST_REQUIRE(server.ok());
  auto admin = std::make_unique<node::Admin>(std::move(*server), std::move(view));
  const RawClient client(admin->address());
  const std::string head = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n";
  client.send(head + "\r\nGET /metrics HTTP/1.1\r\nHost: localhost\r\n");
  BOOST_TEST(client.read_until("ok\n").starts_with("HTTP/1.1 200"));
  pass_through(loop);
  admin->drain();
  pass_through(loop);
  client.send("\r\n");
  BOOST_TEST(client.read_until("the node is ending").starts_with("HTTP/1.1 503"));
  loop.stop();
  admin.reset();
}

BOOST_AUTO_TEST_CASE(a_target_is_decoded_after_it_was_taken_apart) {
  node::http::Request request;
  BOOST_REQUIRE(node::http::parse_target("/v1/groups/a%2Fb/events?max=3&prefix=a+b%26&flag", request));
  BOOST_TEST(request.path == (std::vector<std::string>{"v1", "groups", "a/b", "events"}),
             boost::test_tools::per_element());
  BOOST_TEST(request.parameter("prefix").value() == "a b&");
  BOOST_TEST(request.parameter("flag").value() == "");
  BOOST_TEST(!request.parameter("none").has_value());
  for (const auto* bad : {"", "v1", "*", "/%", "/%zz", "/a?b=%1"}) {
    node::http::Request other;
    BOOST_TEST(!node::http::parse_target(bad, other), bad);
  }
}

BOOST_AUTO_TEST_CASE(a_host_is_without_scheme_and_port) {
  BOOST_TEST(node::http::host_of("localhost:8480") == "localhost");
  BOOST_TEST(node::http::host_of("http://evil.example:80") == "evil.example");
  BOOST_TEST(node::http::host_of("[::1]:8480") == "::1");
  BOOST_TEST(node::http::host_of("null") == "null");
}

BOOST_AUTO_TEST_CASE(a_body_is_one_event_or_lines_or_a_payload) {
  const auto one = incoming(R"({"key":"k","payload":{"n":1}})", "application/json", "/v1/events/a.b");
  BOOST_REQUIRE_EQUAL(one.events.size(), 1U);
  BOOST_TEST(!one.lines);
  BOOST_TEST(one.events[0].topic == "a.b");
  BOOST_TEST(one.events[0].key.value() == "k");

  const auto lines = incoming("{\"payload\":1}\n\n{\"topic\":\"c\"}\n", "application/x-ndjson; charset=utf-8",
                              "/v1/events/a.b");
  BOOST_REQUIRE_EQUAL(lines.events.size(), 2U);
  BOOST_TEST(lines.lines);
  BOOST_TEST(lines.events[1].topic == "c");

  const auto raw = incoming("\x01\x02", "application/octet-stream", "/v1/events/a.b?key=k");
  BOOST_REQUIRE_EQUAL(raw.events.size(), 1U);
  BOOST_TEST(raw.events[0].payload.size() == 2U);
  BOOST_TEST(raw.events[0].key.value() == "k");
}

BOOST_AUTO_TEST_CASE(a_bad_line_is_told_with_its_number) {
  const auto bad = incoming("{\"payload\":1}\n{\"paylod\":1}\n", "application/jsonl", "/v1/events/a");
  BOOST_TEST(bad.line == 2U);
  BOOST_TEST(bad.error.text == "unknown field 'paylod'");
  BOOST_TEST(incoming("{}\n{}\n{}\n{}\n", "application/jsonl", "/v1/events/a").error.text ==
             "more than 3 events in one request");
  BOOST_TEST(incoming("\n", "application/jsonl", "/v1/events/a").error.text ==
             "there is no event in the body");
  BOOST_TEST((incoming("{}", "application/json", "/v1/events/a..b").error.code == mesh::Errc::invalid_topic));
  BOOST_TEST(incoming(R"({"topic":"b"})", "application/json", "/v1/events/a").error.text ==
             "the path has the topic 'a', the event 'b': leave one out");
  BOOST_TEST(incoming(R"({"topic":"b"})", "application/jsonl", "/v1/events/a").events.size() == 1U);
  const auto large =
      incoming(R"({"payload":")" + std::string(2000, 'x') + "\"}", "application/json", "/v1/events/a");
  BOOST_TEST((large.error.code == mesh::Errc::event_too_large));
}

BOOST_AUTO_TEST_CASE(what_a_consumer_asks_for_is_read_strictly) {
  const auto read = [](std::string_view target) {
    node::http::Request request;
    BOOST_REQUIRE(node::http::parse_target(target, request));
    return node::read_group_request(request, 64);
  };
  const auto plain = read("/v1/groups/mail/events");
  BOOST_REQUIRE(plain.ok());
  BOOST_TEST((plain->group == "mail" && plain->count == 64 && plain->wait == 20s));
  BOOST_TEST((!plain->create && !plain->streams && plain->prefixes.empty()));
  const auto all = read("/v1/groups/mail/events?max=3&wait=5m&prefix=b.&prefix=a.&create=true");
  BOOST_REQUIRE(all.ok());
  BOOST_TEST((all->count == 3 && all->wait == 60s && all->create && !all->streams));
  BOOST_TEST(all->prefixes == (std::vector<std::string>{"a.", "b."}), boost::test_tools::per_element());
  for (const auto* bad :
       {"/v1/groups/a%20b/events", "/v1/groups/g/events?max=0", "/v1/groups/g/events?wait=soon",
        "/v1/groups/g/stream?wait=5s", "/v1/groups/g/events?create=1", "/v1/groups/g/events?prefix=%20",
        "/v1/groups/g/events?creat=true"})
    BOOST_TEST(!read(bad).ok(), bad);
  BOOST_TEST(read("/v1/groups/mail/stream?max=3").value().streams);
}

BOOST_AUTO_TEST_CASE(what_others_cause_is_logged_rarely_and_counted) {
  node::Rarely rarely(mesh::Level::warning, "test", 10s);
  const node::Rarely::Clock::time_point start(100s);
  BOOST_TEST(rarely.take("one", start).value() == "one");
  BOOST_TEST(!rarely.take("two", start + 1s));
  BOOST_TEST(!rarely.take("three", start + 9s));
  BOOST_TEST(rarely.take("four", start + 10s).value() == "four (and 2 more since the last such line)");
  BOOST_TEST(!rarely.take("five", start + 19s));
  BOOST_TEST(rarely.take("six", start + 60s).value() == "six (and 1 more since the last such line)");
  BOOST_TEST(rarely.take("seven", start + 70s).value() == "seven");
}

BOOST_AUTO_TEST_CASE(a_failed_commit_counts_as_trouble_for_a_moment) {
  mesh::PublisherStats stats;
  BOOST_TEST(node::journal_trouble(stats, ".").empty());
  stats.commit_error = mesh::fail(mesh::Errc::journal_io, "the disk is gone");
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  stats.commit_failed_at = std::chrono::nanoseconds(now).count();
  BOOST_TEST(node::journal_trouble(stats, ".")
                 .starts_with("events cannot be committed: journal_io: the disk is gone ("));
  stats.commit_failed_at = std::chrono::nanoseconds(now - 6s).count();
  BOOST_TEST(node::journal_trouble(stats, ".").empty());
}

BOOST_AUTO_TEST_CASE(answers_of_consumers_are_read_strictly) {
  node::http::Request request;
  request.body = R"({"deliveries":["a","b"],"reason":"busy","delay":"5s"})";
  const auto retry = node::read_settle(request, "retry");
  BOOST_REQUIRE(retry.ok());
  BOOST_TEST(retry->deliveries.size() == 2U);
  BOOST_TEST(
      (retry->outcome.kind == Kind::retry && retry->outcome.delay == 5s && retry->outcome.text == "busy"));
  BOOST_TEST(!node::read_settle(request, "ack").ok());
  BOOST_TEST(!node::read_settle(request, "park").ok());
  for (const auto* body : {"[]", "{}", R"({"deliveries":[1]})", R"({"deliveries":["a"],"delay":"soon"})",
                           R"({"deliveris":["a"]})"}) {
    request.body = body;
    BOOST_TEST(!node::read_settle(request, "retry").ok(), body);
  }
  node::http::Request query;
  BOOST_REQUIRE(node::http::parse_target("/v1/groups/g/park?delivery=a&reason=bad", query));
  BOOST_TEST((node::read_settle(query, "park")->outcome.kind == Kind::park));
}

BOOST_AUTO_TEST_CASE(what_failed_is_published_again_before_what_follows_with_its_key) {
  const std::vector<mesh::EventInput> events{{"1", "a", {}, {}}, {"2", "b", {}, {}}, {"3", "a", {}, {}},
                                             {"4", {}, {}, {}},  {"5", {}, {}, {}},  {"6", "b", {}, {}}};
  std::string topics;
  for (const auto& event : node::publish_again(events, {false, true, true, false, true, true}))
    topics += event.topic;
  BOOST_TEST(topics == "134");
  BOOST_TEST(node::publish_again(events, std::vector<bool>(6, true)).empty());
}

BOOST_AUTO_TEST_CASE(a_signature_is_that_of_another_implementation) {
  // printf '%s' '1700000000.{"n":1}' | openssl dgst -sha256 -hmac secret
  BOOST_TEST(node::signature("secret", 1'700'000'000, R"({"n":1})") ==
             "t=1700000000,v1=d36d6ce71da26cb3ead69e45b2a02790c45c5d2a1513de8b1c72748922dd8747");
}

BOOST_AUTO_TEST_CASE(topics_are_excluded_and_renamed) {
  const node::Filters filters{{"a.secret."}, {{"a.", "eu.a."}, {"a.b", "never"}}};
  BOOST_TEST(node::route(filters, "a.b").value() == "eu.a.b");
  BOOST_TEST(!node::route(filters, "a.secret.x").has_value());
  BOOST_TEST(node::route(filters, "c").value() == "c");
}

BOOST_AUTO_TEST_CASE(an_event_keeps_its_identity_over_relays) {
  const auto first = origin_of(1), second = origin_of(2), own = origin_of(3);
  const auto first_hex = first.hex(), path = first_hex + "," + second.hex();
  const auto other_path = first_hex + "," + own.hex();
  mesh::BatchBuilder builder(second);
  const std::vector<mesh::Header> headers{{node::origin_header, first_hex},
                                          {node::seq_header, "17"},
                                          {node::time_header, "5"},
                                          {node::path_header, path}};
  builder.append(40, 900, {"t", std::nullopt, headers, {}});
  builder.append(41, 901, {"t", std::nullopt, {}, {}});
  // Copied from what `third` had relayed.
  const std::vector<mesh::Header> copied{{node::origin_header, first_hex},
                                         {node::seq_header, "17"},
                                         {node::time_header, "5"},
                                         {node::path_header, other_path}};
  builder.append(42, 902, {"t", std::nullopt, copied, {}});
  const auto batch = builder.seal();
  std::vector<mesh::EventView> events;
  BOOST_REQUIRE(mesh::decode_events(batch.view(), events).ok());

  const auto relayed = node::provenance_of(events[0], second);
  BOOST_TEST((relayed.id == node::Seen::Id{first, 17}));
  BOOST_TEST(relayed.time == 5);
  BOOST_TEST(relayed.path == first_hex + "," + second.hex());
  BOOST_TEST(!node::is_loop(relayed, own));
  BOOST_TEST(node::is_loop(relayed, first));
  BOOST_TEST(node::is_loop(relayed, second));

  const auto fresh = node::provenance_of(events[1], second);
  BOOST_TEST((fresh.id == node::Seen::Id{second, 41}));
  BOOST_TEST(fresh.time == 901);
  BOOST_TEST(fresh.content != relayed.content);

  const auto derived = node::provenance_of(events[2], second);
  BOOST_TEST((derived.id == node::Seen::Id{second, 42}));
  BOOST_TEST(derived.path == second.hex());
  BOOST_TEST(!node::is_loop(derived, own));
}

BOOST_AUTO_TEST_CASE(a_member_that_attaches_again_and_again_has_a_rival) {
  node::Rivals rivals(1), busy(3);
  const auto start = node::Rivals::Clock::now();
  int told = 0;
  for (int i = 0; i < 3600; ++i) told += rivals.attached("up", start + i * 1s);
  // At first, and then at twice the distance each time.
  BOOST_TEST(told >= 5);
  BOOST_TEST(told <= 9);
  for (int i = 0; i < 100; ++i) BOOST_TEST(!rivals.attached("seldom", start + i * 10s));
  for (int i = 0; i < 3; ++i) BOOST_TEST(!busy.attached("all have one name", start));
}

BOOST_AUTO_TEST_CASE(too_long_a_way_is_a_loop) {
  node::Provenance provenance;
  provenance.path_length = node::path_length_max;
  BOOST_TEST(!node::is_loop(provenance, origin_of(9)));
  ++provenance.path_length;
  BOOST_TEST(node::is_loop(provenance, origin_of(9)));
}

BOOST_AUTO_TEST_CASE(the_newest_events_are_remembered) {
  node::Seen seen(3);
  for (mesh::Seq seq = 1; seq <= 5; ++seq) seen.add({{origin_of(1), seq}, seq * 10});
  BOOST_TEST(seen.size() == 3U);
  BOOST_TEST(seen.find({origin_of(1), 2}) == nullptr);
  BOOST_TEST(*seen.find({origin_of(1), 3}) == 30U);
  BOOST_TEST(seen.find({origin_of(2), 3}) == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
