// The cast, the traffic and every evil of one run, drawn from its seed. Most evils are absent from most runs,
// so that each promise is also checked where it must hold without excuses.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <journal/journal.hpp>
#include <mesh/model/policy.hpp>
#include <mesh/model/retention.hpp>
#include <mesh/model/time.hpp>

namespace sim {

using mesh::Duration;
using namespace std::chrono_literals;

/// A fault planted in the simulator's own parts: the checker must find it.
enum class Plant : std::uint8_t {
  none,
  send_before_commit,
  ack_before_handler,
  no_chain_check,
  attempt_not_persisted,
  no_fencing,            ///< slots are taken from members within their lease
  slots_before_release,  ///< slots are given on as soon as they are asked back
  suspects_in_bulk,      ///< suspects are given out all at once
  successors_first       ///< events do not wait for those of their key that wait for a retry
};

struct GroupPlan {
  std::string name;
  std::vector<std::string> prefixes;
  mesh::Start start;
  mesh::RetryPolicy policy;
  unsigned members = 1;  ///< processes
  unsigned concurrency = 1;
  bool use_live = true;
  bool declared = false;  ///< in the publishers' configuration, so it exists before its first member
  Duration joins{0};      ///< when its first member starts
  std::size_t window_events = 4096;
  std::size_t window_bytes = 1u << 20;
  std::size_t hold_bytes = 1u << 20;
  std::uint32_t fetch_credit = 1u << 16;
};

struct TrafficPlan {
  unsigned events = 300;   ///< in all
  unsigned keys = 8;       ///< 0: no event has a key
  double keyless = 0.2;    ///< share of events without a key
  unsigned burst_max = 8;  ///< events published at one moment
  Duration pause = 20ms;   ///< between bursts, on average
  std::size_t payload_max = 400;
  bool story_order = true;  ///< a booking's life one after the other, else topics at random
};

struct NetworkPlan {
  Duration delay_min = 100us;
  Duration delay_max = 2ms;
  Duration cut_every{0};          ///< a random connection is cut about this often; 0: never
  Duration cut_max = 500ms;       ///< and stays so for up to this long
  double long_cut = 0;            ///< share of cuts that outlive the lease
  double lose = 0;                ///< a control message vanishes (a full pipe)
  double repeat = 0;              ///< a control message comes twice
  double late = 0;                ///< what was in flight at a cut arrives afterwards instead of vanishing
  double live_drop = 0;           ///< a live message is dropped by its pipe
  std::size_t live_pipe = 1000;   ///< messages a live pipe holds; beyond it they are dropped
  Duration subscribe_max = 20ms;  ///< a subscription message takes up to this long
};

struct ProcessPlan {
  Duration publisher_crash_every{0};
  Duration member_crash_every{0};
  Duration publisher_restart_every{0};  ///< orderly
  Duration member_restart_every{0};     ///< orderly
  Duration down_max = 1s;
  double crash_inside = 0;  ///< per publisher's turn: dies at a random point between two of its steps
  Duration stop_every{0};   ///< SIGSTOP of any process
  Duration stop_max = 300ms;
  double long_stop = 0;          ///< share of stops that outlive the lease
  Duration clock_jump_every{0};  ///< a publisher's wall clock is set, hours ahead or back
};

struct DiskPlan {
  mesh::Durability durability = mesh::Durability::disk;
  double power_loss = 0;    ///< share of publishers' crashes that take the machine down
  double append_fails = 0;  ///< per commit
  double state_fails = 0;   ///< per commit
  Duration full_every{0};   ///< the disk is full about this often
  Duration full_max = 2s;   ///< for up to this long
  std::uint64_t segment_size = 1u << 20;
  Duration read_max = 5ms;  ///< a read job takes up to this long
};

struct HandlerPlan {
  Duration time_max = 500us;
  double slow = 0;       ///< takes a good part of ack_wait
  double extending = 0;  ///< takes longer than ack_wait, and says so with extend()
  double hanging = 0;    ///< outlives ack_wait once or twice
  double failing = 0;    ///< returns retry, or throws, a few times
  double poison = 0;     ///< always fails
  double parking = 0;    ///< returns park
  double declining = 0;  ///< puts it back a few times
  double killing = 0;    ///< kills its process once
  double murderous = 0;  ///< always kills its process
  double delayed = 0;    ///< of the failing: with a delay of its own
};

struct OperatorPlan {
  Duration every{0};
  double redrive = 0.5;  ///< of the visits
  double discard = 0.2;
  double command = 0.0;  ///< of the others: pauses, resumes or rewinds a group
  double lease = 0.0;    ///< of these: gives it a lease instead, or none
};

struct Scenario {
  std::uint64_t seed = 0;
  unsigned publishers = 1;
  std::vector<GroupPlan> groups;
  unsigned watchers = 0;
  TrafficPlan traffic;
  NetworkPlan network;
  ProcessPlan process;
  DiskPlan disk;
  HandlerPlan handlers;
  OperatorPlan operators;
  mesh::RetentionPolicy retention;
  Duration lease = 5s;
  std::size_t fetch_credit_min = 64 * 1024;
  Duration silence = 4s;
  Duration ends{0};              ///< no more faults and no more events afterwards
  Duration quiet_within = 600s;  ///< virtual time the mesh has to go quiet then
  Plant plant = Plant::none;

  /// No process dies, stops or loses its lease: there are no excuses for handling an event twice.
  bool without_crashes() const;
  std::string describe() const;
};

/// The run of this seed.
Scenario draw_scenario(std::uint64_t seed, Plant plant);

}  // namespace sim
