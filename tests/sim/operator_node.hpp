// An operator with `zmesh parked`: lists, redrives and discards, now and then; and at the end looks at every
// parking lot.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "checker.hpp"
#include "network.hpp"
#include "publisher_node.hpp"

namespace sim {

class OperatorNode final : public Client {
 public:
  OperatorNode(std::vector<PublisherNode*> publishers, const Scenario& scenario, World& world,
               Checker& checker);

  void start();
  /// Does one thing somewhere.
  void visit();
  /// Ends every pause; asks until it is heard.
  void resume_all();
  /// Asks every publisher for every parking lot; inquiries_left() counts the answers to come.
  void inquire();

  std::size_t inquiries_left() const { return inquiries_.size(); }

  bool running() const override { return true; }

  std::uint64_t run() const override { return 1; }

  void on_answer(std::size_t link, mesh::ControlMessage message) override;

  void on_live(std::size_t, mesh::LiveMessage, std::function<void()>) override {}

 private:
  struct Question {
    PublisherIndex publisher;
    GroupIndex group;
  };

  void ask(PublisherIndex publisher, const mesh::ControlMessage& message);
  mesh::ParkedCommand draw_command(PublisherIndex publisher, GroupIndex group);

  void command_group(PublisherIndex publisher, GroupIndex group);
  void resume(PublisherIndex publisher, const mesh::GroupCommand& command);

  const Scenario& scenario_;
  World& world_;
  Checker& checker_;
  std::vector<std::unique_ptr<ControlLink>> links_;
  std::uint64_t next_id_ = 1;
  std::set<std::pair<PublisherIndex, GroupIndex>> paused_;  ///< as far as it has asked for it
  std::set<std::uint64_t> resumes_;                         ///< not answered
  std::map<std::uint64_t, Question> questions_;
  std::map<std::uint64_t, Question> inquiries_;
  std::map<std::pair<PublisherIndex, GroupIndex>, std::vector<mesh::Seq>> seen_parked_;
};

}  // namespace sim
