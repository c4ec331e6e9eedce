#include "control/hooks/webhook.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "protocol/http/exchange.h"

namespace tandem::hooks {
namespace {

constexpr auto kLongestWait = std::chrono::minutes(1);

client::TransportOptions transport_options(const model::NotifyWebhook& settings) {
  client::TransportOptions options;
  options.name = "webhook";
  options.dial_timeout = settings.timeout.value;
  options.response_header_timeout = settings.timeout.value;
  options.max_idle_connections_per_host = -1;  // transitions are rare
  options.disable_http2 = true;
  return options;
}

std::string query_of(std::string_view url) {
  const std::size_t mark = std::min(url.find('?'), url.size());
  const std::string_view query = url.substr(std::min(mark + 1, url.size()));
  return std::string(query.substr(0, query.find('#')));
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

}  // namespace

base::Result<std::unique_ptr<Webhook>> Webhook::make(const model::NotifyWebhook& settings) {
  auto target = client::Target::parse(settings.url);
  if (!target) return std::move(target.error());
  if (target->scheme != "http" && target->scheme != "https")
    return base::Error(base::ErrorKind::kInvalid, fmt::format("webhook: \"{}\" is no URL", settings.url));
  return std::unique_ptr<Webhook>(new Webhook(settings, std::move(*target)));
}

Webhook::Webhook(model::NotifyWebhook settings, client::Target target)
    : settings_(std::move(settings)),
      target_(std::move(target)),
      transport_(transport_options(settings_)),
      query_(query_of(settings_.url)) {}

Webhook::~Webhook() = default;

void Webhook::post(std::string body) {
  if (waiting_.size() >= kMostWaiting) {
    waiting_.pop_front();
    ++counters_.given_up;
  }
  waiting_.push_back(std::move(body));
  if (std::exchange(posting_, true)) return;
  // Not inside this call: the first request reads the certificate authorities.
  loop::Loop::current().post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) scope_.spawn(post_all());
  });
}

loop::Task<void> Webhook::post_all() {
  while (!waiting_.empty()) {
    const std::string body = std::move(waiting_.front());
    waiting_.pop_front();
    loop::Nanoseconds wait = settings_.retryInterval.value;
    for (std::int64_t tries = 0;; ++tries) {
      const auto status = co_await try_once(body);
      if (status && *status >= 200 && *status < 300) {
        ++counters_.delivered;
        break;
      }
      const std::string why = status ? fmt::format("status {}", *status) : status.error().text();
      if (tries >= settings_.retries) {
        ++counters_.given_up;
        base::log_error("The webhook was not told of a transition", {{"url", target_.authority}, {"error", why}});
        break;
      }
      ++counters_.retries;
      base::log_warn("The webhook does not answer, trying again", {{"url", target_.authority}, {"error", why}});
      co_await loop::sleep_for(wait);
      wait = std::min<loop::Nanoseconds>(wait * 2, kLongestWait);
    }
  }
  posting_ = false;
}

loop::Task<base::Result<int>> Webhook::try_once(const std::string& body) {
  const auto deadline = loop::Loop::current().now() + settings_.timeout.value;
  auto answer = co_await loop::Interruptible<base::Result<int>>(send(body), nullptr, deadline);
  if (!answer) {
    co_return base::Error(
        base::ErrorKind::kTimeout,
        fmt::format("no answer within {} ms", settings_.timeout.value / std::chrono::milliseconds(1)));
  }
  co_return std::move(*answer);
}

loop::Task<base::Result<int>> Webhook::send(const std::string& body) {
  const http::Connection on;
  http::Exchange exchange(on, nullptr);
  client::Client client(transport_, target_, client::Pool::of(transport_, target_));
  http::Request request;
  request.method = "POST";
  request.host = target_.authority;
  request.path = target_.path.empty() ? "/" : std::string_view(target_.path);
  request.query = query_;
  request.has_query = !query_.empty();
  request.headers = http::Headers(exchange.arena);
  request.headers.add("content-type", "application/json");
  request.headers.add("user-agent", "tandem");
  for (const auto& [name, value] : settings_.headers) {
    const std::string key = lower(name);
    request.headers.add(exchange.arena.copy(key), value.value);
  }
  request.body = http::Body::of(body);
  auto response = co_await client.send(request, exchange, nullptr);
  if (!response) co_return std::move(response.error());
  co_return response->status;
}

}  // namespace tandem::hooks
