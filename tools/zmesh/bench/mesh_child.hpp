// What the children that open a publisher share.
#pragma once

#include <mesh/publisher.hpp>
#include <tools/zmesh/bench/child.hpp>
#include <tools/zmesh/process/interrupt.hpp>

namespace zmesh {

mesh::PublisherOptions bench_publisher_options(const BenchChild& child);

/// Prints {"ready":ENDPOINT} and what else is in `result`.
bool print_ready(const mesh::Publisher& publisher, BenchJson result = {});

/// Until the groups that have members have settled everything up to `seq`. (Publisher::wait_settled waits for
/// groups without members, too.)
bool wait_for_floors(const mesh::Publisher& publisher, mesh::Seq seq, const Interrupt& interrupt);

/// Until `members` members are there (of groups that have any), or with 0 until none is.
bool wait_for_members(const mesh::Publisher& publisher, std::uint32_t members, const Interrupt& interrupt);

/// The benchmark says on stdin, by a line each time, when to go on.
bool is_told_to_go_on();
/// True: it came, and is used up; false: interrupted first.
bool wait_to_go_on(const Interrupt& interrupt);

}  // namespace zmesh
