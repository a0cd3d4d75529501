#include <tools/zmesh/admin/parked.hpp>

#include <array>

#include <tools/zmesh/admin/parked_text.hpp>
#include <tools/zmesh/console.hpp>
#include <tools/zmesh/record/recording.hpp>
#include <tools/zmesh/registry/where.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

using mesh::Errc;
using mesh::Reason;

constexpr std::array parked_reasons = {Reason::handler_rejected, Reason::retry_exhausted, Reason::ack_timeout,
                                       Reason::consumer_crash,   Reason::undecodable,     Reason::no_handler,
                                       Reason::key_parked};

mesh::Result<Reason> reason_of(std::string_view name) {
  std::string known;
  for (const auto reason : parked_reasons) {
    if (mesh::to_string(reason) == name) return reason;
    known += known.empty() ? "" : ", ";
    known += mesh::to_string(reason);
  }
  return mesh::fail(Errc::invalid_argument, "'" + std::string(name) + "' is no reason; there are " + known);
}

/// All events that match, with the publisher's name for them.
struct ParkedFound {
  mesh::Info publisher;
  std::vector<mesh::ParkedEvent> events;
};

mesh::Result<ParkedFound> find_parked(const ParkedOptions& options) {
  auto filter = parked_filter(options);
  if (!filter) return filter.error();
  auto admin = connect_admin(options.endpoint, parse_duration(options.timeout).value());
  if (!admin) return admin.error();
  auto info = admin->info();
  if (!info) return info.error();
  auto events = admin->parked_all(options.group, *filter);
  if (!events) return events.error();
  return ParkedFound{std::move(*info), std::move(*events)};
}

}  // namespace

mesh::Result<mesh::ParkedFilter> parked_filter(const ParkedOptions& options) {
  mesh::ParkedFilter filter;
  filter.seqs = options.seqs;
  for (const auto& condition : options.where) {
    const auto equals = condition.find('=');
    const auto name = condition.substr(0, equals);
    const auto value = equals == std::string::npos ? "" : condition.substr(equals + 1);
    if (name == "topic") {
      filter.topic_prefix = value;
    } else if (name == "key") {
      filter.key = value;
    } else if (name == "reason") {
      auto reason = reason_of(value);
      if (!reason) return reason.error();
      filter.reason = *reason;
    } else {
      return mesh::fail(Errc::invalid_argument,
                        "'" + condition + "' is not topic=PREFIX, key=KEY or reason=NAME");
    }
  }
  return filter;
}

ExitCode parked_list(const ParkedOptions& options) {
  const auto found = find_parked(options);
  if (!found) return report(found.error());
  std::string out;
  if (options.json) {
    for (const auto& event : found->events) out += parked_json(event, found->publisher) + "\n";
  } else if (found->events.empty()) {
    say("nothing is parked");
  } else {
    out = parked_table(found->events);
  }
  return write_out(out) ? ExitCode::ok : report_stdout();
}

ExitCode parked_show(const ParkedOptions& options) {
  const auto found = find_parked(options);
  if (!found) return report(found.error());
  std::string out;
  for (const auto& event : found->events) {
    out +=
        options.json ? parked_json(event, found->publisher) + "\n" : parked_details(event, found->publisher);
  }
  if (!write_out(out)) return report_stdout();
  if (found->events.empty()) {
    complain("nothing of that is parked");
    return ExitCode::failure;
  }
  return ExitCode::ok;
}

ExitCode parked_export(const ParkedOptions& options) {
  const auto found = find_parked(options);
  if (!found) return report(found.error());
  auto writer = RecordingWriter::open(
      options.file, options.batches ? RecordingForm::batches : RecordingForm::json_lines,
      options.force ? RecordingWriter::Mode::replace : RecordingWriter::Mode::create);
  if (!writer) return report(writer.error());
  for (const auto& parked : found->events) {
    const auto event = mesh::decode_parked(parked);
    if (!event) return report("#" + std::to_string(parked.seq), event.error());
    if (const auto added = writer->add(found->publisher.origin, found->publisher.name, *event); !added)
      return report(added.error());
  }
  if (const auto closed = writer->close(); !closed) return report(closed.error());
  say("exported " + std::to_string(writer->events()) + " events");
  return ExitCode::ok;
}

}  // namespace zmesh
