// The types of control messages and their fields, message by message. Internal to wire/.
//
// A header frame is one MessagePack array:
//   [version, type, id, session, field...]
// write() and read() are about the fields; what is the same for all is in wire.cpp.
#pragma once

#include <mesh/model/messages.hpp>
#include <mesh/wire/reader.hpp>
#include <mesh/wire/writer.hpp>

namespace mesh::wire {

/// Values are on the wire: never renumbered or reused.
enum class Type : std::uint8_t {
  // member to publisher
  hello = 1,
  fetch = 2,
  ack = 3,
  detach = 4,
  release = 5,
  // publisher to member
  welcome = 33,
  grant = 34,
  events = 35,
  deliver = 36,
  acked = 37,
  detached = 38,
  refused = 39,
  released = 40,
  unblock = 41,
  // operator to publisher
  info_request = 65,
  groups_request = 66,
  parked_list_request = 67,
  parked_command = 68,
  group_command = 69,
  // and back
  info = 97,
  group_list = 98,
  parked_list = 99,
  parked_done = 100,
  group_done = 101,
};

struct Shape {
  Type type;
  std::size_t fields;     ///< after the envelope
  std::string_view name;  ///< begins error texts
  std::size_t later = 0;  ///< fields that were appended later: senders of before leave them out
};

template <class Message>
inline constexpr Shape shape{};
template <>
inline constexpr Shape shape<Hello>{Type::hello, 7, "hello"};
template <>
inline constexpr Shape shape<Fetch>{Type::fetch, 6, "fetch"};
template <>
inline constexpr Shape shape<Ack>{Type::ack, 4, "ack"};
template <>
inline constexpr Shape shape<Detach>{Type::detach, 4, "detach"};
template <>
inline constexpr Shape shape<Release>{Type::release, 3, "release"};
template <>
inline constexpr Shape shape<Welcome>{Type::welcome, 13, "welcome", 1};
template <>
inline constexpr Shape shape<Grant>{Type::grant, 7, "grant", 1};
template <>
inline constexpr Shape shape<Events>{Type::events, 7, "events"};
template <>
inline constexpr Shape shape<Deliver>{Type::deliver, 2, "deliver"};
template <>
inline constexpr Shape shape<Acked>{Type::acked, 2, "acked"};
template <>
inline constexpr Shape shape<Detached>{Type::detached, 0, "detached"};
template <>
inline constexpr Shape shape<Refused>{Type::refused, 2, "refused"};
template <>
inline constexpr Shape shape<Released>{Type::released, 1, "released"};
template <>
inline constexpr Shape shape<Unblock>{Type::unblock, 3, "unblock"};
template <>
inline constexpr Shape shape<InfoRequest>{Type::info_request, 0, "info request"};
template <>
inline constexpr Shape shape<Info>{Type::info, 9, "info", 5};
template <>
inline constexpr Shape shape<GroupsRequest>{Type::groups_request, 0, "groups request"};
template <>
inline constexpr Shape shape<GroupList>{Type::group_list, 1, "group list"};
template <>
inline constexpr Shape shape<ParkedListRequest>{Type::parked_list_request, 4, "parked list request"};
template <>
inline constexpr Shape shape<ParkedList>{Type::parked_list, 2, "parked list"};
template <>
inline constexpr Shape shape<ParkedCommand>{Type::parked_command, 4, "parked command"};
template <>
inline constexpr Shape shape<ParkedDone>{Type::parked_done, 2, "parked done"};
template <>
inline constexpr Shape shape<GroupCommand>{Type::group_command, 4, "group command", 1};
template <>
inline constexpr Shape shape<GroupDone>{Type::group_done, 5, "group done"};

// member_codec.cpp
void write(Writer& writer, const Hello& hello);
void write(Writer& writer, const Fetch& fetch);
void write(Writer& writer, const Ack& ack);
void write(Writer& writer, const Detach& detach);
void write(Writer& writer, const Release& release);
void read(Reader& reader, Hello& hello);
void read(Reader& reader, Fetch& fetch);
void read(Reader& reader, Ack& ack);
void read(Reader& reader, Detach& detach);
void read(Reader& reader, Release& release);

// publisher_codec.cpp
void write(Writer& writer, const Welcome& welcome);
void write(Writer& writer, const Grant& grant);
void write(Writer& writer, const Events& events);
void write(Writer& writer, const Deliver& deliver);
void write(Writer& writer, const Acked& acked);
void write(Writer& writer, const Detached& detached);
void write(Writer& writer, const Refused& refused);
void write(Writer& writer, const Released& released);
void write(Writer& writer, const Unblock& unblock);
void read(Reader& reader, Welcome& welcome);
void read(Reader& reader, Grant& grant);
void read(Reader& reader, Events& events);
void read(Reader& reader, Deliver& deliver);
void read(Reader& reader, Acked& acked);
void read(Reader& reader, Detached& detached);
void read(Reader& reader, Refused& refused);
void read(Reader& reader, Released& released);
void read(Reader& reader, Unblock& unblock);

// operator_codec.cpp
void write(Writer& writer, const InfoRequest& request);
void write(Writer& writer, const Info& info);
void write(Writer& writer, const GroupsRequest& request);
void write(Writer& writer, const GroupList& list);
void write(Writer& writer, const ParkedListRequest& request);
void write(Writer& writer, const ParkedList& list);
void write(Writer& writer, const ParkedCommand& command);
void write(Writer& writer, const ParkedDone& done);
void write(Writer& writer, const GroupCommand& command);
void write(Writer& writer, const GroupDone& done);
void read(Reader& reader, InfoRequest& request);
void read(Reader& reader, Info& info);
void read(Reader& reader, GroupsRequest& request);
void read(Reader& reader, GroupList& list);
void read(Reader& reader, ParkedListRequest& request);
void read(Reader& reader, ParkedList& list);
void read(Reader& reader, ParkedCommand& command);
void read(Reader& reader, ParkedDone& done);
void read(Reader& reader, GroupCommand& command);
void read(Reader& reader, GroupDone& done);

// frames.cpp: what follows the header frame
void append_frames(std::vector<Bytes>& frames, const Events& events);
void append_frames(std::vector<Bytes>& frames, const Deliver& deliver);
void append_frames(std::vector<Bytes>& frames, const GroupList& list);
void append_frames(std::vector<Bytes>& frames, const ParkedList& list);
Result<void> take_frames(std::span<const Bytes> frames, std::size_t frame_size_max, Events& events);
Result<void> take_frames(std::span<const Bytes> frames, std::size_t frame_size_max, Deliver& deliver);
Result<void> take_frames(std::span<const Bytes> frames, std::size_t header_size_max, GroupList& list);
Result<void> take_frames(std::span<const Bytes> frames, std::size_t frame_size_max, ParkedList& list);

/// How many of the list's events one message can hold.
std::size_t parked_fitting(const ParkedList& list);

}  // namespace mesh::wire
