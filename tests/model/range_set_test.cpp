#include <boost/test/unit_test.hpp>
#include <limits>
#include <random>
#include <set>

#include <mesh/model/range_set.hpp>

namespace mesh {
namespace {

using Ranges = std::vector<SeqRange>;

constexpr Seq top = std::numeric_limits<Seq>::max();

/// The same as RangeSet, so slow and simple that it is right at sight. Seqs 1 to `bound`.
struct Model {
  std::set<Seq> seqs;

  bool add(SeqRange range) {
    bool changed = false;
    for (Seq seq = std::max<Seq>(range.first, 1); seq <= range.last; ++seq)
      changed |= seqs.insert(seq).second;
    return changed;
  }

  Seq next_missing(Seq after) const {
    Seq seq = after + 1;
    while (seqs.contains(seq)) ++seq;
    return seq;
  }

  Seq floor() const { return next_missing(0) - 1; }

  Ranges above() const {
    Ranges ranges;
    for (Seq seq : seqs) {
      if (seq <= floor()) continue;
      if (!ranges.empty() && ranges.back().last + 1 == seq) {
        ranges.back().last = seq;
      } else {
        ranges.push_back({seq, seq});
      }
    }
    return ranges;
  }
};

void check_same(const RangeSet& set, const Model& model, Seq bound) {
  BOOST_REQUIRE_EQUAL(set.floor(), model.floor());
  BOOST_REQUIRE(set.above() == model.above());
  std::uint64_t missing = 0;
  for (Seq seq = 1; seq <= bound; ++seq) {
    BOOST_REQUIRE_EQUAL(set.contains(seq), model.seqs.contains(seq));
    BOOST_REQUIRE_EQUAL(set.next_missing(seq), model.next_missing(seq));
    missing += model.seqs.contains(seq) ? 0 : 1;
    BOOST_REQUIRE_EQUAL(set.missing_through(seq), missing);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(range_set)

BOOST_AUTO_TEST_CASE(it_agrees_with_a_set_of_seqs_after_every_random_operation) {
  std::mt19937_64 random(20240611);
  for (int round = 0; round < 300; ++round) {
    const Seq bound = 20 + random() % 60;
    RangeSet set;
    Model model;
    for (int step = 0; step < 60; ++step) {
      const Seq first = random() % bound;
      const SeqRange range{first, first + random() % (random() % 4 == 0 ? 12 : 3)};
      switch (random() % 4) {
        case 0:
          BOOST_REQUIRE_EQUAL(set.add(first == 0 ? 1 : first),
                              model.add({first == 0 ? 1 : first, first == 0 ? 1 : first}));
          break;
        case 1: {
          const Seq floor = random() % 8 == 0 ? first / 2 : 0;
          BOOST_REQUIRE_EQUAL(set.raise_floor(floor), floor > 0 && model.add({1, floor}));
          break;
        }
        default:
          BOOST_REQUIRE_EQUAL(set.add(range), model.add(range));
          break;
      }
      check_same(set, model, bound + 20);
    }
  }
}

BOOST_AUTO_TEST_CASE(adding_a_set_gives_the_union) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 500; ++round) {
    RangeSet one, other;
    Model model;
    for (int step = 0; step < 12; ++step) {
      const Seq first = random() % 60;
      const SeqRange range{first, first + random() % 5};
      (step % 2 == 0 ? one : other).add(range);
      model.add(range);
    }
    const bool changes = one != other && [&] {
      RangeSet both = one;
      return both.add(other);
    }();
    const RangeSet before = one;
    one.add(other);
    BOOST_REQUIRE_EQUAL(changes, one != before);
    check_same(one, model, 80);
  }
}

BOOST_AUTO_TEST_CASE(an_empty_range_changes_nothing) {
  RangeSet set(5);
  BOOST_TEST(!set.add(SeqRange{9, 8}));
  BOOST_TEST(!set.add(SeqRange{}));
  BOOST_TEST((set == RangeSet(5)));
}

BOOST_AUTO_TEST_CASE(ranges_that_touch_the_floor_raise_it_through_what_was_above) {
  RangeSet set(10);
  set.add(SeqRange{12, 14});
  set.add(SeqRange{16, 20});
  BOOST_TEST(set.add(11));
  BOOST_TEST(set.floor() == 14u);
  BOOST_TEST((set.above() == Ranges{{16, 20}}));
  BOOST_TEST(set.add(15));
  BOOST_TEST(set.floor() == 20u);
  BOOST_TEST(set.above().empty());
}

BOOST_AUTO_TEST_CASE(the_largest_seqs_do_not_wrap_around) {
  RangeSet set;
  BOOST_TEST(set.add(top));
  BOOST_TEST(set.add(SeqRange{top - 5, top - 2}));
  BOOST_TEST(!set.contains(top - 1));
  BOOST_TEST(set.next_missing(top - 3) == top - 1);
  BOOST_TEST(set.add(top - 1));
  BOOST_TEST((set.above() == Ranges{{top - 5, top}}));
  BOOST_TEST(set.missing_through(top) == top - 6);
  BOOST_TEST(set.add(SeqRange{1, top}));
  BOOST_TEST(set.floor() == top);
  BOOST_TEST(!set.add(top));
  BOOST_TEST(set.next_missing(top) == top);
  BOOST_TEST(set.missing_through(top) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh
