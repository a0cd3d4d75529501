// Redriving and discarding parked events.

#include <tools/zmesh/admin/parked.hpp>
#include <tools/zmesh/admin/slow_redrive.hpp>
#include <tools/zmesh/console.hpp>
#include <tools/zmesh/process/interrupt.hpp>
#include <tools/zmesh/record/pace.hpp>
#include <tools/zmesh/registry/where.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

std::string change_text(const ParkedOptions& options, const std::string& word,
                        const mesh::ParkedResult& done) {
  std::string out;
  if (options.json) {
    out = "{\"" + word + "\":" + std::to_string(done.count) +
          ",\"dry_run\":" + (options.dry_run ? "true" : "false") + ",\"seqs\":[";
    for (std::size_t at = 0; at < done.seqs.size(); ++at)
      out += (at > 0 ? "," : "") + std::to_string(done.seqs[at]);
    return out + "]}\n";
  }
  out = std::to_string(done.count) + (options.dry_run ? " would be " : " ") + word;
  for (const auto seq : done.seqs) out += " #" + std::to_string(seq);
  return out + "\n";
}

/// "1 stays", "2 stay".
std::string counted_verb(std::uint64_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

/// Seqs that were named but are not parked were not dealt with as asked.
ExitCode tell_not_parked(std::uint64_t count) {
  if (count == 0) return ExitCode::ok;
  complain(std::to_string(count) + " of the named events " + (count == 1 ? "is" : "are") + " not parked");
  return ExitCode::failure;
}

bool only_named(const ParkedOptions& options) {
  return !options.seqs.empty() && options.where.empty();
}

ExitCode tell_slow(const ParkedOptions& options, const SlowRedrive& sum) {
  if (!write_out(change_text(options, "redriven", sum.done))) return report_stdout();
  auto code = ExitCode::ok;
  if (sum.behind > 0) {
    complain(
        counted_verb(sum.behind, "stays", "stay") +
        " parked: an earlier event of the same key is parked, which is to be redriven or discarded first");
    code = ExitCode::failure;
  }
  if (only_named(options)) {
    const auto not_parked = options.seqs.size() - sum.whole + sum.gone;
    if (tell_not_parked(not_parked) != ExitCode::ok) code = ExitCode::failure;
  } else if (sum.gone > 0) {
    say(counted_verb(sum.gone, "was", "were") + " no longer parked");
  }
  if (sum.left == 0) return code;
  if (sum.error) code = report(*sum.error);
  complain(std::string(sum.error ? "not finished" : "interrupted") + ": " + std::to_string(sum.done.count) +
           " of " + std::to_string(sum.whole) + " were redriven, " + std::to_string(sum.left) +
           " are left; the same command goes on with them");
  return sum.error ? code : ExitCode::interrupted;
}

ExitCode redrive_at_rate(const ParkedOptions& options, const mesh::ParkedFilter& filter) {
  const Interrupt interrupt;
  auto admin = connect_admin(options.endpoint, parse_duration(options.timeout).value());
  if (!admin) return report(options.endpoint, admin.error());
  const auto rate = Pace::parse(options.rate).value().per_second();
  const auto sum = redrive_slowly(*admin, options.group, filter, rate, interrupt);
  if (!sum) return report(sum.error());
  return tell_slow(options, *sum);
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
  const auto filter = parked_filter(options);
  if (!filter) return report(filter.error());
  if (redrive && !options.rate.empty() && !options.dry_run) return redrive_at_rate(options, *filter);
  auto admin = connect_admin(options.endpoint, parse_duration(options.timeout).value());
  if (!admin) return report(options.endpoint, admin.error());
  const auto done = redrive ? admin->redrive(options.group, *filter, options.dry_run)
                            : admin->discard(options.group, *filter, options.dry_run);
  if (!done) return report(done.error());
  if (!write_out(change_text(options, redrive ? "redriven" : "discarded", *done))) return report_stdout();
  return tell_not_parked(only_named(options) ? options.seqs.size() - done->count : 0);
}

}  // namespace

ExitCode parked_redrive(const ParkedOptions& options) {
  return change_parked(options, true);
}

ExitCode parked_discard(const ParkedOptions& options) {
  return change_parked(options, false);
}

}  // namespace zmesh
