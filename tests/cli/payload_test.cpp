#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <tools/zmesh/text/input_line.hpp>
#include <tools/zmesh/text/json_text.hpp>

using zmesh::append_payload;
using zmesh::append_payload_field;

namespace {

std::string text_of(std::string_view bytes) {
  std::string out;
  return append_payload(out, mesh::as_bytes(bytes)) ? out : "(" + out + ")";
}

std::string base64(std::string_view bytes) {
  std::string out;
  zmesh::append_base64(out, mesh::as_bytes(bytes));
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(payload)

BOOST_AUTO_TEST_CASE(any_json_comes_back_as_it_was_in_its_order) {
  zmesh::InputLine input("t", {});
  for (const std::string json :
       {"null", "true", "false", "0", "-1", "18446744073709551615", "-9223372036854775808", "1.5", "2.0",
        "\"\"", R"("quote \" backslash \\ newline \n bell \u0007 é €")", "[]", "{}",
        R"({"z":1,"a":[1,[2,{}]],"m":{"k":null}})"}) {
    const auto event = input.parse("{\"payload\":" + json + "}");
    BOOST_TEST_REQUIRE(event.ok(), json);
    BOOST_TEST(text_of(mesh::as_text(event->payload)) == json);
  }
}

BOOST_AUTO_TEST_CASE(what_json_cannot_say_is_not_converted) {
  using namespace std::string_literals;
  BOOST_TEST(text_of("\xc4\x01x"s) == "()", "binary");
  BOOST_TEST(text_of("\xd4\x01x"s) == "()", "extension");
  BOOST_TEST(text_of("\xa1\xff"s) == "()", "a string that is not UTF-8");
  BOOST_TEST(text_of("\x81\x01\x02"s) == "()", "a key that is no string");
  BOOST_TEST(text_of("\xcb\x7f\xf8\0\0\0\0\0\0"s) == "()", "not a number");
  BOOST_TEST(text_of("\x01\x02"s) == "()", "bytes that follow");
  BOOST_TEST(text_of("\x92\x01"s) == "()", "cut short");
  BOOST_TEST(text_of("\xdd\xff\xff\xff\xff"s) == "()", "a huge claim");
  BOOST_TEST(text_of("\xc1"s) == "()", "a byte that is never used");
}

BOOST_AUTO_TEST_CASE(nesting_is_bounded_both_ways) {
  BOOST_TEST(text_of(std::string(1'000'000, '\x91')) == "()");
  BOOST_TEST(text_of(std::string(63, '\x91') + "\x90").size() == 128U);
  zmesh::InputLine input("t", {});
  BOOST_TEST(!input.parse("{\"payload\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}"));
  BOOST_TEST(input.parse("{\"payload\":" + std::string(64, '[') + std::string(64, ']') + "}").ok());
}

BOOST_AUTO_TEST_CASE(what_is_not_converted_is_printed_as_base64) {
  std::string out;
  append_payload_field(out, mesh::as_bytes("\xff\xfe"));
  BOOST_TEST(out == ",\"payload_base64\":\"//4=\"");
  out.clear();
  append_payload_field(out, {});
  BOOST_TEST(out.empty());
}

BOOST_AUTO_TEST_CASE(base64_is_that_of_rfc_4648) {
  const std::pair<std::string, std::string> cases[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : cases) {
    BOOST_TEST(base64(plain) == coded);
    std::string decoded;
    BOOST_TEST(zmesh::decode_base64(coded, decoded));
    BOOST_TEST(decoded == plain);
  }
  std::string decoded;
  BOOST_TEST(zmesh::decode_base64("Zm8", decoded), "padding may be left out");
  for (const auto* bad : {"Z", "Zm9v!", "Zg=", "Zh==", "====", "Zm9vY===", "=", "Z==="}) {
    BOOST_TEST(!zmesh::decode_base64(bad, decoded), bad);
  }
}

BOOST_AUTO_TEST_CASE(strings_are_escaped_as_json_wants_it) {
  std::string all;
  for (int byte = 0; byte < 128; ++byte) all += static_cast<char>(byte);
  std::string out;
  zmesh::append_string(out, all);
  BOOST_TEST(nlohmann::json::parse(out).get<std::string>() == all);
}

BOOST_AUTO_TEST_SUITE_END()
