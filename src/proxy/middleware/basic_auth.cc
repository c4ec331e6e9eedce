// basicAuth: HTTP basic authentication, RFC 7617.

#include <openssl/evp.h>

#include <algorithm>
#include <map>

#include "engine/loop/per_worker.h"
#include "proxy/middleware/builders.h"
#include "proxy/middleware/credential_cache.h"
#include "proxy/middleware/hash_pool.h"
#include "proxy/middleware/password_hash.h"
#include "proxy/middleware/users.h"

namespace tandem::middleware {

namespace {

using Users = std::map<std::string, std::string, std::less<>>;

struct Credentials {
  std::string_view user;
  std::string_view password;
};

/// Base64 with its padding, as Go's StdEncoding reads it; nothing else passes.
std::optional<std::string_view> decode_base64(std::string_view text, http::Arena& arena) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  if (text.find('=') < text.size() - padding) return std::nullopt;
  // EVP_DecodeBlock forgives white space at both ends.
  if (text.find_first_of(" \t\r\n") != std::string_view::npos) return std::nullopt;
  char* const out = arena.allocate_text(text.size() / 4 * 3);
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  return std::string_view(out, static_cast<std::size_t>(size) - padding);
}

/// RFC 7617 §2; the first Authorization field counts.
std::optional<Credentials> credentials_of(const http::Request& request, http::Arena& arena) {
  constexpr std::string_view kScheme = "Basic ";
  const std::string_view value = request.headers.get(http::HeaderId::kAuthorization).value_or("");
  if (value.size() < kScheme.size() || !http::equals_ignoring_case(value.substr(0, kScheme.size()), kScheme)) return {};
  const auto text = decode_base64(value.substr(kScheme.size()), arena);
  if (!text) return {};
  const std::size_t colon = text->find(':');
  if (colon == std::string_view::npos) return {};
  return Credentials{text->substr(0, colon), text->substr(colon + 1)};
}

/// The realm as a quoted string, RFC 9110 §5.6.4.
std::string challenge_for(std::string_view realm) {
  std::string out = "Basic realm=\"";
  for (const char c : realm.empty() ? "traefik" : realm) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

class BasicAuth : public http::Handler {
 public:
  BasicAuth(const model::BasicAuth& options, Users users, http::HandlerPtr next)
      : users_(std::move(users)),
        challenge_(challenge_for(options.realm)),
        header_field_(options.headerField),
        remove_header_(options.removeHeader),
        next_(std::move(next)) {}

  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    const auto credentials = credentials_of(request, exchange.arena);
    if (!credentials) return http::ready(refusal(exchange));
    exchange.client_user = credentials->user;  // logs name those who were refused, too
    const auto found = users_.find(credentials->user);
    const bool known = found != users_.end();
    // A name that nobody has costs as much as one that somebody has: the time must not tell them apart.
    const std::string_view hash = known ? found->second : users_.begin()->second;
    if (!is_slow_hash(hash)) {
      if (!matches_password(credentials->password, hash) || !known) return http::ready(refusal(exchange));
      return admit(std::move(request), exchange, credentials->user);
    }
    const CredentialCache::Key key = CredentialCache::key_of(credentials->password, hash);
    if (known && cache_.local().holds(key, loop::Loop::current().now())) {
      return admit(std::move(request), exchange, credentials->user);
    }
    return check(std::move(request), exchange, Suspect{*credentials, hash, key, known});
  }

 private:
  struct Suspect {
    Credentials credentials;
    std::string_view hash;
    CredentialCache::Key key;
    bool known;
  };

  loop::Task<http::Response> check(http::Request request, http::Exchange& exchange, Suspect suspect) const {
    const auto matches = co_await HashPool::instance().check(suspect.credentials.password, suspect.hash);
    if (!matches) co_return http::error_response(503, "Service Unavailable", exchange.arena);
    if (!*matches || !suspect.known) co_return refusal(exchange);
    cache_.local().remember(suspect.key, loop::Loop::current().now());
    co_return co_await admit(std::move(request), exchange, suspect.credentials.user);
  }

  loop::Task<http::Response> admit(http::Request request, http::Exchange& exchange, std::string_view user) const {
    exchange.client_user = user;
    if (!header_field_.empty()) {
      // The field keeps the case that the configuration gives it.
      request.headers.remove(header_field_);
      request.headers.add_view(http::header_id(header_field_), header_field_, user);
    }
    if (remove_header_) request.headers.remove(http::HeaderId::kAuthorization);
    return next_->handle(std::move(request), exchange);
  }

  http::Response refusal(http::Exchange& exchange) const {
    http::Response response = http::bare_response(401, "401 Unauthorized\n", exchange.arena);
    response.headers.add_view(http::HeaderId::kContentType, "text/plain");
    response.headers.add_view(http::HeaderId::kOther, "Www-Authenticate", challenge_);
    return response;
  }

  Users users_;
  std::string challenge_;
  std::string header_field_;
  bool remove_header_;
  http::HandlerPtr next_;
  loop::PerWorker<CredentialCache> cache_;
};

}  // namespace

base::Result<http::HandlerPtr> build_basic_auth(const model::BasicAuth& options, const BuildContext& context) {
  auto entries = user_entries(options.usersFile, options.users);
  if (!entries) return std::move(entries).error();
  Users users;
  for (const std::string& entry : *entries) {
    if (std::ranges::count(entry, ':') != 1) {
      return base::Error(base::ErrorKind::kInvalid, "error parsing BasicUser: " + entry);
    }
    const std::size_t colon = entry.find(':');
    users.insert_or_assign(entry.substr(0, colon), entry.substr(colon + 1));
  }
  if (users.empty()) return base::Error(base::ErrorKind::kInvalid, "no users found in " + options.usersFile);
  return std::make_shared<BasicAuth>(options, std::move(users), context.next);
}

}  // namespace tandem::middleware
