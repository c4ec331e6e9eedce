#include "app/command/route.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <coroutine>
#include <cstdio>
#include <optional>

#include "app/command/show.h"
#include "app/inspect/seen_site.h"
#include "base/text.h"
#include "config/format/json.h"
#include "config/model/effective.h"
#include "config/model/entry_point_address.h"
#include "engine/loop/loop.h"
#include "proxy/entry/front_handler.h"
#include "proxy/routing/explain.h"
#include "proxy/routing/names.h"

namespace tandem::command {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using format::Object;
using format::Value;
using inspect::object_named;
using inspect::SeenSite;
using inspect::text_at;
using inspect::texts_at;
using routing::RouteVerdict;
using routing::Security;

constexpr std::size_t kNearest = 5;  // routers that are told of without --all

struct AskedRequest {
  std::string method = "GET";
  Security security = Security::kCleartext;
  std::string host;
  std::uint16_t port = 80;
  std::string path = "/";
  std::string query;
  bool has_query = false;
  std::vector<std::pair<std::string, std::string>> headers;
  net::Address peer;
};

Error refused(std::string sentence) { return {ErrorKind::kInvalid, std::move(sentence)}; }

Result<void> read_url(std::string_view url, AskedRequest& into) {
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return refused(fmt::format("{}: begin with http:// or https://", url));
  const std::string scheme = base::lower_case(url.substr(0, scheme_end));
  if (scheme == "https" || scheme == "wss") {
    into.security = Security::kTls;
    into.port = 443;
  } else if (scheme != "http" && scheme != "ws") {
    return refused(fmt::format("{}: begin with http:// or https://", url));
  }
  url.remove_prefix(scheme_end + 3);
  url = url.substr(0, url.find('#'));
  const std::size_t path = std::min(url.find_first_of("/?"), url.size());
  into.host = url.substr(0, path);
  std::string_view target = url.substr(path);
  if (const std::size_t question = target.find('?'); question != std::string_view::npos) {
    into.has_query = true;
    into.query = target.substr(question + 1);
    target = target.substr(0, question);
  }
  if (!target.empty()) into.path = target;
  const std::size_t colon = into.host.rfind(':');
  if (colon != std::string::npos && into.host.find(']', colon) == std::string::npos) {
    const char* const end = into.host.data() + into.host.size();
    const auto [stopped, error] = std::from_chars(into.host.data() + colon + 1, end, into.port);
    if (error != std::errc{} || stopped != end) return refused(fmt::format("{}: invalid port", into.host));
  }
  return {};
}

/// "GET https://host/path", in one word or two; the method may be missing.
Result<AskedRequest> read_request(const CommandArguments& arguments) {
  std::string line = fmt::format("{}", fmt::join(arguments.words, " "));
  AskedRequest asked;
  if (const std::size_t blank = line.find(' '); blank != std::string::npos) {
    asked.method = base::upper_case(line.substr(0, blank));
    line.erase(0, line.find_first_not_of(' ', blank));
  }
  if (line.empty() || line.contains(' ')) return refused("usage: tandem route 'GET https://host/path'");
  if (const auto read = read_url(line, asked); !read) return read.error();
  for (const std::string& header : arguments.headers) {
    const std::size_t colon = header.find(':');
    if (colon == std::string::npos || colon == 0) return refused(fmt::format("no header: {}", header));
    std::string name = header.substr(0, colon);
    const std::size_t value = header.find_first_not_of(' ', colon + 1);
    std::string text = value == std::string::npos ? std::string() : header.substr(value);
    if (base::equal_ignoring_case(name, "host")) {
      asked.host = std::move(text);
    } else {
      asked.headers.emplace_back(std::move(name), std::move(text));
    }
  }
  const auto ip = net::IpAddress::parse(arguments.from.empty() ? "127.0.0.1" : arguments.from);
  if (!ip) return refused(fmt::format("no address: {}", arguments.from));
  asked.peer = net::Address(*ip, 0);
  return asked;
}

/// Entry points that the request may come in at: the one that was named, else those on its port, else the default ones.
Result<std::vector<std::string>> entry_points_for(const AskedRequest& asked, const CommandArguments& arguments,
                                                  const model::StaticConfiguration& configuration) {
  const auto& all = configuration.entryPoints;
  if (!arguments.entry_point.empty()) {
    if (all.contains(arguments.entry_point)) return std::vector{arguments.entry_point};
    std::vector<std::string> names;
    for (const auto& [name, entry_point] : all) names.push_back(name);
    return refused(
        fmt::format("there is no entry point {} (there are {})", arguments.entry_point, fmt::join(names, ", ")));
  }
  std::vector<std::string> on_port;
  for (const auto& [name, entry_point] : all) {
    const auto address = model::parse_entry_point_address(entry_point.address);
    const bool tcp = address && address->protocol == model::EntryPointProtocol::kTcp;
    if (tcp && address->port == asked.port) on_port.push_back(name);
  }
  return on_port.empty() ? model::default_entry_points(configuration) : on_port;
}

/// What one entry point does with the request.
struct Answer {
  std::string entry_point;
  int refused = 0;  ///< status when it is refused before any router is asked
  std::string_view router;
  std::vector<RouteVerdict> verdicts;
  std::vector<std::pair<std::string_view, std::vector<RouteVerdict>>> children;  ///< by parent, outermost first
  std::vector<routing::Bystander> bystanders;
};

/// Stands where the routers stand: the request is in its canonical form there.
class Catcher final : public http::Handler {
 public:
  Catcher(const routing::Snapshot& snapshot, Security security, Answer& answer)
      : snapshot_(snapshot), security_(security), answer_(answer) {}

  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    const std::string& on = answer_.entry_point;
    answer_.router = routing::router_for(snapshot_, on, security_, request, exchange);
    answer_.verdicts = routing::explain(snapshot_, on, security_, request, exchange);
    answer_.bystanders = routing::bystanders(snapshot_, on, security_, request, exchange);
    std::string_view parent = answer_.router;
    while (!parent.empty() && answer_.children.size() < routing::kMaxNesting) {
      auto verdicts = routing::explain_children(snapshot_, parent, request, exchange);
      if (verdicts.empty()) break;
      const auto taken = std::ranges::find(verdicts, true, &RouteVerdict::matches);
      const std::string_view next = taken == verdicts.end() ? std::string_view() : taken->router;
      answer_.children.emplace_back(parent, std::move(verdicts));
      parent = next;
    }
    return http::ready(http::empty_response(200, exchange.arena));
  }

