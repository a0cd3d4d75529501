// Durations and points in time as people write them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <journal/identity.hpp>
#include <journal/result.hpp>
#include <mesh/model/policy.hpp>
#include <mesh/model/time.hpp>

namespace zmesh {

/// A number and a unit (ns, us, ms, s, m or min, h, d), or several: "100ms", "1.5s", "1h30m". A bare number
/// is accepted only with `bare`, its unit. Error: invalid_argument.
mesh::Result<mesh::Duration> parse_duration(std::string_view text, mesh::Duration bare = mesh::Duration{0});

/// Comma-separated durations.
mesh::Result<std::vector<mesh::Duration>> parse_durations(std::string_view text);

/// Short text such as "1.5s", "250ms", "3d4h".
std::string duration_text(mesh::Duration duration);

/// RFC 3339: "2026-03-01T12:00:00Z", with a fraction and with an offset; a date alone is its midnight UTC.
mesh::Result<mesh::WallTime> parse_time(std::string_view text);

/// Appends RFC 3339 in UTC with nine digits of fraction. Fast where called with times of one second.
void append_time(std::string& text, mesh::WallTime time);
std::string time_text(mesh::WallTime time);

/// "earliest", "latest", "seq:N" (or just N), "time:RFC3339".
mesh::Result<mesh::Start> parse_start(std::string_view text);

}  // namespace zmesh
