// The node's log: a level, a stable code and a sentence, on stderr, for people or as JSON lines.
#pragma once

#include <string>
#include <string_view>

#include <mesh/model/notice.hpp>

namespace node {

/// Any time, again for a reload. level: debug|info|warning|error; format: text|json.
void set_log(std::string_view level, std::string_view format);

/// Any thread.
void log(mesh::Level level, std::string_view code, std::string_view text);

/// For the log of a publisher or consumer; `who` is put before each text.
mesh::LogCallback notices_of(std::string who);

}  // namespace node
