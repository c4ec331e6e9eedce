#pragma once

// Snapshot: everything that was built from one configuration: for each entry point the handler that finds a request's
// router, and what the API tells about routers, services and middlewares. Built on the control thread; immutable and
// shared by all cores. Whoever serves a request or shows the state holds it by shared_ptr.

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/model/dynamic_configuration.h"
#include "config/model/static_configuration.h"
#include "protocol/http/handler.h"

namespace tandem::handshake {
class TlsMaterial;  // tls_material.h
class TlsTable;     // tls_table.h
}  // namespace tandem::handshake

namespace tandem::routing {

class TcpObjects;  // tcp_objects.h
class UdpObjects;  // udp_objects.h

/// Traefik's status of an object: warning when it works but has errors, disabled when it is not used.
enum class Status : std::uint8_t { kEnabled, kWarning, kDisabled };
/// "enabled", "warning", "disabled".
std::string_view text_of(Status status);

/// What is wrong with an object, each sentence once, in the order of discovery.
struct Condition {
  Status status = Status::kEnabled;
  std::vector<std::string> errors;

  void add_error(std::string_view text, bool critical);
  bool operator==(const Condition&) const = default;
};

/// What became of a router.
struct RouterState {
  Condition condition;
  /// The one that counts: configured, or the rule's length. 0 for a router that was never considered (no valid entry
  /// point, broken child).
  std::int64_t priority = 0;
  std::vector<std::string> entry_points;  ///< existing ones it listens on, sorted (API: `using`)
};

/// What became of a service.
struct ServiceState {
  Condition condition;
  http::HandlerPtr handler;                          ///< null when disabled
  std::map<std::string, std::string> server_status;  ///< server URL → "UP" or "DOWN" (API: serverStatus)
};

// Views of one object; valid as long as the snapshot.
struct RuntimeRouter {
  std::string_view name;  ///< name@provider
  const model::HttpRouter* config;
  const RouterState* state;
};
struct RuntimeService {
  std::string_view name;
  const model::HttpService* config;
  const ServiceState* state;  ///< that of an enabled service when no router uses it
};
struct RuntimeMiddleware {
  std::string_view name;
  const model::HttpMiddleware* config;
  const Condition* condition;
};

/// Which routers name an object directly (API: usedBy): qualified object → names of routers, sorted.
struct Usage {
  std::map<std::string, std::vector<std::string_view>, std::less<>> services;
  std::map<std::string, std::vector<std::string_view>, std::less<>> middlewares;
};

enum class Security : std::uint8_t { kCleartext, kTls };

struct BuildInput {
  std::shared_ptr<const model::StaticConfiguration> static_configuration;  ///< model::effective() applied
  std::shared_ptr<const model::DynamicConfiguration> dynamic;  ///< merged, names qualified, entry point models applied
  /// Handlers of services of the provider `internal`, without "@internal": api, dashboard, rest, ping, prometheus,
  /// acme-http. A known one that is absent is "not enabled". `noop` is always there.
  std::map<std::string, http::HandlerPtr, std::less<>> internal_services;
  observe::Metrics* metrics = nullptr;    ///< null: nothing is measured; else it outlives the snapshot
  observe::SpanHook* spans = nullptr;     ///< null: nothing is traced; else it outlives the snapshot
  handshake::TlsMaterial* tls = nullptr;  ///< certificates; null: only the generated one; else it outlives the snapshot
  bool offers_http2 = false;              ///< by ALPN; false as long as there is no session to serve it
  /// Files that the configuration names may hold something else than for the snapshot before: nothing of that is used
  /// again, except what stays in force because it cannot be built.
  bool look_at_files = false;
  /// Files of certificates that hold something else, where `look_at_files` does not say that any may.
  std::vector<std::string> changed_certificates;
};

class Snapshot {
 public:
  struct Contents;  // contents.h
  explicit Snapshot(std::unique_ptr<const Contents> contents);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  /// The handler of all requests on an entry point: match, then the router's middlewares and service, or 404. It
  /// answers 404 to everything where no router listens. Never null. Wants exchange.canonical_host and
  /// exchange.routing_path.
  http::HandlerPtr handler(std::string_view entry_point, Security security) const;

  /// What TLS connections to an entry point get; never null.
  const std::shared_ptr<const handshake::TlsTable>& tls(std::string_view entry_point) const;

  // Sorted by name.
  std::span<const RuntimeRouter> routers() const;
  std::span<const RuntimeService> services() const;
  std::span<const RuntimeMiddleware> middlewares() const;
  // Null when there is no such object.
  const RuntimeRouter* router(std::string_view name) const;
  const RuntimeService* service(std::string_view name) const;
  const RuntimeMiddleware* middleware(std::string_view name) const;
  /// Computed at each call, over all routers.
  Usage usage() const;
  // The same for TCP and UDP; never null.
  const std::shared_ptr<const TcpObjects>& tcp() const;
  const std::shared_ptr<const UdpObjects>& udp() const;

  const std::shared_ptr<const model::DynamicConfiguration>& dynamic() const;
  const Contents& contents() const { return *contents_; }

 private:
  std::unique_ptr<const Contents> contents_;
};

/// Builds a snapshot. What is wrong with an object disables that object and stands in its state; the snapshot itself
/// cannot fail. A router that cannot be built any more goes on as it was in `previous` (may be null), and says so.
/// Objects of `previous` whose configuration and references are unchanged are used again: the same balancers,
/// middlewares, chains and compiled rules. Control thread.
std::shared_ptr<const Snapshot> build_snapshot(const BuildInput& input,
                                               const std::shared_ptr<const Snapshot>& previous);

}  // namespace tandem::routing
