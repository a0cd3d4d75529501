// Every event of a group to compressed, rotated files of JSON Lines, acknowledged once synced.
#pragma once

#include <memory>
#include <string>

#include <nodes/node/role.hpp>

namespace node {

/// Whether open_archive could make the directory and write to it, without making anything. Error: journal_io.
mesh::Result<void> check_archive_directory(const std::string& directory);

/// Also completes what an earlier run has left in the directory. Errors: journal_locked (another archive
/// writes there), journal_io, and those of the consumer.
mesh::Result<std::unique_ptr<Role>> open_archive(const ArchiveSettings& settings,
                                                 const mesh::Publisher* publisher);

}  // namespace node
