#include "app/ocsp_stapling.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "protocol/client/client.h"

namespace tandem::app {
namespace {

using base::Error;
using base::ErrorKind;

constexpr auto kPatience = std::chrono::seconds(10);
constexpr auto kLookAgain = std::chrono::hours(1);
// A responder that fails is asked again soon, then ever less often.
constexpr auto kAfterFailure = std::chrono::seconds(5);
constexpr auto kAfterFailures = std::chrono::minutes(5);
constexpr auto kShortest = std::chrono::seconds(1);
constexpr auto kKeepGone = std::chrono::hours(24);
constexpr std::size_t kAtOnce = 8;
constexpr std::size_t kLongestAnswer = std::size_t{64} * 1024;

client::TransportOptions transport_options() {
  client::TransportOptions options{.name = "ocsp"};
  options.dial_timeout = kPatience;
  options.response_header_timeout = kPatience;
  options.idle_connection_timeout = std::chrono::seconds(5);
  options.max_idle_connections_per_host = 2;
  return options;
}

std::int64_t wall_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(base::wall_now().time_since_epoch()).count();
}

/// When half of the staple's time has passed (as Traefik); without an end, at the next look.
loop::Nanoseconds time_to_refresh(const tls::Staple& staple) {
  if (staple.next_update == 0) return kLookAgain;
  const std::int64_t half = staple.this_update + (staple.next_update - staple.this_update) / 2;
  return std::max<loop::Nanoseconds>(std::chrono::seconds(half - wall_seconds()), kShortest);
}

loop::Nanoseconds time_after(unsigned failures) {
  constexpr unsigned kMostDoublings = 6;
  return std::min<loop::Nanoseconds>(kAfterFailure * (1U << std::min(failures - 1, kMostDoublings)), kAfterFailures);
}

/// Everything of a short body. Errors: those of the body; kLimit.
loop::Task<base::Result<std::string>> read_all(http::Body& body) {
  std::string out;
  for (;;) {
    const http::Chunk chunk = body.try_read();
    switch (chunk.kind) {
      case http::Chunk::Kind::kEnd:
        co_return out;
      case http::Chunk::Kind::kError:
        co_return body.source().error();
      case http::Chunk::Kind::kWouldBlock:
        co_await body.source().wait();
        break;
      case http::Chunk::Kind::kBytes:
        out.append(chunk.bytes);
        if (out.size() > kLongestAnswer) co_return Error(ErrorKind::kLimit, "the answer is too long");
    }
  }
}

}  // namespace

OcspStapling::OcspStapling(const model::Ocsp& options)
    : overrides_(options.responderOverrides), transport_(transport_options()) {}

void OcspStapling::stop() {
  timer_.disarm();
  tasks_.cancel();
}

OcspStapling::Figures OcspStapling::figures() const {
  Figures out{.answered = answered_, .failed = failed_};
  const std::int64_t now = wall_seconds();
  for (const auto& [leaf, entry] : entries_) {
    if (entry.certificate.expired()) continue;
    const tls::Staple* const staple = entry.staple.get();
    if (staple == nullptr || staple->expired(now)) {
      ++out.missing;
      continue;
    }
    ++(staple->revoked ? out.revoked : out.good);
    const bool first = out.not_after == 0 || staple->next_update < out.not_after;
    if (staple->next_update != 0 && first) out.not_after = staple->next_update;
  }
  return out;
}

void OcspStapling::follow(const std::vector<tls::CertificatePtr>& certificates) {
  for (const tls::CertificatePtr& certificate : certificates) {
    if (certificate->ocsp_responders().empty()) continue;
    Entry& entry = entries_[certificate->leaf()];
    entry.certificate = certificate;
    entry.gone_since = loop::kNever;
    if (entry.staple != nullptr) certificate->set_staple(entry.staple);
  }
  if (!entries_.empty()) timer_.arm(loop::Loop::current().now());
}

void OcspStapling::on_timer(void* self) { static_cast<OcspStapling*>(self)->look(); }

