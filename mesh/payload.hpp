// Typed payloads as MessagePack: mesh::pack(value), event.as<T>().
//
// Any type that msgpack-cxx can pack: numbers, strings, containers, std::optional, and your own structs with
// MSGPACK_DEFINE (array) or MSGPACK_DEFINE_MAP. This is the one public header that includes a third-party
// one.
//
// Decoding is bounded: nesting up to 8 levels (arrays and maps), and no array or map may claim more elements
// than the payload has bytes, so a hostile payload cannot make it allocate more than a small multiple of its
// size. Bytes behind the value are an error. Note that MSGPACK_DEFINE (array) accepts missing elements, which
// keep the values T's constructor gave them, and ignores further ones; MSGPACK_DEFINE_MAP is the clearer
// choice.
#pragma once

#ifndef MSGPACK_NO_BOOST
#define MSGPACK_NO_BOOST
#endif
#include <exception>
#include <msgpack.hpp>
#include <vector>

#include <mesh/event.hpp>

namespace mesh {

/// Nesting that unpack accepts.
inline constexpr std::size_t payload_depth_max = 8;

namespace detail {

/// Collects packed bytes.
struct ByteSink {
  std::vector<std::byte>& bytes;

  void write(const char* data, std::size_t size) {
    const auto* begin = reinterpret_cast<const std::byte*>(data);
    bytes.insert(bytes.end(), begin, begin + size);
  }
};

}  // namespace detail

/// The value as MessagePack.
template <class T>
std::vector<std::byte> pack(const T& value) {
  std::vector<std::byte> bytes;
  detail::ByteSink sink{bytes};
  msgpack::pack(sink, value);
  return bytes;
}

/// Decodes exactly one value from all of `payload`. Error: invalid_argument, with what was wrong.
template <class T>
Result<T> unpack(ByteView payload) {
  try {
    const std::size_t size = payload.size();
    std::size_t used = 0;
    const msgpack::unpack_limit limit(size, size, size, size, size, payload_depth_max);
    const auto object = msgpack::unpack(
        reinterpret_cast<const char*>(payload.data()), size, used,
        [](msgpack::type::object_type, std::size_t, void*) { return true; }, nullptr, limit);
    if (used != size) return invalid("bytes follow the MessagePack value");
    return object->template as<T>();
  } catch (const std::exception& error) {
    return invalid(std::string("the payload is not the MessagePack of the type wanted: ") + error.what());
  }
}

template <class T>
Result<T> Event::try_as() const {
  return mesh::unpack<T>(payload());
}

template <class T>
T Event::as() const {
  auto value = mesh::unpack<T>(payload());
  if (!value) throw Undecodable(value.error().text);
  return std::move(*value);
}

}  // namespace mesh
