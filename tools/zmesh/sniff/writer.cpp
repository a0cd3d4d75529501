#include <tools/zmesh/sniff/writer.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>

#include <tools/zmesh/console.hpp>
#include <tools/zmesh/text/payload_show.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

constexpr mesh::Duration latency_warning = std::chrono::seconds(1);

/// Columns of the terminal; 0: stdout is none.
std::size_t terminal_width() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) != 1 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

}  // namespace

mesh::Result<SniffWriter> SniffWriter::make(const SniffOptions& options) {
  SniffWriter writer;
  writer.form_ = options.form;
  writer.latency_ = options.latency;
  writer.colour_ = colour_out();
  writer.terminal_ = ::isatty(STDOUT_FILENO) == 1;
  writer.width_ = options.wrap ? 0 : terminal_width();
  writer.day_ = time_text(std::chrono::system_clock::now().time_since_epoch().count()).substr(0, 10);
  if (options.form == SniffOptions::Form::custom) {
    auto format = EventFormat::parse(options.format);
    if (!format) return format.error();
    writer.format_ = std::move(*format);
  }
  return writer;
}

void SniffWriter::append(std::string& out, const SniffItem& item) {
  using Form = SniffOptions::Form;
  const auto& event = item.event;
  LineMarks marks{item.source->hex, item.source->name};
  marks.delivery = false;
  switch (form_) {
    case Form::json:
      append_event_json(out, event, marks);
      out += '\n';
      return;
    case Form::raw:
      out += mesh::as_text(event.payload);
      out += '\n';
      return;
    case Form::cloud_events:
      append_cloud_event(out, event, marks);
      out += '\n';
      return;
    case Form::custom:
      format_->append(out, event, marks, item.arrived, terminal_);
      return;
    case Form::text:
    case Form::hex:
      break;
  }
  if (const auto day = time_text(event.time).substr(0, 10); day != day_) {
    day_ = day;
    append_mark(out, "", day);
  }
  const bool late = item.arrived - event.time > latency_warning.count();
  if (item.arrived > 0 && (latency_ || late)) {
    out += duration_text(mesh::Duration(std::max<mesh::WallTime>(item.arrived - event.time, 0)));
    out += late ? " late  " : "  ";
  }
  append_event_text(out, event, marks, {colour_, form_ == Form::hex ? 0 : width_});
  out += '\n';
  if (form_ == Form::hex) append_hex_dump(out, event.payload, "    ");
}

void SniffWriter::append_mark(std::string& out, const std::string& name, const std::string& text) {
  const auto line = (name.empty() ? "" : name + ": ") + text;
  if (form_ != SniffOptions::Form::text && form_ != SniffOptions::Form::hex) return warn(line);
  if (colour_) out += "\x1b[33m";
  out += "-- " + line;
  if (colour_) out += "\x1b[0m";
  out += '\n';
}

}  // namespace zmesh
