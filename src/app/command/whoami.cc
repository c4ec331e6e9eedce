#include "app/command/whoami.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <thread>

#include "base/text.h"
#include "engine/net/address.h"
#include "engine/net/tcp.h"

namespace tandem::command {
namespace {

constexpr std::size_t kLargestHead = 64 << 10;
constexpr timeval kIdle{.tv_sec = 180, .tv_usec = 0};

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::vector<std::string> own_addresses() {
  std::vector<std::string> addresses;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return addresses;
  for (const ifaddrs* at = list; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr) continue;
    const socklen_t size = at->ifa_addr->sa_family == AF_INET    ? sizeof(sockaddr_in)
                           : at->ifa_addr->sa_family == AF_INET6 ? sizeof(sockaddr_in6)
                                                                 : 0;
    if (size > 0) addresses.push_back(net::Address::from_sockaddr(at->ifa_addr, size).ip().text());
  }
  ::freeifaddrs(list);
  return addresses;
}

/// The value of a field in a request's head; empty when absent.
std::string_view field(std::string_view head, std::string_view name) {
  for (std::string_view line : base::split(head, '\n')) {
    if (!base::starts_with_ignoring_case(line, name) || line.size() <= name.size() || line[name.size()] != ':')
      continue;
    return base::trimmed(line.substr(name.size() + 1));
  }
  return {};
}

class Conversation {
 public:
  Conversation(int fd, std::string peer, const WhoamiOptions& options)
      : fd_(fd), peer_(std::move(peer)), options_(options) {}
  ~Conversation() { ::close(fd_); }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  void run() {
    while (answer_one()) {
    }
  }

 private:
  bool more() {
    std::array<char, 16384> buffer;
    const ssize_t size = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (size <= 0) return false;
    received_.append(buffer.data(), static_cast<std::size_t>(size));
    return true;
  }

  /// Drops the request's content; false when the connection must end.
  bool skip_content(std::string_view head) {
    if (base::equal_ignoring_case(field(head, "Expect"), "100-continue") && !send("HTTP/1.1 100 Continue\r\n\r\n")) {
      return false;
    }
    if (!field(head, "Transfer-Encoding").empty()) {
      std::size_t end = 0;
      while ((end = received_.find("0\r\n\r\n")) == std::string::npos) {
        if (received_.size() > kLargestHead) received_.erase(0, received_.size() - 8);
        if (!more()) return false;
      }
      received_.erase(0, end + 5);
      return true;
    }
    const std::string_view text = field(head, "Content-Length");
    std::size_t left = 0;
    std::from_chars(text.data(), text.data() + text.size(), left);
    while (left > received_.size()) {
      left -= received_.size();
      received_.clear();
      if (!more()) return false;
    }
    received_.erase(0, left);
    return true;
  }

  bool send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t size = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (size <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
  }

  bool answer_one() {
    std::size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (received_.size() > kLargestHead || !more()) return false;
    }
    const std::string head = received_.substr(0, end + 2);
    received_.erase(0, end + 4);
    if (!skip_content(head)) return false;
    const std::string body = whoami_body(options_, peer_, head);
    const bool close = base::equal_ignoring_case(field(head, "Connection"), "close") || head.contains(" HTTP/1.0\r\n");
    std::string answer =
        fmt::format("HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n{}\r\n",
                    body.size(), close ? "Connection: close\r\n" : "");
    if (!head.starts_with("HEAD ")) answer += body;
    return send(answer) && !close;
  }

  int fd_;
  std::string peer_;
  const WhoamiOptions& options_;
  std::string received_;
};

}  // namespace

std::string parse_whoami_options(const std::vector<std::string>& arguments, WhoamiOptions& options) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view word = arguments[i];
    while (word.starts_with('-')) word.remove_prefix(1);
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    if (!arguments[i].starts_with('-') || (name != "port" && name != "name")) {
      return fmt::format("unknown option: {} (known are --port and --name)", arguments[i]);
    }
    if (equals == std::string_view::npos && ++i == arguments.size()) {
      return fmt::format("flag needs an argument: -{}", name);
    }
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view(arguments[i]) : word.substr(equals + 1);
    if (name == "name") {
      options.name = value;
      continue;
    }
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), options.port);
    if (error != std::errc{} || end != value.data() + value.size()) return fmt::format("invalid port: {}", value);
  }
  return {};
}

std::string whoami_body(const WhoamiOptions& options, std::string_view peer, std::string_view head) {
  std::string body;
  if (!options.name.empty()) body += fmt::format("Name: {}\n", options.name);
  body += fmt::format("Hostname: {}\n", host_name());
  for (const std::string& address : own_addresses()) body += fmt::format("IP: {}\n", address);
  body += fmt::format("RemoteAddr: {}\n", peer);
  for (const char c : head) {
    if (c != '\r') body += c;
  }
  return body;
}

int run_whoami(const WhoamiOptions& options) {
  const int listening = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  const int no = 0;
  ::setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  ::setsockopt(listening, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(options.port);
  if (::bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listening, SOMAXCONN) != 0) {
    fmt::print(stderr, "tandem whoami: {}\n",
               base::Error::from_errno(errno, fmt::format("cannot listen on port {}", options.port)).text());
    return 1;
  }
  fmt::print("tandem whoami listens on port {}\n", net::local_address(listening).port());
  std::fflush(stdout);
  for (;;) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int fd = ::accept4(listening, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC);
    if (fd < 0) continue;
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kIdle, sizeof kIdle);
    std::thread([fd, &options, from = net::Address::from_sockaddr(reinterpret_cast<sockaddr*>(&peer), size).text()] {
      Conversation(fd, from, options).run();
    }).detach();
  }
}

}  // namespace tandem::command
