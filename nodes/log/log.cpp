#include <nodes/log/log.hpp>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>

#include <journal/topic.hpp>
#include <tools/zmesh/text/controls.hpp>
#include <tools/zmesh/text/json_text.hpp>
#include <tools/zmesh/text/times.hpp>

namespace node {
namespace {

std::atomic<bool> json{false};

spdlog::level::level_enum level_of(mesh::Level level) {
  switch (level) {
    case mesh::Level::debug:
      return spdlog::level::debug;
    case mesh::Level::info:
      return spdlog::level::info;
    case mesh::Level::warning:
      return spdlog::level::warn;
    case mesh::Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

spdlog::logger& logger() {
  static const auto made = [] {
    auto created = spdlog::stderr_color_mt("zmeshd");
    created->flush_on(spdlog::level::debug);
    return created;
  }();
  return *made;
}

std::string json_line(spdlog::level::level_enum level, std::string_view code, std::string_view text) {
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  std::string line = "{\"time\":\"" + zmesh::time_text(now.count()) + "\",\"level\":\"";
  const auto name = spdlog::level::to_string_view(level);
  line.append(name.data(), name.size());
  line += "\",\"code\":";
  zmesh::append_string(line, code);
  line += ",\"text\":";
  zmesh::append_string(line, mesh::is_utf8(text) ? text : std::string_view("(not UTF-8)"));
  return line + "}";
}

}  // namespace

void set_log(std::string_view level, std::string_view format) {
  json = format == "json";
  logger().set_pattern(json ? "%v" : "%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
  logger().set_level(level == "debug"     ? spdlog::level::debug
                     : level == "warning" ? spdlog::level::warn
                     : level == "error"   ? spdlog::level::err
                                          : spdlog::level::info);
}

void log(mesh::Level level, std::string_view code, std::string_view text) {
  const auto wanted = level_of(level);
  if (!logger().should_log(wanted)) return;
  if (json) {
    logger().log(wanted, spdlog::string_view_t(json_line(wanted, code, text)));
  } else {
    std::string line(code);
    line += ": ";
    zmesh::append_escaped_controls(line, text);  // it may quote what a stranger has sent
    logger().log(wanted, spdlog::string_view_t(line));
  }
}

mesh::LogCallback notices_of(std::string who) {
  return [who = std::move(who)](const mesh::Notice& notice) {
    log(notice.level, notice.code, who + ": " + notice.text);
  };
}

}  // namespace node
