// Who waits for whom, with Order::key: per key, the seqs of its events that failed or came after one that
// did, in order. The first may be handed out; the others wait for it.
#pragma once

#include <map>
#include <set>
#include <vector>

#include <journal/identity.hpp>

namespace mesh::core {

class KeyLines {
 public:
  void join(KeyId key, Seq seq);
  void leave(KeyId key, Seq seq);

  /// 0: nobody is in the key's line.
  Seq first(KeyId key) const;
  /// Ascending.
  std::vector<Seq> line(KeyId key) const;

  bool contains(KeyId key) const { return lines_.contains(key); }

  /// How many keys have a line.
  std::size_t size() const { return lines_.size(); }

  /// Those of these slots. (A key's slot is its id mod 64.)
  std::vector<KeyId> keys(SlotMask slots) const;

  /// Keys whose line has become empty since the last call and is.
  std::vector<KeyId> take_freed();
  void clear();

 private:
  std::map<KeyId, std::set<Seq>> lines_;
  std::set<KeyId> freed_;
};

}  // namespace mesh::core
