// An event as a line of text: JSON for programs, or one readable line for people.
#pragma once

#include <string>
#include <string_view>

#include <journal/batch.hpp>

namespace zmesh {

/// What a line tells besides the event itself.
struct LineMarks {
  std::string_view origin;  ///< as hex
  std::string_view name;    ///< of the publisher
  std::uint32_t attempt = 1;
  bool redelivered = false;
  std::uint32_t redrives = 0;
  bool delivery = true;  ///< false: only watched, so attempt and redelivered are left out
};

/// {"origin","name","seq","topic","key","attempt","redelivered","redrives","time","headers","payload"},
/// without a newline. key is null where there is none; redrives is left out when 0; payload as
/// append_payload_field.
void append_event_json(std::string& out, const mesh::EventView& event, const LineMarks& marks);

/// "12:00:00.000  bookings #17  booking.created  key=b-17  {payload}", without a newline.
void append_event_text(std::string& out, const mesh::EventView& event, const LineMarks& marks, bool colour);

}  // namespace zmesh
