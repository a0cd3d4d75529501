// What systemd is told (sd_notify): by one datagram to $NOTIFY_SOCKET, so that no library is needed for it.
#pragma once

#include <optional>
#include <string_view>

#include <mesh/model/time.hpp>

namespace node {

/// "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=...". Does nothing when nobody wants to know.
void notify(std::string_view state);

/// How often WATCHDOG=1 must be told at least, if systemd asks for it.
std::optional<mesh::Duration> watchdog_interval();

}  // namespace node
