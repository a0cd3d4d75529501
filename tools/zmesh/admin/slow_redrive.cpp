#include <tools/zmesh/admin/slow_redrive.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <unordered_set>

#include <tools/zmesh/console.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

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

/// What is not redriven at once is asked for again, alone: only then does the publisher say why.
void redrive_part(mesh::Admin& admin, const std::string& group, std::vector<mesh::Seq> seqs,
                  SlowRedrive& sum) {
  while (!seqs.empty()) {
    mesh::ParkedFilter these;
    these.seqs = seqs;
    const auto done = admin.redrive(group, these);
    if (!done && done.error().code == mesh::Errc::in_use) {
      sum.behind += seqs.size();
      return;
    }
    if (!done) {
      sum.left += seqs.size();
      sum.error = done.error();
      return;
    }
    if (done->count == 0) {
      sum.gone += seqs.size();
      return;
    }
    sum.done.count += done->count;
    for (const auto seq : done->seqs) {
      if (sum.done.seqs.size() < mesh::parked_list_max) sum.done.seqs.push_back(seq);
    }
    const std::unordered_set<mesh::Seq> redriven(done->seqs.begin(), done->seqs.end());
    std::erase_if(seqs, [&](mesh::Seq seq) { return redriven.contains(seq); });
  }
}

}  // namespace

// A part is a tenth of a second's worth, and no more than an answer names.
mesh::Result<SlowRedrive> redrive_slowly(mesh::Admin& admin, const std::string& group,
                                         const mesh::ParkedFilter& filter, double rate,
                                         const Interrupt& interrupt) {
  const auto parked = admin.parked_all(group, filter);
  if (!parked) return parked.error();
  const auto part = std::clamp<std::size_t>(static_cast<std::size_t>(rate / 10), 1, mesh::parked_list_max);
  const auto pause = mesh::Duration(static_cast<std::int64_t>(static_cast<double>(part) / rate * 1e9));
  Progress progress(parked->size());
  SlowRedrive sum;
  sum.whole = parked->size();
  std::size_t at = 0;
  while (at < parked->size() && !sum.error && !interrupt.requested()) {
    std::vector<mesh::Seq> seqs;
    for (; at < parked->size() && seqs.size() < part; ++at) seqs.push_back((*parked)[at].seq);
    redrive_part(admin, group, std::move(seqs), sum);
    progress.show(sum.done.count);
    if (at < parked->size() && !sum.error) interrupt.wait(pause);
  }
  sum.left += parked->size() - at;
  return sum;
}

}  // namespace zmesh
