// The client of the pair's laboratory: a new TCP connection with one GET at a fixed pace, and beside them one
// connection that stays open. Every answer names its node in the header X-Node. Prints a line for each request as it
// ends:
//
//   new|kept  START_MICROSECONDS  RESULT  NODE  MICROSECONDS_TAKEN
//
// RESULT: ok, closed (kept: answered, and told to go elsewhere; another connection follows), refused, reset, eof,
// timeout, unreachable, error, or the status. The kept connection ends with its first failure. SIGTERM ends the
// program.
#include "socket.h"

#include <sys/timerfd.h>
#include <time.h>

#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tandem::bench {
namespace {

volatile std::sig_atomic_t stopped = 0;

struct Options {
  sockaddr_storage address{};
  socklen_t address_size = 0;
  long every_us = 10'000;
  long limit_us = 300'000;
  long kept_every_us = 0;  // 0: no kept connection
};

long long now_us() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1'000'000LL + now.tv_nsec / 1000;
}

/// "" while the answer is not complete.
struct Answer {
  std::string status, node;
  bool closes = false;
};

std::string header_of(std::string_view head, std::string_view name) {
  const std::size_t at = head.find(name);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = head.substr(at + name.size());
  return std::string(rest.substr(0, rest.find("\r\n")));
}

Answer parse(std::string_view received) {
  const std::size_t end = received.find("\r\n\r\n");
  if (end == std::string_view::npos || received.size() < 12) return {};
  const std::string_view head = received.substr(0, end + 2);
  const std::size_t length = std::strtoul(header_of(head, "Content-Length: ").c_str(), nullptr, 10);
  if (received.size() < end + 4 + length) return {};
  return {.status = std::string(received.substr(9, 3)),
          .node = header_of(head, "X-Node: "),
          .closes = header_of(head, "Connection: ") == "close"};
}

const char* word_of(int error) {
  switch (error) {
    case ECONNREFUSED:
      return "refused";
    case ECONNRESET:
    case EPIPE:
      return "reset";
    case EHOSTUNREACH:
    case ENETUNREACH:
      return "unreachable";
    case ETIMEDOUT:
      return "timeout";
    default:
      return "error";
  }
}

