#include "app/healthcheck.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/result.h"
#include "config/model/entry_point_address.h"

namespace tandem::app {
namespace {

constexpr timeval kPatience{.tv_sec = 5, .tv_usec = 0};

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

/// The first line of the answer to a request, sent over a blocking socket.
base::Result<std::string> first_line(const std::string& host, std::uint16_t port, const std::string& request) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string service = std::to_string(port);
  if (const int error = ::getaddrinfo(host.empty() ? "localhost" : host.c_str(), service.c_str(), &hints, &found);
      error != 0) {
    return base::Error(base::ErrorKind::kDns, fmt::format("lookup {}: {}", host, ::gai_strerror(error)));
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
    std::string answer;
    std::array<char, 1024> buffer{};
    while (!answer.contains('\n') && answer.size() < 65536) {
      const ssize_t size = ::recv(socket.fd(), buffer.data(), buffer.size(), 0);
      if (size < 0) return base::Error::from_errno(errno, "read");
      if (size == 0) break;
      answer.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return answer.substr(0, answer.find_first_of("\r\n"));
  }
  ::freeaddrinfo(found);
  return base::Error::from_errno(failure, "connect");
}

}  // namespace

HealthcheckResult healthcheck(const model::StaticConfiguration& configuration) {
  const auto failed = [](std::string_view reason) {
    return HealthcheckResult{.healthy = false, .text = fmt::format("Error calling healthcheck: {}", reason)};
  };
  if (!configuration.ping) return failed("please enable `ping` to use health check");
  const auto entry_point = configuration.entryPoints.find(configuration.ping->entryPoint);
  if (entry_point == configuration.entryPoints.end()) {
    return failed(fmt::format("ping: missing {} entry point", configuration.ping->entryPoint));
  }
  const std::string authority = entry_point->second.address.substr(0, entry_point->second.address.find('/'));
  const auto address = model::parse_entry_point_address(entry_point->second.address);
  if (!address) return failed(address.error().text());

  const auto line = first_line(
      address->host, address->port,
      fmt::format("HEAD /ping HTTP/1.1\r\nHost: {}\r\nUser-Agent: tandem\r\nConnection: close\r\n\r\n", authority));
  if (!line) return failed(fmt::format("Head \"http://{}/ping\": {}", authority, line.error().text()));
  // "HTTP/1.1 200 OK"
  const std::size_t blank = line->find(' ');
  if (!line->starts_with("HTTP/1.") || blank == std::string::npos) return failed("malformed HTTP response");
  const std::string status = line->substr(blank + 1);
  if (!status.starts_with("200")) return {.healthy = false, .text = "Bad healthcheck status: " + status};
  return {.healthy = true, .text = fmt::format("OK: http://{}/ping", authority)};
}

}  // namespace tandem::app
