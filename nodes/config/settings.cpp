#include <nodes/config/settings.hpp>

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include <nodes/relay/route.hpp>
#include <tools/zmesh/text/times.hpp>

namespace node {
namespace {

using Texts = std::vector<std::string>;

constexpr std::string_view not_loopback =
    " is not loopback, and there is no encryption or authentication: set insecure = true if that is meant";

std::size_t number(const Part& part, std::string_view key) {
  return static_cast<std::size_t>(part.get<std::int64_t>(key));
}

std::string source_of(const Part& part, std::string_view key) {
  const auto& source = part.source_of(key);
  return source.empty() ? part.source : source;
}

/// HOST-PID, of what names may consist of.
std::string process_name() {
  char host[65] = "";
  if (::gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  std::string name(host);
  std::replace_if(
      name.begin(), name.end(),
      [](char letter) {
        return !mesh::valid_name({&letter, 1});
      },
      '-');
  return (name.empty() ? "" : name + "-") + std::to_string(::getpid());
}

/// With a role behind it, it must still be a member's name.
constexpr std::size_t node_name_size_max = mesh::member_name_size_max - 10;

class Builder {
 public:
  Builder(const Config& config, std::vector<Problem>& problems) : config_(config), problems_(problems) {}

  Settings build() {
    const auto& node = config_.part("node");
    settings_.name = node.get<std::string>("name");
    member_ = settings_.name;
    // Two nodes that nobody gave a name are not one member.
    if (node.source_of("name").empty()) member_ += "-" + process_name();
    if (settings_.name.size() > node_name_size_max)
      wrong(source_of(node, "name"), "name is at most " + std::to_string(node_name_size_max) +
                                         " bytes: its members' names are made of it");
    settings_.drain_timeout = node.get<mesh::Duration>("drain_timeout");
    settings_.log_level = config_.part("log").get<std::string>("level");
    settings_.log_format = config_.part("log").get<std::string>("format");
    settings_.admin = http(config_.part("admin"), "listen");
    publisher(config_.part("publisher"));
    gateway(config_.part("gateway"));
    for (const auto* part : config_.all("relay")) relay(*part);
    make_room_for_relays();
    for (const auto* part : config_.all("deliver")) deliver(*part);
    for (const auto* part : config_.all("archive")) archive(*part);
    check_listens();
    if (!settings_.publisher && settings_.relays.empty() && settings_.delivers.empty() &&
        settings_.archives.empty() && !settings_.gateway.http)
      wrong("",
            "there is nothing to do: give [publisher] a journal, or a gateway, relay, deliver or archive "
            "something");
    return std::move(settings_);
  }

 private:
  void wrong(std::string source, std::string text) {
    problems_.push_back({std::move(source), std::move(text)});
  }

  std::optional<HttpSettings> http(const Part& part, std::string_view key) {
    const auto listen = parse_listen(part.get<std::string>(key));
    if (!listen) return std::nullopt;
    if (!listen->loopback() && !part.get<bool>("insecure"))
      wrong(source_of(part, key), std::string(key) + std::string(not_loopback));
    HttpSettings settings;
    settings.listen = *listen;
    settings.hosts = part.get<Texts>("hosts");
    return settings;
  }

  void publisher(const Part& part) {
    mesh::PublisherOptions options;
    options.journal = part.get<std::string>("journal");
    if (options.journal.empty()) return;
    options.name = settings_.name;
    options.control = part.get<std::string>("control");
    options.events = part.get<std::string>("events");
    options.insecure = part.get<bool>("insecure");
    check_loopback(part, "control");
    check_loopback(part, "events");
    options.durability =
        part.get<std::string>("durability") == "os" ? mesh::Durability::os : mesh::Durability::disk;
    for (const auto& text : part.get<Texts>("groups")) {
      auto [name, prefixes] = split_group(text);
      options.groups.push_back({name, prefixes});
    }
    options.retention.bytes_max = number(part, "journal_size_max");
    options.segment_size = number(part, "segment_size");
    if (options.retention.bytes_max / 2 < options.segment_size)
      wrong(source_of(part, part.source_of("segment_size").empty() ? "journal_size_max" : "segment_size"),
            "journal_size_max must be at least two times segment_size");
    if (part.get<std::string>("on_limit") == "drop_oldest")
      options.retention.on_limit = mesh::RetentionPolicy::OnLimit::drop_oldest;
    if (const auto age = part.get<mesh::Duration>("age_max"); age.count() > 0)
      options.retention.age_max = age;
    options.retention.owed_to = part.get<Texts>("owed_to");
    options.retention.settled_keep = part.get<mesh::Duration>("settled_keep");
    options.event_size_max = number(part, "event_size_max");
    options.staging_bytes_max = number(part, "staging_size_max");
    if (options.staging_bytes_max < options.event_size_max)
      wrong(source_of(part, part.source_of("event_size_max").empty() ? "staging_size_max" : "event_size_max"),
            "staging_size_max must be at least event_size_max");
    settings_.publisher = std::move(options);
  }

  void gateway(const Part& part) {
    auto& gateway = settings_.gateway;
    gateway.http = http(part, "http");
    gateway.zmq = part.get<std::string>("zmq");
    gateway.pipe = part.get<std::string>("pipe");
    gateway.from = part.get<Texts>("from");
    gateway.events_max = number(part, "events_max");
    gateway.body_size_max = number(part, "body_size_max");
    gateway.memory_max = number(part, "memory_max");
    gateway.publish_timeout = part.get<mesh::Duration>("publish_timeout");
    gateway.groups_max = number(part, "groups_max");
    gateway.group_idle_timeout = part.get<mesh::Duration>("group_idle_timeout");
    gateway.in_flight_max = static_cast<unsigned>(number(part, "in_flight_max"));
    gateway.retry = retry(part);
    gateway.member = member_ + "-gateway";
    if (settings_.publisher) gateway.event_size_max = settings_.publisher->event_size_max;
    if (gateway.http) {
      gateway.http->body_size_max = gateway.body_size_max;
      gateway.http->memory_max = gateway.memory_max;
      gateway.http->connections_max = number(part, "connections_max");
      gateway.http->read_timeout = part.get<mesh::Duration>("read_timeout");
      gateway.http->idle_timeout = part.get<mesh::Duration>("idle_timeout");
      if (gateway.http->memory_max < gateway.http->body_size_max)
        wrong(source_of(part, part.source_of("memory_max").empty() ? "body_size_max" : "memory_max"),
              "memory_max must be at least body_size_max");
    }
    for (const std::string_view key : {"zmq", "pipe"})
      if (!part.get<std::string>(key).empty() && !settings_.publisher)
        wrong(source_of(part, key), std::string(key) + " publishes, but [publisher] has no journal");
    if (gateway.http && !settings_.publisher && gateway.from.empty())
      wrong(source_of(part, "http"),
            "http has neither a [publisher] journal to publish into nor `from` to consume from");
    check_loopback(part, "zmq");
  }

  void check_loopback(const Part& part, std::string_view key) {
    const std::string_view endpoint = part.get<std::string>(key);
    if (!endpoint.starts_with("tcp://") || part.get<bool>("insecure")) return;
    const auto address = endpoint.substr(6);
    for (const std::string_view loopback : {"127.", "[::1]:", "localhost:"})
      if (address.starts_with(loopback)) return;
    wrong(source_of(part, key), std::string(key) + std::string(not_loopback));
  }

  /// Each needs an address of its own.
  void check_listens() {
    struct Place {
      const Part& part;
      std::string_view key;
      std::string text;
      std::optional<Listen> listen;
    };

    std::vector<Place> places;
    const std::pair<std::string_view, std::string_view> all[] = {{"publisher", "control"},
                                                                 {"publisher", "events"},
                                                                 {"gateway", "http"},
                                                                 {"gateway", "zmq"},
                                                                 {"admin", "listen"}};
    for (const auto& [section, key] : all) {
      const auto& part = config_.part(section);
      const auto& text = part.get<std::string>(key);
      if (text.empty() || (section == "publisher" && !settings_.publisher)) continue;
      places.push_back(
          {part, key, text, text.find("://") == text.npos ? parse_listen(text) : parse_tcp(text)});
    }
    for (std::size_t i = 0; i < places.size(); ++i)
      for (std::size_t j = 0; j < i; ++j) {
        const auto &one = places[i], &other = places[j];
        const bool same =
            one.listen && other.listen ? overlap(*one.listen, *other.listen) : one.text == other.text;
        if (same)
          wrong(source_of(one.part, one.key), "[" + std::string(one.part.section->name) + "] " +
                                                  std::string(one.key) + " and [" +
                                                  std::string(other.part.section->name) + "] " +
                                                  std::string(other.key) + " are the same address");
      }
  }

  mesh::RetryPolicy retry(const Part& part) {
    mesh::RetryPolicy retry;
    retry.backoff = part.get<std::vector<mesh::Duration>>("backoff");
    retry.attempts_max = static_cast<std::uint32_t>(number(part, "attempts_max"));
    retry.ack_wait = part.get<mesh::Duration>("ack_wait");
    if (part.get<std::string>("order") == "key") retry.order = mesh::Order::key;
    if (part.get<std::string>("on_park") == "park_key") retry.on_park = mesh::OnPark::park_key;
    if (retry.on_park == mesh::OnPark::park_key && retry.order != mesh::Order::key)
      wrong(source_of(part, "on_park"), "on_park = \"park_key\" goes only with order = \"key\"");
    return retry;
  }

  SourceSettings source(const Part& part) {
    SourceSettings source;
    source.group = part.get<std::string>("group");
    const std::string role(part.section->name);
    if (source.group.empty()) wrong(part.source, "[[" + role + "]] needs a group");
    source.from = part.get<Texts>("from");
    if (source.from.empty() && !settings_.publisher && role != "relay")
      wrong(part.source, "[[" + role + "]] needs `from`: this node has no [publisher] journal of its own");
    source.prefixes = part.get<Texts>("prefixes");
    source.start = zmesh::parse_start(part.get<std::string>("start")).value();
    source.concurrency = static_cast<unsigned>(number(part, "concurrency"));
    if (part.get<std::string>("delivery") == "direct") source.delivery = mesh::DeliveryPath::direct;
    source.event_size_max = number(part, "event_size_max");
    source.retry = retry(part);
    source.member = member_ + "-" + role;
    check_group_is_free(part, role, source);
    return source;
  }

  /// Two members of one group share its events, but each role wants all of them.
  void check_group_is_free(const Part& part, const std::string& role, const SourceSettings& source) {
    const auto own = settings_.publisher ? settings_.publisher->control : "";
    auto from = source.from;
    if (from.empty()) from.push_back(own);
    for (const auto& other : taken_groups_) {
      if (other.group != source.group) continue;
      if (other.role == role)
        wrong(source_of(part, "group"), "two [[" + role + "]] have the group '" + source.group + "'");
      else if (std::any_of(from.begin(), from.end(), [&](const auto& endpoint) {
                 return std::find(other.from.begin(), other.from.end(), endpoint) != other.from.end();
               }))
        wrong(source_of(part, "group"), "[[" + role + "]] has the group '" + source.group +
                                            "' of the same publisher as the [[" + other.role + "]] at " +
                                            other.source + ": each would get only some of its events");
    }
    taken_groups_.push_back({role, source.group, std::move(from), part.source});
  }

  /// An event of event_size_max is larger when it is relayed. What the gateway takes is not, so that the next
  /// relay has room for it, too.
  void make_room_for_relays() {
    if (settings_.relays.empty() || !settings_.publisher) return;
    auto& options = *settings_.publisher;
    options.event_size_max = std::min(options.event_size_max + growth_max, mesh::event_size_limit);
    options.staging_bytes_max = std::max(options.staging_bytes_max, options.event_size_max);
  }

  void relay(const Part& part) {
    RelaySettings relay;
    relay.source = source(part);
    if (!settings_.publisher) wrong(part.source, "[[relay]] publishes again, but [publisher] has no journal");
    if (relay.source.from.empty())
      wrong(part.source, "[[relay]] needs `from`: other publishers than this node's own");
    relay.exclude = part.get<Texts>("exclude");
    for (const auto& text : part.get<Texts>("rename")) {
      const auto equals = text.find('=');
      relay.rename.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    relay.remember = number(part, "remember");
    settings_.relays.push_back(std::move(relay));
  }

  void deliver(const Part& part) {
    DeliverSettings deliver;
    deliver.source = source(part);
    deliver.webhook = part.get<std::string>("webhook");
    deliver.exec = part.get<std::string>("exec");
    deliver.worker = part.get<std::string>("worker");
    deliver.timeout = part.get<mesh::Duration>("timeout");
    if (!deliver.webhook.empty() + !deliver.exec.empty() + !deliver.worker.empty() != 1)
      wrong(part.source, "[[deliver]] needs one of webhook, exec and worker");
    if (!deliver.webhook.empty() && deliver.timeout >= deliver.source.retry.ack_wait)
      wrong(source_of(part, part.source_of("timeout").empty() ? "ack_wait" : "timeout"),
            "timeout must be below ack_wait");
    deliver.secret = part.get<std::string>("secret");
    const auto& file = part.get<std::string>("secret_file");
    if (!file.empty()) {
      if (!deliver.secret.empty())
        wrong(source_of(part, "secret_file"), "secret and secret_file exclude each other");
      std::ifstream stream(file);
      std::stringstream text;
      text << stream.rdbuf();
      deliver.secret = text.str();
      while (deliver.secret.ends_with('\n') || deliver.secret.ends_with('\r')) deliver.secret.pop_back();
      if (deliver.secret.empty())
        wrong(source_of(part, "secret_file"), "secret_file " + file + " cannot be read or is empty");
    }
    if (deliver.webhook.empty() && !deliver.secret.empty())
      wrong(source_of(part, file.empty() ? "secret" : "secret_file"), "a secret is only of use to a webhook");
    settings_.delivers.push_back(std::move(deliver));
  }

  void archive(const Part& part) {
    ArchiveSettings archive;
    archive.source = source(part);
    archive.directory = part.get<std::string>("directory");
    if (archive.directory.empty()) wrong(part.source, "[[archive]] needs a directory");
    archive.file_size_max = number(part, "file_size_max");
    archive.file_age_max = part.get<mesh::Duration>("file_age_max");
    archive.level = static_cast<int>(number(part, "level"));
    settings_.archives.push_back(std::move(archive));
  }

  const Config& config_;
  std::vector<Problem>& problems_;

  struct TakenGroup {
    std::string role, group;
    Texts from;          ///< never empty: the own publisher's control endpoint
    std::string source;  ///< where the role stands
  };

  Settings settings_;
  std::string member_;  ///< the beginning of the members' names
  std::vector<TakenGroup> taken_groups_;
};

}  // namespace

Settings settings_of(const Config& config, std::vector<Problem>& problems) {
  return Builder(config, problems).build();
}

}  // namespace node
