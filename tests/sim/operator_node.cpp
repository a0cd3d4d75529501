#include "operator_node.hpp"

#include "describe.hpp"

namespace sim {

OperatorNode::OperatorNode(std::vector<PublisherNode*> publishers, const Scenario& scenario, World& world,
                           Checker& checker)
    : scenario_(scenario), world_(world), checker_(checker) {
  for (std::size_t index = 0; index < publishers.size(); ++index) {
    links_.push_back(
        std::make_unique<ControlLink>(world, scenario.network, *this, index, *publishers[index]));
    publishers[index]->attach({links_.back().get(), nullptr, nullptr});
  }
}

void OperatorNode::start() {
  for (auto& link : links_) link->connect();
}

void OperatorNode::ask(PublisherIndex publisher, const mesh::ControlMessage& message) {
  world_.trace.line("operator", "asks", {{"kind", message.index()}},
                    world_.trace.reading() ? describe(message) : std::string());
  links_[publisher]->send(message);
}

mesh::ParkedCommand OperatorNode::draw_command(PublisherIndex publisher, GroupIndex group) {
  mesh::ParkedCommand command;
  command.id = next_id_++;
  command.group = scenario_.groups[group].name;
  command.dry_run = world_.rng.chance(0.2);
  const auto& seen = seen_parked_[{publisher, group}];
  const auto how = world_.rng.below(3);
  if (how == 0 && !seen.empty()) {
    command.filter.seqs = {seen[world_.rng.below(seen.size())], 999'999};
  } else if (how == 1) {
    command.filter.topic_prefix = "booking.";
  } else if (scenario_.traffic.keys > 0 && world_.rng.chance(0.3)) {
    command.filter.key = "booking-0";
  }
  return command;
}

void OperatorNode::visit() {
  const auto publisher = static_cast<PublisherIndex>(world_.rng.below(links_.size()));
  const auto group = static_cast<GroupIndex>(world_.rng.below(scenario_.groups.size()));
  const bool redrive = world_.rng.chance(scenario_.operators.redrive);
  const bool discard = !redrive && world_.rng.chance(scenario_.operators.discard);
  if (redrive || discard) {
    auto command = draw_command(publisher, group);
    command.kind = redrive ? mesh::ParkedCommand::Kind::redrive : mesh::ParkedCommand::Kind::discard;
    checker_.commanded(publisher, command);
    return ask(publisher, command);
  }
  if (world_.rng.chance(scenario_.operators.command)) return command_group(publisher, group);
  if (world_.rng.chance(0.2)) return ask(publisher, mesh::GroupsRequest{next_id_++});
  if (world_.rng.chance(0.1)) return ask(publisher, mesh::InfoRequest{next_id_++});
  mesh::ParkedListRequest request;
  request.id = next_id_++;
  request.group = scenario_.groups[group].name;
  request.limit = static_cast<std::uint32_t>(world_.rng.between(1, 100));
  questions_[request.id] = {publisher, group};
  ask(publisher, request);
}

// A rewind needs a pause, so it follows one soon.
void OperatorNode::command_group(PublisherIndex publisher, GroupIndex group) {
  using Kind = mesh::GroupCommand::Kind;
  mesh::GroupCommand command;
  command.id = next_id_++;
  command.group = scenario_.groups[group].name;
  command.dry_run = world_.rng.chance(0.1);
  if (world_.rng.chance(scenario_.operators.lease)) {
    command.kind = Kind::lease;
    if (!world_.rng.chance(0.2)) command.lease = 1s * world_.rng.between(1, 3);
    checker_.commanded(publisher, command);
    return ask(publisher, command);
  }
  const bool paused = paused_.contains({publisher, group});
  command.kind = !paused ? Kind::pause : world_.rng.chance(0.6) ? Kind::rewind : Kind::resume;
  command.start.kind = static_cast<mesh::Start::Kind>(world_.rng.between(1, 3));
  command.start.seq = static_cast<mesh::Seq>(world_.rng.between(0, 300));
  if (!command.dry_run && command.kind == Kind::pause) paused_.insert({publisher, group});
  if (!command.dry_run && command.kind == Kind::resume) paused_.erase({publisher, group});
  checker_.commanded(publisher, command);
  ask(publisher, command);
}

void OperatorNode::resume_all() {
  for (PublisherIndex publisher = 0; publisher < links_.size(); ++publisher) {
    for (const auto& group : scenario_.groups) {
      const auto id = next_id_++;
      resumes_.insert(id);
      resume(publisher, mesh::GroupCommand{id, mesh::GroupCommand::Kind::resume, group.name, {}, false});
    }
  }
}

void OperatorNode::resume(PublisherIndex publisher, const mesh::GroupCommand& command) {
  if (!resumes_.contains(command.id)) return;
  ask(publisher, command);
  world_.in(1s, [this, publisher, command] { resume(publisher, command); });
}

void OperatorNode::inquire() {
  inquiries_.clear();
  for (PublisherIndex publisher = 0; publisher < links_.size(); ++publisher) {
    for (GroupIndex group = 0; group < scenario_.groups.size(); ++group) {
      mesh::ParkedListRequest request;
      request.id = next_id_++;
      request.group = scenario_.groups[group].name;
      request.limit = 1000;
      questions_[request.id] = inquiries_[request.id] = {publisher, group};
      ask(publisher, request);
    }
  }
}

void OperatorNode::on_answer(std::size_t link, mesh::ControlMessage message) {
  if (world_.trace.reading()) world_.trace.remark("operator", "reads", {}, describe(message));
  static_cast<void>(link);
  if (const auto* refused = std::get_if<mesh::Refused>(&message)) {
    inquiries_.erase(refused->id);
    if (refused->code == mesh::Errc::unknown_group) resumes_.erase(refused->id);
  }
  if (const auto* done = std::get_if<mesh::GroupDone>(&message)) resumes_.erase(done->id);
  const auto* list = std::get_if<mesh::ParkedList>(&message);
  if (list == nullptr) return;
  const auto question = questions_.find(list->id);
  if (question == questions_.end()) throw Broken("nothing is invented", "an answer nobody asked for");
  const auto [publisher, group] = question->second;
  checker_.parked_list(publisher, group, *list);
  auto& seen = seen_parked_[{publisher, group}];
  seen.clear();
  for (const auto& parked : list->events) seen.push_back(parked.seq);
  inquiries_.erase(list->id);
}

}  // namespace sim
