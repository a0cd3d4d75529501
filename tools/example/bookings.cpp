// The example of README: one process that publishes bookings and handles them.
//
//   bookings DIRECTORY      publishes to a journal in DIRECTORY, and ends when the booking was handled
#include <iostream>
#include <string>

#include <mesh/consumer.hpp>
#include <mesh/payload.hpp>
#include <mesh/publisher.hpp>

using namespace std::chrono_literals;

struct Booking {
  std::string id;
  int seats = 0;
  MSGPACK_DEFINE_MAP(id, seats)
};

static void play(const std::string& directory) {
  // [readme]
  auto publisher = mesh::Publisher::open({.journal = directory + "/bookings",
                                          .name = "bookings",
                                          .control = "tcp://127.0.0.1:5601",
                                          .groups = {{.name = "notifications"}}})
                       .value();
  auto receipt = publisher.publish("booking.created", "b-17", mesh::pack(Booking{"b-17", 3})).value();
  receipt.wait(1s).value();  // committed: it survives a power loss, and "notifications" will get it
  // [/readme]

  // [readme]
  mesh::ConsumerOptions options;
  options.publishers = {"tcp://127.0.0.1:5601"};
  options.group = "notifications";
  options.on("booking.created", [](const mesh::Event& event) {
    const auto booking = event.as<Booking>();
    if (booking.seats < 1) return mesh::park("a booking needs a seat");
    std::cout << "mail for " << booking.id << ": " << booking.seats << " seats\n";
    return mesh::ack();  // an exception, or mesh::retry(reason), would bring it again later
  });
  auto consumer = mesh::Consumer::open(std::move(options)).value();
  // [/readme]

  publisher.wait_settled(receipt.seq(), 10s).value();
  consumer.close().value();
  publisher.close().value();
}

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: bookings DIRECTORY\n";
    return 64;
  }
  try {
    play(argv[1]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "bookings: " << error.what() << "\n";
    return 1;
  }
}
