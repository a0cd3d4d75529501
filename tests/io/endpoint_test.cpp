#include <boost/test/unit_test.hpp>

#include <mesh/io/endpoint.hpp>

using namespace mesh;
using namespace mesh::io;

BOOST_AUTO_TEST_CASE(only_tcp_ipc_and_inproc_endpoints_exist) {
  for (const auto* text : {"tcp://127.0.0.1:5000", "tcp://[::1]:5000", "tcp://*:*", "ipc:///tmp/x",
                           "ipc://@name", "inproc://name", "tcp://host.example:1"})
    BOOST_TEST_CONTEXT(text) BOOST_TEST(parse_endpoint(text).ok());
  for (const auto* text :
       {"", "tcp", "udp://x:1", "ws://x:1", "norm://x:1", "tcp://x", "tcp://:1", "tcp://x:", "tcp://x:65536",
        "tcp://x:1a", "tcp://x:-1", "tcp://a;b:1", "tcp://a b:1", "ipc://", "inproc://", "tcp://x:1\n"})
    BOOST_TEST_CONTEXT(text) BOOST_TEST((parse_endpoint(text).error().code == Errc::endpoint_invalid));
  BOOST_TEST(!parse_endpoint("inproc://" + std::string(300, 'x')).ok());
  BOOST_TEST(!parse_endpoint("ipc://" + std::string(120, 'x')).ok());
}

BOOST_AUTO_TEST_CASE(without_insecure_only_loopback_is_bound) {
  for (const auto* text :
       {"tcp://127.0.0.1:*", "tcp://127.1.2.3:80", "tcp://[::1]:1", "ipc://x", "inproc://x"})
    BOOST_TEST_CONTEXT(text) BOOST_TEST(check_bind(text, false).ok());
  for (const auto* text : {"tcp://*:1", "tcp://0.0.0.0:1", "tcp://10.0.0.1:1", "tcp://[::]:1"}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(!check_bind(text, false).ok());
      BOOST_TEST(check_bind(text, true).ok());
    }
  }
  for (const auto* text : {"tcp://localhost:1", "tcp://eth0:1", "tcp://127.evil:1"})
    BOOST_TEST_CONTEXT(text) BOOST_TEST(!check_bind(text, true).ok());
}

BOOST_AUTO_TEST_CASE(a_wildcard_is_nothing_to_connect_to) {
  for (const auto* text :
       {"tcp://*:1", "tcp://0.0.0.0:1", "tcp://[::]:1", "tcp://x:*", "tcp://x:0", "tcp://x:00", "ipc://*"})
    BOOST_TEST_CONTEXT(text) BOOST_TEST(!check_connect(text).ok());
  BOOST_TEST(check_connect("tcp://localhost:10").ok());
}

BOOST_AUTO_TEST_CASE(the_live_stream_is_beside_control) {
  const auto beside = [](const char* control) {
    return default_events_endpoint(parse_endpoint(control).value());
  };
  BOOST_TEST(beside("tcp://127.0.0.1:5000") == "tcp://127.0.0.1:*");
  BOOST_TEST(beside("ipc:///run/x") == "ipc:///run/x.events");
  BOOST_TEST(beside("ipc://*") == "ipc://*");
  BOOST_TEST(beside("inproc://x") == "inproc://x.events");
}

BOOST_AUTO_TEST_CASE(a_wildcard_host_means_that_of_the_control_endpoint) {
  BOOST_TEST(reachable_events_endpoint("tcp://0.0.0.0:5001", "tcp://host:5000").value() == "tcp://host:5001");
  BOOST_TEST(reachable_events_endpoint("tcp://[::]:5001", "tcp://[::1]:5000").value() == "tcp://[::1]:5001");
  BOOST_TEST(reachable_events_endpoint("tcp://10.0.0.1:5001", "tcp://host:5000").value() ==
             "tcp://10.0.0.1:5001");
  BOOST_TEST(!reachable_events_endpoint("nonsense", "tcp://host:5000").ok());
  BOOST_TEST(!reachable_events_endpoint("tcp://0.0.0.0:*", "tcp://host:5000").ok());
}
