// What the children that open a publisher share.
#pragma once

#include <mesh/publisher.hpp>
#include <tools/zmesh/bench/child.hpp>
#include <tools/zmesh/process/interrupt.hpp>

namespace zmesh {

mesh::PublisherOptions bench_publisher_options(const BenchChild& child);

/// Prints {"ready":ENDPOINT} and what else is in `result`.
bool print_ready(const mesh::Publisher& publisher, BenchJson result = {});

/// Until `members` members are there (of groups that have any), or with 0 until none is.
bool wait_for_members(const mesh::Publisher& publisher, std::uint32_t members, const Interrupt& interrupt);

/// Readable stdin or its end: the benchmark says that it is time to go on.
class GoAhead {
 public:
  bool given() const;
  /// True: it came; false: interrupted first.
  bool wait(const Interrupt& interrupt) const;
};

}  // namespace zmesh
