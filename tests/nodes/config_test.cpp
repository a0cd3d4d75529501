// The option table and the files that are checked against it.
#include <unistd.h>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <nodes/config/settings.hpp>
#include <tools/zmesh/text/nearest.hpp>

namespace {

using node::Problem;
using node::Sources;

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// A file that is there while the test runs.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    char name[] = "/tmp/zmesh-config-XXXXXX";
    const int fd = ::mkstemp(name);
    BOOST_REQUIRE(fd >= 0);
    path_ = name;
    std::ofstream(path_) << text;
    ::close(fd);
  }

  ~TemporaryFile() { std::filesystem::remove(path_); }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string problems_of(const std::string& path) {
  std::vector<Problem> problems;
  const auto config = node::read_config({path}, problems);
  if (problems.empty()) node::settings_of(config, problems);
  std::string text;
  for (const auto& problem : problems) text += problem.describe() + "\n";
  return text;
}

/// The default with every option of it in force.
std::string uncommented() {
  std::stringstream text(node::default_text());
  std::string all;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("#") && !line.starts_with("# ")) line.erase(0, 1);
    all += line + "\n";
  }
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(config)

BOOST_AUTO_TEST_CASE(each_broken_file_has_its_message) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(ZMESH_GOLDEN))
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  BOOST_REQUIRE_GE(files.size(), 20U);
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(ZMESH_GOLDEN);
  for (const auto& file : files) {
    const auto found = problems_of(file.filename().string());
    auto golden = file;
    golden.replace_extension(".txt");
    // ZMESH_UPDATE_GOLDEN=1 writes them anew; they are then to be read.
    if (std::getenv("ZMESH_UPDATE_GOLDEN") != nullptr) std::ofstream(golden) << found;
    BOOST_TEST_CONTEXT(file.filename().string()) {
      BOOST_TEST(!found.empty());
      BOOST_TEST(found == content(golden));
    }
  }
  std::filesystem::current_path(before);
}

BOOST_AUTO_TEST_CASE(the_file_beside_the_sources_is_the_commented_default) {
  if (std::getenv("ZMESH_UPDATE_GOLDEN") != nullptr) std::ofstream(ZMESH_DEFAULT) << node::default_text();
  BOOST_TEST(content(ZMESH_DEFAULT) == node::default_text());
}

BOOST_AUTO_TEST_CASE(the_commented_default_says_nothing) {
  const TemporaryFile file(node::default_text());
  std::vector<Problem> problems;
  const auto config = node::read_config({file.path()}, problems);
  BOOST_TEST(problems.empty());
  for (const auto& part : config.parts)
    for (const auto& [key, entry] : part.entries) BOOST_TEST(entry.source.empty(), key);
}

BOOST_AUTO_TEST_CASE(the_default_uncommented_is_the_default) {
  const TemporaryFile file(uncommented());
  std::vector<Problem> problems;
  const auto config = node::read_config({file.path()}, problems);
  for (const auto& problem : problems) BOOST_ERROR(problem.describe());
  std::size_t options = 0;
  std::vector<Problem> none;
  const auto defaults = node::read_config({}, none);
  for (const auto& section : node::sections()) {
    BOOST_REQUIRE_EQUAL(config.all(section.name).size(), 1U);
    for (const auto& option : section.options) {
      const auto& entry = config.part(section.name).entries.at(option.key);
      BOOST_TEST(!entry.source.empty(), section.name << " " << option.key << " is not in the default");
      BOOST_TEST(node::written(entry.value, option.kind) == option.value);
      if (!section.repeated)
        BOOST_TEST((entry.value == defaults.part(section.name).entries.at(option.key).value));
      ++options;
    }
  }
  BOOST_TEST(options > 60U);
}

BOOST_AUTO_TEST_CASE(what_is_printed_is_read_back_as_the_same) {
  const TemporaryFile file(
      "[publisher]\njournal = \"a \\\"b\\\"\"\ngroups = [\"mail=a.,b.\", \"all\"]\nsettled_keep = \"1h30m\"\n"
      "[[archive]]\ngroup = \"all\"\ndirectory = \"x\"\nfile_size_max = 12345\n");
  std::vector<Problem> problems;
  const auto config = node::read_config({file.path()}, problems);
  const TemporaryFile printed(node::config_text(config));
  const auto again = node::read_config({printed.path()}, problems);
  for (const auto& problem : problems) BOOST_ERROR(problem.describe());
  BOOST_REQUIRE_EQUAL(again.parts.size(), config.parts.size());
  for (std::size_t i = 0; i < config.parts.size(); ++i)
    for (const auto& [key, entry] : config.parts[i].entries)
      BOOST_TEST((again.parts[i].entries.at(key).value == entry.value), key << " differs");
}

