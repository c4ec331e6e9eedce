#include "app/api/api.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/api/certificates.h"
#include "app/api/debug_pages.h"
#include "app/api/listing.h"
#include "app/api/objects.h"
#include "app/api/overview.h"
#include "app/api/reply.h"
#include "app/api/support_dump.h"
#include "config/format/decode.h"
#include "proxy/handshake/tls_table.h"

namespace tandem::api {

namespace {

using format::Array;
using format::Value;
using http::Exchange;
using http::Request;
using http::Response;

constexpr int kFound = 302;
constexpr int kBadRequest = 400;
constexpr int kNotFound = 404;
constexpr int kMethodNotAllowed = 405;
constexpr int kUnavailable = 503;

Response nothing_here(Exchange& exchange) {
  return http::error_response(kNotFound, "404 page not found", exchange.arena);
}

Value entry_point_item(const std::string& name, const model::EntryPoint& entry_point) {
  Value value = format::encode(entry_point, true);
  value.object()->push_back({"name", text(name)});
  return value;
}

/// What X-Forwarded-Prefix puts before a path of ours; nothing when it leads to another host.
std::string forwarded_prefix(const Request& request) {
  std::string prefix;
  for (const http::HeaderField& field : request.headers) {
    if (http::equals_ignoring_case(field.name, "X-Forwarded-Prefix")) {
      prefix = field.value;
      break;
    }
  }
  if (prefix.find("://") != std::string::npos || prefix.starts_with("//")) return {};
  if (prefix.ends_with('/')) prefix.pop_back();
  return prefix;
}

/// "certificates/FINGERPRINT".
bool is_certificate(std::string_view path) {
  constexpr std::string_view kOne = "certificates/";
  return path.starts_with(kOne) && path.size() > kOne.size() && path.find('/', kOne.size()) == std::string_view::npos;
}

class Api final : public http::Handler {
 public:
  explicit Api(Sources sources) : sources_(std::move(sources)), started_(start_time_text()) {
    const auto& options = sources_.static_configuration->api;
    if (options) base_ = options->basePath;
    while (base_.ends_with('/')) base_.pop_back();
    if (options && options->dashboard) dashboard_ = make_dashboard(sources_);
    debug_ = options && options->debug;
  }

  loop::Task<Response> handle(Request request, Exchange& exchange) const override {
    std::string_view path = request.path;
    const bool inside = path.starts_with(base_) && (path.size() == base_.size() || path[base_.size()] == '/');
    if (!inside) return http::ready(nothing_here(exchange));
    path.remove_prefix(base_.size());
    constexpr std::string_view kPage = "/dashboard";
    if (dashboard_ && path.starts_with("/dashboard/") && request.method == "GET") {
      path.remove_prefix(kPage.size());
      request.path = path;
      return dashboard_->handle(std::move(request), exchange);
    }
    return http::ready(answer(request, path, exchange));
  }

 private:
  /// What a path names; the answer to GET is made only when it is wanted.
  enum class Endpoint : std::uint8_t {
    kNone,
    kBase,
    kDashboard,
    kVersion,
    kEntryPoints,
    kEntryPoint,
    kErrors,
    kPair,
    kRawData,
    kOverview,
    kSupportDump,
    kObjects,
    kCertificates,
    kDebug,
  };

  Endpoint endpoint(std::string_view path) const {
    if (dashboard_ && (path.empty() ? !base_.empty() : base_.empty() && path == "/")) return Endpoint::kBase;
    if (dashboard_ && path.starts_with("/dashboard/")) return Endpoint::kDashboard;
    if (debug_ && is_debug_page(path)) return Endpoint::kDebug;
    if (!path.starts_with("/api/")) return Endpoint::kNone;
    path.remove_prefix(std::string_view("/api/").size());
    constexpr std::string_view kOne = "entrypoints/";
    if (path == "version") return Endpoint::kVersion;
    if (path == "rawdata") return Endpoint::kRawData;
    if (path == "overview") return Endpoint::kOverview;
    if (path == "support-dump") return Endpoint::kSupportDump;
    if (path == "config/errors") return Endpoint::kErrors;
    if (path == "ha" && sources_.pair_status) return Endpoint::kPair;
    if (path == "certificates" || is_certificate(path)) return Endpoint::kCertificates;
    if (path == "entrypoints") return Endpoint::kEntryPoints;
    const bool one = path.starts_with(kOne) && path.size() > kOne.size() && path.find('/', kOne.size()) == path.npos;
    if (one) return Endpoint::kEntryPoint;
    return object_path(path).protocol.empty() ? Endpoint::kNone : Endpoint::kObjects;
  }

