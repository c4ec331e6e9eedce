#include "control/peer/peer_transport.h"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>

#include "config/format/json_fields.h"
#include "config/model/entry_point_address.h"
#include "engine/net/resolver.h"
#include "engine/tls/algorithms.h"

namespace tandem::peer {

using base::Error;
using base::ErrorKind;
using base::Result;
using boost::json::object;
using format::part_in;
using format::text_in;
using loop::Loop;
using loop::TimePoint;

Result<PeerAddress> parse_peer_address(std::string_view text, std::uint16_t usual_port) {
  if (net::IpAddress::parse(text)) return PeerAddress{.host = std::string(text), .port = usual_port};
  const bool bare = text.find(':') == std::string_view::npos;
  const bool bracketed = text.starts_with('[') && text.ends_with(']');
  const std::string whole = bare || bracketed ? fmt::format("{}:{}", text, usual_port) : std::string(text);
  const Result<model::EntryPointAddress> parsed = model::parse_entry_point_address(whole);
  if (!parsed) return parsed.error();
  if (parsed->host.empty() || parsed->port == 0) {
    return Error(ErrorKind::kInvalid, fmt::format("\"{}\" is no host:port of another node", text));
  }
  return PeerAddress{.host = parsed->host, .port = parsed->port};
}

std::string peer_address_text(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

tls::ServerSettings peer_server_settings() {
  tls::ServerSettings settings;
  settings.name = "peer link";
  settings.min_version = TLS1_3_VERSION;
  settings.curves = tls::kDefaultCurves;
  settings.client_auth = tls::ClientAuth::kRequireAny;
  settings.alpn = {std::string(kLinkProtocol), std::string(kJoinProtocol)};
  settings.tickets = false;
  return settings;
}

tls::ClientSettings peer_client_settings(tls::CertificatePtr own) {
  tls::ClientSettings settings;
  settings.verify = false;
  settings.certificates = {std::move(own)};
  settings.min_version = TLS1_3_VERSION;
  return settings;
}

net::Address remote_address(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return {};
  return net::Address::from_sockaddr(reinterpret_cast<sockaddr*>(&storage), length);
}

loop::Task<Result<std::unique_ptr<tls::SecureStream>>> dial_peer(PeerDial dial) {
  Result<std::vector<net::IpAddress>> ips = co_await net::resolve(dial.to.host, dial.deadline);
  if (!ips) co_return std::move(ips.error());
  Error last(ErrorKind::kDns, dial.to.host + " has no address");
  for (const net::IpAddress& ip : *ips) {
    Result<std::unique_ptr<net::Stream>> stream = co_await net::connect(net::Address(ip, dial.to.port), dial.deadline);
    if (!stream) {
      last = std::move(stream.error());
      continue;
    }
    std::unique_ptr<net::SocketStream> socket(static_cast<net::SocketStream*>(stream->release()));
    std::string alpn(1, static_cast<char>(dial.protocol.size()));
    alpn += dial.protocol;
    co_return tls::SecureStream::connect(std::move(socket), dial.tls, "", alpn);
  }
  co_return last;
}

loop::Task<Result<object>> receive_message(net::Stream& stream, PeerFrameReader& frames, TimePoint deadline) {
  std::array<char, 4096> room;
  object message;
  for (;;) {
    const PeerFrameReader::Got got = frames.next(message);
    if (got == PeerFrameReader::Got::kMessage) co_return message;
    if (got == PeerFrameReader::Got::kBroken) co_return Error(ErrorKind::kProtocol, "what it sends is no message");
    const net::IoCount count = stream.try_read(room);
    if (count.moved()) {
      frames.feed({room.data(), count.bytes()});
    } else if (count.would_block()) {
      const loop::Wake wake = co_await stream.readable(deadline);
      if (wake == loop::Wake::kTimeout) co_return Error(ErrorKind::kTimeout, "it says nothing");
    } else if (count.ended()) {
      co_return Error(ErrorKind::kClosed, "it closed the connection");
    } else {
      co_return Error::from_errno(count.error(), "reading");
    }
  }
}

loop::Task<Result<void>> send_message(net::Stream& stream, const object& message, TimePoint deadline) {
  const std::string frame = peer_frame(message);
  if (frame.empty()) co_return Error(ErrorKind::kLimit, "the message is too long");
  std::string_view rest = frame;
  while (!rest.empty()) {
    const iovec piece{.iov_base = const_cast<char*>(rest.data()), .iov_len = rest.size()};
    const net::IoCount count = stream.try_write({&piece, 1});
    if (count.moved()) {
      rest.remove_prefix(count.bytes());
    } else if (count.would_block()) {
      const loop::Wake wake = co_await stream.writable(deadline);
      if (wake == loop::Wake::kTimeout) co_return Error(ErrorKind::kTimeout, "it does not read");
    } else {
      co_return Error::from_errno(count.error(), "writing");
    }
  }
  co_return Result<void>();
}

namespace {

constexpr auto kOneTry = std::chrono::seconds(5);

/// One address of the node that invites.
loop::Task<Result<Joined>> join_at(const std::string& address, const Invitation& invitation, const PeerKeys& keys,
                                   const std::string& node) {
  const TimePoint deadline = Loop::current().now() + kOneTry;
  Result<PeerAddress> to = parse_peer_address(address, 0);
  if (!to) co_return std::move(to.error());
  Result<tls::ClientContextPtr> context = tls::ClientContext::build(peer_client_settings(keys.certificate));
  if (!context) co_return std::move(context.error());
  PeerDial dial{.to = *to, .tls = *context, .protocol = kJoinProtocol, .deadline = deadline};
  Result<std::unique_ptr<tls::SecureStream>> stream = co_await dial_peer(std::move(dial));
  if (!stream) co_return std::move(stream.error());
  tls::SecureStream& link = **stream;
  const Result<void> shaken = co_await link.handshake(deadline);
  if (!shaken) co_return shaken.error();
  if (fingerprint_of(link.peer_certificate()) != invitation.fingerprint) {
    co_return Error(ErrorKind::kTls,
                    "another machine answers at " + address +
                        ": its certificate is not that of the node that made the invitation; nothing was sent to it");
  }
  const object question{{"type", "join"}, {"secret", hex_text(invitation.secret)}, {"node", node}};
  const Result<void> sent = co_await send_message(link, question, deadline);
  if (!sent) co_return sent.error();
  PeerFrameReader frames(kLongestPeerMessage);
  Result<object> answer = co_await receive_message(link, frames, deadline);
  if (!answer) co_return std::move(answer.error());
  if (text_in(*answer, "type") != "welcome") {
    const std::string why(text_in(*answer, "why"));
    co_return Error(ErrorKind::kRefused, why.empty() ? "the other node refuses without a reason" : why);
  }
  co_return Joined{.node = std::string(text_in(*answer, "node")),
                   .address = address,
                   .own_address = std::string(text_in(*answer, "you")),
                   .pem = pem_of(link.peer_certificate()),
                   .offer = part_in(*answer, "offer")};
}

}  // namespace

loop::Task<Result<Joined>> join_by_invitation(Invitation invitation, PeerKeys keys, std::string node) {
  std::string tried;
  for (const std::string& address : invitation.addresses) {
    Result<Joined> joined = co_await join_at(address, invitation, keys, node);
    if (joined || joined.error().kind() == ErrorKind::kRefused) {
      // A connection that is refused is one address of several; an invitation that is refused is the end.
      const bool by_the_node = joined || joined.error().side() == base::Side::kUs;
      if (by_the_node) co_return joined;
    }
    tried += fmt::format("\n  {}: {}", address, joined.error().text());
  }
  co_return Error(ErrorKind::kUnreachable,
                  "the node that made the invitation does not answer; is tandem running there with `ha.peerLink`, and "
                  "does its firewall let its port through (TCP and UDP)? Tried:" +
                      tried);
}

}  // namespace tandem::peer
