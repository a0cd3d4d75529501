#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include <tools/zmesh/text/event_line.hpp>
#include <tools/zmesh/text/input_line.hpp>
#include <tools/zmesh/text/line_reader.hpp>
#include <tools/zmesh/text/table.hpp>

using zmesh::InputLine;
using zmesh::LineReader;

namespace {

/// A pipe that holds a text, and one that never says anything.
struct Pipes {
  explicit Pipes(const std::string& text) {
    BOOST_TEST_REQUIRE(::pipe(input) == 0);
    BOOST_TEST_REQUIRE(::pipe(interrupt) == 0);
    writer = std::thread([this, text] {
      for (std::size_t at = 0; at < text.size();) {
        const auto written = ::write(input[1], text.data() + at, text.size() - at);
        if (written <= 0) break;
        at += static_cast<std::size_t>(written);
      }
      ::close(input[1]);
    });
  }

  ~Pipes() {
    writer.join();
    for (const int fd : {input[0], interrupt[0], interrupt[1]}) ::close(fd);
  }

  int input[2];
  int interrupt[2];
  std::thread writer;
};

std::string error_of(const std::string& line) {
  InputLine input("", {});
  const auto event = input.parse(line);
  return event ? "" : event.error().text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lines)

BOOST_AUTO_TEST_CASE(a_line_becomes_an_event) {
  InputLine input("", {});
  const auto event =
      input.parse(R"({"topic":"a.b","key":"k","headers":{"h":"1","g":"2"},"payload_base64":"Zm9v"})").value();
  BOOST_TEST(event.topic == "a.b");
  BOOST_TEST(event.key.value() == "k");
  BOOST_TEST(event.headers.size() == 2U);
  BOOST_TEST(event.headers[0].first == "h");
  BOOST_TEST(mesh::as_text(event.payload) == "foo");
}

BOOST_AUTO_TEST_CASE(options_stand_in_for_what_a_line_does_not_say) {
  InputLine input("default.topic", "default-key");
  BOOST_TEST(input.parse("{}").value().topic == "default.topic");
  BOOST_TEST(input.parse("{}").value().key.value() == "default-key");
  BOOST_TEST(input.parse(R"({"topic":"x","key":"y"})").value().topic == "x");
  BOOST_TEST(input.parse(R"({"topic":"x","key":"y"})").value().key.value() == "y");
  BOOST_TEST(input.parse("{}").value().payload.empty());
  BOOST_TEST(input.parse("{}").value().headers.empty(), "nothing is left of an earlier line");
}

BOOST_AUTO_TEST_CASE(a_bad_line_says_what_is_wrong) {
  BOOST_TEST(error_of("nonsense").starts_with("not JSON"));
  BOOST_TEST(error_of("[1]") == "not a JSON object");
  BOOST_TEST(error_of("{}").starts_with("no topic"));
  BOOST_TEST(error_of(R"({"topic":1})") == "topic is not a string");
  BOOST_TEST(error_of(R"({"topic":"a","key":1})") == "key is not a string");
  BOOST_TEST(error_of(R"({"topic":"a","headers":[]})") == "headers is not an object");
  BOOST_TEST(error_of(R"({"topic":"a","headers":{"h":1}})") == "header 'h' is not a string");
  BOOST_TEST(error_of(R"({"topic":"a","payload_base64":"!"})") == "payload_base64 is not base64");
  BOOST_TEST(error_of(R"({"topic":"a","payload":1,"payload_base64":""})") ==
             "both payload and payload_base64");
  BOOST_TEST(error_of(R"({"tpoic":"a"})") == "unknown field 'tpoic'");
  BOOST_TEST(error_of("{\"topic\":\"a\",\"key\":\"\xff\"}").starts_with("not JSON"));
  BOOST_TEST(error_of(R"({"topic":"a"} x)").starts_with("not JSON"));
}

BOOST_AUTO_TEST_CASE(what_a_parser_would_drop_makes_a_bad_line) {
  BOOST_TEST(error_of(R"({"topic":"a","topic":"b"})") == "'topic' stands twice in one object");
  BOOST_TEST(error_of(R"({"topic":"a","headers":{"h":"1","g":"2","h":"3"}})") ==
             "'h' stands twice in one object");
  BOOST_TEST(error_of(R"({"topic":"a","payload":[{"x":{"y":1,"y":1}}]})") ==
             "'y' stands twice in one object");
  BOOST_TEST(error_of(R"({"topic":"a","payload":1,"pay\u006coad":2})") ==
             "'payload' stands twice in one object");
  std::string name = "xx";
  for (int i = 0; i < 50; ++i) name += "é";
  const auto cut = error_of("{\"topic\":\"a\",\"payload\":{\"" + name + "\":1,\"" + name + "\":2}}");
  BOOST_TEST(cut == "'" + name.substr(0, 56) + "...' stands twice in one object");
  BOOST_TEST(error_of(R"({"topic":"a","headers":{"topic":"b"},"payload":[{"topic":1},{"topic":1}]})").empty(),
             "one name in several objects is fine");
}

BOOST_AUTO_TEST_CASE(an_integer_beyond_64_bits_makes_a_bad_line) {
  for (const std::string& number : std::vector<std::string>{"18446744073709551616", "-9223372036854775809",
                                                            "1" + std::string(300, '0')}) {
    const auto error = error_of("{\"topic\":\"a\",\"payload\":{\"n\":[" + number + "]}}");
    BOOST_TEST(error.starts_with("the integer " + number.substr(0, 15)), error);
    BOOST_TEST(error.ends_with("does not fit 64 bits: use a string"), error);
  }
  for (const std::string number :
       {"18446744073709551615", "-9223372036854775808", "18446744073709551616.0", "1e30", "1E30"}) {
    BOOST_TEST(error_of("{\"topic\":\"a\",\"payload\":" + number + "}").empty(), number);
  }
}

BOOST_AUTO_TEST_CASE(a_printed_event_can_be_published_again) {
  InputLine input("", {});
  const auto event =
      input.parse(R"({"topic":"a.b","key":"k","headers":{"h":"1"},"payload":{"x":[1,2.5,"é"]}})").value();
  mesh::BatchBuilder builder{mesh::Origin{}};
  builder.append(7, 1'772'366'400'000'000'000, event);
  const auto batch = builder.seal();
  std::vector<mesh::EventView> events;
  mesh::decode_events(batch.view(), events).value();

  std::string line;
  zmesh::append_event_json(line, events.at(0), {"00ff", "bookings", 2, true, 1, true});
  BOOST_TEST(
      line ==
      R"({"origin":"00ff","name":"bookings","seq":7,"topic":"a.b","key":"k","attempt":2,"redelivered":true,)"
      R"("redrives":1,"time":"2026-03-01T12:00:00.000000000Z","headers":{"h":"1"},"payload":{"x":[1,2.5,"é"]}})");
  InputLine again("", {});
  const auto repeated = again.parse(line).value();
  BOOST_TEST(mesh::encoded_size(repeated) == mesh::encoded_size(event));
  BOOST_TEST(mesh::as_text(repeated.payload) == mesh::as_text(event.payload));
}

BOOST_AUTO_TEST_CASE(lines_are_read_whole_and_long_ones_are_skipped) {
  const std::string long_line(2'000'000, 'x');
  const Pipes pipes("one\n\n" + long_line + "\ntwo\r\nlast");
  LineReader reader(pipes.input[0], pipes.interrupt[0], 1000);
  std::string_view line;
  using Status = LineReader::Status;
  BOOST_TEST((reader.next(line) == Status::line && line == "one"));
  BOOST_TEST((reader.next(line) == Status::line && line.empty()));
  BOOST_TEST((reader.next(line) == Status::too_long));
  BOOST_TEST((reader.next(line) == Status::line && line == "two\r"));
  BOOST_TEST((reader.next(line) == Status::line && line == "last"));
  BOOST_TEST((reader.next(line) == Status::end));
}

BOOST_AUTO_TEST_CASE(a_wait_for_input_can_be_interrupted) {
  int silent[2];
  int interrupt[2];
  BOOST_TEST_REQUIRE((::pipe(silent) == 0 && ::pipe(interrupt) == 0));
  BOOST_TEST_REQUIRE(::write(interrupt[1], "x", 1) == 1);
  LineReader reader(silent[0], interrupt[0], 1000);
  std::string_view line;
  BOOST_TEST((reader.next(line) == LineReader::Status::interrupted));
  for (const int fd : {silent[0], silent[1], interrupt[0], interrupt[1]}) ::close(fd);
}

BOOST_AUTO_TEST_CASE(columns_are_aligned_and_numbers_to_the_right) {
  BOOST_TEST(zmesh::table({{"NAME", "N", "REST"}, {"a", "1", "x"}, {"längst", "100", "y"}}) ==
             "NAME      N  REST\na         1  x\nlängst  100  y\n");
  BOOST_TEST(zmesh::size_text(0) == "0 B");
  BOOST_TEST(zmesh::size_text(1536) == "1.5 KiB");
}

BOOST_AUTO_TEST_SUITE_END()
