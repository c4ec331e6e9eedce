#include "control/telemetry/access_json.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/json_text.h"

namespace tandem::telemetry {
namespace {

using base::kMostJsonBytes;
using observe::AccessHeader;
using observe::AccessNumbers;
using observe::AccessRecord;
using observe::AccessText;
using enum AccessField;

constexpr std::string_view kNothing = "-";
constexpr std::size_t kFixed = 2048;    // keys, numbers, times and punctuation
constexpr std::size_t kPerHeader = 32;  // prefix and punctuation
constexpr std::size_t kMostTimes = 3;   // in how many fields a text may stand (the host)

struct HostPort {
  std::string_view host;
  std::string_view port;
};

/// Go's net.SplitHostPort; what that cannot split is all host.
HostPort split_host(std::string_view address) {
  const HostPort whole{.host = address, .port = kNothing};
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return whole;
  std::string_view host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return whole;
  }
  return {.host = host, .port = address.substr(colon + 1)};
}

/// Host and port of a URL.
std::string_view authority_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  const std::size_t user = url.rfind('@');
  return user == std::string_view::npos ? url : url.substr(user + 1);
}

std::size_t room_for(const AccessRecord& record) {
  std::size_t texts = 0;
  for (const std::string_view text : record.texts) texts += text.size();
  std::size_t headers = 0;
  for (const AccessHeader& header : record.headers) headers += kPerHeader + header.name.size() + header.value.size();
  // The response's headers stand twice.
  return kFixed + kMostJsonBytes * (texts * kMostTimes + 2 * headers);
}

/// `"Name":` of every field, each with the same number of bytes to copy.
struct Key {
  static constexpr std::size_t kCopied = 32;
  std::array<char, kCopied> text{};
  std::size_t size = 0;
};

const std::array<Key, kAccessFields>& keys() {
  static const std::array<Key, kAccessFields> all = [] {
    std::array<Key, kAccessFields> made;
    for (std::size_t i = 0; i < kAccessFields; ++i) {
      const std::string text = '"' + std::string(name_of(static_cast<AccessField>(i))) + "\":";
      std::ranges::copy(text, made[i].text.begin());
      made[i].size = text.size();
    }
    return made;
  }();
  return all;
}

void put_key(AccessField field, LineBuffer& out) {
  const Key& key = keys()[static_cast<std::size_t>(field)];
  out.put_with([&key](char* to) {
    std::memcpy(to, key.text.data(), Key::kCopied);
    return to + key.size;
  });
}

/// A number as Go's encoding/json writes float64.
void put_real(LineBuffer& out, double value) {
  constexpr double kSmall = 1e-6;
  const auto format = value != 0 && std::abs(value) < kSmall ? std::chars_format::scientific : std::chars_format::fixed;
  constexpr std::size_t kLongest = 64;
  out.put_with([&](char* to) { return std::to_chars(to, to + kLongest, value, format).ptr; });
}

/// Appends `text`, escaped, without quotes. REQUIRES: room for kMostJsonBytes times its size.
void put_json_text(LineBuffer& out, std::string_view text) {
  base::put_json_text(text, base::JsonEscapes::kHtml, [&out](std::string_view piece) { out.put(piece); });
}

}  // namespace

void AccessJson::put_text(AccessField field, std::string_view text, LineBuffer& out) const {
  if (!keeps(field)) return;
  put_key(field, out);
  out.put('"');
  put_json_text(out, text);
  out.put("\",");
}

template <class Number>
void AccessJson::put_number(AccessField field, Number number, LineBuffer& out) const {
  if (!keeps(field)) return;
  put_key(field, out);
  out.put_number(number);
  out.put(',');
}

void AccessJson::put_client(const AccessRecord& record, LineBuffer& out) const {
  const std::string_view ip = record[AccessText::kClientIp];
  if (keeps(kClientAddr)) {
    const bool v6 = ip.find(':') != std::string_view::npos;
    put_key(kClientAddr, out);
    out.put(v6 ? "\"[" : "\"");
    out.put(ip);
    out.put(v6 ? "]:" : ":");
    out.put_number(record.numbers.client_port);
    out.put("\",");
  }
  put_text(kClientHost, client_host_of(record), out);
  if (keeps(kClientPort)) {
    put_key(kClientPort, out);
    out.put('"');
    out.put_number(record.numbers.client_port);
    out.put("\",");
  }
  const std::string_view user = record[AccessText::kUser];
  put_text(kClientUsername, user.empty() ? kNothing : user, out);
}

