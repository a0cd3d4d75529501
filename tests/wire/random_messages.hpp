// Messages with random contents, all of them valid; the same ones for the same seed everywhere.
#pragma once

#include <random>

#include <mesh/model/messages.hpp>

namespace mesh::test {

class RandomMessages {
 public:
  explicit RandomMessages(std::uint64_t seed) : random_(seed) {}

  static constexpr std::size_t types = std::variant_size_v<ControlMessage>;
  /// A message of the type at that index of ControlMessage.
  ControlMessage control(std::size_t type);
  LiveMessage live();

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  /// Of any magnitude: as many small values as large ones.
  std::uint64_t number() { return random_() >> below(64); }

 private:
  template <class Message>
  Message make();

  bool coin() { return below(2) == 0; }

  std::uint32_t number32() { return static_cast<std::uint32_t>(number()); }

  std::uint32_t attempt() { return 1 + static_cast<std::uint32_t>(below(1000)); }

  WallTime time() { return static_cast<WallTime>(number()) * (coin() ? 1 : -1); }

  Duration duration() { return Duration(static_cast<std::int64_t>(number() % (std::uint64_t{1} << 48))); }

  Reason reason() { return static_cast<Reason>(1 + below(6)); }

  std::string name();
  std::string topic();
  std::string text();
  Origin origin();
  std::vector<std::string> prefixes();
  SlotLedger ledger(SlotMask slots);
  std::vector<SlotLedger> ledgers();
  std::vector<HeldEvent> held();
  std::vector<Verdict> verdicts();
  std::vector<Seq> seqs();
  ParkedFilter filter();
  Batch batch(const Origin& origin, Seq first, std::size_t count);
  std::vector<Batch> batches(Seq after, std::uint64_t& events, Seq& last);

  std::mt19937_64 random_;
};

}  // namespace mesh::test
