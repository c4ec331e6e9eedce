// The same byte pump as pump_level, written as coroutines over edge-triggered epoll: a descriptor is registered once, a
// short read means "drained" and is not probed again, sends are tried at once. What an engine of our own would do.
// Usage: pump_edge PORT BACKEND_PORT
#include <array>
#include <coroutine>
#include <string>
#include <utility>
#include <vector>

#include "socket.h"

namespace tandem::bench {
namespace {

/// A coroutine that starts at once and frees itself at its end.
struct Detached {
  struct promise_type {
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::abort(); }
  };
};

struct Channel {
  int fd = -1;
  bool readable = true;
  bool writable = true;
  bool hung_up = false;  // the end has come in: a short read is then not the last one
  std::coroutine_handle<> reader;
  std::coroutine_handle<> writer;
};

/// Both directions share it; the direction that ends last frees it, after the round of events that ended it.
struct Pair {
  Channel client, server;
  int directions = 2;
};

class Read {
 public:
  Read(Channel& channel, char* at, std::size_t room) : channel_(channel), at_(at), room_(room) {}
  bool await_ready() { return channel_.readable && attempt(); }
  void await_suspend(std::coroutine_handle<> caller) { channel_.reader = caller; }
  ssize_t await_resume() {
    if (size_ == kNothing && !attempt()) return 0;
    return size_;
  }

 private:
  static constexpr ssize_t kNothing = -2;
  bool attempt() {
    size_ = recv(channel_.fd, at_, room_, 0);
    if (size_ < 0 && would_block()) {
      channel_.readable = false;
      size_ = kNothing;
      return false;
    }
    if (size_ > 0 && static_cast<std::size_t>(size_) < room_ && !channel_.hung_up) channel_.readable = false;
    return true;
  }
  Channel& channel_;
  char* at_;
  std::size_t room_;
  ssize_t size_ = kNothing;
};

struct Writable {
  Channel& channel;
  bool await_ready() const { return channel.writable; }
  void await_suspend(std::coroutine_handle<> caller) const { channel.writer = caller; }
  void await_resume() const {}
};

class Pump {
 public:
  Pump(std::uint16_t port, std::uint16_t backend)
      : listener_(listen_on(port)), backend_(backend), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    watch(epoll_, listener_, EPOLLIN, nullptr);
  }

  void run() {
    std::array<epoll_event, 256> events{};
    while (true) {
      int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        auto* channel = static_cast<Channel*>(events[i].data.ptr);
        if (channel == nullptr) {
          accept_all();
        } else {
          wake(*channel, events[i].events);
        }
      }
      for (Pair* pair : dead_) {
        close(pair->client.fd);
        close(pair->server.fd);
        delete pair;
      }
      dead_.clear();
    }
  }

 private:
  static void wake(Channel& channel, std::uint32_t events) {
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) channel.hung_up = true;
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
      channel.readable = true;
      if (channel.reader) std::exchange(channel.reader, nullptr).resume();
    }
    if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
      channel.writable = true;
      if (channel.writer) std::exchange(channel.writer, nullptr).resume();
    }
  }

  void accept_all() {
    for (int fd = accept_from(listener_); fd >= 0; fd = accept_from(listener_)) {
      auto* pair = new Pair;  // owned by its two directions, until dead
      pair->client.fd = fd;
      pair->server.fd = dial(backend_);
      if (pair->server.fd < 0) die("connect");
      for (Channel* channel : {&pair->client, &pair->server}) {
        watch(epoll_, channel->fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, channel);
      }
      copy(pair, pair->client, pair->server);
      copy(pair, pair->server, pair->client);
    }
  }

  Detached copy(Pair* pair, Channel& from, Channel& to) {
    std::string rest;
    bool open = true;
    while (open) {
      ssize_t size = co_await Read(from, buffer_.data(), buffer_.size());
      if (size <= 0) break;
      ssize_t sent = send(to.fd, buffer_.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL);
      if (sent == size) continue;
      if (sent < 0 && !would_block()) break;
      rest.assign(buffer_.data() + (sent < 0 ? 0 : sent), static_cast<std::size_t>(sent < 0 ? size : size - sent));
      while (open && !rest.empty()) {
        to.writable = false;
        co_await Writable{to};
        sent = send(to.fd, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent < 0 && !would_block()) open = false;
        if (sent > 0) rest.erase(0, static_cast<std::size_t>(sent));
      }
    }
    shutdown(from.fd, SHUT_RDWR);  // wakes the other direction with an end of its own
    shutdown(to.fd, SHUT_RDWR);
    if (--pair->directions == 0) dead_.push_back(pair);
  }

  int listener_;
  std::uint16_t backend_;
  int epoll_;
  std::vector<Pair*> dead_;
  std::vector<char> buffer_ = std::vector<char>(64 * 1024);
};

}  // namespace
}  // namespace tandem::bench

int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "usage: pump_edge PORT BACKEND_PORT\n");
    return 2;
  }
  tandem::bench::prepare_process();
  tandem::bench::Pump(static_cast<std::uint16_t>(std::atoi(arguments[1])),
                      static_cast<std::uint16_t>(std::atoi(arguments[2])))
      .run();
}