BOOST_AUTO_TEST_CASE(a_flag_wins_over_the_environment_and_that_over_the_file) {
  const TemporaryFile file(
      "[gateway]\nhttp = \"127.0.0.1:1\"\nconnections_max = 1\n[log]\nlevel = \"error\"\n");
  Sources sources{file.path()};
  sources.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "ZMESH_GATEWAY_HTTP") return "127.0.0.1:2";
    if (name == "ZMESH_GATEWAY_CONNECTIONS_MAX") return "2";
    if (name == "ZMESH_GATEWAY_FROM") return "tcp://127.0.0.1:1,ipc:///x";
    return std::nullopt;
  };
  sources.flags["--gateway-http"] = "127.0.0.1:3";
  std::vector<Problem> problems;
  const auto config = node::read_config(sources, problems);
  for (const auto& problem : problems) BOOST_ERROR(problem.describe());
  const auto& gateway = config.part("gateway");
  BOOST_TEST(gateway.get<std::string>("http") == "127.0.0.1:3");
  BOOST_TEST(gateway.source_of("http") == "--gateway-http");
  BOOST_TEST(gateway.get<std::int64_t>("connections_max") == 2);
  BOOST_TEST(gateway.source_of("connections_max") == "ZMESH_GATEWAY_CONNECTIONS_MAX");
  BOOST_TEST(gateway.get<std::vector<std::string>>("from").size() == 2U);
  BOOST_TEST(config.part("log").get<std::string>("level") == "error");
  BOOST_TEST(config.part("log").source_of("level") == file.path() + ":5");
}

BOOST_AUTO_TEST_CASE(a_wrong_variable_is_named) {
  Sources sources;
  sources.environment = [](const std::string& name) -> std::optional<std::string> {
    return name == "ZMESH_GATEWAY_EVENTS_MAX" ? std::optional<std::string>("0") : std::nullopt;
  };
  std::vector<Problem> problems;
  node::read_config(sources, problems);
  BOOST_REQUIRE_EQUAL(problems.size(), 1U);
  BOOST_TEST(problems[0].describe() == "ZMESH_GATEWAY_EVENTS_MAX: must be 1 to 1000000");
}

BOOST_AUTO_TEST_CASE(a_misspelt_variable_is_a_mistake_and_others_are_none) {
  Sources sources;
  sources.variables = {"ZMESH_GATEWAY_HTP",
                       "ZMESH_GATEWAY_HTTP",
                       "ZMESH_GATEWAY_JOURNAL",
                       "ZMESH_LOG_LEVL",
                       "ZMESH_GATEWAY_PORT",
                       "ZMESH_REGISTRY",
                       "ZMESH_SEQ",
                       "ZMESH_GATEWAY_SERVICE_HOST",
                       "ZMESH_CONFIG",
                       "ZMESH_GATEWAY_PORT_8480_TCP_ADDR"};
  std::vector<Problem> problems;
  node::read_config(sources, problems);
  std::string text;
  for (const auto& problem : problems) text += problem.describe() + "\n";
  BOOST_TEST(text ==
             "ZMESH_GATEWAY_HTP: there is no such option; is ZMESH_GATEWAY_HTTP meant?\n"
             "ZMESH_GATEWAY_JOURNAL: there is no such option, but there is ZMESH_PUBLISHER_JOURNAL\n"
             "ZMESH_LOG_LEVL: there is no such option; is ZMESH_LOG_LEVEL meant?\n");
}

BOOST_AUTO_TEST_CASE(every_option_has_a_doc_and_names_of_its_own) {
  std::set<std::string> names;
  for (const auto& section : node::sections())
    for (const auto& option : section.options) {
      BOOST_TEST(option.doc.ends_with("."), section.name << " " << option.key);
      BOOST_TEST(names.insert(node::environment_name(section, option)).second);
      BOOST_TEST(names.insert(node::flag_name(section, option)).second);
    }
}

BOOST_AUTO_TEST_CASE(members_of_nodes_without_a_name_differ) {
  const auto member_of = [](const std::string& text) {
    const TemporaryFile file(text +
                             "[[deliver]]\ngroup = \"g\"\nfrom = [\"tcp://127.0.0.1:1\"]\nexec = \"x\"\n");
    std::vector<Problem> problems;
    const auto settings = node::settings_of(node::read_config({file.path()}, problems), problems);
    BOOST_TEST(problems.empty());
    return settings.delivers.at(0).source.member;
  };
  BOOST_TEST(member_of("[node]\nname = \"n\"\n") == "n-deliver");
  const auto unnamed = member_of("");
  BOOST_TEST(unnamed.starts_with("zmeshd-"));
  BOOST_TEST(unnamed.ends_with("-" + std::to_string(::getpid()) + "-deliver"));
  BOOST_TEST(mesh::valid_name(unnamed));
}

BOOST_AUTO_TEST_CASE(a_secret_is_not_printed) {
  const TemporaryFile file("[[deliver]]\ngroup = \"g\"\nwebhook = \"http://a/\"\nsecret = \"hunter2\"\n");
  std::vector<Problem> problems;
  const auto text = node::config_text(node::read_config({file.path()}, problems));
  BOOST_TEST(problems.empty());
  BOOST_TEST(text.find("hunter2") == std::string::npos);
  BOOST_TEST(text.find("#secret is set") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_word_is_near_to_another_only_with_few_mistakes) {
  const std::vector<std::string> words{"http", "zmq", "pipe", "connections_max"};
  BOOST_TEST(zmesh::nearest("htpp", words) == "http");
  BOOST_TEST(zmesh::nearest("conections_max", words) == "connections_max");
  BOOST_TEST(zmesh::nearest("journal", words) == "");
}

BOOST_AUTO_TEST_SUITE_END()
