#include "engine/net/resolver_question.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <new>

namespace tandem::net {

namespace {

constexpr loop::Nanoseconds kShortest = std::chrono::seconds(1);
constexpr loop::Nanoseconds kLongest = std::chrono::hours(1);

int library_status() {
  static const int kStatus = ares_library_init(ARES_LIB_INIT_ALL);
  return kStatus;
}

loop::Nanoseconds lifetime_of(const ares_addrinfo& found) {
  loop::Nanoseconds least = kLongest;
  const auto consider = [&least](int seconds) {
    least = std::min<loop::Nanoseconds>(least, std::chrono::seconds(std::max(seconds, 0)));
  };
  for (const ares_addrinfo_cname* cname = found.cnames; cname != nullptr; cname = cname->next) consider(cname->ttl);
  for (const ares_addrinfo_node* node = found.nodes; node != nullptr; node = node->ai_next) consider(node->ai_ttl);
  return std::max(least, kShortest);
}

}  // namespace

Question::~Question() {
  tasks_.cancel();
  // Calls on_answer and on_socket once more: every member is alive here.
  if (channel_ != nullptr) ares_destroy(channel_);
}

int Question::open(const ResolverSources& sources) {
  if (const int status = library_status(); status != ARES_SUCCESS) return status;
  ares_options options{};
  char lookups[] = "fb";  // /etc/hosts, then DNS, whatever nsswitch.conf thinks of other sources
  options.lookups = lookups;
  options.sock_state_cb = &Question::on_socket;
  options.sock_state_cb_data = this;
  options.resolvconf_path = const_cast<char*>(sources.configuration.c_str());
  int mask = ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB | ARES_OPT_RESOLVCONF;
  if (sources.timeout_milliseconds != 0) {
    options.timeout = sources.timeout_milliseconds;
    mask |= ARES_OPT_TIMEOUTMS;
  }
  if (sources.tries != 0) {
    options.tries = sources.tries;
    mask |= ARES_OPT_TRIES;
  }
  if (const int status = ares_init_options(&channel_, &options, mask); status != ARES_SUCCESS) {
    channel_ = nullptr;
    return status;
  }
  return sources.servers.empty() ? ARES_SUCCESS : ares_set_servers_ports_csv(channel_, sources.servers.c_str());
}

void Question::ask(const ResolverSources& sources) {
  if (const int status = open(sources); status != ARES_SUCCESS) {
    answer_ = Answer{.status = status};
    return;
  }
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  if (sources.hosts != ResolverSources().hosts) {
    ::setenv("CARES_HOSTS", sources.hosts.c_str(), 1);
    hints.ai_flags = ARES_AI_ENVHOSTS;
  }
  ares_getaddrinfo(channel_, name_.c_str(), nullptr, &hints, &Question::on_answer, this);
  if (answer_) return;
  if (!sockets_ || sockets_->fd() < 0) {  // no descriptors are left
    answer_ = Answer{.status = ARES_ENOMEM};
    return;
  }
  tasks_.spawn(serve_sockets());
  arm_timeout();
}

void Question::on_answer(void* self, int status, int /*timeouts*/, ares_addrinfo* found) {
  auto& question = *static_cast<Question*>(self);
  Answer answer;
  answer.status = status;
  if (found != nullptr) {
    for (const ares_addrinfo_node* node = found->nodes; node != nullptr; node = node->ai_next) {
      if (node->ai_family != AF_INET && node->ai_family != AF_INET6) continue;
      const IpAddress ip = Address::from_sockaddr(node->ai_addr, node->ai_addrlen).ip();
      if (std::ranges::find(answer.addresses, ip) == answer.addresses.end()) answer.addresses.push_back(ip);
    }
    answer.lifetime = lifetime_of(*found);
    ares_freeaddrinfo(found);
  }
  if (answer.status == ARES_SUCCESS && answer.addresses.empty()) answer.status = ARES_ENODATA;
  question.answer_ = std::move(answer);
}

void Question::on_socket(void* self, ares_socket_t socket, int readable, int writable) {
  auto& question = *static_cast<Question*>(self);
  if (!question.sockets_) question.sockets_.emplace(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = (readable != 0 ? EPOLLIN : 0U) | (writable != 0 ? EPOLLOUT : 0U);
  event.data.fd = socket;
  const int set = question.sockets_->fd();
  if (event.events == 0) {
    ::epoll_ctl(set, EPOLL_CTL_DEL, socket, &event);
  } else if (::epoll_ctl(set, EPOLL_CTL_MOD, socket, &event) != 0) {
    ::epoll_ctl(set, EPOLL_CTL_ADD, socket, &event);
  }
}

loop::Task<void> Question::serve_sockets() {
  constexpr int kMost = 8;
  for (;;) {
    std::array<epoll_event, kMost> events;
    const int count = ::epoll_wait(sockets_->fd(), events.data(), kMost, 0);
    if (count <= 0) {
      sockets_->drained();
      (void)co_await sockets_->readable(loop::kNever);
      continue;
    }
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      const bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
      const bool in = broken || (event.events & EPOLLIN) != 0;
      const bool out = broken || (event.events & EPOLLOUT) != 0;
      ares_process_fd(channel_, in ? event.data.fd : ARES_SOCKET_BAD, out ? event.data.fd : ARES_SOCKET_BAD);
    }
    if (answer_) {
      // The listener may destroy this coroutine: it is called when the timer fires, not from here.
      timer_.arm(loop::Loop::current().now());
      co_return;
    }
    arm_timeout();
  }
}

void Question::arm_timeout() {
  timeval left{};
  if (ares_timeout(channel_, nullptr, &left) == nullptr) return;
  // A little late: c-ares' clock must have passed the moment too.
  constexpr auto kLater = std::chrono::milliseconds(2);
  timer_.arm(loop::Loop::current().now() + std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec) +
             kLater);
}

void Question::on_timer(void* self) {
  auto& question = *static_cast<Question*>(self);
  if (!question.answer_) ares_process_fd(question.channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  if (question.answer_) {
    question.listener_(question);
  } else {
    question.arm_timeout();
  }
}

}  // namespace tandem::net
