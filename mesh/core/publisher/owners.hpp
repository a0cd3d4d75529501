// Which member was given which slots under which epoch, as it is journaled: so that after a restart of the
// publisher, or the end of a lease, it is known whose they are and what a Resume may claim.
#pragma once

#include <array>
#include <string>
#include <vector>

#include <mesh/model/messages.hpp>

namespace mesh::core {

using Instance = std::array<std::uint8_t, 16>;

/// A slot is in one entry at most.
struct Owner {
  Epoch epoch = 0;  ///< under which they were given
  std::string member;
  Instance instance{};
  SlotMask slots = 0;

  bool is(const std::string& name, const Instance& one) const { return member == name && instance == one; }

  bool operator==(const Owner&) const = default;
};

class Owners {
 public:
  const std::vector<Owner>& entries() const { return entries_; }

  bool empty() const { return entries_.empty(); }

  SlotMask slots() const;
  /// Of this process.
  SlotMask slots(const std::string& member, const Instance& instance) const;
  /// Of them those that it was given under this epoch or an earlier one.
  SlotMask slots(const std::string& member, const Instance& instance, Epoch epoch) const;
  /// Of other processes of that name.
  SlotMask slots_of_others(const std::string& member, const Instance& instance) const;
  /// The newest epoch under which this process was given slots that it still has; 0: none.
  Epoch newest(const std::string& member, const Instance& instance) const;
  /// The name of the slot's owner; empty: nobody.
  std::string name(SlotMask slot) const;

  void give(Owner owner);
  void take(SlotMask slots);

  bool operator==(const Owners&) const = default;

 private:
  std::vector<Owner> entries_;
};

}  // namespace mesh::core
