// Archive files that a crash, damage or a bad disk has left behind.
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <nodes/archive/archive_file.hpp>
#include <tests/nodes/files.hpp>

BOOST_AUTO_TEST_SUITE(archive)

BOOST_AUTO_TEST_CASE(an_archive_file_that_was_left_behind_is_completed_up_to_its_last_sync) {
  const TemporaryDirectory place;
  const std::string directory = place.path;
  node::ArchiveFile file;
  BOOST_REQUIRE(file.begin(directory, "a.jsonl.gz", 6).ok());
  BOOST_REQUIRE(file.add("{\"n\":1}\n").ok());
  const auto first = file.size();
  BOOST_REQUIRE(file.add("{\"n\":2}\n").ok());
  BOOST_TEST(std::filesystem::exists(directory + "/a.jsonl.gz.part"));
  const auto bytes = content_of_file(directory + "/a.jsonl.gz.part");
  BOOST_REQUIRE(file.complete().ok());
  for (std::size_t cut = 1; cut < first; ++cut) {
    // A crash in the middle of the third member, and one in that of the first.
    put(directory + "/b.jsonl.gz.part", bytes + bytes.substr(0, cut));
    put(directory + "/c.jsonl.gz.part", bytes.substr(0, cut));
    const auto recovered = node::recover_archive(directory).value();
    BOOST_TEST(recovered.completed == 2U);
    BOOST_TEST(recovered.damaged.empty());
    BOOST_TEST(content_of_file(directory + "/b.jsonl.gz") == bytes);
    BOOST_TEST(!std::filesystem::exists(directory + "/c.jsonl.gz"));
    BOOST_TEST(!std::filesystem::exists(directory + "/b.jsonl.gz.part"));
  }
  BOOST_TEST(content_of_file(directory + "/a.jsonl.gz") == bytes);
  BOOST_TEST(
      std::system(
          ("zcat " + directory + "/b.jsonl.gz | tr -d '\\n' | grep -qx '{\"n\":1}{\"n\":2}'").c_str()) == 0);
}

BOOST_AUTO_TEST_CASE(a_damaged_archive_file_loses_nothing) {
  const TemporaryDirectory place;
  const std::string directory = place.path, part = directory + "/a.jsonl.gz.part";
  node::ArchiveFile file;
  BOOST_REQUIRE(file.begin(directory, "a.jsonl.gz", 6).ok());
  for (int i = 0; i < 3; ++i) BOOST_REQUIRE(file.add("{\"n\":" + std::to_string(i) + "}\n").ok());
  const auto whole = content_of_file(part);
  BOOST_REQUIRE(file.complete().ok());
  // Any bit of any member, also of the last: one that is flipped must not cost what was synced.
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    auto bytes = whole;
    const auto at = bit / 8;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit % 8));
    put(part, bytes);
    const auto recovered = node::recover_archive(directory);
    BOOST_REQUIRE(recovered.ok());
    const auto kept = recovered->damaged.empty() ? directory + "/a.jsonl.gz" : recovered->damaged.front();
    BOOST_REQUIRE_MESSAGE(std::filesystem::exists(kept), "byte " << at);
    BOOST_REQUIRE_MESSAGE(content_of_file(kept) == bytes, "byte " << at);
    BOOST_TEST(!std::filesystem::exists(part));
  }
  // What cannot be read is not taken for its end.
  std::filesystem::create_symlink("/proc/self/mem", directory + "/b.jsonl.gz.part");
  const auto unreadable = node::recover_archive(directory);
  BOOST_REQUIRE(!unreadable.ok());
  BOOST_TEST(unreadable.error().text.find("cannot be read") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_archive_file_that_cannot_be_cut_is_left) {
  const TemporaryDirectory place;
  const std::string directory = place.path;
  node::ArchiveFile file;
  BOOST_REQUIRE(file.begin(directory, "a.jsonl.gz", 6).ok());
  BOOST_REQUIRE(file.add("{\"n\":1}\n").ok());
  // Something that takes what is written, and can neither be synced nor cut.
  int pipe[2];
  BOOST_REQUIRE(::pipe(pipe) == 0);
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (std::filesystem::read_symlink(entry, gone) == directory + "/a.jsonl.gz.part")
      BOOST_REQUIRE(::dup2(pipe[1], std::stoi(entry.path().filename())) >= 0);
  }
  BOOST_TEST(!file.add("{\"n\":2}\n").ok());
  BOOST_TEST(!file.is_open());
  BOOST_REQUIRE(file.begin(directory, "b.jsonl.gz", 6).ok());
  BOOST_TEST(file.add("{\"n\":2}\n").ok());
  BOOST_TEST(file.complete().ok());
  BOOST_TEST(node::recover_archive(directory).value().completed == 1U);
  ::close(pipe[0]);
  ::close(pipe[1]);
}

BOOST_AUTO_TEST_SUITE_END()
