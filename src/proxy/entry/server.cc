#include "proxy/entry/server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "config/model/entry_point_address.h"
#include "engine/loop/per_worker.h"
#include "proxy/entry/front_handler.h"
#include "proxy/routing/observation.h"

namespace tandem::entry {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

Error in_entry_point(const std::string& name, Error error) {
  return std::move(error).wrapped("entry point \"" + name + "\"");
}

Result<std::vector<net::IpPrefix>> parse_prefixes(const std::vector<std::string>& texts) {
  std::vector<net::IpPrefix> out;
  for (const std::string& text : texts) {
    Result<net::IpPrefix> prefix = net::IpPrefix::parse(text);
    if (!prefix) return std::move(prefix.error());
    out.push_back(*prefix);
  }
  return out;
}

Result<net::Address> listen_address(const model::EntryPointAddress& at) {
  if (at.host.empty()) return net::Address(*net::IpAddress::parse("::"), at.port);
  const auto ip = net::IpAddress::parse(at.host == "localhost" ? "127.0.0.1" : at.host);
  if (!ip) return Error(ErrorKind::kInvalid, "not an IP address: " + at.host);
  return net::Address(*ip, at.port);
}

http1::ServerOptions http_options(const model::EntryPoint& from) {
  http1::ServerOptions to;
  const model::EntryPointTransport& transport = from.transport;
  to.max_header_bytes = static_cast<std::size_t>(std::max<std::int64_t>(from.http.maxHeaderBytes, 0));
  to.read_timeout = transport.respondingTimeouts.readTimeout.value;
  to.write_timeout = transport.respondingTimeouts.writeTimeout.value;
  to.idle_timeout = transport.respondingTimeouts.idleTimeout.value;
  to.keep_alive_max_requests = static_cast<std::uint64_t>(std::max<std::int64_t>(transport.keepAliveMaxRequests, 0));
  to.keep_alive_max_time = transport.keepAliveMaxTime.value;
  to.min_bytes_per_second =
      static_cast<std::uint64_t>(std::max<std::int64_t>(transport.respondingTimeouts.min_bytes_per_second(), 0));
  to.min_bytes_grace = transport.respondingTimeouts.min_bytes_grace().value;
  return to;
}

http2::ServerOptions http2_options(const model::EntryPoint& from, const http1::ServerOptions& http1) {
  const auto at_most_32_bits = [](std::int64_t value) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(value, 0, INT32_MAX));
  };
  http2::ServerOptions to;
  if (from.http2.maxConcurrentStreams > 0) to.max_concurrent_streams = at_most_32_bits(from.http2.maxConcurrentStreams);
  if (from.http2.maxDecoderHeaderTableSize > 0) {
    to.decoder_table_size = at_most_32_bits(from.http2.maxDecoderHeaderTableSize);
  }
  if (from.http2.maxEncoderHeaderTableSize > 0) {
    to.encoder_table_size = at_most_32_bits(from.http2.maxEncoderHeaderTableSize);
  }
  to.max_header_bytes = http1.max_header_bytes;
  to.max_header_fields = http1.max_header_fields;
  to.read_timeout = http1.read_timeout;
  to.write_timeout = http1.write_timeout;
  to.idle_timeout = http1.idle_timeout;
  to.min_bytes_per_second = http1.min_bytes_per_second;
  to.min_bytes_grace = http1.min_bytes_grace;
  to.keep_alive_max_requests = http1.keep_alive_max_requests;
  to.keep_alive_max_time = http1.keep_alive_max_time;
  return to;
}

