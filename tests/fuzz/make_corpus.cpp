// make_corpus DIRECTORY: writes the fuzzers' first inputs, made of real messages, to DIRECTORY/<target>/.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>

#include <mesh/core/publisher/state_codec.hpp>
#include <mesh/wire/wire.hpp>

#include "../wire/examples.hpp"
#include "../wire/random_messages.hpp"
#include "input.hpp"

namespace {

using namespace mesh;

std::filesystem::path root;

void save(const std::string& target, ByteView bytes) {
  static std::map<std::string, int> counts;
  const auto folder = root / target;
  std::filesystem::create_directories(folder);
  std::ofstream file(folder / ("seed-" + std::to_string(counts[target]++)), std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

void save_tagged(const std::string& target, char tag, ByteView bytes) {
  std::string tagged(1, tag);
  tagged += as_text(bytes);
  save(target, as_bytes(tagged));
}

void save_messages() {
  for (const auto& [name, frames] : test::encoded_examples()) {
    save(name == "live" || name == "heartbeat" ? "live" : "control", fuzz::write_frames(frames));
  }
  test::RandomMessages random(99);
  for (int round = 0; round < 8; ++round) {
    for (std::size_t type = 0; type < test::RandomMessages::types; ++type) {
      save("control", fuzz::write_frames(wire::encode(random.control(type))));
    }
    const LiveMessage live = random.live();
    save("live", fuzz::write_frames(wire::encode_live(live)));
    if (live.batch) save_tagged("batch", 1, live.batch->bytes.view());
  }
}

void save_state() {
  core::GroupValue group;
  group.prefixes = {"booking.", "payment."};
  group.owners.give({7, "mail-1", {1, 2, 3}, 255});
  group.owners.give({8, "mail-2", {4, 5, 6}, ~SlotMask{255}});
  group.unheard = {3, 9};
  save_tagged("state", 0, as_bytes(core::encode_group(group)));
  Ledger ledger(5);
  save_tagged("state", 1, as_bytes(core::encode_ledger(ledger)));
  const SeqRange above[] = {{11, 12}, {20, 30}};
  ledger.settle(all_slots, 9, above);
  ledger.settle(255, 40, {});
  save_tagged("state", 1, as_bytes(core::encode_ledger(ledger)));
  core::RetryValue retry;
  retry.attempts = 2;
  retry.history.assign(2, {1, 5, 7ms, "mail-1", Reason::ack_timeout, "too slow"});
  save_tagged("state", 2, as_bytes(core::encode_retry(retry)));
  core::ParkedValue parked;
  parked.history = retry.history;
  parked.batch = test::live_examples().at("live").batch->bytes;
  save_tagged("state", 3, as_bytes(core::encode_parked(parked)));
  save_tagged("state", 4, as_bytes(core::encode_audit({core::AuditValue::What::discard, "mail", 4, 5})));
  save_tagged("state", 5, as_bytes(core::event_key("mail", 4)));
  save_tagged("state", 5, as_bytes(core::copy_key("mail", 4)));
}

/// For the fuzzers whose input is a list of choices: any bytes are a long story.
void save_choices(const std::string& target) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 100; ++round) {
    std::vector<std::byte> bytes(3000);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() & 0xff);
    save(target, bytes);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_corpus DIRECTORY\n";
    return 2;
  }
  root = argv[1];
  save_messages();
  save_state();
  save_choices("publisher");
  save_choices("member");
  return 0;
}