class Client {
 public:
  explicit Client(const Options& options) : options_(options), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    new_timer_ = timer(options_.every_us);
    if (options_.kept_every_us > 0) kept_timer_ = timer(options_.kept_every_us);
  }

  void run() {
    constexpr int kEvents = 256;
    constexpr int kLookMilliseconds = 5;
    epoll_event events[kEvents];
    while (stopped == 0) {
      const int count = epoll_wait(epoll_, events, kEvents, kLookMilliseconds);
      for (int i = 0; i < count; ++i) take(events[i]);
      expire();
      std::fflush(stdout);
    }
  }

 private:
  struct Request {
    long long began = 0;
    bool sent = false;
    bool kept = false;
    std::string received;
  };

  int timer(long every_us) {
    const int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    itimerspec spec{};
    spec.it_interval = {.tv_sec = every_us / 1'000'000, .tv_nsec = every_us % 1'000'000 * 1000};
    spec.it_value = spec.it_interval;
    timerfd_settime(fd, 0, &spec, nullptr);
    watch(fd, EPOLLIN, EPOLL_CTL_ADD);
    return fd;
  }

  void watch(int fd, std::uint32_t events, int how) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    epoll_ctl(epoll_, how, fd, &event);
  }

  void take(const epoll_event& event) {
    const int fd = event.data.fd;
    if (fd == new_timer_ || fd == kept_timer_) {
      std::uint64_t ticks = 0;
      if (read(fd, &ticks, sizeof ticks) != sizeof ticks) return;
      if (fd == new_timer_) {
        begin(false);
      } else {
        ask_kept();
      }
      return;
    }
    const auto found = requests_.find(fd);
    if (found == requests_.end()) return;
    if (!found->second.sent) {
      if ((event.events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) connected(fd, found->second);
    } else if (found->second.began == 0) {
      kept_was_closed(fd);
    } else {
      receive(fd, found->second);
    }
  }

  void begin(bool kept) {
    const int fd = socket(options_.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) die("socket");
    set_no_delay(fd);
    requests_[fd] = {.began = now_us(), .sent = false, .kept = kept, .received = {}};
    if (kept) kept_ = fd;
    if (!kept) deadlines_.push_back({requests_[fd].began, fd});
    if (connect(fd, reinterpret_cast<const sockaddr*>(&options_.address), options_.address_size) != 0 &&
        errno != EINPROGRESS) {
      return end(fd, word_of(errno), "-");
    }
    watch(fd, EPOLLIN | EPOLLOUT, EPOLL_CTL_ADD);
  }

  void connected(int fd, Request& request) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return end(fd, word_of(error), "-");
    watch(fd, EPOLLIN, EPOLL_CTL_MOD);
    send_request(fd, request);
  }

  void send_request(int fd, Request& request) {
    constexpr std::string_view kRequest = "GET /probe HTTP/1.1\r\nHost: pair.test\r\n\r\n";
    request.sent = true;
    if (send(fd, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) < 0) end(fd, word_of(errno), "-");
  }

  void ask_kept() {
    if (kept_failed_) return;
    if (kept_ < 0) return begin(true);
    Request& request = requests_[kept_];
    if (request.began != 0) return;  // the one before is still under way
    request.began = now_us();
    send_request(kept_, request);
  }

  void receive(int fd, Request& request) {
    char buffer[4096];
    const ssize_t count = read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return end(fd, count == 0 ? "eof" : word_of(errno), "-");
    request.received.append(buffer, static_cast<std::size_t>(count));
    const Answer answer = parse(request.received);
    if (answer.status.empty()) return;
    const bool good = answer.status == "200";
    if (request.kept && good && !answer.closes) {
      print(request, "ok", answer.node.c_str());
      request.began = 0;
      request.received.clear();
      return;
    }
    end(fd, !good ? answer.status.c_str() : request.kept ? "closed" : "ok", answer.node.c_str());
  }

  /// The server may end an idle connection; the client opens another one then, as browsers do.
  void kept_was_closed(int fd) {
    requests_[fd].began = now_us();
    char byte = 0;
    const ssize_t count = read(fd, &byte, 1);
    if (count < 0 && errno == EAGAIN) {
      requests_[fd].began = 0;
      return;
    }
    end(fd, count == 0 ? "closed" : word_of(errno), "-");
  }

  void end(int fd, const char* result, const char* node) {
    const Request request = std::move(requests_[fd]);
    print(request, result, node);
    requests_.erase(fd);
    if (request.kept) {
      kept_ = -1;
      kept_failed_ = std::strcmp(result, "closed") != 0;
    }
    // Thousands of connections a second would leave as many ports in TIME_WAIT.
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
  }

  static void print(const Request& request, const char* result, const char* node) {
    std::printf("%s %lld %s %s %lld\n", request.kept ? "kept" : "new", request.began, result,
                *node == '\0' ? "-" : node, now_us() - request.began);
  }

  void expire() {
    const long long now = now_us();
    while (!deadlines_.empty() && now - deadlines_.front().first > options_.limit_us) {
      const auto [began, fd] = deadlines_.front();
      deadlines_.pop_front();
      const auto found = requests_.find(fd);
      if (found != requests_.end() && found->second.began == began) end(fd, "timeout", "-");
    }
    if (kept_ < 0) return;
    const long long kept_began = requests_[kept_].began;
    if (kept_began != 0 && now - kept_began > kKeptPatience) end(kept_, "timeout", "-");
  }

  static constexpr long long kKeptPatience = 5'000'000;  // microseconds; time for some retransmissions

  const Options options_;
  const int epoll_;
  int new_timer_ = -1;
  int kept_timer_ = -1;
  int kept_ = -1;
  bool kept_failed_ = false;
  std::unordered_map<int, Request> requests_;
  std::deque<std::pair<long long, int>> deadlines_;
};

int main_of_prober(int count, char** words) {
  if (count != 6) {
    std::fprintf(stderr, "usage: ha_prober ADDRESS PORT EVERY_US LIMIT_US KEPT_EVERY_US\n");
    return 2;
  }
  prepare_process();
  std::signal(SIGTERM, [](int) { stopped = 1; });
  Options options;
  const auto port = htons(static_cast<std::uint16_t>(std::atoi(words[2])));
  auto* const v4 = reinterpret_cast<sockaddr_in*>(&options.address);
  auto* const v6 = reinterpret_cast<sockaddr_in6*>(&options.address);
  if (inet_pton(AF_INET, words[1], &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = port;
    options.address_size = sizeof *v4;
  } else if (inet_pton(AF_INET6, words[1], &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = port;
    options.address_size = sizeof *v6;
  } else {
    std::fprintf(stderr, "ha_prober: %s is no address\n", words[1]);
    return 2;
  }
  options.every_us = std::atol(words[3]);
  options.limit_us = std::atol(words[4]);
  options.kept_every_us = std::atol(words[5]);
  Client(options).run();
  return 0;
}

}  // namespace
}  // namespace tandem::bench

int main(int count, char** words) { return tandem::bench::main_of_prober(count, words); }
