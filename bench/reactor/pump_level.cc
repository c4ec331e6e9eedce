// The floor: a bare byte pump on level-triggered epoll that knows no HTTP. One upstream connection for each client, one
// thread; per request four data calls (receive and send, each way) and its share of epoll_wait. Usage: pump_level PORT
// BACKEND_PORT
#include <array>
#include <string>
#include <vector>

#include "socket.h"

namespace tandem::bench {
namespace {

struct Pair;

struct End {
  int fd = -1;
  Pair* pair = nullptr;
  End* other = nullptr;
  std::string pending;  // what this end's socket did not take yet; the other end is not read meanwhile
};

struct Pair {
  End client, server;
  bool dead = false;
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
        auto* end = static_cast<End*>(events[i].data.ptr);
        if (end == nullptr) {
          accept_all();
        } else if (!end->pair->dead && !serve(*end, events[i].events)) {
          end->pair->dead = true;
          close(end->fd);
          close(end->other->fd);
          dead_.push_back(end->pair);
        }
      }
      for (Pair* pair : dead_) delete pair;
      dead_.clear();
    }
  }

 private:
  void accept_all() {
    for (int fd = accept_from(listener_); fd >= 0; fd = accept_from(listener_)) {
      auto* pair = new Pair;  // owned by its registrations with epoll, until dead
      pair->client = {fd, pair, &pair->server, {}};
      pair->server = {dial(backend_), pair, &pair->client, {}};
      if (pair->server.fd < 0) die("connect");
      watch(epoll_, pair->client.fd, EPOLLIN, &pair->client);
      watch(epoll_, pair->server.fd, EPOLLIN, &pair->server);
    }
  }

  bool serve(End& end, std::uint32_t events) {
    if ((events & EPOLLOUT) != 0) return flush(end);
    ssize_t size = recv(end.fd, buffer_.data(), buffer_.size(), 0);
    if (size <= 0) return size < 0 && would_block();
    ssize_t sent = send(end.other->fd, buffer_.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent == size) return true;
    if (sent < 0 && !would_block()) return false;
    if (sent < 0) sent = 0;
    end.other->pending.assign(buffer_.data() + sent, static_cast<std::size_t>(size - sent));
    watch(epoll_, end.fd, 0, &end, EPOLL_CTL_MOD);
    watch(epoll_, end.other->fd, EPOLLIN | EPOLLOUT, end.other, EPOLL_CTL_MOD);
    return true;
  }

  bool flush(End& end) {
    ssize_t sent = send(end.fd, end.pending.data(), end.pending.size(), MSG_NOSIGNAL);
    if (sent < 0) return would_block();
    end.pending.erase(0, static_cast<std::size_t>(sent));
    if (!end.pending.empty()) return true;
    watch(epoll_, end.fd, end.other->pending.empty() ? EPOLLIN : 0, &end, EPOLL_CTL_MOD);
    watch(epoll_, end.other->fd, EPOLLIN | (end.other->pending.empty() ? 0U : EPOLLOUT), end.other, EPOLL_CTL_MOD);
    return true;
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
    std::fprintf(stderr, "usage: pump_level PORT BACKEND_PORT\n");
    return 2;
  }
  tandem::bench::prepare_process();
  tandem::bench::Pump(static_cast<std::uint16_t>(std::atoi(arguments[1])),
                      static_cast<std::uint16_t>(std::atoi(arguments[2])))
      .run();
}
