// What the parts of a node are given: the configuration as typed values, checked for what belongs together.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <mesh/consumer.hpp>
#include <mesh/publisher.hpp>
#include <nodes/config/checks.hpp>
#include <nodes/config/config.hpp>

namespace node {

struct HttpSettings {
  Listen listen;
  std::vector<std::string> hosts;  ///< accepted in Host and Origin besides loopback's names and the address
  std::size_t body_size_max = 64 * 1024;
  std::size_t memory_max = 1 << 20;
  std::size_t connections_max = 64;
  mesh::Duration read_timeout = std::chrono::seconds(10);
  mesh::Duration idle_timeout = std::chrono::seconds(60);
};

struct GatewaySettings {
  std::optional<HttpSettings> http;
  std::string zmq;
  std::string pipe;
  std::vector<std::string> from;
  std::size_t events_max = 10'000;
  std::size_t body_size_max = 4 << 20;
  std::size_t memory_max = 32 << 20;  ///< bodies of all requests by HTTP, and again of all by ZeroMQ
  std::size_t event_size_max = 1 << 20;
  mesh::Duration publish_timeout = std::chrono::seconds(10);
  std::size_t groups_max = 16;
  mesh::Duration group_idle_timeout = std::chrono::minutes(1);
  unsigned in_flight_max = 64;
  mesh::RetryPolicy retry;
  std::string member;  ///< name of this node as a member
};

/// Where a relay, deliver or archive gets its events.
struct SourceSettings {
  std::string group;
  std::vector<std::string> from;  ///< empty: this node's own publisher
  std::vector<std::string> prefixes;
  mesh::Start start;
  unsigned concurrency = 1;
  mesh::DeliveryPath delivery = mesh::DeliveryPath::live;
  std::size_t event_size_max = 1 << 20;
  mesh::RetryPolicy retry;
  std::string member;
};

struct RelaySettings {
  SourceSettings source;
  std::vector<std::string> exclude;
  std::vector<std::pair<std::string, std::string>> rename;
  std::size_t remember = 65'536;
};

struct DeliverSettings {
  SourceSettings source;
  std::string webhook, secret, exec, worker;
  mesh::Duration timeout{0};
};

struct ArchiveSettings {
  SourceSettings source;
  std::string directory;
  std::uint64_t file_size_max = 0;
  mesh::Duration file_age_max{0};
  int level = 6;
};

struct Settings {
  std::string name;
  mesh::Duration drain_timeout{0};
  std::string log_level, log_format;
  std::optional<HttpSettings> admin;
  std::optional<mesh::PublisherOptions> publisher;
  GatewaySettings gateway;
  std::vector<RelaySettings> relays;
  std::vector<DeliverSettings> delivers;
  std::vector<ArchiveSettings> archives;
};

/// Adds to `problems` what does not go together. The result is good when nothing was added.
Settings settings_of(const Config& config, std::vector<Problem>& problems);

}  // namespace node
