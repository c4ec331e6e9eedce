// From an exchange that has ended to its record in the access log.

#include "proxy/entry/observers.h"

namespace tandem::entry {
namespace {

using observe::AccessHeader;
using observe::AccessPlan;
using observe::AccessRecord;
using observe::AccessText;
using observe::HeaderMode;

constexpr std::string_view kRedacted = "REDACTED";

void take_numbers(const http::Exchange& exchange, const http::Outcome& outcome, AccessRecord& record) {
  observe::AccessNumbers& to = record.numbers;
  to.started_ns = exchange.started.time_since_epoch().count();
  to.duration_ns = outcome.duration.count();
  to.request_bytes = outcome.received;
  to.retries = exchange.retries;
  to.version = exchange.received->version;
  to.has_query = exchange.received->has_query;
  to.secure = exchange.connection.secure;
  if (exchange.origin_began != loop::TimePoint{}) {
    const loop::Nanoseconds before = exchange.origin_began - exchange.started;
    to.reached_origin = true;
    to.origin_duration_ns = (outcome.duration - before).count();
  }
  if (outcome.upgraded) return;  // the connection left HTTP: no status, no content
  to.downstream_status = static_cast<std::uint16_t>(outcome.status);
  to.downstream_bytes = outcome.sent;
  to.origin_status = static_cast<std::uint16_t>(exchange.origin_status);
  to.origin_bytes = exchange.origin_bytes;
}

void take_texts(const http::Exchange& exchange, AccessRecord& record) {
  const http::Received& received = *exchange.received;
  const http::Connection& connection = exchange.connection;
  record[AccessText::kClientIp] = connection.peer_ip_text;
  record.numbers.client_port = connection.peer.port();
  record[AccessText::kForwardedFor] = received.forwarded_for;
  record[AccessText::kUser] = exchange.client_user;
  record[AccessText::kHost] = received.host;
  record[AccessText::kMethod] = received.method;
  record[AccessText::kPath] = received.path;
  record[AccessText::kQuery] = received.query;
  record[AccessText::kRouter] = exchange.router_path;
  if (!exchange.server_url.empty()) record[AccessText::kService] = exchange.service_name;
  record[AccessText::kServerUrl] = exchange.server_url;
  record[AccessText::kEntryPoint] = connection.entry_point;
  if (connection.tls == nullptr) return;
  record[AccessText::kTlsVersion] = connection.tls->version;
  record[AccessText::kTlsCipher] = connection.tls->cipher;
  record[AccessText::kTlsSubject] = connection.tls->client_subject;
}

/// The headers that `plan` keeps, appended at `to`, which has room for all.
AccessHeader* take_headers(const AccessPlan& plan, std::span<const http::HeaderField> fields, bool of_request,
                           AccessHeader* to) {
  for (const http::HeaderField& field : fields) {
    if (field.id == http::HeaderId::kTransferEncoding) continue;
    const HeaderMode mode = plan.mode_of(field.name);
    if (mode == HeaderMode::kDrop) continue;
    *to++ = {
        .of_request = of_request, .name = field.name, .value = mode == HeaderMode::kRedact ? kRedacted : field.value};
  }
  return to;
}

}  // namespace

void log_access(observe::AccessLog& log, const http::Exchange& exchange, const http::Outcome& outcome) {
  if (exchange.received == nullptr) return;
  AccessRecord record;
  record.numbers.count = log.next_count();
  take_numbers(exchange, outcome, record);
  if (!log.plan().logs(record.numbers)) return;
  take_texts(exchange, record);
  if (!exchange.observed.headers) return log.push(record);

  std::span<const http::HeaderField> response;
  if (outcome.headers != nullptr) response = {outcome.headers->begin(), outcome.headers->size()};
  const std::span<const http::HeaderField> request = exchange.received->headers;
  std::vector<AccessHeader> headers(request.size() + response.size());
  AccessHeader* end = take_headers(log.plan(), request, true, headers.data());
  end = take_headers(log.plan(), response, false, end);
  record.headers = {headers.data(), end};
  log.push(record);
}

}  // namespace tandem::entry
