// The publisher's ports: what it does to the outside is checked, traced, and put on the simulated network.
#include "describe.hpp"
#include "publisher_node.hpp"

namespace sim {

void PublisherNode::send(const mesh::core::Route& route, const mesh::ControlMessage& message) {
  crash_point();
  auto* peer = peer_of(route);
  if (peer == nullptr) throw Broken("answers go where questions came from", "an unknown route");
  if (const auto other = planted(route, message)) {
    if (peer->control->route() == route) peer->control->answer(*other);
    return checker_.sent(index_, process_of(route), *other);
  }
  checker_.sent(index_, process_of(route), message);
  world_.trace.line(name_, "sends", {{"kind", message.index()}},
                    world_.trace.reading() ? describe(message) : std::string());
  if (peer->control->route() == route) peer->control->answer(message);
}

void PublisherNode::note_request(const Request& request) {
  if (scenario_.plant != Plant::suspects_in_bulk) return;
  if (const auto* hello = std::get_if<mesh::Hello>(&request.message))
    prefixes_[request.route] = hello->prefixes;
  if (const auto* fetch = std::get_if<mesh::Fetch>(&request.message)) fetches_[request.route] = *fetch;
}

// What is said instead, where a fault is planted that is about this message.
std::optional<mesh::ControlMessage> PublisherNode::planted(const mesh::core::Route& route,
                                                           const mesh::ControlMessage& message) {
  switch (scenario_.plant) {
    case Plant::no_fencing:
      if (const auto* welcome = std::get_if<mesh::Welcome>(&message)) {
        auto other = *welcome;
        other.lease = scenario_.lease;
        return other;
      }
      return std::nullopt;
    case Plant::slots_before_release:
      if (const auto* grant = std::get_if<mesh::Grant>(&message); grant != nullptr && grant->release != 0) {
        put(Request{route, mesh::Release{grant->session, 0, grant->epoch, grant->release, {}}, true});
      }
      return std::nullopt;
    case Plant::suspects_in_bulk:
    case Plant::successors_first:
      if (std::holds_alternative<mesh::Events>(message)) fetches_.erase(route);
      if (std::holds_alternative<mesh::Deliver>(message)) forge_events(route, *peer_of(route));
      return std::nullopt;
    case Plant::none:
    case Plant::send_before_commit:
    case Plant::ack_before_handler:
    case Plant::no_chain_check:
    case Plant::attempt_not_persisted:
      return std::nullopt;
  }
  return std::nullopt;
}

// A fetch that waits while redeliveries are sent waits for suspects: here come all of them.
void PublisherNode::forge_events(const mesh::core::Route& route, Peer& peer) {
  const auto found = fetches_.find(route);
  if (found == fetches_.end() || peer.control->route() != route) return;
  const auto fetch = found->second;
  fetches_.erase(found);
  mesh::core::ReadJob job;
  job.after = fetch.after;
  job.upto = core_->head();
  job.credit = 1u << 20;
  job.prefixes = prefixes_[route];
  job.settled = {{fetch.slots, 0, {}}};
  auto read = mesh::core::run_read_job(*journal_, job);
  peer.control->answer(mesh::Events{fetch.session, fetch.id, fetch.epoch, fetch.slots, fetch.after,
                                    read.through, read.through, read.through, std::nullopt,
                                    std::move(read.batches)});
}

void PublisherNode::send_live(const mesh::LiveMessage& message) {
  crash_point();
  checker_.sent_live(index_, message);
  world_.trace.line(name_, "live", {{"first", message.first}, {"last", message.last}, {"head", message.head}},
                    world_.trace.reading() ? describe(message) : std::string());
  Frames frames;
  for (auto& peer : peers_) {
    if (peer.live == nullptr || !peer.live->subscribed(message.prefix)) continue;
    if (!frames) frames = std::make_shared<const std::vector<mesh::Bytes>>(mesh::wire::encode_live(message));
    peer.live->send(message, frames);
  }
}

void PublisherNode::start_read(mesh::core::ReadJob job) {
  // The answer takes its time too: the journal may have lost its oldest segment meanwhile.
  const auto read_at =
      std::max(reader_free_, world_.now()) + world_.rng.between(1us, scenario_.disk.read_max);
  reader_free_ = read_at + world_.rng.between(1us, scenario_.disk.read_max);
  world_.at(read_at, [this, run = run_, done = reader_free_, job = std::move(job)] {
    if (run != run_) return;
    auto result = mesh::core::run_read_job(*journal_, job);
    world_.at(done, [this, run, result = std::move(result)] {
      if (run == run_) put(result);
    });
  });
}

void PublisherNode::drop_through(mesh::Seq seq) {
  crash_point();
  checker_.dropping(index_, seq);
  world_.in(world_.rng.between(1us, scenario_.disk.read_max), [this, run = run_, seq] {
    if (run != run_) return;
    static_cast<void>(journal_->drop_through(seq));
    put(UsageDue{});
  });
}

void PublisherNode::confirmed(std::span<const mesh::Batch> batches) {
  // With the planted fault every confirmation is a lie; what is wanted is that the sending is found.
  if (scenario_.plant != Plant::send_before_commit) checker_.confirmed(index_, batches);
  world_.trace.line(name_, "confirms",
                    {{"first", batches.front().header.first}, {"last", batches.back().header.last}});
  crash_point();
}

void PublisherNode::failed(std::span<const mesh::Batch> batches, const mesh::Error& error) {
  checker_.failed(index_, batches);
  world_.trace.line(name_, "commit failed",
                    {{"first", batches.front().header.first}, {"last", batches.back().header.last}},
                    error.text);
  crash_point();
}

void PublisherNode::notice(const mesh::Notice& notice) {
  checker_.noticed(index_, notice);
  if (world_.trace.reading()) world_.trace.remark(name_, notice.code, {}, notice.text);
}

}  // namespace sim
