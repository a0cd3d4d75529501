#include <tools/zmesh/sniff/item.hpp>

#include <algorithm>

namespace zmesh {

SniffItem own_event(const mesh::EventView& event) {
  SniffItem item;
  const auto size = event.record.size();
  item.bytes = std::make_unique<std::byte[]>(size);
  std::copy(event.record.begin(), event.record.end(), item.bytes.get());
  // All views point into the record; the copy's point to the same places of the copy.
  const auto moved = [&](mesh::ByteView view) -> mesh::ByteView {
    if (view.empty()) return {};
    return {item.bytes.get() + (view.data() - event.record.data()), view.size()};
  };
  item.event = event;
  item.event.record = {item.bytes.get(), size};
  item.event.topic = mesh::as_text(moved(mesh::as_bytes(event.topic)));
  if (event.key) item.event.key = mesh::as_text(moved(mesh::as_bytes(*event.key)));
  item.event.headers = moved(event.headers);
  item.event.payload = moved(event.payload);
  return item;
}

}  // namespace zmesh
