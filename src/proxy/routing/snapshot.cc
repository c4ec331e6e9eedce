#include "proxy/routing/snapshot.h"

#include <algorithm>
#include <utility>

#include "proxy/routing/contents.h"
#include "proxy/routing/names.h"
#include "proxy/routing/traced_handler.h"

namespace tandem::routing {

std::string_view text_of(Status status) {
  switch (status) {
    case Status::kEnabled:
      return "enabled";
    case Status::kWarning:
      return "warning";
    case Status::kDisabled:
      return "disabled";
  }
  return "";
}

void Condition::add_error(std::string_view text, bool critical) {
  if (critical) {
    status = Status::kDisabled;
  } else if (status == Status::kEnabled) {
    status = Status::kWarning;
  }
  if (std::ranges::find(errors, text) == errors.end()) errors.emplace_back(text);
}

Snapshot::Snapshot(std::unique_ptr<const Contents> contents) : contents_(std::move(contents)) {}
Snapshot::~Snapshot() = default;

http::HandlerPtr Snapshot::handler(std::string_view entry_point, Security security) const {
  for (const Contents::Table& table : contents_->tables) {
    if (table.entry_point == entry_point && table.security == security) {
      return traced(contents_->input.spans, observe::SpanKind::kEntryPoint, entry_point, table.routes);
    }
  }
  static const http::HandlerPtr nowhere =
      std::make_shared<const match::RouteTable>(std::vector<match::Route>(), match::RouteTable::Level::kEntryPoint);
  return nowhere;
}

const handshake::TlsTablePtr& Snapshot::tls(std::string_view entry_point) const {
  const auto found = contents_->tls_tables.find(entry_point);
  return found != contents_->tls_tables.end() ? found->second : contents_->tls_tables.find("")->second;
}

std::span<const RuntimeRouter> Snapshot::routers() const { return contents_->routers; }
std::span<const RuntimeService> Snapshot::services() const { return contents_->services; }
std::span<const RuntimeMiddleware> Snapshot::middlewares() const { return contents_->middlewares; }

const RuntimeRouter* Snapshot::router(std::string_view name) const { return find_named(routers(), name); }
const RuntimeService* Snapshot::service(std::string_view name) const { return find_named(services(), name); }
const RuntimeMiddleware* Snapshot::middleware(std::string_view name) const { return find_named(middlewares(), name); }

Usage Snapshot::usage() const {
  Usage usage;
  for (const RuntimeRouter& router : routers()) {
    for (const std::string& reference : router.config->middlewares) {
      std::string name = qualified_reference(reference, router.name);
      if (middleware(name) != nullptr) usage.middlewares[std::move(name)].push_back(router.name);
    }
    if (router.config->service.empty()) continue;
    std::string name = qualified_reference(router.config->service, router.name);
    if (service(name) != nullptr) usage.services[std::move(name)].push_back(router.name);
  }
  return usage;
}

const std::shared_ptr<const TcpObjects>& Snapshot::tcp() const { return contents_->tcp; }
const std::shared_ptr<const UdpObjects>& Snapshot::udp() const { return contents_->udp; }

const std::shared_ptr<const model::DynamicConfiguration>& Snapshot::dynamic() const { return contents_->input.dynamic; }

}  // namespace tandem::routing
