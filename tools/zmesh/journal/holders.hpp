// Who holds a journal's events, and since when: what retention may not drop.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <journal/journal.hpp>

namespace zmesh {

struct Holder {
  std::string group;
  mesh::Seq from = 0;                   ///< the first seq that it needs; head + 1: none
  bool lapsed = false;                  ///< its lease, so that it holds nothing
  std::optional<mesh::WallTime> since;  ///< that event's time
};

/// Every group of the journal, those that hold it longest first, then those whose lease has lapsed. Error:
/// journal_damaged.
mesh::Result<std::vector<Holder>> holders_of(const mesh::Journal& journal);

}  // namespace zmesh
