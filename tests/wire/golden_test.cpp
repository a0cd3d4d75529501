// PROTOCOL.md shows its messages byte by byte, in blocks that begin with ```hex NAME, one frame after the
// other with a line `-- frame` between them; `#` begins a remark. These bytes pin the codec, and it pins
// them.
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <sstream>

#include <mesh/wire/wire.hpp>

#include "examples.hpp"
#include "same.hpp"

namespace mesh::test {
namespace {

using Frames = std::vector<Bytes>;

Bytes parse_hex(const std::string& digits) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return Bytes(std::move(bytes));
}

std::string hex_digits(const std::string& line) {
  std::string digits;
  for (const char c : line.substr(0, line.find('#'))) {
    if (c != ' ') digits += c;
  }
  return digits;
}

std::map<std::string, Frames> documented() {
  std::ifstream file(ZMESH_SOURCE_DIR "/mesh/wire/PROTOCOL.md");
  std::map<std::string, Frames> blocks;
  std::string line, name, digits;
  while (std::getline(file, line)) {
    const bool begins = line.starts_with("```hex ");
    const bool ends = !name.empty() && line == "```";
    if (begins) {
      name = line.substr(7);
      digits.clear();
    } else if (!name.empty() && (ends || line == "-- frame")) {
      blocks[name].push_back(parse_hex(digits));
      digits.clear();
      if (ends) name.clear();
    } else if (!name.empty()) {
      digits += hex_digits(line);
    }
  }
  return blocks;
}

std::string hex(const Bytes& bytes) {
  std::ostringstream out;
  out << std::hex;
  for (const std::byte byte : bytes.view())
    out << (byte < std::byte{16} ? "0" : "") << std::to_integer<int>(byte);
  return out.str();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(golden)

BOOST_AUTO_TEST_CASE(every_example_is_encoded_to_the_bytes_that_the_document_shows) {
  const auto blocks = documented();
  const auto encoded = encoded_examples();
  BOOST_TEST(blocks.size() == encoded.size());
  for (const auto& [name, frames] : encoded) {
    BOOST_REQUIRE_MESSAGE(blocks.contains(name), name << " is not in PROTOCOL.md");
    const Frames& shown = blocks.at(name);
    BOOST_REQUIRE_EQUAL(shown.size(), frames.size());
    for (std::size_t i = 0; i < frames.size(); ++i) {
      BOOST_TEST(hex(frames[i]) == hex(shown[i]), name << ", frame " << i);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_bytes_that_the_document_shows_are_decoded_to_the_examples) {
  const auto blocks = documented();
  for (const auto& [name, message] : control_examples()) {
    BOOST_TEST_CONTEXT(name) {
      const auto decoded = wire::decode(blocks.at(name), {});
      BOOST_REQUIRE_MESSAGE(decoded.ok(), (decoded ? "" : decoded.error().text));
      BOOST_TEST(same(*decoded, message));
    }
  }
  for (const auto& [name, message] : live_examples()) {
    BOOST_TEST_CONTEXT(name) {
      const auto decoded = wire::decode_live(blocks.at(name), {});
      BOOST_REQUIRE_MESSAGE(decoded.ok(), (decoded ? "" : decoded.error().text));
      BOOST_TEST(same(*decoded, message));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::test
