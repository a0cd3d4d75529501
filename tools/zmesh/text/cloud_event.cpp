#include <algorithm>
#include <vector>

#include <tools/zmesh/text/event_line.hpp>
#include <tools/zmesh/text/json_text.hpp>
#include <tools/zmesh/text/payload_show.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

/// An attribute's name: lower-case letters and digits, 20 at most as the specification recommends.
std::string attribute_name(std::string_view header) {
  std::string name;
  for (char symbol : header) {
    if (symbol >= 'A' && symbol <= 'Z') symbol = static_cast<char>(symbol - 'A' + 'a');
    if ((symbol >= 'a' && symbol <= 'z') || (symbol >= '0' && symbol <= '9')) name += symbol;
  }
  return name.substr(0, 20);
}

}  // namespace

void append_cloud_event(std::string& out, const mesh::EventView& event, const LineMarks& marks) {
  std::vector<std::string> taken = {
      "specversion", "id",         "source",          "type",       "time",    "subject",
      "data",        "database64", "datacontenttype", "dataschema", "zmeshseq"};
  out += R"({"specversion":"1.0","id":")";
  out += marks.origin;
  out += '-';
  append_number(out, event.seq);
  out += R"(","source":)";
  append_string(out, "/zmesh/" + std::string(marks.name));
  out += R"(,"type":)";
  append_string(out, event.topic);
  out += R"(,"time":")";
  append_time(out, event.time);
  out += '"';
  if (event.key) {
    out += R"(,"subject":)";
    append_string(out, *event.key);
  }
  out += R"(,"zmeshseq":")";
  append_number(out, event.seq);
  out += '"';
  mesh::for_each_header(event, [&](std::string_view header, std::string_view value) {
    auto name = attribute_name(header);
    while (name.empty() || std::find(taken.begin(), taken.end(), name) != taken.end()) name.insert(0, "x");
    out += ",\"" + name + "\":";
    append_string(out, value);
    taken.push_back(std::move(name));
  });
  if (!event.payload.empty()) {
    const auto size = out.size();
    out += R"(,"datacontenttype":"application/json","data":)";
    if (!append_payload_json(out, event.payload)) {
      out.resize(size);
      out += R"(,"datacontenttype":"application/octet-stream","data_base64":")";
      append_base64(out, event.payload);
      out += '"';
    }
  }
  out += '}';
}

}  // namespace zmesh
