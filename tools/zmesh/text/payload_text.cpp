// MessagePack -> JSON text, without building a document in between.

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include <journal/topic.hpp>
#include <tools/zmesh/text/json_text.hpp>

namespace zmesh {
namespace {

using SaxJson = nlohmann::json;

/// Gets the values as the decoder meets them; false ends it.
class PayloadWriter final : public nlohmann::json_sax<SaxJson> {
 public:
  explicit PayloadWriter(std::string& out) : out_(out) {}

  bool null() override { return value("null"); }

  bool boolean(bool yes) override { return value(yes ? "true" : "false"); }

  bool number_integer(std::int64_t number) override {
    separate();
    append_number(out_, number);
    return true;
  }

  bool number_unsigned(std::uint64_t number) override {
    separate();
    append_number(out_, number);
    return true;
  }

  bool number_float(double number, const std::string&) override {
    if (!std::isfinite(number)) return false;
    separate();
    char digits[40];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    const std::string_view text(digits, static_cast<std::size_t>(end - digits));
    out_ += text;
    // So that a reader takes it for what it was.
    if (text.find_first_of(".e") == std::string_view::npos) out_ += ".0";
    return true;
  }

  bool string(std::string& text) override {
    if (!mesh::is_utf8(text)) return false;
    separate();
    append_string(out_, text);
    return true;
  }

  bool binary(SaxJson::binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open('{'); }

  bool key(std::string& text) override {
    if (!mesh::is_utf8(text)) return false;
    separate();
    append_string(out_, text);
    out_ += ':';
    after_key_ = true;
    return true;
  }

  bool end_object() override { return close('}'); }

  bool start_array(std::size_t) override { return open('['); }

  bool end_array() override { return close(']'); }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  void separate() {
    if (after_key_) {
      after_key_ = false;
    } else if (!first_ && depth_ > 0) {
      out_ += ',';
    }
    first_ = false;
  }

  bool value(std::string_view text) {
    separate();
    out_ += text;
    return true;
  }

  bool open(char bracket) {
    // The decoder recurses: a payload of nothing but brackets must not use up the stack.
    if (++depth_ > payload_depth_max) return false;
    separate();
    out_ += bracket;
    first_ = true;
    return true;
  }

  bool close(char bracket) {
    --depth_;
    out_ += bracket;
    first_ = false;
    return true;
  }

  std::string& out_;
  int depth_ = 0;
  bool first_ = true;
  bool after_key_ = false;
};

}  // namespace

bool append_payload(std::string& out, mesh::ByteView payload) {
  const auto size = out.size();
  PayloadWriter writer(out);
  const auto* begin = reinterpret_cast<const std::uint8_t*>(payload.data());
  bool complete = false;
  try {
    complete =
        SaxJson::sax_parse(begin, begin + payload.size(), &writer, nlohmann::json::input_format_t::msgpack);
  } catch (const std::exception&) {
    complete = false;
  }
  if (!complete) out.resize(size);
  return complete;
}

void append_payload_field(std::string& out, mesh::ByteView payload) {
  if (payload.empty()) return;
  const auto size = out.size();
  out += ",\"payload\":";
  if (append_payload(out, payload)) return;
  out.resize(size);
  out += ",\"payload_base64\":\"";
  append_base64(out, payload);
  out += '"';
}

}  // namespace zmesh
