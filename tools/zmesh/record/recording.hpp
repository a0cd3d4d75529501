// Recordings: files of events. Two forms with the same contents:
//
//   batches     batch after batch, as journal/batch.hpp has them (header of 57 bytes, then records; plain
//               MessagePack, checksummed): what journals and the wire have, so recording costs next to
//               nothing
//   JSON Lines  one object per event, as `zmesh sub` and `sniff --json` print them: for people, jq and diff
//
// Which one a file is, its first byte tells.
#pragma once

#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <journal/batch.hpp>

namespace zmesh {

enum class RecordingForm { batches, json_lines };

/// Writes a recording. Events of several origins may be mixed; each batch is of one.
class RecordingWriter {
 public:
  enum class Mode { create, append, replace };

  /// "-" is stdout. With Mode::append an unfinished end of the file, which an interrupted recording leaves,
  /// is cut off first (see whole_size). Error: journal_io; also when the file exists already, with
  /// Mode::create; journal_damaged, invalid_argument: nothing can be appended to it.
  static mesh::Result<RecordingWriter> open(const std::string& path, RecordingForm form, Mode mode);

  /// `name` of the publisher is kept by JSON Lines only. Error: journal_io, disk_full.
  mesh::Result<void> add(const mesh::Origin& origin, const std::string& name, const mesh::EventView& event);
  /// What is given in this way gets the seq and time that are said.
  mesh::Result<void> add(const mesh::Origin& origin, mesh::Seq seq, mesh::WallTime time,
                         const mesh::EventInput& event);
  /// Hands everything to the operating system.
  mesh::Result<void> flush();
  /// Flushes, syncs, closes.
  mesh::Result<void> close();

  std::uint64_t events() const { return events_; }

 private:
  struct Tail {
    mesh::BatchBuilder builder;
    mesh::Seq last = 0;
  };

  mesh::Result<Tail*> tail_for(const mesh::Origin& origin, mesh::Seq seq);
  mesh::Result<void> seal(Tail& tail);
  mesh::Result<void> write(const void* data, std::size_t size);

  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{nullptr, nullptr};
  std::string path_;
  RecordingForm form_ = RecordingForm::batches;
  std::map<mesh::Origin, Tail> tails_;
  std::string line_;
  std::uint64_t events_ = 0;
};

/// An event of a recording. Views are valid during the visit.
struct RecordedEvent {
  mesh::Origin origin;
  mesh::Seq seq = 0;        ///< 0: a line that did not say
  mesh::WallTime time = 0;  ///< 0: a line that did not say
  mesh::EventInput event;
};

/// Calls visit for each event, in the file's order, until it returns false. "-" is stdin (JSON Lines only).
/// Errors: journal_io, journal_damaged (with the place), invalid_argument (a line that is no event, with its
/// number).
mesh::Result<void> read_recording(const std::string& path,
                                  const std::function<mesh::Result<bool>(const RecordedEvent&)>& visit);

/// How many bytes of a recording are whole: it may end in the beginning of a batch or of a line. Errors:
/// journal_io, journal_damaged (it ends in something else), invalid_argument (it has the other form).
mesh::Result<std::uint64_t> whole_size(const std::string& path, RecordingForm form);

/// By the first byte. Error: journal_io.
mesh::Result<RecordingForm> recording_form(const std::string& path);

}  // namespace zmesh
