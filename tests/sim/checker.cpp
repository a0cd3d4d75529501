#include "checker.hpp"

namespace sim {

Checker::Checker(const Scenario& scenario, const Story& story, World& world)
    : scenario_(scenario),
      story_(story),
      world_(world),
      logs_(scenario.publishers),
      want_status_(scenario.publishers, false),
      turn_head_(scenario.publishers, 0),
      commands_(scenario.publishers),
      claims_(scenario.publishers),
      unwritten_(scenario.publishers, false) {
  for (auto& log : logs_) log.groups.resize(scenario.groups.size());
}

void Checker::broken(const char* promise, const std::string& what) const {
  throw Broken(promise, what);
}

std::optional<GroupIndex> Checker::group_named(std::string_view name) const {
  for (GroupIndex group = 0; group < scenario_.groups.size(); ++group) {
    if (scenario_.groups[group].name == name) return group;
  }
  return std::nullopt;
}

std::string Checker::name_of(PublisherIndex publisher, GroupIndex group, std::size_t index) const {
  const auto& event = logs_[publisher].events[index];
  const auto& told = story_.event(event.number);
  const auto& entry = logs_[publisher].groups[group].entries[index];
  const auto flag = [](bool set, const char* name) { return set ? std::string(" ") + name : std::string(); };
  return "publisher " + std::to_string(publisher) + " group " + scenario_.groups[group].name + " seq " +
         std::to_string(event.seq) + " (event " + std::to_string(event.number) + " " +
         std::string(told.topic) +
         (told.key ? " key " + story_.key_text(event.number) : std::string(" no key")) + "; started " +
         std::to_string(entry.started) + " acked " + std::to_string(entry.acked) + " running " +
         std::to_string(entry.running) + " failures " + std::to_string(entry.failures) + " recorded " +
         std::to_string(entry.recorded) + " crashes " + std::to_string(entry.crashes) + " since redrive " +
         std::to_string(entry.failed) + " attempt " + std::to_string(entry.attempt) + " redrives " +
         std::to_string(entry.redriven) + flag(entry.in_retry, entry.flying ? "flying" : "waiting") +
         flag(entry.retried, "was-in-retry") + flag(entry.parked, "parked") +
         flag(entry.discarded, "discarded") + flag(entry.expired, "expired") +
         flag(entry.may_repeat, "may-repeat") + flag(event.confirmed, "confirmed") +
         flag(event.lost, "lost") + flag(event.dropped, "dropped") + ")";
}

bool Checker::wanted(const GroupLog& group, const PublisherLog& log, std::size_t index) const {
  return group.entries[index].matches && group.start_known && log.events[index].seq > group.start_after;
}

bool Checker::may_expire(GroupIndex group) const {
  const auto& names = scenario_.retention.owed_to;
  const bool unnamed =
      !names.empty() && std::find(names.begin(), names.end(), scenario_.groups[group].name) == names.end();
  return unnamed || scenario_.retention.on_limit == mesh::RetentionPolicy::OnLimit::drop_oldest ||
         scenario_.retention.age_max.has_value();
}

bool Checker::accounted(const Entry& entry) const {
  return entry.acked > 0 || entry.in_retry || entry.retried || entry.parked || entry.discarded ||
         entry.expired;
}

void Checker::check_batch(PublisherIndex publisher, const mesh::Batch& batch, const char* where) {
  auto& log = logs_[publisher];
  if (auto decoded = mesh::decode_events(batch.view(), views_); !decoded) {
    broken("batches verify", std::string(where) + ": " + decoded.error().describe());
  }
  for (const auto& view : views_) {
    const auto index = log.find(view.seq);
    if (!index) {
      broken("nothing is sent before its commit", std::string(where) + " of publisher " +
                                                      std::to_string(publisher) + " holds seq " +
                                                      std::to_string(view.seq) + ", which is not committed");
    }
    if (!story_.matches(log.events[*index].number, view)) {
      broken("bodies match", std::string(where) + " changes seq " + std::to_string(view.seq));
    }
  }
}

void Checker::committed(PublisherIndex publisher, std::span<const mesh::Batch> batches) {
  auto& log = logs_[publisher];
  for (const auto& batch : batches) {
    if (auto decoded = mesh::decode_events(batch.view(), views_); !decoded) {
      broken("batches verify", "committed: " + decoded.error().describe());
    }
    for (const auto& view : views_) {
      const auto number = story_.number_of(view.payload);
      if (!number || !story_.matches(*number, view)) {
        broken("bodies match", "a batch was committed that differs from what was published");
      }
      if (!log.events.empty() && log.events.back().seq >= view.seq) {
        broken("seqs are never reused", "seq " + std::to_string(view.seq));
      }
      ++tally.events;
      const auto index = static_cast<std::int32_t>(log.events.size());
      log.events.push_back({view.seq, *number, view.time, view.slot});
      for (GroupIndex group = 0; group < log.groups.size(); ++group) {
        Entry entry;
        entry.matches = matches_any(scenario_.groups[group].prefixes, view.topic);
        if (const auto key = story_.event(*number).key; entry.matches && key) {
          const auto [before, fresh] = log.groups[group].newest_of_key.try_emplace(*key, index);
          if (!fresh) entry.key_before = std::exchange(before->second, index);
        }
        log.groups[group].entries.push_back(entry);
      }
    }
  }
}

void Checker::confirmed(PublisherIndex publisher, std::span<const mesh::Batch> batches) {
  auto& log = logs_[publisher];
  for (const auto& batch : batches) {
    if (auto decoded = mesh::decode_events(batch.view(), views_); !decoded)
      broken("batches verify", "confirmed");
    for (const auto& view : views_) {
      const auto index = log.find(view.seq);
      if (!index)
        broken("confirmed means journaled", "seq " + std::to_string(view.seq) + " is not committed");
      log.events[*index].confirmed = true;
      ++tally.confirmed;
    }
  }
}

void Checker::failed(PublisherIndex publisher, std::span<const mesh::Batch> batches) {
  for (const auto& batch : batches) {
    tally.refused += batch.header.count;
    if (logs_[publisher].find(batch.header.first)) {
      broken("a failed commit commits nothing", "seq " + std::to_string(batch.header.first));
    }
  }
}

void Checker::reopened(PublisherIndex publisher, const mesh::Journal& journal, bool power_lost) {
  auto& log = logs_[publisher];
  std::size_t at = log.after(journal.dropped_through());
  for (std::size_t index = log.after(log.dropped_through); index < at; ++index) {
    if (!log.events[index].dropped && !log.events[index].lost) {
      broken("confirmed means journaled", "seq " + std::to_string(log.events[index].seq) + " is gone");
    }
  }
  auto read = journal.read(journal.dropped_through(), [&](const mesh::BatchView& batch) {
    if (auto decoded = mesh::decode_events(batch, views_); !decoded) broken("batches verify", "reopened");
    for (const auto& view : views_) {
      while (at < log.events.size() && log.events[at].lost) ++at;
      if (at == log.events.size() || log.events[at].seq != view.seq) {
        broken("confirmed means journaled",
               "the journal holds seq " + std::to_string(view.seq) + " where another was committed");
      }
      if (!story_.matches(log.events[at].number, view)) broken("bodies match", "in the reopened journal");
      ++at;
    }
    return true;
  });
  if (!read) broken("confirmed means journaled", read.error().describe());
  for (; at < log.events.size(); ++at) {
    if (log.events[at].lost) continue;
    if (!power_lost)
      broken("confirmed means journaled", "seq " + std::to_string(log.events[at].seq) + " is gone");
    log.events[at].lost = true;
    ++tally.lost;
  }
  for (auto& group : log.groups) {
    if (!group.exists) group.asked_at.reset();
    group.lapsed = group.lapsed_on_disk;
  }
  for (auto& [id, process] : processes_) {
    if (!process.alive) continue;
    process.session[publisher] = 0;
    process.asked[publisher] = false;
    process.heard[publisher] = world_.now();  // it has a lease's time to come back
    // Whose lease had run out stays lost: its slots may be others' already, and only a Welcome admits it
    // again.
  }
  want_status_[publisher] = true;
  turn_head_[publisher] = journal.head();
}

void Checker::dropped(PublisherIndex publisher, mesh::Seq through) {
  auto& log = logs_[publisher];
  for (auto index = log.after(log.dropped_through); index < log.events.size(); ++index) {
    auto& event = log.events[index];
    if (event.seq > through) break;
    if (event.lost) continue;
    event.dropped = true;
    for (GroupIndex group = 0; group < log.groups.size(); ++group) {
      auto& one = log.groups[group];
      auto& entry = one.entries[index];
      if (!one.exists || !wanted(one, log, index)) continue;
      // What is redriven was copied out of the parking lot: the journal may let go of it.
      const bool copied = entry.in_retry && entry.redriven > 0;
      const bool settled = (entry.acked > 0 || entry.parked || entry.discarded) && !entry.in_retry;
      if (settled || copied) continue;
      if (!may_expire(group) && event.seq > one.unowed_through) {
        broken("kept until every group has settled", "dropped " + name_of(publisher, group, index));
      }
      if (!entry.expired) ++tally.expired;
      entry.expired = true;
    }
  }
  log.dropped_through = std::max(log.dropped_through, through);
}

}  // namespace sim