void AccessJson::put_sizes(const AccessNumbers& numbers, LineBuffer& out) const {
  put_number(kDownstreamContentSize, numbers.downstream_bytes, out);
  put_number(kDownstreamStatus, numbers.downstream_status, out);
  put_number(kDuration, numbers.duration_ns, out);
  const bool differ = numbers.downstream_bytes != numbers.origin_bytes && numbers.downstream_bytes != 0;
  if (differ && keeps(kGzipRatio)) {
    put_key(kGzipRatio, out);
    put_real(out, static_cast<double>(numbers.origin_bytes) / static_cast<double>(numbers.downstream_bytes));
    out.put(',');
  }
  put_number(kOriginContentSize, numbers.origin_bytes, out);
  put_number(kOriginDuration, numbers.origin_duration_ns, out);
  put_number(kOriginStatus, numbers.origin_status, out);
  put_number(kOverhead, numbers.duration_ns - numbers.origin_duration_ns, out);
}

void AccessJson::put_request(const AccessRecord& record, std::string_view path, std::uint64_t count,
                             LineBuffer& out) const {
  const std::string_view address = record[AccessText::kHost];
  const HostPort host = split_host(address);
  if (!address.empty()) put_text(kRequestAddr, address, out);
  put_number(kRequestContentSize, record.numbers.request_bytes, out);
  put_number(kRequestCount, count, out);
  if (!address.empty()) put_text(kRequestHost, host.host, out);
  put_text(kRequestMethod, record[AccessText::kMethod], out);
  put_text(kRequestPath, path, out);
  if (!address.empty()) put_text(kRequestPort, host.port, out);
  put_text(kRequestProtocol, protocol_of(record), out);
  put_text(kRequestScheme, record.numbers.secure ? "https" : "http", out);
  put_number(kRetryAttempts, record.numbers.retries, out);
}

void AccessJson::put_service(const AccessRecord& record, LineBuffer& out) {
  if (const auto router = record[AccessText::kRouter]; !router.empty()) put_text(kRouterName, router, out);
  if (const auto url = record[AccessText::kServerUrl]; !url.empty()) {
    put_text(kServiceAddr, authority_of(url), out);
    put_text(kServiceName, record[AccessText::kService], out);
    put_text(kServiceUrl, url, out);
  }
  const std::int64_t started = record.numbers.started_ns;
  if (keeps(kStartLocal)) {
    put_key(kStartLocal, out);
    out.put('"');
    out.put_with([&](char* to) { return clock_.write_local(started, to); });
    out.put("\",");
  }
  if (keeps(kStartUtc)) {
    put_key(kStartUtc, out);
    out.put('"');
    out.put_with([&](char* to) { return clock_.write_utc(started, to); });
    out.put("\",");
  }
}

void AccessJson::put_tls(const AccessRecord& record, LineBuffer& out) const {
  if (const auto cipher = record[AccessText::kTlsCipher]; !cipher.empty()) put_text(kTlsCipher, cipher, out);
  if (const auto subject = record[AccessText::kTlsSubject]; !subject.empty()) put_text(kTlsClientSubject, subject, out);
  if (const auto version = record[AccessText::kTlsVersion]; !version.empty()) put_text(kTlsVersion, version, out);
}

void AccessJson::put_headers(const AccessRecord& record, bool of_request, std::string_view prefix, LineBuffer& out) {
  sorted_.clear();
  for (const AccessHeader& header : record.headers) {
    if (header.of_request == of_request) sorted_.push_back(&header);
  }
  std::ranges::sort(sorted_, {}, [](const AccessHeader* header) { return std::pair(header->name, header); });
  for (std::size_t i = 0; i < sorted_.size();) {
    const std::string_view name = sorted_[i]->name;
    out.put('"');
    out.put(prefix);
    put_json_text(out, name);
    out.put("\":\"");
    for (bool first = true; i < sorted_.size() && sorted_[i]->name == name; ++i, first = false) {
      if (!first) out.put(',');
      put_json_text(out, sorted_[i]->value);
    }
    out.put("\",");
  }
}

void AccessJson::append(const AccessRecord& record, std::uint64_t count, LineBuffer& out) {
  const std::string_view path = path_of(record);
  out.make_room(room_for(record));
  out.put('{');
  put_client(record, out);
  put_sizes(record.numbers, out);
  put_request(record, path, count, out);
  put_service(record, out);
  put_tls(record, out);
  const bool headers = !record.headers.empty();
  if (headers) put_headers(record, false, "downstream_", out);
  put_text(kEntryPointName, record[AccessText::kEntryPoint], out);
  out.put("\"level\":\"info\",\"msg\":\"\",");
  if (headers && record.numbers.reached_origin) put_headers(record, false, "origin_", out);
  if (headers) put_headers(record, true, "request_", out);
  out.put("\"time\":\"");
  const std::int64_t ended = record.numbers.started_ns + record.numbers.duration_ns;
  out.put_with([&](char* to) { return clock_.write_local_seconds(ended, to); });
  out.put("\"}\n");
}

}  // namespace tandem::telemetry
