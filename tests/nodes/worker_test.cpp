// Workers: whose answer is whose, and who is charged when they end.
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <thread>

#include <nodes/deliver/worker.hpp>
#include <tests/nodes/files.hpp>

namespace {

using OutcomeKind = mesh::Outcome::Kind;
using namespace std::chrono_literals;

/// As in a node: a worker may end while it is written to.
struct NoSigpipe {
  NoSigpipe() { std::signal(SIGPIPE, SIG_IGN); }
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(NoSigpipe);

BOOST_AUTO_TEST_SUITE(worker)

BOOST_AUTO_TEST_CASE(a_workers_answer_is_an_outcome) {
  const node::Asked event{"ab", 7};
  BOOST_TEST((node::parse_outcome(R"({"outcome":"ack"})", event)->kind == OutcomeKind::ack));
  BOOST_TEST(
      (node::parse_outcome(R"({"outcome":"ack","origin":"ab","seq":7})", event)->kind == OutcomeKind::ack));
  BOOST_TEST((node::parse_outcome(R"({"outcome":"retry","delay":"2s"})", event)->delay == 2s));
  BOOST_TEST(node::parse_outcome(R"({"outcome":"park","reason":"no"})", event)->text == "no");
  for (const auto* bad : {"", "ack", "{}", R"({"outcome":"nack"})", R"({"outcome":"retry","delay":5})",
                          R"({"outcome":"ack","seq":6})", R"({"outcome":"ack","seq":"7"})",
                          R"({"outcome":"ack","origin":"cd"})"})
    BOOST_TEST(!node::parse_outcome(bad, event).ok(), bad);
}

BOOST_AUTO_TEST_CASE(a_worker_that_dies_fails_its_event_and_is_started_again) {
  zmesh::Children children;
  node::Worker worker(R"(read line; echo '{"outcome":"ack"}'; read line; exit 3)", children);
  BOOST_TEST((worker.ask({}, "{}\n", 10s).kind == OutcomeKind::ack));
  const auto failed = worker.ask({}, "{}\n", 10s);
  BOOST_TEST((failed.kind == OutcomeKind::retry));
  BOOST_TEST(failed.text == "the worker ended (exit status 3)");
  BOOST_TEST((worker.ask({}, "{}\n", 10s).kind == OutcomeKind::ack));
  BOOST_TEST(worker.starts() == 2U);
}

BOOST_AUTO_TEST_CASE(a_late_line_of_a_worker_answers_nobody) {
  const TemporaryDirectory place;
  const std::string directory = place.path, said = directory + "/said", seen = directory + "/seen";
  // Says ack a second time once it has been asked, and then it is known that it has.
  zmesh::Children children;
  node::Worker worker(
      "read line; echo \"$line\" >> " + seen + R"(; echo '{"outcome":"ack"}'; while [ ! -e )" + seen +
          R"(.go ]; do sleep 0.01; done; echo '{"outcome":"ack"}'; touch )" + said +
          R"(; read line || exit; echo "$line" >> )" + seen + R"(; echo '{"outcome":"park"}'; sleep 600)",
      children);
  BOOST_TEST((worker.ask({}, "1\n", 10s).kind == OutcomeKind::ack));
  put(seen + ".go", "");
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!std::filesystem::exists(said) && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  BOOST_TEST((worker.ask({}, "2\n", 10s).kind == OutcomeKind::ack));
  // The second was handed to a new one, and it was that one's answer.
  BOOST_TEST(worker.starts() == 2U);
  BOOST_TEST(content_of_file(seen) == "1\n2\n");
}

BOOST_AUTO_TEST_CASE(a_worker_that_ends_between_two_events_fails_none) {
  // One event each. It has ended (or is about to) when the next one comes.
  zmesh::Children children;
  node::Worker worker(R"(read line; echo '{"outcome":"ack"}')", children);
  for (int i = 0; i < 20; ++i) BOOST_TEST((worker.ask({}, "{}\n", 20s).kind == OutcomeKind::ack));
  BOOST_TEST(worker.starts() == 20U);
}

BOOST_AUTO_TEST_CASE(a_worker_that_answers_about_another_event_begins_anew) {
  zmesh::Children children;
  node::Worker worker(
      R"(read line; echo '{"outcome":"ack","seq":1}'; read line; echo '{"outcome":"ack","seq":1}'; sleep 9)",
      children);
  BOOST_TEST((worker.ask({"ab", 1}, "{}\n", 10s).kind == OutcomeKind::ack));
  const auto second = worker.ask({"ab", 2}, "{}\n", 10s);
  BOOST_TEST((second.kind == OutcomeKind::retry));
  BOOST_TEST(second.text.find("it is about another event") != std::string::npos);
  BOOST_TEST((worker.ask({"ab", 1}, "{}\n", 10s).kind == OutcomeKind::ack));
}

BOOST_AUTO_TEST_CASE(a_worker_that_hangs_is_killed) {
  zmesh::Children children;
  node::Worker worker("sleep 600", children);
  BOOST_TEST(worker.ask({}, "{}\n", 100ms).text == "the worker did not answer in time (signal 9)");
}

BOOST_AUTO_TEST_CASE(children_of_one_are_killed_without_those_of_others) {
  zmesh::Children ours, theirs;
  node::Worker worker(R"(while read line; do echo '{"outcome":"ack"}'; done)", theirs);
  BOOST_TEST((worker.ask({}, "{}\n", 10s).kind == OutcomeKind::ack));
  ours.kill();
  BOOST_TEST(zmesh::run_child("exit 0", "", {}, 10s, &theirs).value().status == 0);
  BOOST_TEST(zmesh::run_child("sleep 600", "", {}, 60s, &ours).value().status == 128 + SIGKILL);
  BOOST_TEST((worker.ask({}, "{}\n", 10s).kind == OutcomeKind::ack));
  BOOST_TEST(worker.starts() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
