// How full the disk of a journal is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace zmesh {

struct DiskSpace {
  std::uint64_t size = 0;
  std::uint64_t free = 0;  ///< for us, not only for root

  double used_share() const {
    return size > 0 ? 1 - static_cast<double>(free) / static_cast<double>(size) : 0;
  }
};

/// Nothing: the path is not on this machine.
std::optional<DiskSpace> disk_space(const std::string& path);

}  // namespace zmesh
