#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include <mesh/wire/reader.hpp>
#include <mesh/wire/writer.hpp>

namespace mesh::test {
namespace {

using wire::Reader;
using wire::Writer;

template <class Read>
auto read_all(std::string_view bytes, Read read) {
  Reader reader(as_bytes(bytes), "test");
  auto value = read(reader);
  reader.finish();
  return reader.ok() ? std::optional(value) : std::nullopt;
}

std::optional<std::uint64_t> read_uint(std::string_view bytes) {
  return read_all(bytes, [](Reader& reader) { return reader.uint("n"); });
}

std::optional<std::int64_t> read_sint(std::string_view bytes) {
  return read_all(bytes, [](Reader& reader) { return reader.sint("n"); });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reader)

BOOST_AUTO_TEST_CASE(integers_are_written_shortest_and_read_back) {
  const std::uint64_t edges[] = {0,     127,   128,         255,           256,
                                 65535, 65536, 0xffff'ffff, 0x1'0000'0000, ~std::uint64_t{0}};
  const std::size_t sizes[] = {1, 1, 2, 2, 3, 3, 5, 5, 9, 9};
  for (std::size_t i = 0; i < std::size(edges); ++i) {
    Writer writer;
    writer.uint(edges[i]);
    BOOST_TEST(writer.size() == sizes[i]);
    const auto bytes = writer.take();
    BOOST_TEST((read_uint(as_text(bytes)) == edges[i]));
  }
  using Limit = std::numeric_limits<std::int64_t>;
  for (const std::int64_t value :
       {Limit::min(), std::int64_t{-2147483649}, std::int64_t{-2147483648}, std::int64_t{-32769},
        std::int64_t{-32768}, std::int64_t{-129}, std::int64_t{-128}, std::int64_t{-33}, std::int64_t{-32},
        std::int64_t{-1}, std::int64_t{0}, Limit::max()}) {
    Writer writer;
    writer.sint(value);
    const auto bytes = writer.take();
    BOOST_TEST((read_sint(as_text(bytes)) == value));
    if (value < 0) BOOST_TEST(!read_uint(as_text(bytes)).has_value());
  }
}

BOOST_AUTO_TEST_CASE(integers_of_any_width_and_sign_are_read_when_they_fit) {
  using namespace std::string_view_literals;
  BOOST_TEST((read_uint("\xcc\x05"sv) == 5u));
  BOOST_TEST((read_uint("\xcf\0\0\0\0\0\0\0\x05"sv) == 5u));
  BOOST_TEST((read_uint("\xd0\x05"sv) == 5u));
  BOOST_TEST((read_uint("\xd3\0\0\0\0\0\0\0\x05"sv) == 5u));
  BOOST_TEST(!read_uint("\xd0\xff"sv));
  BOOST_TEST(!read_uint("\xcd\x05"sv));
  BOOST_TEST(!read_uint("\xa1\x05"sv));
  BOOST_TEST(!read_uint(""sv));
  BOOST_TEST((read_sint("\xd1\xff\xfe"sv) == -2));
  BOOST_TEST((read_sint("\xd2\xff\xff\xff\xfe"sv) == -2));
  BOOST_TEST((read_sint("\xd3\xff\xff\xff\xff\xff\xff\xff\xfe"sv) == -2));
  BOOST_TEST(!read_sint("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"sv));
}

BOOST_AUTO_TEST_CASE(a_float_may_come_as_any_number) {
  using namespace std::string_view_literals;
  const auto real = [](std::string_view bytes) {
    return read_all(bytes, [](Reader& reader) { return reader.real("x"); }).value_or(-1);
  };
  BOOST_TEST(real("\xcb\x3f\xe0\0\0\0\0\0\0"sv) == 0.5);
  BOOST_TEST(real("\xca\x3f\0\0\0"sv) == 0.5);
  BOOST_TEST(real("\x01"sv) == 1.0);
  BOOST_TEST(std::isnan(real("\xcb\x7f\xf8\0\0\0\0\0\0"sv)));
  BOOST_TEST(real("\xa1x"sv) == -1.0);
}

BOOST_AUTO_TEST_CASE(strings_and_binary_of_every_length_class_come_back) {
  for (const std::size_t size : {0, 31, 32, 255, 256, 65535, 65536}) {
    const std::string text(size, 't');
    Writer writer;
    writer.text(text);
    writer.bin(as_bytes(text));
    const auto bytes = writer.take();
    Reader reader(bytes, "test");
    BOOST_TEST(reader.text("t", size) == text);
    BOOST_TEST(as_text(reader.bin("b", size)) == text);
    reader.finish();
    BOOST_TEST(reader.ok());
    if (size == 0) continue;
    Reader tight(bytes, "test");
    tight.text("t", size - 1);
    BOOST_TEST(!tight.ok());
  }
}

BOOST_AUTO_TEST_CASE(text_that_is_not_utf8_is_refused) {
  const auto read_text = [](Reader& reader) { return reader.text("t", 100); };
  BOOST_TEST(!read_all("\xa2\xc3\x28", read_text));
  BOOST_TEST((read_all("\xa2\xc3\xa9", read_text) == "é"));
}

BOOST_AUTO_TEST_CASE(every_type_can_be_passed_over) {
  using namespace std::string_view_literals;
  const auto skip = [](Reader& reader) { return reader.skip("v"), 0; };
  for (const std::string_view value : {"\x05"sv,
                                       "\xe5"sv,
                                       "\xc0"sv,
                                       "\xc3"sv,
                                       "\x80"sv,
                                       "\x81\x01\x02"sv,
                                       "\x92\x01\xc0"sv,
                                       "\xa1x"sv,
                                       "\xc4\x01x"sv,
                                       "\xc5\0\x01x"sv,
                                       "\xc6\0\0\0\x01x"sv,
                                       "\xc7\x01\x05x"sv,
                                       "\xc8\0\x01\x05x"sv,
                                       "\xc9\0\0\0\x01\x05x"sv,
                                       "\xca????"sv,
                                       "\xcb????????"sv,
                                       "\xcc?"sv,
                                       "\xcd??"sv,
                                       "\xce????"sv,
                                       "\xcf????????"sv,
                                       "\xd0?"sv,
                                       "\xd1??"sv,
                                       "\xd2????"sv,
                                       "\xd3????????"sv,
                                       "\xd4\x01?"sv,
                                       "\xd5\x01??"sv,
                                       "\xd6\x01????"sv,
                                       "\xd7\x01????????"sv,
                                       "\xd8\x01????????????????"sv,
                                       "\xd9\x01x"sv,
                                       "\xda\0\x01x"sv,
                                       "\xdb\0\0\0\x01x"sv,
                                       "\xdc\0\x01\xc0"sv,
                                       "\xdd\0\0\0\x01\xc0"sv,
                                       "\xde\0\x01\xc0\xc0"sv,
                                       "\xdf\0\0\0\x01\xc0\xc0"sv}) {
    BOOST_TEST(read_all(value, skip).has_value(), "tag " << (value[0] & 0xff));
    for (std::size_t size = 0; size < value.size(); ++size) {
      BOOST_TEST(!read_all(value.substr(0, size), skip).has_value(), "tag " << (value[0] & 0xff) << " cut");
    }
  }
  BOOST_TEST(!read_all("\xc1", skip));
}

BOOST_AUTO_TEST_CASE(the_first_failure_is_the_one_that_is_told) {
  Reader reader(as_bytes("\x05"), "fetch");
  reader.boolean("wait");
  reader.uint("credit");
  BOOST_TEST(reader.error().text == "fetch: wait is not a boolean");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::test