 private:
  const routing::Snapshot& snapshot_;
  Security security_;
  Answer& answer_;
};

entry::EntryPointOptions front_options(const std::string& name, const model::EntryPoint& entry_point) {
  entry::EntryPointOptions options;
  options.name = name;
  options.forwarded.insecure = entry_point.forwardedHeaders.insecure;
  options.sanitize_path = entry_point.http.sanitizePath;
  options.encode_query_semicolons = entry_point.http.encodeQuerySemicolons;
  const std::string& strategy = entry_point.http.underscoreHeadersStrategy;
  if (strategy == "delete") options.underscore_headers = entry::UnderscoreHeaders::kDelete;
  if (strategy == "reject") options.underscore_headers = entry::UnderscoreHeaders::kReject;
  return options;
}

Answer ask_entry_point(const SeenSite& site, const AskedRequest& asked, const std::string& entry_point) {
  Answer answer;
  answer.entry_point = entry_point;
  loop::Loop loop;
  http::Connection connection;
  connection.peer = asked.peer;
  connection.transport_peer = asked.peer;
  connection.entry_point = entry_point;
  connection.secure = asked.security == Security::kTls;
  connection.peer_ip_text = asked.peer.ip().text();
  http::Exchange exchange(connection, nullptr);
  http::Request request;
  request.method = asked.method;
  request.host = asked.host;
  request.path = asked.path;
  request.query = asked.query;
  request.has_query = asked.has_query;
  request.headers = http::Headers(exchange.arena);
  for (const auto& [name, value] : asked.headers) request.headers.add(name, value);
  const entry::EntryPointOptions options = front_options(entry_point, site.configuration->entryPoints.at(entry_point));
  const entry::FrontHandler front(options, std::make_shared<const Catcher>(*site.snapshot, asked.security, answer));
  loop::Task<http::Response> task = front.handle(std::move(request), exchange);
  task.start(std::noop_coroutine());
  if (task.done()) {
    const http::Response response = task.take();
    if (response.status != 200) answer.refused = response.status;
  }
  return answer;
}

/// Routers that did not match, those first that failed least.
std::vector<const RouteVerdict*> nearest(const std::vector<RouteVerdict>& verdicts, bool all) {
  std::vector<const RouteVerdict*> found;
  for (const RouteVerdict& verdict : verdicts) {
    if (!verdict.matches) found.push_back(&verdict);
  }
  if (all || found.size() <= kNearest) return found;
  std::ranges::stable_sort(found, {}, [](const RouteVerdict* verdict) { return verdict->failed.size(); });
  found.resize(kNearest);
  return found;
}

class Report {
 public:
  Report(const SeenSite& site, const AskedRequest& asked, bool all) : site_(site), asked_(asked), all_(all) {}

  std::string text(const Answer& answer) const {
    const bool tls = asked_.security == Security::kTls;
    const std::string query = asked_.has_query ? "?" + asked_.query : "";
    std::string out = fmt::format("{} {}://{}{}{} on entry point {}\n", asked_.method, tls ? "https" : "http",
                                  asked_.host, asked_.path, query, answer.entry_point);
    if (answer.refused != 0) {
      return out + fmt::format("  refused with {} before any router is asked\n", answer.refused);
    }
    out += level(answer.verdicts, answer.router);
    for (const auto& [parent, verdicts] : answer.children) {
      out += fmt::format(" children of {} (its middlewares may change the request first)\n", parent);
      const auto taken = std::ranges::find(verdicts, true, &RouteVerdict::matches);
      out += level(verdicts, taken == verdicts.end() ? std::string_view() : taken->router);
    }
    for (const routing::Bystander& each : answer.bystanders) {
      out += line("never asked", fmt::format("{} would match: {}", each.router, reason(each)));
    }
    return out;
  }

