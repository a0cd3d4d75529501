// Batches for the microbenchmarks.
#pragma once

#include <journal/batch.hpp>

#include <string>
#include <vector>

namespace zmesh {

/// One batch of about batch_body_target bytes, from `first` on: payloads of that size, topics in turn.
mesh::Batch micro_batch(mesh::Seq first, std::size_t payload_bytes, const std::vector<std::string>& topics);

/// bench.0.topic-0 and so on, under `prefixes` prefixes in turn.
std::vector<std::string> micro_topics(std::size_t count, std::size_t prefixes);

mesh::Origin micro_origin();

}  // namespace zmesh
