// Values that are well-formed but make no sense are refused, and what is too much is left out where that is
// safe.
#include <boost/test/unit_test.hpp>
#include <functional>

#include <mesh/wire/wire.hpp>
#include <mesh/wire/writer.hpp>

#include "examples.hpp"
#include "same.hpp"

namespace mesh::test {
namespace {

template <class Message>
Message example(const std::string& name) {
  return std::get<Message>(control_examples().at(name));
}

/// Whether the example still decodes once it was changed.
template <class Message>
bool accepted(const std::string& name, const std::function<void(Message&)>& change) {
  Message message = example<Message>(name);
  change(message);
  return wire::decode(wire::encode(message), {}).ok();
}

bool accepted_live(const std::string& name, const std::function<void(LiveMessage&)>& change) {
  LiveMessage message = live_examples().at(name);
  change(message);
  return wire::decode_live(wire::encode_live(message), {}).ok();
}

SlotLedger sent(const SlotLedger& ledger) {
  const auto decoded = wire::decode(wire::encode(Ack{1, 1, 1, {ledger}, {}, {}}), {});
  return std::get<Ack>(decoded.value()).settled.at(0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(semantics)

BOOST_AUTO_TEST_CASE(a_hello_must_have_valid_names_prefixes_and_policy) {
  const auto ok = [](const std::function<void(Hello&)>& change) { return accepted<Hello>("hello", change); };
  BOOST_TEST(ok([](Hello&) {}));
  BOOST_TEST(!ok([](Hello& m) { m.group = "two words"; }));
  BOOST_TEST(!ok([](Hello& m) { m.member = ""; }));
  BOOST_TEST(ok([](Hello& m) { m.group = ""; }));
  BOOST_TEST(!ok([](Hello& m) { m.member = std::string(101, 'x'); }));
  BOOST_TEST(
      ok([](Hello& m) { m.prefixes = std::vector<std::string>(prefixes_max, std::string(200, 'p')); }));
  BOOST_TEST(!ok([](Hello& m) { m.prefixes = std::vector<std::string>(prefixes_max + 1, "p"); }));
  BOOST_TEST(!ok([](Hello& m) { m.prefixes = {std::string(201, 'p')}; }));
  BOOST_TEST(!ok([](Hello& m) { m.prefixes = {"with space"}; }));
  BOOST_TEST(!ok([](Hello& m) { m.start.kind = static_cast<Start::Kind>(0); }));
  BOOST_TEST(!ok([](Hello& m) { m.start.kind = static_cast<Start::Kind>(5); }));
  BOOST_TEST(!ok([](Hello& m) { m.policy.backoff.clear(); }));
  BOOST_TEST(!ok([](Hello& m) { m.policy.backoff.resize(33); }));
  BOOST_TEST(!ok([](Hello& m) { m.policy.jitter = 1.5; }));
  BOOST_TEST(!ok([](Hello& m) { m.policy.attempts_max = 0; }));
  BOOST_TEST(!ok([](Hello& m) { m.policy.ack_wait = 9ms; }));
}

BOOST_AUTO_TEST_CASE(an_ack_must_have_known_verdicts_and_not_too_many) {
  const auto ok = [](const std::function<void(Ack&)>& change) { return accepted<Ack>("ack", change); };
  BOOST_TEST(ok([](Ack& m) { m.verdicts.resize(verdicts_max); }));
  BOOST_TEST(!ok([](Ack& m) { m.verdicts.resize(verdicts_max + 1); }));
  BOOST_TEST(!ok([](Ack& m) { m.verdicts[0].kind = static_cast<Verdict::Kind>(5); }));
  BOOST_TEST(!ok([](Ack& m) { m.verdicts[0].reason = static_cast<Reason>(8); }));
}

BOOST_AUTO_TEST_CASE(the_largest_ack_that_a_member_may_send_is_accepted) {
  Ack ack{1, 1, 1, {{all_slots, 0, {}}}, {}, {}};
  auto& above = ack.settled[0].above;
  for (Seq seq = Seq{1} << 60; above.size() < ranges_max; seq += 1000) above.push_back({seq, seq + 500});
  const Seq large = ~Seq{0};
  ack.verdicts.assign(verdicts_max, {Verdict::Kind::retry, large, 1000, 1000, Reason::no_handler,
                                     std::string(2000, 'x'), delay_max, 24h, 63});
  ack.held.assign(held_max, {large, 1000, 1000});
  const auto decoded = wire::decode(wire::encode(ack), {});
  BOOST_REQUIRE_MESSAGE(decoded.ok(), (decoded ? "" : decoded.error().text));
  const auto& got = std::get<Ack>(*decoded);
  BOOST_TEST(got.verdicts.size() == verdicts_max);
  BOOST_TEST(got.held.size() == held_max);
  BOOST_TEST(got.settled.at(0).above.size() > 10'000u);
  BOOST_TEST((std::equal(got.settled[0].above.begin(), got.settled[0].above.end(), above.begin())));
}

BOOST_AUTO_TEST_CASE(the_largest_hello_that_a_member_may_send_is_accepted) {
  Hello hello = example<Hello>("hello");
  hello.prefixes.assign(prefixes_max, std::string(200, 'p'));
  hello.resume = Resume{1, all_slots, {{all_slots, 0, {}}}, {}};
  hello.resume->held.assign(held_max, {~Seq{0}, 1000, 1000});
  auto& above = hello.resume->settled[0].above;
  for (Seq seq = Seq{1} << 60; above.size() < ranges_max; seq += 1000) above.push_back({seq, seq + 500});
  const auto decoded = wire::decode(wire::encode(hello), {});
  BOOST_REQUIRE_MESSAGE(decoded.ok(), (decoded ? "" : decoded.error().text));
  BOOST_TEST(std::get<Hello>(*decoded).prefixes.size() == prefixes_max);
}

BOOST_AUTO_TEST_CASE(the_status_of_a_group_with_all_it_may_have_fits_a_frame) {
  GroupStatus status;
  status.group = std::string(100, 'g');
  status.prefixes.assign(prefixes_max, std::string(200, 'p'));
  status.members.assign(1024, {std::string(100, 'm'), all_slots, 24h * 3650});
  const auto decoded = wire::decode(wire::encode(GroupList{1, 7, {status, status, status}}), {});
  BOOST_REQUIRE_MESSAGE(decoded.ok(), (decoded ? "" : decoded.error().text));
  BOOST_TEST(std::get<GroupList>(*decoded).groups.size() == 3u);
}

BOOST_AUTO_TEST_CASE(ranges_that_touch_or_overlap_are_sent_joined) {
  const SlotLedger untidy{
      all_slots, 10, {{11, 12}, {14, 15}, {16, 20}, {18, 25}, {30, 29}, {5, 6}, {40, 41}}};
  BOOST_TEST((sent(untidy) == SlotLedger{all_slots, 12, {{14, 25}, {40, 41}}}));
}

BOOST_AUTO_TEST_CASE(ranges_beyond_the_bound_are_left_out_from_the_top) {
  SlotLedger many{all_slots, 0, {}};
  for (Seq seq = 2; many.above.size() < ranges_max + 100; seq += 2) many.above.push_back({seq, seq});
  const SlotLedger got = sent(many);
  BOOST_TEST(got.above.size() == ranges_max);
  BOOST_TEST((std::equal(got.above.begin(), got.above.end(), many.above.begin())));
  SlotLedger wide{all_slots, 0, {}};
  for (Seq seq = 0; wide.above.size() < ranges_max; seq += Seq{1} << 45)
    wide.above.push_back({seq + 2, seq + (Seq{1} << 44)});
  const SlotLedger less = sent(wide);
  BOOST_TEST(less.above.size() > 5'000u);
  BOOST_TEST(less.above.size() < ranges_max);
  BOOST_TEST((std::equal(less.above.begin(), less.above.end(), wide.above.begin())));
}

BOOST_AUTO_TEST_CASE(ranges_that_pass_the_last_seq_are_refused) {
  const auto ok = [](std::uint64_t floor, std::uint64_t skip, std::uint64_t extent) {
    wire::Writer writer;
    writer.array(8);
    for (const std::uint64_t value : {1, 3, 1, 1, 1}) writer.uint(value);
    writer.array(1);
    writer.array(3);
    writer.uint(all_slots);
    writer.uint(floor);
    writer.array(2);
    writer.uint(skip);
    writer.uint(extent);
    writer.array(0);
    writer.array(0);
    return wire::decode(std::vector<Bytes>{Bytes(writer.take())}, {}).ok();
  };
  const std::uint64_t top = ~std::uint64_t{0};
  BOOST_TEST(ok(5, 1, 0));
  BOOST_TEST(!ok(5, 0, 0));
  BOOST_TEST(ok(top - 3, 1, 1));
  BOOST_TEST(!ok(top - 3, 1, 2));
  BOOST_TEST(ok(top - 3, 2, 0));
  BOOST_TEST(!ok(top - 3, 3, 0));
  BOOST_TEST(!ok(top, 1, 0));
  BOOST_TEST(!ok(0, top, top));
}

BOOST_AUTO_TEST_CASE(ledgers_of_a_message_may_not_overlap) {
  const auto ok = [](std::vector<SlotLedger> ledgers) {
    return accepted<Welcome>("welcome", [&](Welcome& m) { m.settled = std::move(ledgers); });
  };
  BOOST_TEST(ok({{1, 5, {}}, {2, 6, {}}}));
  BOOST_TEST(!ok({{3, 5, {}}, {2, 6, {}}}));
  BOOST_TEST(accepted<Ack>("ack", [](Ack& m) { m.settled = {{1, 5, {}}, {2, 6, {}}}; }));
  BOOST_TEST(!accepted<Ack>("ack", [](Ack& m) { m.settled = {{3, 5, {}}, {2, 6, {}}}; }));
}

BOOST_AUTO_TEST_CASE(texts_are_cut_to_valid_utf8) {
  const auto text_of = [](std::string text) {
    const auto decoded = wire::decode(wire::encode(Refused{1, 2, Errc::stale, std::move(text)}), {});
    return std::get<Refused>(decoded.value()).text;
  };
  BOOST_TEST(text_of("früh") == "früh");
  BOOST_TEST(text_of("a\xff\xc3") == "a??");
  BOOST_TEST(text_of(std::string(1023, 'a') + "é") == std::string(1023, 'a'));
  BOOST_TEST(text_of(std::string(5000, 'a')) == std::string(1024, 'a'));
}

BOOST_AUTO_TEST_CASE(an_error_code_of_a_later_version_reads_as_unsupported) {
  const auto decoded = wire::decode(wire::encode(Refused{1, 2, static_cast<Errc>(900), ""}), {});
  BOOST_TEST((std::get<Refused>(decoded.value()).code == Errc::unsupported));
}

BOOST_AUTO_TEST_CASE(durations_are_sent_within_their_bounds) {
  Ack ack = example<Ack>("ack");
  ack.verdicts[0].delay = 24h * 365;
  ack.verdicts[0].took = -5ns;
  const auto decoded = wire::decode(wire::encode(ack), {});
  BOOST_TEST((std::get<Ack>(decoded.value()).verdicts[0].delay == delay_max));
  BOOST_TEST((std::get<Ack>(decoded.value()).verdicts[0].took == 0ns));
}

BOOST_AUTO_TEST_CASE(events_must_lie_in_order_and_at_most_at_through) {
  const auto ok = [](const std::function<void(Events&)>& change) {
    return accepted<Events>("events", change);
  };
  const Batch later = *live_examples().at("live").batch;
  BOOST_TEST(ok([&](Events& m) { m.through = m.head = 4, m.batches.push_back(later); }));
  BOOST_TEST(!ok([&](Events& m) { m.batches.push_back(later); }));
  BOOST_TEST(!ok([&](Events& m) { m.through = 4, m.batches.insert(m.batches.begin(), later); }));
  BOOST_TEST(!ok([](Events& m) { m.batches.push_back(m.batches[0]); }));
  BOOST_TEST(!ok([](Events& m) { m.after = 4; }));
  BOOST_TEST(ok([](Events& m) { m.expired = SeqRange{1, 2}; }));
  BOOST_TEST(!ok([](Events& m) { m.expired = SeqRange{2, 1}; }));
  BOOST_TEST(!ok([](Events& m) { m.expired = SeqRange{2, 4}; }));
}

BOOST_AUTO_TEST_CASE(deliver_must_have_an_item_per_record) {
  const auto ok = [](const std::function<void(Deliver&)>& change) {
    return accepted<Deliver>("deliver", change);
  };
  BOOST_TEST(!ok([](Deliver& m) { m.items.clear(); }));
  BOOST_TEST(!ok([](Deliver& m) { m.items.resize(2); }));
  BOOST_TEST(!ok([](Deliver& m) { m.batches.clear(); }));
}

BOOST_AUTO_TEST_CASE(redelivered_batches_may_come_in_any_order) {
  BOOST_TEST(accepted<Deliver>("deliver", [](Deliver& m) {
    m.items.insert(m.items.begin(), {4, 2, 0});
    m.batches.insert(m.batches.begin(), *live_examples().at("live").batch);
  }));
}

BOOST_AUTO_TEST_CASE(a_batch_with_a_flipped_bit_is_journal_damaged) {
  auto frames = encoded_examples().at("events");
  std::vector<std::byte> batch(frames[1].view().begin(), frames[1].view().end());
  batch.back() ^= std::byte{1};
  frames[1] = Bytes(std::move(batch));
  const auto decoded = wire::decode(frames, {});
  BOOST_REQUIRE(!decoded.ok());
  BOOST_TEST((decoded.error().code == Errc::journal_damaged));
}

BOOST_AUTO_TEST_CASE(a_live_message_must_not_contradict_itself_or_its_batch) {
  const auto ok = [](const std::function<void(LiveMessage&)>& change) {
    return accepted_live("live", change);
  };
  BOOST_TEST(ok([](LiveMessage&) {}));
  BOOST_TEST(!ok([](LiveMessage& m) { m.first = 5; }));
  BOOST_TEST(!ok([](LiveMessage& m) { m.last = 3; }));
  BOOST_TEST(!ok([](LiveMessage& m) { m.first = 0; }));
  BOOST_TEST(!ok([](LiveMessage& m) { m.origin.bytes[0] ^= 1; }));
  BOOST_TEST(!ok([](LiveMessage& m) { m.chains[0].previous = 4; }));
  BOOST_TEST(!ok([](LiveMessage& m) { m.chains[0].length = 9; }));
  BOOST_TEST(!ok([](LiveMessage& m) { m.chains = {{8, 3}, {8, 3}}; }));
  BOOST_TEST(!ok([](LiveMessage& m) { m.chains = {{8, 3}, {7, 3}}; }));
  BOOST_TEST(ok([](LiveMessage& m) { m.chains = {{0, 3}, {8, 3}}; }));
  BOOST_TEST(!ok([](LiveMessage& m) { m.prefix = "has space"; }));
  BOOST_TEST(!ok([](LiveMessage& m) { m.companions = {{"has space"}}; }));
  BOOST_TEST(ok([](LiveMessage& m) { m.prefix = "", m.chains = {{0, 3}}; }));
}

BOOST_AUTO_TEST_CASE(too_many_companions_are_sent_as_none_named) {
  LiveMessage message = live_examples().at("live");
  message.companions = std::vector<std::string>(companions_max, "p");
  BOOST_TEST(wire::decode_live(wire::encode_live(message), {}).value().companions->size() == companions_max);
  message.companions->push_back("p");
  BOOST_TEST(!wire::decode_live(wire::encode_live(message), {}).value().companions);
}

BOOST_AUTO_TEST_CASE(a_parked_list_that_is_too_long_for_one_message_says_that_there_is_more) {
  const Batch batch = *live_examples().at("live").batch;
  ParkedEvent event{4, 0, Reason::no_handler, 0, {}, Bytes(batch.view().body(), batch.bytes.owner())};
  event.attempts.assign(attempt_history_max, {1, 0, 0ns, "m", Reason::no_handler, std::string(1024, 'x')});
  ParkedList list{1, false, std::vector<ParkedEvent>(200, event)};
  const auto decoded = wire::decode(wire::encode(list), {});
  BOOST_REQUIRE_MESSAGE(decoded.ok(), (decoded ? "" : decoded.error().text));
  const auto& got = std::get<ParkedList>(*decoded);
  BOOST_TEST(got.more);
  BOOST_TEST(got.events.size() > 3u);
  BOOST_TEST(got.events.size() < 200u);
  list.events[3].seq = 5;  // not the seq of its record
  BOOST_TEST(!wire::decode(wire::encode(list), {}).ok());
}

BOOST_AUTO_TEST_CASE(an_info_without_what_was_appended_later_is_taken) {
  // [version, type, id, session, origin, name, incarnation, events, head, dropped, bytes, groups, sessions]
  std::string older("\x9d\x01\x61\x07\x00\xc4\x10", 7);
  older += std::string(16, 'o') +
           "\xa1n\x01\xa1"
           "e";
  older += std::string("\x05\x00\x00\x01\x01", 5);
  const auto decoded = wire::decode(std::vector{Bytes::copy(as_bytes(older))}, {});
  BOOST_REQUIRE_MESSAGE(decoded.ok(), (decoded ? "" : decoded.error().text));
  const auto& info = std::get<Info>(*decoded);
  BOOST_TEST(info.session_count == 1u);
  BOOST_TEST(info.version == "");
  BOOST_TEST(info.time == 0);
}

BOOST_AUTO_TEST_CASE(an_info_with_some_of_what_was_appended_later_is_taken) {
  // The last three fields, which are 3, 3 and 9 bytes, are left out.
  auto frames = wire::encode(example<Info>("info"));
  std::string older(as_text(frames[0].view()));
  older = "\x9f" + older.substr(3, older.size() - 18);
  const auto decoded = wire::decode(std::vector{Bytes::copy(as_bytes(older))}, {});
  BOOST_REQUIRE_MESSAGE(decoded.ok(), (decoded ? "" : decoded.error().text));
  const auto& info = std::get<Info>(*decoded);
  BOOST_TEST(info.version == "0.1.0");
  BOOST_TEST(info.journal_bytes_max == 0u);
}

BOOST_AUTO_TEST_CASE(further_fields_of_an_info_are_passed_over) {
  auto frames = wire::encode(example<Info>("info"));
  std::string newer(as_text(frames[0].view()));
  newer = "\xdc" + std::string("\x00\x13", 2) + newer.substr(3) + "\xc3";
  const auto decoded = wire::decode(std::vector{Bytes::copy(as_bytes(newer))}, {});
  BOOST_REQUIRE_MESSAGE(decoded.ok(), (decoded ? "" : decoded.error().text));
  BOOST_TEST(same(*decoded, ControlMessage(example<Info>("info"))));
}

BOOST_AUTO_TEST_CASE(the_largest_status_fits_one_frame) {
  GroupStatus status;
  status.group = std::string(100, 'g');
  status.prefixes.assign(prefixes_max, std::string(200, 'p'));
  status.members.assign(256, {std::string(100, 'm'), all_slots, 24h});
  status.fetched_after = ~Seq{0};
  status.fetched.assign(
      fetched_ranges_max,
      {std::string(100, 'm'), all_slots, {~Seq{0} - 1, ~Seq{0}}, std::numeric_limits<WallTime>::max()});
  status.incidents = ~std::uint64_t{0};
  status.newest.assign(incidents_told_max,
                       {Incident::What::parked, ~Seq{0}, ~std::uint32_t{0}, Reason::no_handler});
  status.lease = status.unattended = group_lease_max;
  status.attempts_max = ~std::uint32_t{0};
  const GroupList list{1, 7, {status, status}};
  const auto frames = wire::encode(list);
  for (const Bytes& frame : frames) BOOST_TEST(frame.size() <= (256u << 10));
  const auto decoded = wire::decode(frames, {});
  BOOST_REQUIRE_MESSAGE(decoded.ok(), (decoded ? "" : decoded.error().text));
  BOOST_TEST(same(*decoded, ControlMessage(list)));
}

BOOST_AUTO_TEST_CASE(ten_thousand_groups_fit_one_list) {
  GroupStatus status;
  status.group = std::string(100, 'g');
  status.prefixes.assign(20, std::string(30, 'p'));
  status.members.assign(3, {"member", all_slots, 5s});
  const GroupList list{1, 7, std::vector<GroupStatus>(10'000, status)};
  const auto frames = wire::encode(list);
  for (const Bytes& frame : frames) BOOST_TEST(frame.size() <= (256u << 10));
  const auto decoded = wire::decode(frames, {});
  BOOST_REQUIRE_MESSAGE(decoded.ok(), (decoded ? "" : decoded.error().text));
  BOOST_TEST(same(*decoded, ControlMessage(list)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::test
