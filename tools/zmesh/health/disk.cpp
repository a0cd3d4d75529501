#include <tools/zmesh/health/disk.hpp>

#include <sys/statvfs.h>

namespace zmesh {

std::optional<DiskSpace> disk_space(const std::string& path) {
  struct statvfs status {};

  if (path.empty() || ::statvfs(path.c_str(), &status) != 0 || status.f_blocks == 0) return {};
  // Blocks that only root may use count as used.
  const auto reserved = status.f_bfree - status.f_bavail;
  return DiskSpace{(status.f_blocks - reserved) * status.f_frsize, status.f_bavail * status.f_frsize};
}

}  // namespace zmesh
