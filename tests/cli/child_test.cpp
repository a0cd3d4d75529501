#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <future>

#include <tools/zmesh/process/child.hpp>

using namespace std::chrono_literals;
using zmesh::run_child;

namespace {

/// From now on this process cannot make pidfds, as on a system that has none.
bool forbid_pidfd() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{4, code};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 &&
         ::syscall(SYS_pidfd_open, ::getpid(), 0) < 0 && errno == ENOSYS;
}

/// What `check` returns in a process of its own, which a hang ends by SIGALRM; its stderr is thrown away.
template <class F>
bool holds_in_a_process(F check) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::alarm(20);
    ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
    try {
      _exit(check() ? 0 : 1);
    } catch (...) {
      _exit(2);
    }
  }
  int status = -1;
  return ::waitpid(pid, &status, 0) == pid && status == 0;
}

}  // namespace

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

BOOST_AUTO_TEST_CASE(without_pidfd_the_end_of_a_command_is_noticed_too) {
  BOOST_TEST(holds_in_a_process([] {
    return forbid_pidfd() && run_child("cat >/dev/null; exit 7", "x", {}, 30s).value().status == 7;
  }));
  BOOST_TEST(holds_in_a_process(
      [] { return forbid_pidfd() && run_child("exec tail -f /dev/null", "", {}, 100ms).value().timed_out; }));
}

BOOST_AUTO_TEST_CASE(a_command_that_never_stops_complaining_runs_out_of_time_too) {
  BOOST_TEST(holds_in_a_process([] { return run_child("exec yes >&2", "", {}, 100ms).value().timed_out; }));
}

BOOST_AUTO_TEST_CASE(a_failure_that_nobody_is_told_of_is_no_success) {
  BOOST_TEST(holds_in_a_process([] {
    std::signal(SIGCHLD, SIG_IGN);
    return !run_child("exit 1", "", {}, 30s).ok();
  }));
}

BOOST_AUTO_TEST_CASE(a_command_ends_with_the_thread_that_waits_for_it) {
  // A process with a command is killed; the command has our pipe as its stdout and says by its end that it is
  // gone.
  int ends[2];
  BOOST_TEST_REQUIRE(::pipe(ends) == 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::alarm(20);
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    (void)run_child("echo here; exec tail -f /dev/null", "", {}, 60s);
    _exit(0);
  }
  ::close(ends[1]);
  char text[8];
  BOOST_TEST(::read(ends[0], text, sizeof text) == 5);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  pollfd entry{ends[0], POLLIN, 0};
  BOOST_TEST_REQUIRE(::poll(&entry, 1, 20'000) == 1);
  BOOST_TEST(::read(ends[0], text, sizeof text) == 0);
  ::close(ends[0]);
}

BOOST_AUTO_TEST_CASE(a_signal_that_ends_a_command_is_its_status) {
  BOOST_TEST(run_child("kill -TERM $$", "", {}, 30s).value().status == 128 + SIGTERM);
}

BOOST_AUTO_TEST_SUITE_END()
