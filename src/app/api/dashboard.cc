// The page for people: plain HTML, no script, nothing loaded from elsewhere.

#include <fmt/format.h>

#include "app/api/api.h"
#include "app/api/reply.h"
#include "config/format/json.h"
#include "proxy/routing/tcp_objects.h"
#include "proxy/routing/udp_objects.h"

namespace tandem::api {

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// A table row; the cells are text.
std::string row(std::initializer_list<std::string_view> cells) {
  std::string out = "<tr>";
  for (const std::string_view cell : cells) out += fmt::format("<td>{}</td>", escaped(cell));
  return out + "</tr>\n";
}

std::string heading(std::string_view title, std::initializer_list<std::string_view> columns) {
  std::string out = fmt::format("<h2>{}</h2>\n<table><tr>", title);
  for (const std::string_view column : columns) out += fmt::format("<th>{}</th>", column);
  return out + "</tr>\n";
}

std::string joined(const std::vector<std::string>& parts) { return fmt::format("{}", fmt::join(parts, ", ")); }

template <class Router>
std::string routers(std::string_view title, std::span<const Router> all) {
  if (all.empty()) return {};
  std::string out = heading(title, {"name", "rule", "entry points", "middlewares", "service", "status", "errors"});
  for (const Router& router : all) {
    const auto& state = *router.state;
    std::string rule;
    std::string middlewares;
    if constexpr (requires { router.config->rule; }) {
      rule = router.config->rule;
      middlewares = joined(router.config->middlewares);
    }
    out += row({router.name, rule, joined(state.entry_points), middlewares, router.config->service,
                routing::text_of(state.condition.status), joined(state.condition.errors)});
  }
  return out + "</table>\n";
}

template <class Service>
std::string services(std::string_view title, std::span<const Service> all) {
  if (all.empty()) return {};
  std::string out = heading(title, {"name", "servers", "status", "errors"});
  for (const Service& service : all) {
    std::vector<std::string> servers;
    if constexpr (requires { service.state->server_status; }) {
      for (const auto& [url, status] : service.state->server_status)
        servers.push_back(fmt::format("{} {}", url, status));
    }
    out += row({service.name, joined(servers), routing::text_of(service.state->condition.status),
                joined(service.state->condition.errors)});
  }
  return out + "</table>\n";
}

template <class Middleware>
std::string middlewares(std::string_view title, std::span<const Middleware> all) {
  if (all.empty()) return {};
  std::string out = heading(title, {"name", "status", "errors"});
  for (const Middleware& middleware : all) {
    out += row({middleware.name, routing::text_of(middleware.condition->status), joined(middleware.condition->errors)});
  }
  return out + "</table>\n";
}

constexpr std::string_view kHead =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>tandem</title><style>"
    "body{font:14px system-ui,sans-serif;margin:2rem;color:#222}table{border-collapse:collapse}"
    "td,th{border:1px solid #ccc;padding:.3rem .6rem;text-align:left}th{background:#f3f3f3}"
    "code{background:#f3f3f3}</style><h1>tandem</h1>\n";

class Dashboard final : public http::Handler {
 public:
  explicit Dashboard(Sources sources) : sources_(std::move(sources)) {}

  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    const bool known = request.path == "/" || request.path.empty() || request.path == "/dashboard/";
    http::Response response = known ? page("text/html; charset=utf-8", content(), exchange, Length::kAnnounced)
                                    : http::error_response(404, "404 page not found", exchange.arena);
    // As Traefik's dashboard: nobody else may put it into a frame that looks like his own.
    response.headers.add_view(http::HeaderId::kOther, "Content-Security-Policy",
                              "frame-src 'self' https://traefik.io https://*.traefik.io;");
    return http::ready(std::move(response));
  }

 private:
  std::string content() const {
    std::string out(kHead);
    const std::shared_ptr<const routing::Snapshot> snapshot = sources_.snapshot();
    const format::Value errors = sources_.configuration_errors();
    if (errors.array() != nullptr && !errors.array()->empty()) {
      out += "<h2>Errors</h2><ul>";
      for (const format::Value& error : *errors.array())
        out += fmt::format("<li><code>{}</code></li>", escaped(format::serialize_json(error)));
      out += "</ul>\n";
    }
    out += heading("Entry points", {"name", "address"});
    for (const auto& [name, entry_point] : sources_.static_configuration->entryPoints)
      out += row({name, entry_point.address});
    out += "</table>\n";
    if (snapshot == nullptr) return out + "<p>No configuration yet.</p>";
    out += routers("HTTP routers", snapshot->routers()) + services("HTTP services", snapshot->services()) +
           middlewares("HTTP middlewares", snapshot->middlewares());
    const routing::TcpObjects& tcp = *snapshot->tcp();
    out += routers("TCP routers", tcp.routers()) + services("TCP services", tcp.services()) +
           middlewares("TCP middlewares", tcp.middlewares());
    const routing::UdpObjects& udp = *snapshot->udp();
    return out + routers("UDP routers", udp.routers()) + services("UDP services", udp.services());
  }

  Sources sources_;
};

}  // namespace

http::HandlerPtr make_dashboard(Sources sources) { return std::make_shared<const Dashboard>(std::move(sources)); }

}  // namespace tandem::api
