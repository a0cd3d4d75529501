#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <vector>

#include <tools/zmesh/sniff/lanes.hpp>
#include <tools/zmesh/sniff/latency.hpp>
#include <tools/zmesh/text/event_format.hpp>
#include <tools/zmesh/text/payload_show.hpp>
#include <tools/zmesh/top/frame.hpp>

using zmesh::Lanes;
using zmesh::SniffItem;

namespace {

using namespace std::chrono_literals;

std::string shown(std::string_view payload) {
  std::string text;
  const auto kind = zmesh::append_payload_shown(text, mesh::as_bytes(payload), 4);
  return std::string(zmesh::to_string(kind)) + " " + text;
}

/// An event of that time, which is its seq too.
SniffItem item_at(mesh::WallTime time, std::string_view payload = "x") {
  mesh::BatchBuilder builder{mesh::Origin{}};
  builder.append(static_cast<mesh::Seq>(time), time, {"t", "k", {}, mesh::as_bytes(payload)});
  const auto batch = builder.seal();
  std::vector<mesh::EventView> events;
  mesh::decode_events(batch.view(), events).value();
  return zmesh::own_event(events.front());
}

std::vector<mesh::WallTime> times_of(const std::vector<SniffItem>& items) {
  std::vector<mesh::WallTime> times;
  for (const auto& item : items) times.push_back(item.event.time);
  return times;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(shown_things)

BOOST_AUTO_TEST_CASE(what_a_payload_is_is_seen_by_looking) {
  using namespace std::string_literals;
  BOOST_TEST(shown("") == "none ");
  BOOST_TEST(shown("\x82\xa1z\x01\xa1"s + "a\x02") == R"(msgpack {"z":1,"a":2})");
  BOOST_TEST(shown(R"( {"z": 1, "a": [2]} )") == R"(json {"z":1,"a":[2]})");
  BOOST_TEST(shown("two\nlines") == "text two\\nlines");
  BOOST_TEST(shown("\x01\x02\x03\x04\x05"s) == "binary hex 01020304...");
  BOOST_TEST(shown("{not json") == "text {not json");
  BOOST_TEST(shown("gr\xc3\xbc\xc3\x9f") == "text gr\xc3\xbc\xc3\x9f");
  BOOST_TEST(shown("caf\xe9") == "binary hex 636166e9");
}

BOOST_AUTO_TEST_CASE(a_hex_dump_has_sixteen_bytes_a_line) {
  std::string text;
  zmesh::append_hex_dump(text, mesh::as_bytes("0123456789abcdef!\n"), " ");
  BOOST_TEST(text ==
             " 00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|\n"
             " 00000010  21 0a                                             |!.|\n");
}

BOOST_AUTO_TEST_CASE(a_format_is_checked_before_it_is_used) {
  for (const auto* bad : {"%q", "%", "\\", "\\y", "\\x1", "\\xzz"})
    BOOST_TEST(!zmesh::EventFormat::parse(bad).ok(), bad);
  const auto item = item_at(1'500'000'000, "text");
  std::string out;
  zmesh::EventFormat::parse("%t|%o|%k|%s|%x|%S|%T|%l|%%|\\x41\\t")
      .value()
      .append(out, item.event, {"00", "name"}, 1'500'004'000);
  BOOST_TEST(out == "t|1500000000|k|text|74657874|4|1500|4|%|A\t");
}

BOOST_AUTO_TEST_CASE(a_format_shows_a_terminal_no_control_characters_of_events) {
  mesh::BatchBuilder builder{mesh::Origin{}};
  const std::vector<mesh::Header> headers{{"h", "\x07\xc2\x9b"}};
  builder.append(1, 1, {"t", "k\x1b[2J\n", headers, mesh::as_bytes("gr\xc3\xbc\xc2\x9d")});
  const auto batch = builder.seal();
  std::vector<mesh::EventView> events;
  mesh::decode_events(batch.view(), events).value();
  const auto format = zmesh::EventFormat::parse("%k|%h|%s|%r\\n").value();
  std::string raw, tamed;
  format.append(raw, events.front(), {"00", "name"}, 0);
  BOOST_TEST(raw == "k\x1b[2J\n|h=\x07\xc2\x9b|gr\xc3\xbc\xc2\x9d|gr\xc3\xbc\xc2\x9d\n");
  format.append(tamed, events.front(), {"00", "name"}, 0, true);
  BOOST_TEST(tamed == "k\\x1b[2J\\n|h=\\x07\\xc2\\x9b|gr\xc3\xbc\\xc2\\x9d|gr\xc3\xbc\xc2\x9d\n");
}

BOOST_AUTO_TEST_CASE(lanes_merge_history_by_time) {
  Lanes lanes(2, {});
  for (const mesh::WallTime time : {1, 4, 5}) lanes.push(0, item_at(time));
  std::vector<SniffItem> items;
  BOOST_TEST(lanes.take(items, 10, 0s));
  BOOST_TEST(items.empty(), "the other lane may have older ones");
  for (const mesh::WallTime time : {2, 3}) lanes.push(1, item_at(time));
  lanes.take(items, 10, 0s);
  BOOST_TEST(times_of(items) == (std::vector<mesh::WallTime>{1, 2, 3}), boost::test_tools::per_element());
  lanes.ended(1);
  lanes.take(items, 10, 0s);
  BOOST_TEST(items.size() == 5U);
  lanes.ended(0);
  items.clear();
  BOOST_TEST(!lanes.take(items, 10, 0s), "all have ended");
}

BOOST_AUTO_TEST_CASE(a_lossy_lane_counts_what_it_leaves_out) {
  Lanes lanes(1, {2, 1 << 20, true});
  lanes.live(0);
  for (mesh::WallTime time = 1; time <= 5; ++time) BOOST_TEST(lanes.push(0, item_at(time)));
  BOOST_TEST(lanes.left_out() == 3U);
  BOOST_TEST(lanes.leave_out(0));
  std::vector<SniffItem> items;
  lanes.take(items, 10, 0s);
  BOOST_TEST(items.size() == 2U);
  BOOST_TEST(!lanes.leave_out(0));
  lanes.push(0, item_at(9));
  items.clear();
  lanes.take(items, 10, 0s);
  BOOST_TEST(items.front().left_out == 4U, "the next one tells it");
  BOOST_TEST(lanes.left_out() == 0U);
}

BOOST_AUTO_TEST_CASE(a_closed_lane_takes_nothing) {
  Lanes lanes(1, {1, 1 << 20, false});
  lanes.push(0, item_at(1));
  lanes.close();
  BOOST_TEST(!lanes.push(0, item_at(2)));
}

BOOST_AUTO_TEST_CASE(a_line_for_people_holds_no_command_to_their_terminal) {
  std::string line;
  const auto item = item_at(1, "\xa8\x1b[2J\xc2\x9bJ\x7f");
  zmesh::append_event_text(line, item.event, {"", "name"}, {});
  BOOST_TEST(line.find('\x1b') == std::string::npos);
  BOOST_TEST(line.find('\x7f') == std::string::npos);
  BOOST_TEST(line.find("\xc2\x9b") == std::string::npos);
  BOOST_TEST(line.find("\\u001b[2J") != std::string::npos, line);
}

BOOST_AUTO_TEST_CASE(an_owned_event_stays_what_it_was) {
  const auto item = item_at(7, "payload");
  BOOST_TEST(item.event.topic == "t");
  BOOST_TEST(item.event.key.value() == "k");
  BOOST_TEST(mesh::as_text(item.event.payload) == "payload");
  BOOST_TEST((item.event.payload.data() > item.bytes.get()), "its views point into its own bytes");
}

BOOST_AUTO_TEST_CASE(a_latency_tally_is_right_within_a_tenth) {
  zmesh::LatencyTally tally;
  BOOST_TEST((tally.quantile(0.5) == 0ns));
  for (int ms = 1; ms <= 100; ++ms) tally.add(std::chrono::milliseconds(ms));
  BOOST_TEST((tally.quantile(0.5) >= 50ms && tally.quantile(0.5) <= 56ms));
  BOOST_TEST((tally.quantile(0.99) >= 99ms && tally.quantile(0.99) <= 100ms));
  BOOST_TEST((tally.quantile(1) == 100ms));
  BOOST_TEST(tally.summary().starts_with("latency of 100 events: half below 5"));
  tally.add(std::chrono::hours(100));
  BOOST_TEST((tally.quantile(1) > std::chrono::hours(1)));
}

BOOST_AUTO_TEST_CASE(a_sparkline_has_eight_heights) {
  BOOST_TEST(zmesh::sparkline({1, 4, 8}, 4) == " \u2581\u2584\u2588");
  BOOST_TEST(zmesh::sparkline({0, 0}, 3) == "   ");
  BOOST_TEST(zmesh::sparkline({9, 1, 2}, 2) == "\u2584\u2588");
}

BOOST_AUTO_TEST_CASE(a_frame_fits_its_terminal) {
  zmesh::TopSnapshot snapshot;
  for (int row = 0; row < 50; ++row) {
    zmesh::TopRow topic;
    topic.name = "topic." + std::string(static_cast<std::size_t>(row), 'x');
    topic.publisher = "p";
    topic.values = {static_cast<double>(row), 1, 2, 3};
    topic.past = {1, 2, 3};
    snapshot.rows[0].push_back(std::move(topic));
  }
  zmesh::TopState state;
  for (const std::size_t width : {1U, 20U, 80U, 200U}) {
    for (const std::size_t height : {1U, 3U, 24U}) {
      const auto lines = zmesh::top_frame(snapshot, state, width, height);
      BOOST_TEST(lines.size() <= std::max<std::size_t>(height, 1));
      for (const auto& line : lines) {
        const auto columns = std::count_if(line.text.begin(), line.text.end(), [](char byte) {
          return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
        });
        BOOST_TEST(static_cast<std::size_t>(columns) <= width);
      }
    }
  }
  BOOST_TEST(zmesh::top_rows(snapshot, state).front()->values[0] == 49);
  state.reversed = true;
  BOOST_TEST(zmesh::top_rows(snapshot, state).front()->values[0] == 0);
  state.filter = "xxx";
  BOOST_TEST(zmesh::top_rows(snapshot, state).size() == 47U);
}

BOOST_AUTO_TEST_SUITE_END()
