// A role that takes the events of a group: relay, deliver, archive.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <mesh/consumer.hpp>
#include <mesh/publisher.hpp>
#include <nodes/config/settings.hpp>

namespace node {

/// As the admin endpoint shows it; also of the gateway's groups.
struct RoleStatus {
  std::string role;  ///< "relay", "deliver", "archive", "gateway"
  std::string group;
  std::string member;
  mesh::ConsumerStats stats;
  /// What only this role counts: name as in metrics ("duplicates") and count.
  std::vector<std::pair<std::string, std::uint64_t>> counts;
};

class Role {
 public:
  virtual ~Role() = default;

  virtual RoleStatus status() const = 0;

  /// Takes over what a reload may change. False: its part of the configuration is not there any more.
  virtual bool reload(const Settings&) { return true; }

  /// Lets handlers finish for `timeout`, and ends.
  virtual void close(mesh::Duration timeout) = 0;
};

/// They are one role's, before and after a reload: the same group of the same publishers.
bool same_source(const SourceSettings& left, const SourceSettings& right);

/// Opens the member of a role's group. `publisher` is the node's own; null: it has none.
mesh::Result<mesh::Consumer> open_member(const std::string& role, const SourceSettings& source,
                                         const mesh::Publisher* publisher, mesh::Handler handler);

}  // namespace node
