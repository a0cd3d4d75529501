// Typed payloads: what is packed comes back, and what is hostile is an error.
#include "mesh_fixture.hpp"

using namespace mesh;

namespace {

struct Booking {
  std::string id;
  int seats = 0;
  std::vector<std::string> guests;
  MSGPACK_DEFINE_MAP(id, seats, guests)
};

std::vector<std::byte> bytes_of(std::initializer_list<unsigned> values) {
  std::vector<std::byte> bytes;
  for (const auto value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_struct_comes_back_as_it_was_packed) {
  const auto bytes = pack(Booking{"b-17", 3, {"Ada", "Grace"}});
  const auto booking = unpack<Booking>(bytes).value();
  BOOST_TEST(booking.id == "b-17");
  BOOST_TEST(booking.seats == 3);
  BOOST_TEST(booking.guests.size() == 2u);
}

BOOST_AUTO_TEST_CASE(large_values_are_fine) {
  const std::vector<int> numbers(100'000, 7);
  BOOST_TEST((unpack<std::vector<int>>(pack(numbers)).value() == numbers));
  const std::string text(1u << 20, 'x');
  BOOST_TEST((unpack<std::string>(pack(text)).value() == text));
}

BOOST_AUTO_TEST_CASE(another_type_is_an_error) {
  BOOST_TEST(!unpack<int>(pack(std::string("text"))).ok());
  BOOST_TEST(!unpack<Booking>(pack(1)).ok());
  BOOST_TEST(!unpack<std::uint8_t>(pack(256)).ok());
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_messagepack_are_an_error) {
  BOOST_TEST(!unpack<int>({}).ok());
  BOOST_TEST(!unpack<int>(bytes_of({0xc1})).ok());
  BOOST_TEST(!unpack<std::string>(bytes_of({0xa5, 'a'})).ok());
  auto trailing = pack(1);
  trailing.push_back(std::byte{0});
  BOOST_TEST(!unpack<int>(trailing).ok());
}

BOOST_AUTO_TEST_CASE(claims_beyond_the_payload_are_refused_without_memory) {
  BOOST_TEST(!unpack<std::vector<int>>(bytes_of({0xdd, 0xff, 0xff, 0xff, 0xff})).ok());
  BOOST_TEST(!(unpack<std::map<int, int>>(bytes_of({0xdf, 0xff, 0xff, 0xff, 0xff})).ok()));
  BOOST_TEST(!unpack<std::string>(bytes_of({0xdb, 0xff, 0xff, 0xff, 0xff})).ok());
  const std::vector<std::byte> nested(100'000, std::byte{0x91});
  BOOST_TEST(!unpack<std::vector<int>>(nested).ok());
}

BOOST_AUTO_TEST_CASE(handlers_may_return_nothing_or_an_outcome) {
  ConsumerOptions options;
  options.on("a", [](const Event&) {})
      .on("b", [](const Event&) { return park("no"); })
      .on_any([](const auto&) {});
  BOOST_TEST(options.handlers.size() == 3u);
}