/// Asks about what is due, a few at a time, and comes back when the next one is.
void OcspStapling::look() {
  const loop::TimePoint now = loop::Loop::current().now();
  loop::TimePoint next = now + kLookAgain;
  std::vector<std::string> due;
  for (auto& [leaf, entry] : entries_) {
    if (entry.certificate.expired()) {
      entry.gone_since = std::min(entry.gone_since, now);
      continue;
    }
    if (entry.under_way) continue;
    if (entry.due > now) {
      next = std::min(next, entry.due);
    } else if (asking_ + due.size() < kAtOnce) {
      due.push_back(leaf);
    }
  }
  std::erase_if(entries_, [now](const auto& each) {
    const Entry& entry = each.second;
    return !entry.under_way && entry.gone_since != loop::kNever && now - entry.gone_since >= kKeepGone;
  });
  timer_.arm(next);
  for (std::string& leaf : due) {
    entries_[leaf].under_way = true;
    ++asking_;
    tasks_.spawn(refresh(std::move(leaf)));
  }
}

loop::Task<void> OcspStapling::refresh(std::string leaf) {
  const tls::CertificatePtr asked = entries_[leaf].certificate.lock();
  base::Result<std::string> answer = Error(ErrorKind::kInternal, "the certificate is not served any more");
  if (asked != nullptr) {
    std::optional<base::Result<std::string>> in_time = co_await loop::Interruptible<base::Result<std::string>>(
        ask_any(asked), nullptr, loop::Loop::current().now() + kPatience * 3);
    answer = in_time ? std::move(*in_time) : Error(ErrorKind::kTimeout, "no responder answers in time");
  }
  Entry& entry = entries_[leaf];
  entry.under_way = false;
  --asking_;
  if (const tls::CertificatePtr served = entry.certificate.lock(); served != nullptr) settle(entry, *served, answer);
  timer_.arm(loop::Loop::current().now());
}

void OcspStapling::settle(Entry& entry, const tls::Certificate& certificate, const base::Result<std::string>& answer) {
  const loop::TimePoint now = loop::Loop::current().now();
  base::Result<std::shared_ptr<const tls::Staple>> staple =
      answer ? tls::read_ocsp_response(certificate, *answer, base::wall_now()) : answer.error();
  if (!staple) {
    ++failed_;
    // What was stapled before is stapled until it expires.
    base::log_error("Unable to retrieve OCSP staple for: " + certificate.facts().common_name,
                    {{"error", staple.error().text()}});
    entry.due = now + time_after(++entry.failures);
    return;
  }
  ++answered_;
  entry.failures = 0;
  if ((*staple)->revoked) base::log_warn("A certificate was revoked", {{"names", certificate.identity()}});
  entry.staple = std::move(*staple);
  entry.due = now + time_to_refresh(*entry.staple);
  certificate.set_staple(entry.staple);
}

/// The first answer, of the responders in the certificate's order.
loop::Task<base::Result<std::string>> OcspStapling::ask_any(tls::CertificatePtr certificate) {
  const base::Result<std::string> question = tls::ocsp_request(*certificate);
  if (!question) co_return question.error();
  Error last(ErrorKind::kInternal, "there is no responder");
  for (const std::string& responder : certificate->ocsp_responders()) {
    const auto override = overrides_.find(responder);
    base::Result<std::string> answer =
        co_await ask(override == overrides_.end() ? responder : override->second, *question);
    if (answer) co_return answer;
    last = std::move(answer.error());
  }
  co_return last;
}

loop::Task<base::Result<std::string>> OcspStapling::ask(std::string url, std::string question) {
  base::Result<client::Target> target = client::Target::parse(url);
  if (!target) co_return std::move(target.error());
  if (target->scheme != "http" && target->scheme != "https")
    co_return Error(ErrorKind::kInvalid, "a responder's URL begins with http:// or https://");
  const http::Connection nobody;
  http::Exchange exchange(nobody, nullptr);
  http::Request request;
  request.headers = http::Headers(exchange.arena);
  request.method = "POST";
  request.host = target->authority;
  request.path = target->path.empty() ? std::string_view("/") : std::string_view(target->path);
  request.headers.add("Content-Type", "application/ocsp-request");
  request.headers.add("Accept", "application/ocsp-response");
  request.body = http::Body::of(question);
  client::Client client(transport_, *target, client::Pool::of(transport_, *target));
  base::Result<http::Response> response = co_await client.send(request, exchange, nullptr);
  if (!response) co_return std::move(response.error());
  if (response->status != 200)
    co_return Error(ErrorKind::kInvalid, "the responder answers " + std::to_string(response->status));
  base::Result<std::string> answer = co_await read_all(response->body);
  co_return answer;
}

}  // namespace tandem::app
