#include "describe.hpp"

#include <sstream>

namespace sim {

namespace {

std::string text(std::uint64_t number) {
  return std::to_string(number);
}

std::string hex(mesh::SlotMask slots) {
  std::ostringstream out;
  out << std::hex << slots;
  return out.str();
}

std::string text(const std::vector<mesh::Batch>& batches) {
  std::string out = "batches";
  for (const auto& batch : batches) {
    out += " [" + text(batch.header.first) + ".." + text(batch.header.last) + " x" +
           text(batch.header.count) + "]";
  }
  return out;
}

std::string text(const std::vector<mesh::SlotLedger>& ledgers) {
  std::string out = "settled";
  for (const auto& ledger : ledgers) out += " " + describe(ledger);
  return out;
}

std::string text(const std::vector<mesh::HeldEvent>& held) {
  std::string out;
  for (const auto& one : held) out += " " + text(one.seq) + "#" + text(one.attempt);
  return out.empty() ? "" : " held" + out;
}

std::string text(const std::vector<mesh::Verdict>& verdicts) {
  static const char* const kinds[] = {"?", "ack", "retry", "park", "behind"};
  std::string out;
  for (const auto& one : verdicts) {
    out += std::string(" ") + kinds[static_cast<int>(one.kind)] + ":" + text(one.seq) + "#" +
           text(one.attempt) + (one.reason == mesh::Reason::ack_timeout ? "(timeout)" : "") +
           (one.key != 0 ? " key " + hex(one.key) : "");
  }
  return out.empty() ? "" : " verdicts" + out;
}

std::string release(mesh::SlotMask slots) {
  return slots == 0 ? "" : " release " + hex(slots);
}

std::string keys(const std::vector<mesh::KeyId>& keys) {
  std::string out;
  for (const auto key : keys) out += " " + hex(key);
  return out;
}

struct Visitor {
  std::string operator()(const mesh::Hello& m) const {
    std::string out = "Hello id " + text(m.id) + " group " + m.group + " member " + m.member;
    if (m.resume)
      out += " resume epoch " + text(m.resume->epoch) + " slots " + hex(m.resume->slots) + " " +
             text(m.resume->settled) + text(m.resume->held);
    return out;
  }

  std::string operator()(const mesh::Fetch& m) const {
    return "Fetch id " + text(m.id) + " slots " + hex(m.slots) + " after " + text(m.after) +
           (m.upto != 0 ? " upto " + text(m.upto) : "") + " credit " + text(m.credit) +
           (m.wait ? " wait" : "") + " session " + text(m.session & 0xffff) + " epoch " + text(m.epoch);
  }

  std::string operator()(const mesh::Ack& m) const {
    return "Ack id " + text(m.id) + " epoch " + text(m.epoch) + " " + text(m.settled) + text(m.verdicts) +
           text(m.held);
  }

  std::string operator()(const mesh::Detach& m) const {
    return "Detach id " + text(m.id) + " epoch " + text(m.epoch) + " " + text(m.settled) + text(m.verdicts) +
           (m.untouched ? "" : " touched");
  }

  std::string operator()(const mesh::Welcome& m) const {
    return "Welcome id " + text(m.id) + " session " + text(m.session & 0xffff) + " head " + text(m.head) +
           " epoch " + text(m.epoch) + " slots " + hex(m.slots) + release(m.release) +
           (m.resumed ? " resumed" : "") + " position " + text(m.position) + " " + text(m.settled) +
           " redelivered through " + text(m.redelivered_through) + " blocked" + keys(m.blocked);
  }

  std::string operator()(const mesh::Grant& m) const {
    return "Grant epoch " + text(m.epoch) + " slots " + hex(m.slots) + release(m.release) + " position " +
           text(m.position) + " " + text(m.settled) + " redelivered through " + text(m.redelivered_through) +
           " blocked" + keys(m.blocked);
  }

