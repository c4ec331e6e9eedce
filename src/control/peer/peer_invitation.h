#pragma once

// Invitations: how a second node comes to be trusted. `tandem ha invite` keeps one on disk (the digest of its secret,
// its end, the section `ha` for the other node) and prints its token; the peer link of the same node redeems it once.
// Any thread; functions that take a directory block for file accesses.

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tandem::peer {

inline constexpr std::chrono::minutes kInvitationLife{15};

struct Invitation {
  std::vector<std::string> addresses;  ///< host:port of the node that invites, in the order to try
  std::string secret;                  ///< 16 random bytes
  std::string fingerprint;             ///< of the inviting node's certificate, 64 hexadecimal digits
  std::int64_t expires = 0;            ///< Unix seconds, by the inviting node's clock
};

/// What people carry from one machine to the other: letters, digits, '-' and '_' only.
std::string token_of(const Invitation& invitation);
/// Errors: a sentence saying that the token is none, or is not complete.
base::Result<Invitation> parse_token(std::string_view token);

/// Keeps an invitation until it is redeemed or over, and drops those that are over. `offer` is handed to the node that
/// comes with it. Errors: the directory.
base::Result<void> keep_invitation(const std::string& directory, const Invitation& invitation,
                                   const boost::json::object& offer, std::int64_t now);
/// The offer of the invitation with this secret, which is gone then. Errors: a sentence for whoever wants to join.
base::Result<boost::json::object> redeem_invitation(const std::string& directory, std::string_view secret,
                                                    std::int64_t now);

}  // namespace tandem::peer
