#include "control/telemetry/access_common.h"

namespace tandem::telemetry {
namespace {

using observe::AccessHeader;
using observe::AccessRecord;
using observe::AccessText;
using enum AccessField;

constexpr std::string_view kNothing = "-";
constexpr std::size_t kFixed = 512;      // numbers, time, punctuation
constexpr std::size_t kMostForByte = 4;  // "\x07"

std::size_t room_for(const AccessRecord& record, std::string_view path) {
  std::size_t size = kFixed + path.size();
  for (const std::string_view text : record.texts) size += text.size();
  for (const AccessHeader& header : record.headers) size += header.value.size() + 1;
  return size * kMostForByte;
}

/// No text can end a line or imitate another one.
void put_visible(LineBuffer& out, std::string_view text, bool quoted) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (quoted && c == '"') {
      out.put("\\\"");
    } else if (code < 0x20 || code == 0x7F) {
      out.put("\\x");
      out.put(kHex[code >> 4]);
      out.put(kHex[code & 0xF]);
    } else {
      out.put(c);
    }
  }
}

/// The values of a header of the request, joined by commas.
void put_header(LineBuffer& out, const AccessRecord& record, std::string_view name) {
  const std::size_t begin = out.size();
  out.put('"');
  bool any = false;
  std::size_t values = 0;
  for (const AccessHeader& header : record.headers) {
    if (!header.of_request || header.name != name) continue;
    if (values++ != 0) out.put(',');
    put_visible(out, header.value, true);
    any = any || values > 1 || !header.value.empty();
  }
  out.put('"');
  if (any) return;
  out.truncate(begin);
  out.put("\"-\"");
}

}  // namespace

void AccessCommon::put_text(AccessField field, std::string_view text, LineBuffer& out) const {
  put_visible(out, keeps(field) && !text.empty() ? text : kNothing, false);
}

void AccessCommon::put_quoted(AccessField field, std::string_view text, LineBuffer& out) const {
  out.put('"');
  put_visible(out, keeps(field) && !text.empty() ? text : kNothing, true);
  out.put('"');
}

void AccessCommon::put_number(AccessField field, std::uint64_t number, LineBuffer& out) const {
  if (keeps(field)) {
    out.put_number(number);
  } else {
    out.put(kNothing);
  }
}

void AccessCommon::put_time(const AccessRecord& record, LineBuffer& out) {
  const bool utc = keeps(kStartUtc);
  out.put('[');
  if (utc || keeps(kStartLocal)) {
    out.put_with([&](char* to) { return clock_.write_common(record.numbers.started_ns, utc, to); });
  }
  out.put(']');
}

void AccessCommon::append(const AccessRecord& record, std::uint64_t count, LineBuffer& out) {
  const std::string_view path = path_of(record);
  const auto& numbers = record.numbers;
  out.make_room(room_for(record, path));
  put_text(kClientHost, client_host_of(record), out);
  out.put(" - ");
  put_text(kClientUsername, record[AccessText::kUser], out);
  out.put(' ');
  put_time(record, out);
  out.put(" \"");
  put_text(kRequestMethod, record[AccessText::kMethod], out);
  out.put(' ');
  put_text(kRequestPath, path, out);
  out.put(' ');
  put_text(kRequestProtocol, protocol_of(record), out);
  out.put("\" ");
  put_number(kDownstreamStatus, numbers.downstream_status, out);
  out.put(' ');
  put_number(kDownstreamContentSize, numbers.downstream_bytes, out);
  out.put(' ');
  put_header(out, record, "Referer");
  out.put(' ');
  put_header(out, record, "User-Agent");
  if (!generic_) {
    out.put(' ');
    put_number(kRequestCount, count, out);
    out.put(' ');
    put_quoted(kRouterName, record[AccessText::kRouter], out);
    out.put(' ');
    put_quoted(kServiceUrl, record[AccessText::kServerUrl], out);
    out.put(' ');
    constexpr std::int64_t kMillisecond = 1'000'000;
    out.put_number(keeps(kDuration) ? numbers.duration_ns / kMillisecond : 0);
    out.put("ms");
  }
  out.put('\n');
}

}  // namespace tandem::telemetry