  std::string operator()(const mesh::Events& m) const {
    return "Events id " + text(m.id) + " (" + text(m.after) + ", " + text(m.through) + "] head " +
           text(m.head) + " epoch " + text(m.epoch) + " redelivered through " + text(m.redelivered_through) +
           (m.expired ? " expired " + text(m.expired->first) + ".." + text(m.expired->last) : "") + " " +
           text(m.batches);
  }

  std::string operator()(const mesh::Deliver& m) const {
    std::string out = "Deliver epoch " + text(m.epoch);
    for (const auto& item : m.items) {
      out += " " + text(item.seq) + "#" + text(item.attempt) +
             (item.redrives > 0 ? "r" + text(item.redrives) : "");
    }
    return out;
  }

  std::string operator()(const mesh::Acked& m) const {
    return "Acked id " + text(m.id) + (m.stale ? " stale" : "") + " head " + text(m.head);
  }

  std::string operator()(const mesh::Release& m) const {
    return "Release id " + text(m.id) + " epoch " + text(m.epoch) + " slots " + hex(m.slots) + " " +
           text(m.settled);
  }

  std::string operator()(const mesh::Released& m) const {
    return "Released id " + text(m.id) + " slots " + hex(m.slots);
  }

  std::string operator()(const mesh::Unblock& m) const {
    return "Unblock epoch " + text(m.epoch) + " through " + text(m.through) + " keys " + keys(m.keys);
  }

  std::string operator()(const mesh::Detached& m) const { return "Detached id " + text(m.id); }

  std::string operator()(const mesh::Refused& m) const {
    return "Refused id " + text(m.id) + " " + std::string(to_string(m.code)) + " " + m.text;
  }

  std::string operator()(const mesh::InfoRequest&) const { return "InfoRequest"; }

  std::string operator()(const mesh::Info& m) const { return "Info head " + text(m.head); }

  std::string operator()(const mesh::GroupsRequest&) const { return "GroupsRequest"; }

  std::string operator()(const mesh::GroupList& m) const { return "GroupList " + text(m.groups.size()); }

  std::string operator()(const mesh::ParkedListRequest& m) const { return "ParkedListRequest " + m.group; }

  std::string operator()(const mesh::ParkedList& m) const { return "ParkedList " + text(m.events.size()); }

  std::string operator()(const mesh::ParkedCommand& m) const {
    return std::string("ParkedCommand ") +
           (m.kind == mesh::ParkedCommand::Kind::redrive ? "redrive " : "discard ") + m.group + " seqs " +
           text(m.filter.seqs.size()) + " '" + m.filter.topic_prefix + "'" + (m.dry_run ? " dry run" : "");
  }

  std::string operator()(const mesh::ParkedDone& m) const { return "ParkedDone " + text(m.count); }

  std::string operator()(const mesh::GroupCommand& m) const {
    return "GroupCommand " + text(static_cast<std::uint64_t>(m.kind)) + " " + m.group + " seq " +
           text(m.start.seq) + (m.lease ? " lease " + text(m.lease->count()) : "") +
           (m.dry_run ? " dry run" : "");
  }

  std::string operator()(const mesh::GroupDone& m) const { return "GroupDone floor " + text(m.floor); }
};

}  // namespace

std::string describe(const mesh::SlotLedger& ledger) {
  std::string out = "floor " + text(ledger.floor);
  if (ledger.slots != mesh::all_slots) out += " slots " + hex(ledger.slots);
  for (const auto& range : ledger.above) out += " " + text(range.first) + ".." + text(range.last);
  return out;
}

std::string describe(const mesh::ControlMessage& message) {
  return std::visit(Visitor{}, message);
}

std::string describe(const mesh::LiveMessage& message) {
  std::string out = "'" + message.prefix + "'";
  for (const auto& chain : message.chains) {
    out += " '" + message.prefix.substr(0, chain.length) + "'<-" + text(chain.previous);
  }
  if (message.companions) {
    for (const auto& one : *message.companions) out += " +'" + one + "'";
  } else {
    out += " +many";
  }
  if (!message.batch) return out + " heartbeat";
  return out + " x" + text(message.batch->header.count);
}

}  // namespace sim
