// Redriving and discarding parked events.

#include <unistd.h>

#include <algorithm>
#include <chrono>

#include <tools/zmesh/admin/parked.hpp>
#include <tools/zmesh/console.hpp>
#include <tools/zmesh/process/interrupt.hpp>
#include <tools/zmesh/record/pace.hpp>
#include <tools/zmesh/registry/where.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

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

/// On a terminal a bar that is drawn over itself, else a line now and then.
class Progress {
 public:
  explicit Progress(std::uint64_t whole) : whole_(whole), terminal_(::isatty(STDERR_FILENO) == 1) {}

  ~Progress() {
    if (terminal_ && shown_) put("\n");
  }

  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(std::uint64_t done) {
    const auto now = std::chrono::steady_clock::now();
    if (!terminal_ && done < whole_ && now - last_ < 5s) return;
    last_ = now;
    shown_ = true;
    const auto counts = std::to_string(done) + " of " + std::to_string(whole_) + " redriven";
    if (!terminal_) return say(counts);
    constexpr std::uint64_t columns = 30;
    const auto full = whole_ > 0 ? done * columns / whole_ : columns;
    put("\r[" + std::string(full, '#') + std::string(columns - full, '.') + "] " + counts + "  ");
  }

 private:
  static void put(const std::string& text) {
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
  }

  const std::uint64_t whole_;
  const bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_{};
};

/// A part at a time, each a tenth of a second's worth.
mesh::Result<mesh::ParkedResult> redrive_slowly(mesh::Admin& admin, const ParkedOptions& options,
                                                const mesh::ParkedFilter& filter) {
  Interrupt interrupt;
  auto parked = admin.parked_all(options.group, filter);
  if (!parked) return parked.error();
  const auto rate = Pace::parse(options.rate).value().per_second();
  const auto part = std::clamp<std::size_t>(static_cast<std::size_t>(rate / 10), 1, mesh::parked_seqs_max);
  const auto pause = mesh::Duration(static_cast<std::int64_t>(static_cast<double>(part) / rate * 1e9));
  Progress progress(parked->size());
  mesh::ParkedResult sum;
  for (std::size_t at = 0; at < parked->size() && !interrupt.requested(); at += part) {
    mesh::ParkedFilter these;
    for (auto next = at; next < std::min(at + part, parked->size()); ++next)
      these.seqs.push_back((*parked)[next].seq);
    const auto done = admin.redrive(options.group, these);
    if (!done) return done.error();
    sum.count += done->count;
    sum.seqs.insert(sum.seqs.end(), done->seqs.begin(), done->seqs.end());
    progress.show(sum.count);
    if (at + part < parked->size()) interrupt.wait(pause);
  }
  sum.seqs.resize(std::min<std::size_t>(sum.seqs.size(), mesh::parked_list_max));
  return sum;
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
  auto admin = connect_admin(options.endpoint, parse_duration(options.timeout).value());
  if (!admin) return report(options.endpoint, admin.error());
  const bool slowly = redrive && !options.rate.empty() && !options.dry_run;
  const auto done = slowly    ? redrive_slowly(*admin, options, *filter)
                    : redrive ? admin->redrive(options.group, *filter, options.dry_run)
                              : admin->discard(options.group, *filter, options.dry_run);
  if (!done) return report(done.error());
  if (!write_out(change_text(options, redrive ? "redriven" : "discarded", *done))) return report_stdout();
  // Seqs that were named but are not parked were not dealt with as asked.
  if (!options.seqs.empty() && options.where.empty() && done->count < options.seqs.size()) {
    complain(std::to_string(options.seqs.size() - done->count) + " of the named events are not parked");
    return ExitCode::failure;
  }
  return ExitCode::ok;
}

}  // namespace

ExitCode parked_redrive(const ParkedOptions& options) {
  return change_parked(options, true);
}

ExitCode parked_discard(const ParkedOptions& options) {
  return change_parked(options, false);
}

}  // namespace zmesh
