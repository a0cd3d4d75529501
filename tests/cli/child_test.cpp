#include <boost/test/unit_test.hpp>
#include <chrono>
#include <csignal>
#include <future>

#include <tools/zmesh/process/child.hpp>

using namespace std::chrono_literals;
using zmesh::run_child;

BOOST_AUTO_TEST_SUITE(child)

BOOST_AUTO_TEST_CASE(the_exit_status_and_the_words_of_a_command_come_back) {
  const auto result = run_child("cat >/dev/null; echo sorry >&2; exit 65", "{}\n", {}, 30s).value();
  BOOST_TEST(result.status == 65);
  BOOST_TEST(result.error_text == "sorry");
  BOOST_TEST(!result.timed_out);
}

BOOST_AUTO_TEST_CASE(a_command_gets_its_input_and_environment) {
  const auto result = run_child("read line; test \"$line\" = hello && test \"$ZMESH_TOPIC\" = a.b", "hello\n",
                                {"ZMESH_TOPIC=a.b"}, 30s);
  BOOST_TEST(result.value().status == 0);
}

BOOST_AUTO_TEST_CASE(a_command_may_leave_its_input_unread) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::string big(4 << 20, 'x');
  BOOST_TEST(run_child("exit 0", big, {}, 30s).value().status == 0);
  BOOST_TEST(run_child("exec <&-; exit 3", big, {}, 30s).value().status == 3);
}

BOOST_AUTO_TEST_CASE(a_big_input_reaches_a_slow_reader_whole) {
  const std::string big(3 << 20, 'x');
  BOOST_TEST(run_child("test $(wc -c) -eq 3145728", big, {}, 60s).value().status == 0);
}

BOOST_AUTO_TEST_CASE(only_the_end_of_a_long_complaint_is_kept) {
  const auto result =
      run_child("head -c 3000 /dev/zero | tr '\\0' a >&2; printf 'the end' >&2; exit 1", "", {}, 30s);
  BOOST_TEST(result.value().error_text.size() <= zmesh::stderr_kept_max);
  BOOST_TEST(result.value().error_text.ends_with("the end"));
}

BOOST_AUTO_TEST_CASE(a_complaint_that_is_not_utf_8_becomes_so) {
  BOOST_TEST(run_child("printf 'a\\377b' >&2; exit 1", "", {}, 30s).value().error_text == "a?b");
}

BOOST_AUTO_TEST_CASE(a_command_that_runs_too_long_is_killed_with_what_it_started) {
  const auto result = run_child("cat /dev/zero | cat >/dev/null", "", {}, 200ms).value();
  BOOST_TEST(result.timed_out);
  BOOST_TEST(result.status == 128 + SIGKILL);
}

BOOST_AUTO_TEST_CASE(what_a_command_leaves_in_the_background_is_not_waited_for) {
  // The reader keeps stderr open until this test lets it go.
  auto ended = std::async(std::launch::async, [] {
    return run_child("cat /dev/zero >/dev/null & echo $! >&2; exit 0", "", {}, 30s);
  });
  BOOST_TEST_REQUIRE((ended.wait_for(20s) == std::future_status::ready));
  const auto result = ended.get().value();
  BOOST_TEST(result.status == 0);
  ::kill(static_cast<pid_t>(std::stol(result.error_text)), SIGKILL);
}

BOOST_AUTO_TEST_CASE(a_signal_that_ends_a_command_is_its_status) {
  BOOST_TEST(run_child("kill -TERM $$", "", {}, 30s).value().status == 128 + SIGTERM);
}

BOOST_AUTO_TEST_SUITE_END()
