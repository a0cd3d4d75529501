// The lines of keys, and the retry store that keeps who stands behind others out of its due lists.
#include "ordered_fixture.hpp"

#include <mesh/core/publisher/retry_store.hpp>

namespace mesh::core {
namespace {

using EntryState = RetryEntry::State;
using Seqs = std::vector<Seq>;

// Two keys of slot 5 and one of slot 9.
constexpr KeyId key_a = 5 + 64;
constexpr KeyId key_b = 5 + 128;
constexpr KeyId key_c = 9 + 64;

struct Shelf {
  RetryStore store;

  explicit Shelf(bool ordered = true) { store.set_order(ordered); }

  /// A new entry that waits until then.
  RetryEntry& add(Seq seq, KeyId key, Duration due = 0s) {
    RetryEntry& entry = store.put(seq, static_cast<Slot>(key % slot_count), key);
    store.wait(seq, entry, due);
    return entry;
  }

  EntryState state(Seq seq) { return store.find(seq)->state; }

  std::vector<Seq> due(Duration now = 1h) { return store.due(now, all_slots, 100); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(key_lines)

BOOST_AUTO_TEST_CASE(a_line_is_in_the_order_of_seqs_whoever_comes_first) {
  KeyLines lines;
  BOOST_TEST(lines.first(key_a) == 0u);
  BOOST_TEST(lines.line(key_a).empty());
  for (const Seq seq : {7, 3, 9, 3}) lines.join(key_a, seq);
  lines.join(key_b, 1);
  BOOST_TEST(lines.first(key_a) == 3u);
  BOOST_TEST((lines.line(key_a) == Seqs{3, 7, 9}));
  BOOST_TEST(lines.size() == 2u);
  lines.leave(key_a, 7);
  lines.leave(key_a, 7);
  lines.leave(key_c, 1);
  BOOST_TEST((lines.line(key_a) == Seqs{3, 9}));
  lines.leave(key_a, 3);
  BOOST_TEST(lines.first(key_a) == 9u);
  BOOST_TEST(lines.contains(key_a));
  lines.leave(key_a, 9);
  BOOST_TEST(!lines.contains(key_a));
  BOOST_TEST(lines.size() == 1u);
}

BOOST_AUTO_TEST_CASE(keys_are_told_by_their_slots) {
  KeyLines lines;
  for (const KeyId key : {key_c, key_a, key_b}) lines.join(key, 1);
  BOOST_TEST((lines.keys(SlotMask{1} << 5) == Keys{key_a, key_b}));
  BOOST_TEST((lines.keys(SlotMask{1} << 9) == Keys{key_c}));
  BOOST_TEST(lines.keys(SlotMask{1} << 6).empty());
  BOOST_TEST(lines.keys(all_slots).size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_key_is_freed_once_and_only_while_its_line_is_empty) {
  KeyLines lines;
  lines.join(key_a, 1);
  lines.join(key_a, 2);
  lines.leave(key_a, 1);
  BOOST_TEST(lines.take_freed().empty());
  lines.leave(key_a, 2);
  lines.join(key_a, 3);  // somebody has come meanwhile
  BOOST_TEST(lines.take_freed().empty());
  lines.leave(key_a, 3);
  BOOST_TEST((lines.take_freed() == Keys{key_a}));
  BOOST_TEST(lines.take_freed().empty());
  lines.leave(key_a, 3);
  BOOST_TEST(lines.take_freed().empty());
  lines.join(key_a, 1);
  lines.join(key_b, 2);
  lines.clear();
  BOOST_TEST(lines.size() == 0u);
  BOOST_TEST((lines.take_freed() == Keys{key_a, key_b}));
}

BOOST_AUTO_TEST_CASE(without_order_nobody_waits_for_another) {
  Shelf shelf(false);
  shelf.add(1, key_a, 9s);
  shelf.add(2, key_a, 3s);
  BOOST_TEST((shelf.due(3s) == Seqs{2}));
  BOOST_TEST(shelf.store.lines().size() == 0u);
  shelf.store.line_up(key_a, 7);
  BOOST_TEST(shelf.store.lines().size() == 0u);
  shelf.store.erase(1);
  BOOST_TEST(shelf.store.take_freed().empty());
}

BOOST_AUTO_TEST_CASE(the_first_of_a_key_is_due_and_the_next_when_it_is_gone) {
  Shelf shelf;
  shelf.add(1, key_a, 9s);
  shelf.add(2, key_a, 3s);
  shelf.add(3, key_a, 5s);
  shelf.add(4, key_b, 4s);
  shelf.add(5, 0, 2s);
  shelf.add(6, 0, 2s);
  BOOST_TEST((shelf.due() == Seqs{5, 6, 4, 1}));
  BOOST_TEST((shelf.state(2) == EntryState::behind));
  BOOST_TEST(shelf.store.is_behind(2, *shelf.store.find(2)));
  BOOST_TEST(!shelf.store.is_behind(1, *shelf.store.find(1)));
  BOOST_TEST(!shelf.store.is_behind(6, *shelf.store.find(6)));  // it has no key
  shelf.store.erase(2);
  BOOST_TEST((shelf.due() == Seqs{5, 6, 4, 1}));
  shelf.store.erase(1);
  BOOST_TEST((shelf.due() == Seqs{5, 6, 4, 3}));  // with the time that it had
  BOOST_TEST(shelf.store.take_freed().empty());
  shelf.store.erase(3);
  BOOST_TEST((shelf.store.take_freed() == Keys{key_a}));
  BOOST_TEST((shelf.store.lines().keys(all_slots) == Keys{key_b}));
}

BOOST_AUTO_TEST_CASE(who_comes_later_with_a_lower_seq_goes_first) {
  Shelf shelf;
  shelf.add(5, key_a);
  shelf.add(9, key_a);
  BOOST_TEST((shelf.due() == Seqs{5}));
  shelf.add(3, key_a, 1s);
  BOOST_TEST((shelf.state(5) == EntryState::behind));
  BOOST_TEST((shelf.due() == Seqs{3}));
  shelf.store.erase(3);
  BOOST_TEST((shelf.due() == Seqs{5}));
  BOOST_TEST((shelf.state(9) == EntryState::behind));
}

BOOST_AUTO_TEST_CASE(what_flies_already_goes_on_and_stands_behind_when_it_has_failed) {
  Shelf shelf;
  shelf.store.move(5, shelf.add(5, key_a), EntryState::flying);
  shelf.add(3, key_a);
  BOOST_TEST((shelf.state(5) == EntryState::flying));
  BOOST_TEST((shelf.due() == Seqs{3}));
  shelf.store.wait(5, *shelf.store.find(5), 0s);
  BOOST_TEST((shelf.state(5) == EntryState::behind));
  BOOST_TEST((shelf.due() == Seqs{3}));
  BOOST_TEST(shelf.store.in_flight(all_slots) == 0u);
  shelf.store.move(3, *shelf.store.find(3), EntryState::flying);
  // Read or not: it is asked to wait, and may not.
  shelf.store.move(5, *shelf.store.find(5), EntryState::waiting);
  BOOST_TEST((shelf.state(5) == EntryState::behind));
  shelf.store.erase(3);
  BOOST_TEST((shelf.due() == Seqs{5}));
}

BOOST_AUTO_TEST_CASE(a_seq_that_is_no_entry_keeps_its_place_until_it_leaves) {
  Shelf shelf;
  shelf.store.line_up(key_a, 2);
  shelf.add(4, key_a);
  BOOST_TEST(shelf.due().empty());
  BOOST_TEST(!shelf.store.next_flight(all_slots, 64).has_value());
  shelf.add(1, key_a);
  BOOST_TEST((shelf.due() == Seqs{1}));
  shelf.store.erase(1);
  BOOST_TEST(shelf.due().empty());
  shelf.store.leave_line(key_a, 2);
  BOOST_TEST((shelf.due() == Seqs{4}));
  shelf.store.line_up(key_a, 2);
  BOOST_TEST(shelf.due().empty());
}

BOOST_AUTO_TEST_CASE(an_order_that_goes_and_comes_frees_who_stands_behind_and_lines_up_again) {
  Shelf shelf;
  for (const Seq seq : {1, 2, 3}) shelf.add(seq, key_a);
  shelf.store.line_up(key_b, 7);
  shelf.add(8, key_b);
  shelf.store.move(2, shelf.add(2, key_a), EntryState::flying);
  shelf.store.set_order(false);
  BOOST_TEST((shelf.due() == Seqs{1, 3, 8}));
  BOOST_TEST((shelf.state(3) == EntryState::waiting));
  BOOST_TEST((shelf.store.take_freed() == Keys{key_a, key_b}));
  shelf.store.set_order(true);
  BOOST_TEST((shelf.due() == Seqs{1, 8}));  // 7, which is no entry, is forgotten
  BOOST_TEST((shelf.state(2) == EntryState::flying));
  BOOST_TEST((shelf.store.lines().line(key_a) == Seqs{1, 2, 3}));
  BOOST_TEST(shelf.store.take_freed().empty());
  shelf.store.erase(1);
  BOOST_TEST((shelf.due() == Seqs{8}));  // 2 flies, so 3 waits
  shelf.store.erase(2);
  BOOST_TEST((shelf.due() == Seqs{3, 8}));
}

BOOST_AUTO_TEST_CASE(those_behind_take_no_place_among_the_due) {
  Shelf shelf;
  shelf.add(1, key_a, 10s);
  for (Seq seq = 2; seq <= 500; ++seq) shelf.add(seq, key_a);
  shelf.add(501, key_b, 2s);  // of the same slot
  const SlotMask slot = SlotMask{1} << 5;
  BOOST_TEST((shelf.store.next_flight(slot, 1) == 2s));
  BOOST_TEST(shelf.store.may_fly(1s, slot, 1).empty());
  BOOST_TEST((shelf.store.may_fly(2s, slot, 1) == Seqs{501}));
  BOOST_TEST((shelf.store.may_fly(10s, slot, 64) == Seqs{501, 1}));
  BOOST_TEST(shelf.store.waiting() == 501u);
}

BOOST_AUTO_TEST_CASE(the_order_is_journaled_with_the_entry) {
  Shelf shelf;
  shelf.add(1, key_a);
  shelf.add(2, key_a);
  BOOST_TEST((to_value(*shelf.store.find(1)).state == RetryValue::State::waiting));
  const RetryValue value = to_value(*shelf.store.find(2));
  BOOST_TEST((value.state == RetryValue::State::behind));
  BOOST_TEST(value.key == key_a);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
