#include "config/format/json.h"

#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>

#include "base/json_text.h"
#include "config/format/source.h"

namespace tandem::format {

namespace {

namespace json = boost::json;

Value converted(const json::value& from, const SourceName& source) {
  const Position position{source};
  switch (from.kind()) {
    case json::kind::null:
      return {Value::Null{}, position};
    case json::kind::bool_:
      return {from.get_bool(), position};
    case json::kind::int64:
      return {from.get_int64(), position};
    // Above the range of int64: the decoder says so if it wants an integer.
    case json::kind::uint64:
      return {Value::Text{std::to_string(from.get_uint64())}, position};
    case json::kind::double_:
      return {from.get_double(), position};
    case json::kind::string:
      return {std::string(from.get_string()), position};
    case json::kind::array: {
      Array out;
      for (const auto& element : from.get_array()) out.push_back(converted(element, source));
      return {std::move(out), position};
    }
    case json::kind::object: {
      Object out;
      for (const auto& [name, value] : from.get_object()) out.push_back({std::string(name), converted(value, source)});
      return {std::move(out), position};
    }
  }
  return {};
}

void write_string(std::string_view text, std::string& out) {
  base::append_json_string(out, text, base::JsonEscapes::kHtml);
}

/// As encoding/json: plain digits between 1e-6 and 1e21, else an exponent of at least one digit.
void write_number(double number, std::string& out) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  std::array<char, 400> buffer;
  const double size = std::abs(number);
  const bool exponent = size != 0 && (size < 1e-6 || size >= 1e21);
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                 exponent ? std::chars_format::scientific : std::chars_format::fixed)
                       .ptr;
  std::string text(buffer.data(), end);
  if (const auto at = text.find("e-0"); at != std::string::npos) text.erase(at + 2, 1);
  out += text;
}

class Writer {
 public:
  Writer(std::string& out, bool pretty) : out_(out), pretty_(pretty) {}

  void write(const Value& value) {
    std::visit([this](const auto& data) { write_data(data); }, value.data());
  }

 private:
  void write_data(Value::Null) { out_ += "null"; }
  void write_data(bool data) { out_ += data ? "true" : "false"; }
  void write_data(std::int64_t data) { out_ += std::to_string(data); }
  void write_data(double data) { write_number(data, out_); }
  void write_data(const std::string& data) { write_string(data, out_); }
  void write_data(const Value::Text& data) { write_string(data.text, out_); }
  void write_data(const Array& data) {
    write_list(data, '[', ']', [this](const Value& element) { write(element); });
  }
  void write_data(const Object& data) {
    write_list(data, '{', '}', [this](const Member& member) {
      write_string(member.name, out_);
      out_ += pretty_ ? ": " : ":";
      write(member.value);
    });
  }

  template <class List, class WriteOne>
  void write_list(const List& list, char open, char close, WriteOne write_one) {
    out_ += open;
    ++depth_;
    bool first = true;
    for (const auto& each : list) {
      if (!first) out_ += ',';
      first = false;
      new_line();
      write_one(each);
    }
    --depth_;
    if (!first) new_line();
    out_ += close;
  }

  void new_line() {
    if (pretty_) out_.append("\n").append(depth_ * 2, ' ');
  }

  std::string& out_;
  bool pretty_;
  std::size_t depth_ = 0;
};

}  // namespace

base::Result<Value> parse_json(std::string_view text, std::string source_name) {
  const auto source = std::make_shared<const std::string>(std::move(source_name));
  const auto checked = checked_text(text, source);
  if (!checked) return checked.error();
  try {
    json::parse_options options;
    options.max_depth = kMaxDepth;
    json::parser parser({}, options);
    json::error_code code;
    const std::size_t used = parser.write_some(checked->data(), checked->size(), code);
    if (code) return error_at(position_of(source, *checked, used), code.message());
    if (const auto extra = checked->find_first_not_of(" \t\r\n", used); extra != std::string_view::npos) {
      return error_at(position_of(source, *checked, extra), "extra text after the value");
    }
    return converted(parser.release(), source);
  } catch (const std::exception& error) {
    return error_at({source}, error.what());
  }
}

std::string serialize_json(const Value& value) {
  std::string out;
  Writer(out, false).write(value);
  return out;
}

std::string serialize_json_pretty(const Value& value) {
  std::string out;
  Writer(out, true).write(value);
  return out;
}

}  // namespace tandem::format
