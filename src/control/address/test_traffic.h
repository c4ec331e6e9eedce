#pragma once

// For tests: a TCP server that answers each line with a name, and clients that count what fails. Only unit tests
// include this.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "control/address/test_network.h"

namespace tandem::address {

inline constexpr int kTestPort = 8080;

/// Accepts on every address of its host, now or later.
class TestServer {
 public:
  TestServer(const TestNetwork& network, int host, char name) : name_(name) {
    network.on(host, [this] {
      listener_ = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      const int one = 1;
      ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
      sockaddr_in6 any{};
      any.sin6_family = AF_INET6;
      any.sin6_port = htons(kTestPort);
      if (::bind(listener_, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0 || ::listen(listener_, 4096) != 0) {
        std::abort();
      }
    });
    thread_ = std::thread([this] { run(); });
  }
  ~TestServer() {
    stop_ = true;
    thread_.join();
    for (const pollfd& one : sockets_) ::close(one.fd);
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

 private:
  void run() {
    sockets_.push_back({.fd = listener_, .events = POLLIN, .revents = 0});
    while (!stop_) {
      ::poll(sockets_.data(), sockets_.size(), 20);
      for (std::size_t i = sockets_.size(); i-- > 1;) {
        if (sockets_[i].revents == 0) continue;
        char line[64];
        const ssize_t got = ::recv(sockets_[i].fd, line, sizeof line, MSG_DONTWAIT);
        if (got > 0) {
          ::send(sockets_[i].fd, &name_, 1, MSG_NOSIGNAL);
        } else if (got == 0 || errno != EAGAIN) {
          ::close(sockets_[i].fd);
          sockets_.erase(sockets_.begin() + static_cast<std::ptrdiff_t>(i));
        }
      }
      int fresh = 0;
      while ((fresh = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        sockets_.push_back({.fd = fresh, .events = POLLIN, .revents = POLLIN});
      }
    }
  }
  char name_;
  int listener_ = -1;
  std::atomic<bool> stop_{false};
  std::vector<pollfd> sockets_;
  std::thread thread_;
};

/// A connection that is asked again and again; 0 from ask() means that it failed.
class TestConnection {
 public:
  explicit TestConnection(const std::string& address) {
    const bool v4 = address.find(':') == std::string::npos;
    fd_ = ::socket(v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // Shorter than the first retransmission of a SYN: a lost one is not hidden.
    const timeval limit{.tv_sec = 0, .tv_usec = 900000};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(kTestPort);
    sockaddr_in6 to6{};
    to6.sin6_family = AF_INET6;
    to6.sin6_port = htons(kTestPort);
    ::inet_pton(v4 ? AF_INET : AF_INET6, address.c_str(), v4 ? static_cast<void*>(&to.sin_addr) : &to6.sin6_addr);
    open_ = (v4 ? ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to)
                : ::connect(fd_, reinterpret_cast<sockaddr*>(&to6), sizeof to6)) == 0;
  }
  ~TestConnection() { ::close(fd_); }
  TestConnection(const TestConnection&) = delete;
  TestConnection& operator=(const TestConnection&) = delete;
  /// The name of the server that answered.
  char ask() {
    char name = 0;
    if (!open_ || ::send(fd_, "?", 1, MSG_NOSIGNAL) != 1 || ::recv(fd_, &name, 1, 0) != 1) return 0;
    return name;
  }

 private:
  int fd_ = -1;
  bool open_ = false;
};

/// About 1000 new connections a second to `address`, and one that stays, from `host`, until it is destroyed. Begins
/// when the first has succeeded: a fresh interface takes a while.
class TestTraffic {
 public:
  TestTraffic(const TestNetwork& network, int host, const std::string& address) {
    network.on(host, [&address] { eventually([&address] { return TestConnection(address).ask() != 0; }); });
    for (int i = 0; i < 4; ++i) {
      threads_.push_back(network.start_on(host, [this, address, i] {
        auto next = std::chrono::steady_clock::now() + std::chrono::milliseconds(i);
        while (!stop_) {
          const char name = TestConnection(address).ask();
          if (name == 0) ++failed;
          if (name == '1') ++first;
          if (name == '2') ++second;
          next += std::chrono::milliseconds(4);
          std::this_thread::sleep_until(next);
        }
      }));
    }
    threads_.push_back(network.start_on(host, [this, address] {
      TestConnection connection(address);
      while (!stop_) {
        const char name = connection.ask();
        if (name == 0) {
          lost = true;
          return;
        }
        ++kept[name == '1' ? 0 : 1];
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      }
    }));
  }
  ~TestTraffic() { stop(); }
  TestTraffic(const TestTraffic&) = delete;
  TestTraffic& operator=(const TestTraffic&) = delete;
  void stop() {
    stop_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  std::atomic<int> failed{0};
  std::atomic<int> first{0};  ///< new connections that server 1 answered
  std::atomic<int> second{0};
  std::atomic<bool> lost{false};           ///< the connection that stays did not stay
  std::array<std::atomic<int>, 2> kept{};  ///< its answers, by server

 private:
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

}  // namespace tandem::address
