#include "app/inspect/plain_http.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "base/text.h"

namespace tandem::inspect {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

constexpr timeval kPatience{.tv_sec = 5, .tv_usec = 0};
constexpr std::size_t kLongestLine = 65536;
constexpr std::size_t kLargestAnswer = std::size_t{1} << 30U;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

Result<std::string> read_answer(const Socket& socket, Until until) {
  std::string answer;
  std::array<char, 16384> buffer{};
  const std::size_t most = until == Until::kEnd ? kLargestAnswer : kLongestLine;
  while (answer.size() < most && (until == Until::kEnd || !answer.contains('\n'))) {
    const ssize_t size = ::recv(socket.fd(), buffer.data(), buffer.size(), 0);
    if (size < 0) return Error::from_errno(errno, "read");
    if (size == 0) break;
    answer.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return until == Until::kEnd ? answer : answer.substr(0, answer.find_first_of("\r\n"));
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = bits << 8U | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) out += kDigits[bits >> static_cast<unsigned>(count - 6) & 63U];
  }
  if (count > 0) out += kDigits[bits << static_cast<unsigned>(6 - count) & 63U];
  while (out.size() % 4 != 0) out += '=';
  return out;
}

struct Url {
  std::string credentials;
  std::string authority;
  std::string host;
  std::uint16_t port = 80;
  std::string base;
};

Result<Url> parse_url(const std::string& text) {
  const auto refused = [&text](std::string_view why) {
    return Error(ErrorKind::kInvalid, fmt::format("{}: {}", text, why));
  };
  std::string_view rest = text;
  constexpr std::string_view kScheme = "http://";
  if (rest.starts_with("https://")) return refused("only http:// is supported; use the internal entry point");
  if (rest.starts_with(kScheme)) rest.remove_prefix(kScheme.size());
  Url url;
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view authority = rest.substr(0, slash);
  url.base = rest.substr(slash);
  while (url.base.ends_with('/')) url.base.pop_back();
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url.credentials = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  url.authority = authority;
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    const std::string_view port = authority.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc{} || end != port.data() + port.size()) return refused("invalid port");
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) authority = authority.substr(1, authority.size() - 2);
  url.host = authority;
  return url;
}

}  // namespace

Result<std::string> ask(const std::string& host, std::uint16_t port, const std::string& request, Until until) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string service = std::to_string(port);
  if (const int error = ::getaddrinfo(host.empty() ? "localhost" : host.c_str(), service.c_str(), &hints, &found);
      error != 0) {
    return Error(ErrorKind::kDns, fmt::format("lookup {}: {}", host, ::gai_strerror(error)));
  }
  int failure = 0;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    const Socket socket(::socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ::setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    ::setsockopt(socket.fd(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
    if (::connect(socket.fd(), at->ai_addr, at->ai_addrlen) != 0 ||
        ::send(socket.fd(), request.data(), request.size(), MSG_NOSIGNAL) < 0) {
      failure = errno;
      continue;
    }
    ::freeaddrinfo(found);
    return read_answer(socket, until);
  }
  ::freeaddrinfo(found);
  return Error::from_errno(failure, "connect");
}

Result<std::string> fetch(const std::string& url, std::string_view path) {
  const auto target = parse_url(url);
  if (!target) return target.error();
  std::string authorization;
  if (!target->credentials.empty()) {
    authorization = fmt::format("Authorization: Basic {}\r\n", base64(target->credentials));
  }
  // HTTP/1.0: the answer ends with the connection.
  const auto answer = ask(target->host, target->port,
                          fmt::format("GET {}{} HTTP/1.0\r\nHost: {}\r\nUser-Agent: tandem\r\n{}\r\n", target->base,
                                      path, target->authority, authorization),
                          Until::kEnd);
  const std::string where = fmt::format("http://{}{}{}", target->authority, target->base, path);
  if (!answer) return Error(answer.error().kind(), fmt::format("{}: {}", where, answer.error().text()));
  const std::size_t blank = answer->find(' ');
  const std::size_t end = answer->find("\r\n\r\n");
  if (!answer->starts_with("HTTP/1.") || blank == std::string::npos || end == std::string::npos) {
    return Error(ErrorKind::kProtocol, fmt::format("{}: no HTTP answer", where));
  }
  const std::string status = answer->substr(blank + 1, answer->find_first_of("\r\n") - blank - 1);
  if (!status.starts_with("200")) return Error(ErrorKind::kProtocol, fmt::format("{}: {}", where, status));
  return answer->substr(end + 4);
}

}  // namespace tandem::inspect
