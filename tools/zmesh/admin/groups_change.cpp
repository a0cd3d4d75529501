// What an operator does to a whole group.

#include <nlohmann/json.hpp>

#include <mesh/admin.hpp>
#include <tools/zmesh/admin/groups.hpp>
#include <tools/zmesh/console.hpp>
#include <tools/zmesh/process/interrupt.hpp>
#include <tools/zmesh/registry/where.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;
using std::to_string;

std::string counted(std::uint64_t count, const std::string& noun) {
  return to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

/// One object, or a sentence.
ExitCode tell(const GroupChangeOptions& options, const std::string& did, const mesh::GroupDone& done,
              const std::string& sentence) {
  if (!options.json) return write_out(sentence + "\n") ? ExitCode::ok : report_stdout();
  const nlohmann::ordered_json json = {
      {"group", options.group},  {"did", did},           {"dry_run", options.dry_run},
      {"floor", done.floor},     {"lag", done.lag},      {"lag_before", done.lag_before},
      {"retries", done.retries}, {"parked", done.parked}};
  return write_out(json.dump() + "\n") ? ExitCode::ok : report_stdout();
}

std::string rewound_text(const GroupChangeOptions& options, const mesh::GroupDone& done) {
  std::string text = options.group + (options.dry_run ? " would go on" : " goes on") + " after seq " +
                     to_string(done.floor) + ": ";
  const auto seqs = [](std::uint64_t count) { return counted(count, "seq") + " at most"; };
  if (done.lag >= done.lag_before) {
    text += seqs(done.lag - done.lag_before) + " again";
  } else {
    text += seqs(done.lag_before - done.lag) + " passed over";
  }
  if (done.retries > 0) text += ", " + counted(done.retries, "event") + " that waited for a retry with them";
  return text + ", " + to_string(done.lag) + " to go to the head";
}

/// Asks until members have given their slots back.
mesh::Result<mesh::GroupDone> rewind_when_quiet(mesh::Admin& admin, const GroupChangeOptions& options,
                                                const Interrupt& interrupt) {
  const auto end = std::chrono::steady_clock::now() + options.patience;
  std::string told;
  for (;;) {
    auto done = admin.rewind(options.group, options.to);
    if (done || done.error().code != mesh::Errc::in_use) return done;
    auto why = done.error().text;
    if (constexpr std::string_view ending = "; try again"; why.ends_with(ending))
      why.resize(why.size() - ending.size());
    if (std::chrono::steady_clock::now() >= end)
      return mesh::fail(mesh::Errc::in_use,
                        why +
                            "; nothing was moved: give their handlers longer (--wait 10m), or stop them (one "
                            "that was killed counts until its lease is over, 5s as a rule)");
    if (why != std::exchange(told, why))
      say(why + "; waiting until their handlers are done with them, " + duration_text(options.patience) +
          " at most (--wait)");
    if (interrupt.wait(200ms)) return mesh::fail(mesh::Errc::closed, "interrupted; nothing was moved");
  }
}

}  // namespace

ExitCode pause_group(const GroupChangeOptions& options) {
  auto admin = connect_admin(options.endpoint, options.timeout);
  if (!admin) return report(options.endpoint, admin.error());
  const auto done = admin->pause(options.group);
  if (!done) return report(options.group, done.error());
  return tell(options, "paused", *done,
              options.group + " is paused; its members settle what they have in hand and wait");
}

ExitCode resume_group(const GroupChangeOptions& options) {
  auto admin = connect_admin(options.endpoint, options.timeout);
  if (!admin) return report(options.endpoint, admin.error());
  const auto done = admin->resume(options.group);
  if (!done) return report(options.group, done.error());
  return tell(options, "resumed", *done,
              options.group + " goes on, " + to_string(done->lag) + " behind the head");
}

ExitCode rewind_group(const GroupChangeOptions& options) {
  const Interrupt interrupt;
  auto admin = connect_admin(options.endpoint, options.timeout);
  if (!admin) return report(options.endpoint, admin.error());
  if (options.dry_run) {
    const auto done = admin->rewind(options.group, options.to, true);
    if (!done) return report(options.group, done.error());
    return tell(options, "rewound", *done, rewound_text(options, *done));
  }
  const auto list = admin->groups();
  if (!list) return report(options.endpoint, list.error());
  const bool paused = std::any_of(list->groups.begin(), list->groups.end(), [&](const auto& group) {
    return group.group == options.group && group.paused;
  });
  if (!paused) {
    if (const auto done = admin->pause(options.group); !done) return report(options.group, done.error());
  }
  const auto done = rewind_when_quiet(*admin, options, interrupt);
  if (!paused) {
    if (const auto resumed = admin->resume(options.group); !resumed) {
      complain("the group is still paused: zmesh groups resume " + options.endpoint + " " + options.group);
      return report(options.group, resumed.error());
    }
  }
  if (!done) {
    const auto code = report(options.group, done.error());
    return interrupt.requested() ? ExitCode::interrupted : code;
  }
  return tell(options, "rewound", *done, rewound_text(options, *done));
}

ExitCode lease_group(const GroupChangeOptions& options) {
  auto admin = connect_admin(options.endpoint, options.timeout);
  if (!admin) return report(options.endpoint, admin.error());
  const auto done = admin->lease(options.group, options.lease);
  if (!done) return report(options.group, done.error());
  return tell(options, "leased", *done,
              options.lease
                  ? options.group + " may be without members for " + duration_text(*options.lease) +
                        "; after that the journal keeps nothing for it"
                  : options.group + " has no lease: the journal keeps events for it, members or not");
}

ExitCode delete_group(const GroupChangeOptions& options) {
  auto admin = connect_admin(options.endpoint, options.timeout);
  if (!admin) return report(options.endpoint, admin.error());
  auto done = admin->remove(options.group, true);
  if (!done) return report(options.group, done.error());
  if (!options.dry_run) {
    if (done->parked + done->retries > 0 && !options.with_parked) {
      complain(options.group + " has " + counted(done->parked, "parked event") + " and " +
               counted(done->retries, "event") +
               " waiting for a retry that nobody would see again: --with-parked deletes them too");
      return ExitCode::failure;
    }
    done = admin->remove(options.group);
    if (!done) return report(options.group, done.error());
  }
  return tell(options, "deleted", *done,
              options.group + (options.dry_run ? " would be" : " is") + " deleted, with " +
                  counted(done->parked, "parked event") + " and " + counted(done->retries, "event") +
                  " waiting for a retry; it was " + to_string(done->lag) + " behind the head");
}

}  // namespace zmesh
