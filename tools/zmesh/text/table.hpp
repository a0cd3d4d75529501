// Aligned columns for people.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace zmesh {

/// Rows of cells, the first being the heading. Columns are as wide as their widest cell; those that hold only
/// numbers are aligned to the right. The last column is not padded.
std::string table(const std::vector<std::vector<std::string>>& rows);

/// "1.5 MiB".
std::string size_text(std::uint64_t bytes);

}  // namespace zmesh
