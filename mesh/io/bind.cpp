#include <mesh/io/bind.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace mesh::io {

namespace {

bool somebody_listens(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  const int result = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const bool listens = result == 0 || errno == EAGAIN || errno == EINPROGRESS;
  ::close(fd);
  return listens;
}

Result<void> check_path(const std::string& endpoint, const std::string& path) {
  if (path == "*" || path.front() == '@') return {};

  struct stat found {};

  if (::lstat(path.c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode))
    return fail(Errc::endpoint_invalid, "'" + endpoint + "': a file of that name exists");
  if (somebody_listens(path))
    return fail(Errc::endpoint_in_use, "'" + endpoint + "': somebody listens there already");
  return {};
}

}  // namespace

Result<std::string> listen(Socket& socket, const std::string& endpoint, bool insecure) {
  if (auto checked = check_bind(endpoint, insecure); !checked) return checked.error();
  const auto parsed = parse_endpoint(endpoint);
  if (parsed->transport == Endpoint::Transport::ipc) {
    if (auto checked = check_path(endpoint, parsed->name); !checked) return checked.error();
  }
  if (auto bound = socket.bind(endpoint); !bound) return bound.error();
  return parsed->transport == Endpoint::Transport::inproc ? endpoint : socket.last_endpoint();
}

}  // namespace mesh::io
