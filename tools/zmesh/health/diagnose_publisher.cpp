// A publisher's live stream, journal and groups.

#include <chrono>

#include <journal/check.hpp>
#include <mesh/consumer.hpp>
#include <tools/zmesh/health/disk.hpp>
#include <tools/zmesh/health/doctor.hpp>
#include <tools/zmesh/text/table.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

constexpr mesh::Duration silent_after = 10s;
constexpr double disk_full_share = 0.9;
constexpr double journal_owed_share_max = 0.8;
constexpr mesh::Duration journal_full_soon = 6h;

mesh::WallTime now_by_the_wall() {
  return std::chrono::system_clock::now().time_since_epoch().count();
}

void diagnose_newest(const std::string& name, mesh::WallTime newest, Findings& findings) {
  const auto ahead = mesh::Duration(newest - now_by_the_wall());
  if (newest <= 0) return;
  const bool good = ahead < 100ms;
  findings.push_back(
      {good, name, "clock",
       good ? "its newest event is " + duration_text(std::max(-ahead, mesh::Duration{0})) + " old"
            : "its newest event is from the future: by " + duration_text(ahead),
       good ? "" : "set both machines' clocks (chrony, systemd-timesyncd); --since and ages are wrong"});
}

/// What the journal does for a group without members.
std::string held_text(const PublisherLook& look, const mesh::GroupStatus& group) {
  if (group.lease && group.unattended >= *group.lease)
    return "its lease has lapsed: the journal keeps nothing for it";
  if (!group.owed) return "at its limit the journal drops what it has not settled";
  if (!group.lease) {
    return "until then the journal keeps all it is owed (zmesh groups lease " + look.endpoint + " " +
           group.group + " 7d ends that after 7 days; zmesh groups delete forgets it)";
  }
  return "the journal keeps all it is owed for " + duration_text(*group.lease - group.unattended) +
         " more: its lease";
}

void diagnose_group(const PublisherLook& look, const mesh::GroupStatus& group, Findings& findings) {
  const auto name = "group " + group.group;
  const auto add = [&](const char* what, const std::string& text, const std::string& advice) {
    findings.push_back({false, look.name, what, name + " " + text, advice});
  };
  const auto before = findings.size();
  if (group.paused)
    add("paused",
        "is paused: nothing of it is given out" +
            (group.lag > 0 ? ", " + std::to_string(group.lag) + " events wait" : std::string()),
        "when whoever paused it is done: zmesh groups resume " + look.endpoint + " " + group.group);
  if (group.members.empty())
    add("unattended",
        "has no member" +
            (group.lag > 0 ? "; " + std::to_string(group.lag) + " events wait for one" : std::string()),
        "start a member (zmesh sub --from " + look.endpoint + " --group " + group.group + "); " +
            held_text(look, group));
  for (const auto& member : group.members) {
    if (member.idle > silent_after)
      add("dead subscription", "has not heard of " + member.member + " for " + duration_text(member.idle),
          "look whether that process hangs; its slots are given to others when its lease has run out");
  }
  if (group.parked > 0)
    add("parked", "has parked " + std::to_string(group.parked) + " events",
        "zmesh parked list " + look.endpoint + " " + group.group + "; mend the cause, then parked redrive");
  if (group.expired > 0)
    add("expired", "has lost " + std::to_string(group.expired) + " seqs to retention",
        "give the journal more room or a longer retention, or the group more members");
  if (group.oldest_age && *group.oldest_age > 5min && !group.members.empty())
    add("lag",
        "has had an event unsettled for " + duration_text(*group.oldest_age) + " (#" +
            std::to_string(group.oldest_unsettled) + ")",
        "zmesh trace " + look.endpoint + " " + std::to_string(group.oldest_unsettled) +
            " tells what became of it");
  for (const auto& prefix : group.prefixes) {
    if (!prefix.empty() && !prefix.ends_with('.'))
      findings.push_back({true, look.name, "prefix",
                          name + " takes '" + prefix + "', which is also the beginning of longer words", ""});
  }
  if (findings.size() == before)
    findings.push_back({true, look.name, "group",
                        name + " has " + std::to_string(group.members.size()) + " members and is " +
                            std::to_string(group.lag) + " behind",
                        ""});
}

}  // namespace

