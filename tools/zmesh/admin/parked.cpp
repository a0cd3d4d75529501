#include <tools/zmesh/admin/parked.hpp>

#include <array>

#include <tools/zmesh/admin/parked_text.hpp>
#include <tools/zmesh/console.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

using mesh::Errc;
using mesh::Reason;

constexpr std::array parked_reasons = {Reason::handler_rejected, Reason::retry_exhausted, Reason::ack_timeout,
                                       Reason::consumer_crash,   Reason::undecodable,     Reason::no_handler};

mesh::Result<Reason> reason_of(std::string_view name) {
  std::string known;
  for (const auto reason : parked_reasons) {
    if (mesh::to_string(reason) == name) return reason;
    known += known.empty() ? "" : ", ";
    known += mesh::to_string(reason);
  }
  return mesh::fail(Errc::invalid_argument, "'" + std::string(name) + "' is no reason; there are " + known);
}

mesh::Result<mesh::Admin> connect_for(const ParkedOptions& options) {
  return mesh::Admin::connect(options.endpoint, parse_duration(options.timeout).value());
}

/// All events that match, with the publisher's name for them.
struct ParkedFound {
  mesh::Info publisher;
  std::vector<mesh::ParkedEvent> events;
};

mesh::Result<ParkedFound> find_parked(const ParkedOptions& options) {
  auto filter = parked_filter(options);
  if (!filter) return filter.error();
  auto admin = connect_for(options);
  if (!admin) return admin.error();
  auto info = admin->info();
  if (!info) return info.error();
  auto events = admin->parked_all(options.group, *filter);
  if (!events) return events.error();
  return ParkedFound{std::move(*info), std::move(*events)};
}

ExitCode change_parked(const ParkedOptions& options, bool redrive) {
  if (options.seqs.empty() && options.where.empty() && !options.all) {
    complain("which? Name SEQs, --where conditions or --all (and try --dry-run first)");
    return ExitCode::usage;
  }
  if (options.all && !options.seqs.empty()) {
    complain("--all and SEQs exclude each other");
    return ExitCode::usage;
  }
  auto filter = parked_filter(options);
  if (!filter) return report(filter.error());
  auto admin = connect_for(options);
  if (!admin) return report(options.endpoint, admin.error());
  auto done = redrive ? admin->redrive(options.group, *filter, options.dry_run)
                      : admin->discard(options.group, *filter, options.dry_run);
  if (!done) return report(done.error());
  const std::string word = redrive ? "redriven" : "discarded";
  std::string out;
  if (options.json) {
    out = "{\"" + word + "\":" + std::to_string(done->count) +
          ",\"dry_run\":" + (options.dry_run ? "true" : "false") + ",\"seqs\":[";
    for (std::size_t at = 0; at < done->seqs.size(); ++at)
      out += (at > 0 ? "," : "") + std::to_string(done->seqs[at]);
    out += "]}\n";
  } else {
    out = std::to_string(done->count) + (options.dry_run ? " would be " : " ") + word;
    for (const auto seq : done->seqs) out += " #" + std::to_string(seq);
    out += "\n";
  }
  if (!write_out(out)) return report_stdout();
  // Seqs that were named but are not parked were not dealt with as asked.
  if (!options.seqs.empty() && options.where.empty() && done->count < options.seqs.size()) {
    complain(std::to_string(options.seqs.size() - done->count) + " of the named events are not parked");
    return ExitCode::failure;
  }
  return ExitCode::ok;
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

ExitCode parked_redrive(const ParkedOptions& options) {
  return change_parked(options, true);
}

ExitCode parked_discard(const ParkedOptions& options) {
  return change_parked(options, false);
}

}  // namespace zmesh