Result<EntryPointOptions> make_options(const std::string& name, const model::EntryPoint& from,
                                       const net::Address& address) {
  EntryPointOptions to;
  to.name = name;
  to.address = address;
  to.reuse_port = from.reusePort;
  to.http = http_options(from);
  to.http2 = http2_options(from, to.http);
  if (from.proxyProtocol) {
    to.proxy_protocol = true;
    to.proxy_protocol_insecure = from.proxyProtocol->insecure;
    Result<std::vector<net::IpPrefix>> trusted = parse_prefixes(from.proxyProtocol->trustedIPs);
    if (!trusted) return std::move(trusted.error()).wrapped("proxyProtocol.trustedIPs");
    to.proxy_protocol_trusted = std::move(*trusted);
  }
  to.forwarded.insecure = from.forwardedHeaders.insecure;
  to.forwarded.kept_connection_headers = from.forwardedHeaders.connection;
  to.forwarded.append_forwarded_for = !from.forwardedHeaders.notAppendXForwardedFor;
  Result<std::vector<net::IpPrefix>> trusted = parse_prefixes(from.forwardedHeaders.trustedIPs);
  if (!trusted) return std::move(trusted.error()).wrapped("forwardedHeaders.trustedIPs");
  to.forwarded.trusted_ips = std::move(*trusted);
  const std::string& strategy = from.http.underscoreHeadersStrategy;
  if (strategy == "delete") {
    to.underscore_headers = UnderscoreHeaders::kDelete;
  } else if (strategy == "reject") {
    to.underscore_headers = UnderscoreHeaders::kReject;
  } else if (strategy != "keep" && !strategy.empty()) {
    return Error(ErrorKind::kInvalid,
                 "http.underscoreHeadersStrategy: \"" + strategy + "\" is none of keep, delete, reject");
  }
  to.sanitize_path = from.http.sanitizePath;
  to.encode_query_semicolons = from.http.encodeQuerySemicolons;
  return to;
}

/// One listening socket for each worker. The first decides the port when any may be taken.
Result<std::vector<base::Fd>> open(net::Address address, bool reuse_port, std::size_t workers) {
  net::ListenOptions how;
  // Several sockets on one address need SO_REUSEPORT; without the option no other process may join them.
  if (!reuse_port) {
    const Result<int> probe = net::listen_tcp(address, how);
    if (!probe) return probe.error();
    address = net::local_address(*probe);
    ::close(*probe);
  }
  how.reuse_port = workers > 1 || reuse_port;
  std::vector<base::Fd> sockets;
  for (std::size_t i = 0; i < workers; ++i) {
    const Result<int> socket = net::listen_tcp(address, how);
    if (!socket) return socket.error();
    address = net::local_address(*socket);
    sockets.emplace_back(*socket);
  }
  return sockets;
}

/// What answers before the first configuration.
class NothingYet final : public http::Handler {
 public:
  loop::Task<http::Response> handle(http::Request /*request*/, http::Exchange& exchange) const override {
    return http::ready(http::error_response(404, "404 page not found", exchange.arena));
  }
};

}  // namespace

Result<ListeningSockets> open_listening_sockets(const model::StaticConfiguration& configuration, std::size_t workers,
                                                ListeningSockets opened) {
  ListeningSockets all;
  for (const auto& [name, entry_point] : configuration.entryPoints) {
    const Result<model::EntryPointAddress> parsed = model::parse_entry_point_address(entry_point.address);
    if (!parsed) return in_entry_point(name, parsed.error());
    if (parsed->protocol == model::EntryPointProtocol::kUdp) continue;
    if (const auto kept = opened.find(name); kept != opened.end()) {
      all.emplace(name, std::move(kept->second));
      continue;
    }
    const Result<net::Address> address = listen_address(*parsed);
    if (!address) return in_entry_point(name, address.error());
    Result<std::vector<base::Fd>> sockets = open(*address, entry_point.reusePort, workers);
    if (!sockets) return in_entry_point(name, std::move(sockets.error()));
    all.emplace(name, std::move(*sockets));
  }
  return all;
}

