#include <tools/zmesh/sub/handler.hpp>

#include <thread>

#include <tools/zmesh/console.hpp>
#include <tools/zmesh/process/child.hpp>
#include <tools/zmesh/text/event_line.hpp>

namespace zmesh {
namespace {

/// The exit status of sysexits.h's EX_DATAERR: the event itself is bad.
constexpr int status_park = 65;

constexpr mesh::Duration kill_after_ack_wait = std::chrono::milliseconds(300);

/// Variables for the command, so that a shell script needs no JSON parser for the common things.
std::vector<std::string> environment_of(const mesh::Event& event, const std::string& group) {
  std::vector<std::string> variables = {
      "ZMESH_ORIGIN=" + event.origin().hex(),
      "ZMESH_NAME=" + event.publisher_name(),
      "ZMESH_GROUP=" + group,
      "ZMESH_SEQ=" + std::to_string(event.seq()),
      "ZMESH_TOPIC=" + std::string(event.topic()),
      "ZMESH_ATTEMPT=" + std::to_string(event.attempt()),
  };
  // A key may hold a NUL, which no variable can.
  if (event.key() && event.key()->find('\0') == std::string_view::npos) {
    variables.push_back("ZMESH_KEY=" + std::string(*event.key()));
  }
  return variables;
}

}  // namespace

mesh::Outcome SubHandler::handle(const mesh::Event& event) {
  struct AtWork {
    explicit AtWork(std::atomic<unsigned>& number) : count(number) { ++count; }

    ~AtWork() { --count; }

    std::atomic<unsigned>& count;
  } const at_work(at_work_);

  last_ = std::chrono::steady_clock::now().time_since_epoch();
  // A line of its own per worker: its memory is used again.
  thread_local std::string line;
  thread_local mesh::Origin origin;
  thread_local std::string origin_hex;
  if (origin_hex.empty() || event.origin() != origin) {
    origin = event.origin();
    origin_hex = origin.hex();
  }
  line.clear();
  append_event_json(
      line, event.view(),
      {origin_hex, event.publisher_name(), event.attempt(), event.redelivered(), event.redrives()});
  line += '\n';
  auto outcome = options_.exec.empty() ? print(event, line) : execute(event, line);
  if (outcome.kind == mesh::Outcome::Kind::ack) {
    if (++handled_ == options_.count) stop();
  } else if (!stdout_gone_) {
    ++failed_;
  }
  last_ = std::chrono::steady_clock::now().time_since_epoch();
  return outcome;
}

void SubHandler::stop() {
  consumer_.wait(nullptr);
  consumer_.load()->stop();
  interrupt_.request();
}

mesh::Outcome SubHandler::print(const mesh::Event& event, const std::string& line) {
  {
    // Acknowledged is what was written: so each line goes out before its handler returns.
    const std::lock_guard lock(out_mutex_);
    if (!stdout_gone_ && write_out(line)) return mesh::ack();
    if (!stdout_gone_.exchange(true)) {
      report_stdout();
      stop();
    }
  }
  // Not out of time either: that, too, would be an attempt that has failed.
  while (!released_) {
    event.extend();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return mesh::retry("zmesh sub could not write to its stdout");
}

mesh::Outcome SubHandler::execute(const mesh::Event& event, const std::string& line) {
  // A command that outlives ack_wait has failed by then, and is told so by the mesh; left alone it would keep
  // its worker for ever.
  const auto result = run_child(options_.exec, line, environment_of(event, options_.group),
                                options_.retry.ack_wait + kill_after_ack_wait);
  if (!result) return mesh::retry(result.error().text);
  if (result->timed_out) return mesh::retry("the command ran past --ack-wait and was killed");
  if (result->status == 0) return mesh::ack();
  auto reason = result->error_text;
  if (reason.empty()) reason = "exit status " + std::to_string(result->status);
  if (result->status == status_park) return mesh::park(std::move(reason));
  return mesh::retry(std::move(reason));
}

}  // namespace zmesh