  Value json(const Answer& answer) const {
    Object out{{"entryPoint", Value(answer.entry_point, {})},
               {"tls", Value(asked_.security == Security::kTls, {})},
               {"router", Value(std::string(answer.router), {})}};
    if (answer.refused != 0) out.push_back({"refused", Value(std::int64_t{answer.refused}, {})});
    out.push_back({"asked", verdicts_json(answer.verdicts)});
    Object children;
    for (const auto& [parent, verdicts] : answer.children) {
      children.push_back({std::string(parent), verdicts_json(verdicts)});
    }
    if (!children.empty()) out.push_back({"children", Value(std::move(children), {})});
    format::Array never;
    for (const routing::Bystander& each : answer.bystanders) {
      never.push_back(
          {Object{{"router", Value(std::string(each.router), {})}, {"reason", Value(reason(each), {})}}, {}});
    }
    out.push_back({"neverAsked", Value(std::move(never), {})});
    return {std::move(out), {}};
  }

 private:
  static std::string line(std::string_view label, std::string_view text) {
    return fmt::format("  {:<12} {}\n", label, text);
  }

  static Value verdicts_json(const std::vector<RouteVerdict>& verdicts) {
    format::Array all;
    for (const RouteVerdict& verdict : verdicts) {
      format::Array failed;
      for (const std::string& matcher : verdict.failed) failed.push_back(Value(matcher, {}));
      all.push_back({Object{{"router", Value(std::string(verdict.router), {})},
                            {"priority", Value(verdict.priority, {})},
                            {"matches", Value(verdict.matches, {})},
                            {"failed", Value(std::move(failed), {})}},
                     {}});
    }
    return {std::move(all), {}};
  }

  /// A running instance's own words count: its middlewares and services were not built here.
  std::string reason(const routing::Bystander& each) const {
    const Value* item = object_named(site_.objects, "routers", each.router);
    if (!each.reason.starts_with("disabled") || item == nullptr) return each.reason;
    return fmt::format("disabled: {}", fmt::join(texts_at(*item, "error"), "; "));
  }

  std::string level(const std::vector<RouteVerdict>& verdicts, std::string_view taken) const {
    std::string out;
    if (taken.empty()) {
      out += line("taken by", "no router: 404");
    } else {
      out += winner(taken);
    }
    std::size_t later = 0;
    for (const RouteVerdict& verdict : verdicts) {
      if (!verdict.matches || verdict.router == taken) continue;
      if (++later > kNearest && !all_) break;
      out += line(later == 1 ? "then" : "",
                  fmt::format("{} (priority {}): matches too, asked later", verdict.router, verdict.priority));
    }
    bool first = true;
    for (const RouteVerdict* verdict : nearest(verdicts, all_)) {
      out += line(std::exchange(first, false) ? "not" : "",
                  fmt::format("{} (priority {}): {} {} not match", verdict->router, verdict->priority,
                              fmt::join(verdict->failed, ", "), verdict->failed.size() == 1 ? "does" : "do"));
    }
    return out;
  }

  std::string winner(std::string_view name) const {
    const Value* item = object_named(site_.objects, "routers", name);
    if (item == nullptr) return line("taken by", name);
    const Value* priority = item->find("priority");
    std::string out = line(
        "taken by", fmt::format("{} (priority {}): {}", name,
                                priority == nullptr ? "0" : format::serialize_json(*priority), text_at(*item, "rule")));
    bool first = true;
    for (const std::string& each : middleware_lines(site_.objects, "http", texts_at(*item, "middlewares"))) {
      out += line(std::exchange(first, false) ? "through" : "", each);
    }
    const std::string service = text_at(*item, "service");
    if (service.empty()) return out;
    first = true;
    for (const std::string& each : service_lines(site_.objects, "http", routing::qualified_reference(service, name))) {
      out += line(std::exchange(first, false) ? "to" : "", each);
    }
    return out;
  }

  const SeenSite& site_;
  const AskedRequest& asked_;
  bool all_;
};

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

}  // namespace

int run_route(const CommandArguments& arguments) {
  const auto asked = read_request(arguments);
  if (!asked) return command_failed(asked.error().text());
  const auto site = inspect::see_site(arguments.api, arguments.static_flags);
  if (!site) return command_failed(site.error().text());
  const auto entry_points = entry_points_for(*asked, arguments, *site->configuration);
  if (!entry_points) return command_failed(entry_points.error().text());
  const Report report(*site, *asked, arguments.all);
  format::Array answers;
  bool taken = false;
  for (const std::string& entry_point : *entry_points) {
    const Answer answer = ask_entry_point(*site, *asked, entry_point);
    taken = taken || !answer.router.empty();
    if (arguments.json) {
      answers.push_back(report.json(answer));
    } else {
      print(report.text(answer));
    }
  }
  if (arguments.json) print(format::serialize_json_pretty(Value(std::move(answers), {})) + "\n");
  return taken ? 0 : 1;
}

}  // namespace tandem::command
