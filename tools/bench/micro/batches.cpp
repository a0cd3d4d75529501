#include <tools/bench/micro/batches.hpp>

namespace zmesh {

mesh::Origin micro_origin() {
  mesh::Origin origin;
  origin.bytes.fill(7);
  return origin;
}

std::vector<std::string> micro_topics(std::size_t count, std::size_t prefixes) {
  std::vector<std::string> topics;
  for (std::size_t topic = 0; topic < count; ++topic) {
    topics.push_back("bench." + std::to_string(topic % prefixes) + ".topic-" + std::to_string(topic));
  }
  return topics;
}

mesh::Batch micro_batch(mesh::Seq first, std::size_t payload_bytes, const std::vector<std::string>& topics) {
  const std::vector<std::byte> payload(payload_bytes, std::byte{42});
  mesh::BatchBuilder builder(micro_origin());
  mesh::EventInput event;
  event.payload = payload;
  for (auto seq = first; builder.body_size() < mesh::batch_body_target; ++seq) {
    event.topic = topics[seq % topics.size()];
    builder.append(seq, 1, event);
  }
  return builder.seal();
}

}  // namespace zmesh