void diagnose_stream(const PublisherLook& look, mesh::Duration timeout, Findings& findings) {
  mesh::ConsumerOptions options;
  options.publishers = {look.endpoint};
  options.start = mesh::Start{mesh::Start::Kind::latest, 0, 0};
  options.event_size_max = mesh::event_size_limit;
  options.on_any([](const mesh::Event&) {});
  auto consumer = mesh::Consumer::open(std::move(options));
  if (!consumer) {
    findings.push_back({false, look.name, "live stream", consumer.error().describe(), "see the endpoint"});
    return;
  }
  // Live means that its SUB socket has heard something: heartbeats come about every second.
  const auto deadline = std::chrono::steady_clock::now() + std::max<mesh::Duration>(timeout, 3s);
  bool live = false;
  while (!live && std::chrono::steady_clock::now() < deadline) {
    (void)consumer->wait_caught_up(200ms);
    live = consumer->stats().total.phase == mesh::LinkPhase::live;
  }
  (void)consumer->close(1s);
  findings.push_back(
      {live, look.name, "live stream",
       (live ? "its live stream arrives from " : "its live stream does not arrive from ") + look.info->events,
       live ? "" : "members still get everything by fetch, later; let that endpoint through the firewall"});
}

void diagnose_journal(const PublisherLook& look, bool deep, Findings& findings) {
  if (look.journal.empty()) return;
  if (const auto disk = disk_space(look.journal)) {
    const bool good = disk->used_share() < disk_full_share;
    findings.push_back({good, look.name, "disk",
                        size_text(disk->free) + " are free on the disk of " + look.journal,
                        good ? ""
                             : "make room, or lower the journal's limit (--journal-bytes-max, "
                               "journal_size_max): a full disk refuses to publish"});
  }
  const auto journal = mesh::open_journal_reader(look.journal);
  if (!journal) {
    const bool damaged = journal.error().code == mesh::Errc::journal_damaged;
    findings.push_back({!damaged, look.name, "journal",
                        "its journal cannot be read from here: " + journal.error().describe(),
                        damaged ? "stop the publisher, then zmesh journal salvage " + look.journal : ""});
    return;
  }
  const auto usage = (*journal)->usage();
  if (!usage.segments.empty()) diagnose_newest(look.name, usage.segments.back().newest, findings);
  if (!deep) return;
  const auto check = mesh::check_journal(look.journal);
  const bool sound = check && check->sound();
  findings.push_back(
      {sound, look.name, "journal",
       sound ? "every byte of its journal verifies"
             : "its journal is damaged" + (check ? std::string() : ": " + check.error().describe()),
       sound ? "" : "stop the publisher, then zmesh journal salvage " + look.journal});
}

void diagnose_room(const PublisherLook& look, Findings& findings) {
  const auto limit = look.info->journal_bytes_max;
  if (limit == 0) return;
  const auto share = static_cast<double>(look.info->journal_owed_bytes) / static_cast<double>(limit);
  const auto& full_in = look.info->journal_full_in;
  const bool good = share < journal_owed_share_max && !(full_in && *full_in < journal_full_soon);
  findings.push_back(
      {good, look.name, "journal",
       (share >= 1 ? "it refuses to publish: its groups are owed " : "its groups are owed ") +
           size_text(look.info->journal_owed_bytes) + " of the " + size_text(limit) +
           " that its journal may have" +
           (full_in ? ", all of it in " + duration_text(*full_in) + " at the present rate" : std::string()),
       good ? "" : "let its groups settle (see which lag), or give the journal a higher limit"});
}

void diagnose_groups(const PublisherLook& look, Findings& findings) {
  for (const auto& group : look.groups) diagnose_group(look, group, findings);
  if (look.groups.empty())
    findings.push_back({true, look.name, "group", "no group is promised its events yet", ""});
}

}  // namespace zmesh