Result<std::unique_ptr<Server>> Server::make(const model::StaticConfiguration& configuration, ListeningSockets sockets,
                                             std::size_t workers) {
  std::unique_ptr<Server> server(new Server);
  loop::set_worker_count(workers);
  for (auto& [name, opened] : sockets) {
    const auto entry_point = configuration.entryPoints.find(name);
    if (entry_point == configuration.entryPoints.end() || opened.size() != workers) {
      return Error(ErrorKind::kInternal, "sockets do not fit the configuration")
          .wrapped("entry point \"" + name + "\"");
    }
    Result<EntryPointOptions> options = make_options(name, entry_point->second, net::local_address(opened[0].get()));
    if (!options) return in_entry_point(name, std::move(options.error()));
    options->observed = routing::observed_of(configuration, entry_point->second);
    auto listening = std::make_unique<Listening>();
    listening->options = std::move(*options);
    listening->sockets = std::move(opened);
    server->entry_points_.push_back(std::move(listening));
  }
  for (std::size_t i = 0; i < workers; ++i) {
    server->workers_.push_back(std::make_unique<Worker>(i, server->entry_points_));
    server->workers_.back()->set_first(server->workers_.front().get());
  }
  return server;
}

Server::~Server() { stop(); }

void Server::observe(const Observers& observers) {
  for (const auto& worker : workers_) worker->set_observers(observers);
}

void Server::start() {
  const auto nothing = std::make_shared<const NothingYet>();
  const auto no_certificate = std::make_shared<const tls::CertificateStore>();
  const Served served{.cleartext = nothing,
                      .secure = nothing,
                      .tls = std::make_shared<const handshake::TlsTable>(nullptr, no_certificate)};
  const auto handlers = std::make_shared<const Handlers>(entry_points_.size(), served);
  for (const auto& worker : workers_) {
    worker->swap(handlers, {});
    worker->start();
  }
}

void Server::hold() {
  for (const auto& worker : workers_) worker->hold();
}

void Server::accept_now() {
  for (const auto& worker : workers_) worker->accept_now();
}

void Server::swap(const std::shared_ptr<const routing::Snapshot>& snapshot, std::move_only_function<void()> done) {
  // The handlers keep the snapshot alive: what they point to belongs to it.
  struct Served {
    std::shared_ptr<const routing::Snapshot> snapshot;
    Handlers handlers;
  };
  auto served = std::make_shared<Served>();
  served->snapshot = snapshot;
  for (const auto& listening : entry_points_) {
    const auto front = [&](routing::Security security) {
      http::HandlerPtr routers = snapshot->handler(listening->options.name, security);
      if (const auto wrap = wraps_.find(listening->options.name); wrap != wraps_.end())
        routers = wrap->second(std::move(routers));
      return std::make_shared<const FrontHandler>(listening->options, std::move(routers));
    };
    served->handlers.push_back({.cleartext = front(routing::Security::kCleartext),
                                .secure = front(routing::Security::kTls),
                                .tls = snapshot->tls(listening->options.name)});
  }
  const std::shared_ptr<const Handlers> handlers(served, &served->handlers);
  struct Countdown {
    std::atomic<std::size_t> left;
    std::move_only_function<void()> done;
  };
  auto countdown = std::make_shared<Countdown>();
  countdown->left = workers_.size();
  countdown->done = std::move(done);
  for (const auto& worker : workers_) {
    worker->swap(handlers, [countdown] {
      if (countdown->left.fetch_sub(1) == 1 && countdown->done) countdown->done();
    });
  }
}

std::size_t Server::index_of(std::string_view entry_point) const {
  for (std::size_t i = 0; i < entry_points_.size(); ++i) {
    if (entry_points_[i]->options.name == entry_point) return i;
  }
  return kNone;
}

void Server::drain(std::string_view entry_point) {
  const std::size_t index = index_of(entry_point);
  if (index == kNone) return;
  for (const auto& worker : workers_) worker->drain(index);
}

void Server::cut(std::string_view entry_point) {
  const std::size_t index = index_of(entry_point);
  if (index == kNone) return;
  for (const auto& worker : workers_) worker->cut(index);
}

void Server::stop() {
  for (const auto& worker : workers_) worker->stop();
}

std::size_t Server::sessions(std::string_view entry_point) const {
  const std::size_t index = index_of(entry_point);
  std::size_t count = 0;
  for (const auto& worker : workers_) count += index == kNone ? 0 : worker->sessions(index);
  return count;
}

const net::Address* Server::address_of(std::string_view entry_point) const {
  const std::size_t index = index_of(entry_point);
  return index == kNone ? nullptr : &entry_points_[index]->options.address;
}

}  // namespace tandem::entry
