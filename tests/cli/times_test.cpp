#include <boost/test/unit_test.hpp>

#include <tools/zmesh/text/times.hpp>

using namespace std::chrono_literals;
using zmesh::parse_duration;
using zmesh::parse_durations;
using zmesh::parse_start;
using zmesh::parse_time;
using zmesh::time_text;

BOOST_AUTO_TEST_SUITE(times)

BOOST_AUTO_TEST_CASE(a_duration_is_a_number_and_a_unit_or_several) {
  BOOST_TEST((parse_duration("100ms").value() == 100ms));
  BOOST_TEST((parse_duration("1.5s").value() == 1500ms));
  BOOST_TEST((parse_duration("1h30m").value() == 90min));
  BOOST_TEST((parse_duration("2min").value() == 2min));
  BOOST_TEST((parse_duration("3d").value() == 72h));
  BOOST_TEST((parse_duration("0s").value() == 0s));
  BOOST_TEST((parse_duration("7ns").value() == 7ns));
}

BOOST_AUTO_TEST_CASE(a_bare_number_is_a_duration_only_where_its_unit_is_known) {
  BOOST_TEST(!parse_duration("5"));
  BOOST_TEST((parse_duration("5", 1s).value() == 5s));
  BOOST_TEST((parse_duration("0.5", 1s).value() == 500ms));
  BOOST_TEST(!parse_duration("1s5", 1s));
}

BOOST_AUTO_TEST_CASE(what_is_no_duration_is_refused) {
  for (const auto* text :
       {"", "s", "-1s", "1x", "1 s", "nan", "nans", "infs", "1e99d", "99999999999d", "1s,2s"}) {
    BOOST_TEST(!parse_duration(text), text);
  }
}

BOOST_AUTO_TEST_CASE(a_backoff_is_a_list_of_durations) {
  const auto list = parse_durations("100ms,1s,5m").value();
  BOOST_TEST((list == std::vector<mesh::Duration>{100ms, 1s, 5min}));
  BOOST_TEST(!parse_durations("1s,"));
  BOOST_TEST(!parse_durations(""));
  BOOST_TEST(!parse_durations("1s,,2s"));
}

BOOST_AUTO_TEST_CASE(a_time_is_read_as_rfc_3339_has_it) {
  BOOST_TEST(parse_time("1970-01-01T00:00:01Z").value() == 1'000'000'000);
  BOOST_TEST(parse_time("2026-03-01T12:00:00Z").value() == 1'772'366'400'000'000'000);
  BOOST_TEST(parse_time("2026-03-01T13:00:00+01:00").value() == 1'772'366'400'000'000'000);
  BOOST_TEST(parse_time("2026-03-01T07:30:00-04:30").value() == 1'772'366'400'000'000'000);
  BOOST_TEST(parse_time("2026-03-01T12:00:00.000000001Z").value() == 1'772'366'400'000'000'001);
  BOOST_TEST(parse_time("2026-03-01T12:00:00.5Z").value() == 1'772'366'400'500'000'000);
  BOOST_TEST(parse_time("2026-03-01").value() == 1'772'323'200'000'000'000);
}

BOOST_AUTO_TEST_CASE(what_is_no_time_is_refused) {
  for (const auto* text : {"", "now", "2026-02-30T00:00:00Z", "2026-03-01T24:00:00Z", "2026-03-01T12:00:00",
                           "2026-03-01T12:00:00Zx", "2026-13-01", "2026-3-1", "2026-03-01T12:00:00.Z",
                           "9999-01-01", "2026-03-01T12:00:00+24:00"}) {
    BOOST_TEST(!parse_time(text), text);
  }
}

BOOST_AUTO_TEST_CASE(a_printed_time_reads_back_as_the_same) {
  for (const mesh::WallTime time : {mesh::WallTime{0}, mesh::WallTime{1'772'366'400'123'456'789},
                                    mesh::WallTime{-1}, mesh::WallTime{999'999'999}}) {
    BOOST_TEST(parse_time(time_text(time)).value() == time);
  }
  BOOST_TEST(time_text(1'772'366'400'000'000'007) == "2026-03-01T12:00:00.000000007Z");
}

BOOST_AUTO_TEST_CASE(a_start_is_a_word_a_seq_or_a_time) {
  using Kind = mesh::Start::Kind;
  BOOST_TEST((parse_start("earliest").value().kind == Kind::earliest));
  BOOST_TEST((parse_start("latest").value().kind == Kind::latest));
  BOOST_TEST(parse_start("seq:17").value().seq == 17U);
  BOOST_TEST(parse_start("17").value().seq == 17U);
  BOOST_TEST(parse_start("time:1970-01-01T00:00:01Z").value().time == 1'000'000'000);
  for (const auto* text : {"", "first", "seq:", "seq:-1", "seq:1x", "time:", "18446744073709551616"}) {
    BOOST_TEST(!parse_start(text), text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
