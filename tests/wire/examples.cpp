#include "examples.hpp"

#include <mesh/wire/wire.hpp>

namespace mesh::test {
namespace {

constexpr Origin origin{
    {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}};
constexpr SessionId session = 77;
constexpr Epoch epoch = (Epoch{1} << 32) + 1;
constexpr Epoch next_epoch = epoch + 1;
constexpr SlotMask upper = SlotMask{0xffffffff} << 32;
constexpr WallTime noon = 1'700'000'000'000'000'000;

void append(BatchBuilder& builder, Seq seq, std::string_view topic, std::string_view key,
            std::string_view payload) {
  builder.append(seq, noon + static_cast<WallTime>(seq), {topic, key, {}, as_bytes(payload)});
}

Batch fetched() {
  BatchBuilder builder(origin);
  append(builder, 1, "booking.created", "b-1", "\x01");
  append(builder, 3, "booking.cancelled", "b-1", "\x03");
  return builder.seal(batch_filtered);
}

Batch one(Seq seq, std::string_view topic, std::string_view payload) {
  BatchBuilder builder(origin);
  append(builder, seq, topic, "b-1", payload);
  return builder.seal(batch_filtered);
}

Hello hello() {
  Hello hello;
  hello.id = 1;
  hello.group = "mail";
  hello.member = "mail-1";
  for (std::uint8_t i = 0; i < 16; ++i) hello.instance[i] = i;
  hello.prefixes = {"booking."};
  hello.policy.backoff = {100ms, 1s};
  return hello;
}

Welcome welcome() {
  Welcome welcome;
  welcome.id = 1;
  welcome.session = session;
  welcome.origin = origin;
  welcome.name = "bookings";
  welcome.events = "tcp://0.0.0.0:5602";
  welcome.head = 3;
  welcome.lease = 5s;
  welcome.epoch = epoch;
  welcome.slots = all_slots;
  welcome.settled = {SlotLedger{}};
  return welcome;
}

Info info() {
  Info info;
  info.id = 7;
  info.origin = origin;
  info.name = "bookings";
  info.events = "tcp://0.0.0.0:5602";
  info.head = 5;
  info.journal_bytes = 4096;
  info.group_count = info.session_count = 1;
  info.version = "0.1.0";
  info.time = noon + 6;
  info.journal_bytes_max = 8192;
  info.journal_owed_bytes = 2048;
  info.journal_full_in = 15'360s;
  return info;
}

GroupList group_list() {
  GroupStatus status;
  status.group = "mail";
  status.prefixes = {"booking."};
  status.floor = 5;
  status.parked = 1;
  status.retried = 2;
  status.redelivered = 1;
  status.members = {{"mail-1", all_slots, 1s, 0}};
  status.lease = 604'800s;
  status.order = Order::key;
  status.attempts_max = 5;
  status.fetched_after = 0;
  status.fetched = {{"mail-1", all_slots, {1, 3}, noon + 4}};
  status.incidents = 2;
  status.newest = {{Incident::What::retry, 3, 2, Reason::handler_rejected},
                   {Incident::What::parked, 3, 2, Reason::handler_rejected}};
  return {8, 5, {status}};
}

}  // namespace

std::map<std::string, ControlMessage> control_examples() {
  const Verdict retry{Verdict::Kind::retry, 3,  1,      0,  Reason::handler_rejected,
                      "mailbox full",       {}, 1500us, 53, 0};
  const Verdict park{Verdict::Kind::park, 3,  2,   0,  Reason::handler_rejected,
                     "no such mailbox",   {}, 2ms, 53, 0};
  return {
      {"hello", hello()},
      {"welcome", welcome()},
      {"fetch", Fetch{session, 2, epoch, 0, 0, all_slots, 1u << 20, false}},
      {"events", Events{session, 2, epoch, all_slots, 0, 3, 3, 0, {}, {fetched()}}},
      {"ack", Ack{session, 3, epoch, {{all_slots, 2, {{4, 5}}}}, {retry}, {}}},
      {"acked", Acked{session, 3, false, 5}},
      {"deliver", Deliver{session, epoch, {{3, 2, 0}}, {one(3, "booking.cancelled", "\x03")}}},
      {"ack-2", Ack{session, 4, epoch, {{all_slots, 5, {}}}, {park}, {{3, 2}}}},
      {"acked-2", Acked{session, 4, false, 5}},
      {"grant", Grant{session, 5, next_epoch, all_slots, upper, 0, {}, 0, {}}},
      {"unblock", Unblock{session, next_epoch, 4, {0x0123456789abcdf5}}},
      {"release", Release{session, 5, next_epoch, upper, {{upper, 5, {}}}}},
      {"released", Released{session, 5, upper}},
      {"detach", Detach{session, 6, next_epoch, {{~upper, 5, {}}}, {}, true}},
      {"detached", Detached{session, 6}},
      {"refused", Refused{7, session, Errc::unknown_session, "attach again"}},
      {"info-request", InfoRequest{7}},
      {"info", info()},
      {"group-list", group_list()},
  };
}

std::map<std::string, LiveMessage> live_examples() {
  LiveMessage live;
  live.prefix = "booking.";
  live.origin = origin;
  live.first = 4;
  live.last = 5;
  live.head = 5;
  live.chains = {{8, 3}};
  live.companions = {{"payment."}};
  live.batch = one(4, "booking.created", "\x04");
  LiveMessage heartbeat;
  heartbeat.prefix = "booking.";
  heartbeat.origin = origin;
  heartbeat.head = 5;
  heartbeat.chains = {{8, 4}};
  heartbeat.companions.emplace();
  return {{"live", live}, {"heartbeat", heartbeat}};
}

std::map<std::string, std::vector<Bytes>> encoded_examples() {
  std::map<std::string, std::vector<Bytes>> encoded;
  for (const auto& [name, message] : control_examples()) encoded[name] = wire::encode(message);
  for (const auto& [name, message] : live_examples()) encoded[name] = wire::encode_live(message);
  return encoded;
}

}  // namespace mesh::test