  Response answer(const Request& request, std::string_view path, Exchange& exchange) const {
    const Endpoint which = endpoint(path);
    if (which == Endpoint::kNone) return nothing_here(exchange);
    if (request.method != "GET") return http::empty_response(kMethodNotAllowed, exchange.arena);
    const Parameters parameters(request.query);
    switch (which) {
      case Endpoint::kBase:
        return to_dashboard(request, exchange);
      case Endpoint::kDebug:
        return debug_page(path, exchange);
      case Endpoint::kVersion:
        return page("application/json; charset=UTF-8", version_text(*sources_.static_configuration, started_),
                    exchange);
      case Endpoint::kEntryPoints:
        return entry_points(parameters, exchange);
      case Endpoint::kEntryPoint:
        return entry_point(path.substr(std::string_view("/api/entrypoints/").size()), exchange);
      case Endpoint::kErrors:
        return json(sources_.configuration_errors(), exchange);
      case Endpoint::kPair:
        return pair(exchange);
      default:
        return about_snapshot(which, path, parameters, exchange);
    }
  }

  Response pair(Exchange& exchange) const {
    const std::string status = sources_.pair_status();
    if (status.empty()) return failure(kUnavailable, "the supervisor has not told its status yet", exchange);
    return page("application/json", status + "\n", exchange);
  }

  Response about_snapshot(Endpoint which, std::string_view path, const Parameters& parameters,
                          Exchange& exchange) const {
    const std::shared_ptr<const routing::Snapshot> snapshot = sources_.snapshot();
    if (snapshot == nullptr) return failure(kUnavailable, "no configuration yet", exchange);
    const model::StaticConfiguration& configuration = *sources_.static_configuration;
    if (which == Endpoint::kRawData) return json(raw_data(*snapshot), exchange);
    if (which == Endpoint::kOverview) return json(overview(*snapshot, configuration), exchange);
    if (which == Endpoint::kSupportDump) return support_dump(*snapshot, configuration, started_, exchange);
    if (which == Endpoint::kCertificates) {
      const std::string_view one = path.substr(std::string_view("/api/certificates").size());
      return answer_certificates(*snapshot->tls("")->store(), one.empty() ? one : one.substr(1), parameters, exchange);
    }
    return answer_objects(*snapshot, object_path(path.substr(std::string_view("/api/").size())), parameters, exchange);
  }

  Response to_dashboard(const Request& request, Exchange& exchange) const {
    Response response = http::empty_response(kFound, exchange.arena);
    response.headers.add("Location", forwarded_prefix(request) + base_ + "/dashboard/");
    return response;
  }

  Response entry_points(const Parameters& parameters, Exchange& exchange) const {
    const auto& all = sources_.static_configuration->entryPoints;
    const PageOrError part = page_of(parameters, all.size());
    if (!part.error.empty()) return failure(kBadRequest, part.error, exchange);
    Array out;
    std::size_t index = 0;
    for (const auto& [name, entry_point] : all) {
      if (index >= part.page.begin && index < part.page.end) out.push_back(entry_point_item(name, entry_point));
      ++index;
    }
    Response response = json(Value(std::move(out), {}), exchange);
    response.headers.add("X-Next-Page", std::to_string(part.page.next));
    return response;
  }

  Response entry_point(std::string_view escaped, Exchange& exchange) const {
    const std::string name(http::percent_decode(escaped, exchange.arena).value_or(escaped));
    const auto& all = sources_.static_configuration->entryPoints;
    const auto found = all.find(name);
    if (found == all.end()) return failure(kNotFound, fmt::format("entry point not found: {}", name), exchange);
    return json(entry_point_item(found->first, found->second), exchange);
  }

  Sources sources_;
  std::string started_;
  std::string base_;            // api.basePath without slashes at the end
  http::HandlerPtr dashboard_;  // null when switched off
  bool debug_ = false;
};

}  // namespace

http::HandlerPtr make_api(Sources sources) { return std::make_shared<const Api>(std::move(sources)); }

}  // namespace tandem::api
