// Segments: LMDB files of batches.
//
//   key   := first u64, last u64, count u32          of the batch, big-endian
//   value := batch
//
// The batch's checksum covers its body; its header is held against the key, so a flipped bit in either shows.
//
// Only the newest segment is ever written, and only it is read through LMDB. The others are sealed: nobody
// writes them again, so they are read as bytes, bounds-checked (tree_cursor.hpp): that needs no lock table
// and no mapping, costs one copy, and turns a damaged or vanished block into an error instead of a signal.
#pragma once

#include <atomic>
#include <memory>

#include <journal/journal.hpp>
#include <journal/lmdb/env.hpp>
#include <journal/lmdb/files.hpp>
#include <journal/lmdb/page_file.hpp>

namespace mesh::lmdb {

/// Where a read of one segment ended.
struct ReadEnd {
  Seq reached = 0;       ///< last seq shown, or `after` when there was none
  bool stopped = false;  ///< visit said so
};

/// Any thread; const functions only read.
class Segment {
 public:
  virtual ~Segment() = default;
  virtual Seq first() const = 0;

  /// Journal::read of this segment alone.
  virtual Result<ReadEnd> read(Seq after, const Journal::BatchVisit& visit) const = 0;
  /// The batch with the greatest first seq <= seq, or the first one; nothing in an empty segment.
  virtual Result<std::optional<Batch>> batch_at(Seq seq) const = 0;
  virtual Result<SegmentUsage> usage() const = 0;
};

class SealedSegment final : public Segment {
 public:
  /// Reads what usage() tells from the file. Errors: journal_missing, journal_damaged, journal_io.
  static Result<std::shared_ptr<const SealedSegment>> open(const Paths& paths, Seq first,
                                                           const Origin& origin);

  Seq first() const override { return usage_.first; }

  Seq last() const { return usage_.last; }

  Result<ReadEnd> read(Seq after, const Journal::BatchVisit& visit) const override;
  Result<std::optional<Batch>> batch_at(Seq seq) const override;

  Result<SegmentUsage> usage() const override { return usage_; }

 private:
  SealedSegment(std::string path, const Origin& origin) : path_(std::move(path)), origin_(origin) {}

  const std::string path_;
  const Origin origin_;
  SegmentUsage usage_;
};

class ActiveSegment final : public Segment {
 public:
  struct Options {
    std::uint64_t segment_size = 0;
    bool for_writing = false;
    bool sync = true;
  };

  /// Makes the file, synced and renamed into place, with nothing in it. Errors: disk_full, journal_io.
  static Result<void> create(const Paths& paths, Seq first, std::uint64_t segment_size);
  /// Precondition: verify_segment passed, or this process has the file open.
  static Result<std::shared_ptr<ActiveSegment>> open(const Paths& paths, Seq first, const Origin& origin,
                                                     const Options& options);

  Seq first() const override { return first_; }

  Result<ReadEnd> read(Seq after, const Journal::BatchVisit& visit) const override;
  Result<std::optional<Batch>> batch_at(Seq seq) const override;
  Result<SegmentUsage> usage() const override;

  /// The last committed seq; first() - 1 when empty. Error: journal_damaged, journal_io.
  Result<Seq> last() const;

  /// One commit. The batches have passed check_append.
  Result<void> append(std::span<const Batch> batches);
  /// Erases batches that begin above seq: of a commit that failed but turned out to be in the file.
  Result<void> erase_after(Seq seq);

  /// Bytes of batches appended or found at open, without overhead.
  std::uint64_t event_bytes() const { return event_bytes_; }

  const Env& env() const { return *env_; }

 private:
  ActiveSegment(Seq first, const Origin& origin, std::shared_ptr<Env> env)
      : first_(first), origin_(origin), env_(std::move(env)) {}

  const Seq first_;
  const Origin origin_;
  const std::shared_ptr<Env> env_;
  std::uint64_t event_bytes_ = 0;  // the writer's thread
};

inline constexpr std::size_t segment_key_size = 20;

/// Writes a batch's key to `to` (segment_key_size bytes).
void put_segment_key(std::byte* to, const BatchHeader& header);

/// Not after the key of the batch that begins at `first`, and after all before it.
std::string key_from(Seq first);
/// Not before that key, and before all after it.
std::string key_through(Seq first);

/// First and last seq of a key; nothing when it is none.
std::optional<SeqRange> parse_segment_key(std::string_view key);

/// The stored bytes are a batch of that origin, under its own key. Checks the checksum, not the records.
Result<BatchView> parse_stored(std::string_view key, ByteView stored, const Origin& origin,
                               const std::string& path);

/// How much verify_segment looks at.
enum class Depth : std::uint8_t {
  structure,  ///< the LMDB pages: safe to open
  batches,    ///< also every batch: checksum, records, seqs ascending
};

/// Walks a segment file as bytes. `is_shared`: a writer in another process may be at it.
/// Errors: journal_missing, journal_foreign, journal_damaged, journal_io.
Result<MetaInfo> verify_segment(const Paths& paths, Seq first, const Origin& origin, Depth depth,
                                bool is_shared);

}  // namespace mesh::lmdb
