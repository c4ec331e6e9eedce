#pragma once

// How nodes of a pair reach each other: addresses, TLS 1.3 with certificates on both sides, messages one by one. Shared
// by the peer link and by a node that joins. One loop.

#include <boost/json/object.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "control/peer/peer_frames.h"
#include "control/peer/peer_invitation.h"
#include "control/peer/peer_keys.h"
#include "engine/loop/task.h"
#include "engine/tls/secure_stream.h"

namespace tandem::peer {

// What is spoken, by ALPN (RFC 7301).
inline constexpr std::string_view kLinkProtocol = "tandem-ha/1";
inline constexpr std::string_view kJoinProtocol = "tandem-join/1";

struct PeerAddress {
  std::string host;
  std::uint16_t port = 0;
};
/// "host:port", "host", "[2001:db8::1]:7112" or an address. Errors: kInvalid.
base::Result<PeerAddress> parse_peer_address(std::string_view text, std::uint16_t usual_port);
/// The text that parse_peer_address() reads.
std::string peer_address_text(const std::string& host, std::uint16_t port);

/// Certificates are asked for and not verified: whoever uses this compares fingerprints after the handshake.
tls::ServerSettings peer_server_settings();
tls::ClientSettings peer_client_settings(tls::CertificatePtr own);

/// A connection that has not shaken hands yet. Errors: kDns, kTimeout, kRefused, kUnreachable.
struct PeerDial {
  PeerAddress to;
  tls::ClientContextPtr tls;
  std::string_view protocol;
  loop::TimePoint deadline;
};
loop::Task<base::Result<std::unique_ptr<tls::SecureStream>>> dial_peer(PeerDial dial);
/// The other end's address.
net::Address remote_address(int fd);

/// Errors: kTimeout, kClosed, kProtocol.
loop::Task<base::Result<boost::json::object>> receive_message(net::Stream& stream, PeerFrameReader& frames,
                                                              loop::TimePoint deadline);
loop::Task<base::Result<void>> send_message(net::Stream& stream, const boost::json::object& message,
                                            loop::TimePoint deadline);

/// What a node that joined knows of the one that invited it.
struct Joined {
  std::string node;           ///< its name
  std::string address;        ///< host:port that answered
  std::string own_address;    ///< this node's, as the other one sees it
  std::string pem;            ///< its certificate
  boost::json::object offer;  ///< as given to keep_invitation()
};
/// Redeems an invitation: tries its addresses in turn. The other node trusts these keys then. Errors: a sentence that
/// says what to do.
loop::Task<base::Result<Joined>> join_by_invitation(Invitation invitation, PeerKeys keys, std::string node);

}  // namespace tandem::peer
