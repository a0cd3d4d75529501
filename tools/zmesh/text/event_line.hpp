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

struct LineStyle {
  bool colour = false;
  std::size_t width = 0;  ///< what is longer is cut to this many columns; 0: nothing is
};

/// "12:00:00.000  bookings #17  booking.created  9 B  key="b-17"  {payload}", without a newline; the payload
/// as append_payload_shown has it.
void append_event_text(std::string& out, const mesh::EventView& event, const LineMarks& marks,
                       const LineStyle& style);

/// One JSON object as CloudEvents 1.0 has it (structured mode), without a newline: id ORIGIN-SEQ, source
/// /zmesh/NAME, type the topic, subject the key, data (MessagePack and JSON) or data_base64. Headers become
/// extension attributes; characters that their names may not have are left out, and names that are taken
/// already begin with "x". zmeshseq is the seq, as text, since an attribute's integer has 32 bits.
void append_cloud_event(std::string& out, const mesh::EventView& event, const LineMarks& marks);

}  // namespace zmesh
