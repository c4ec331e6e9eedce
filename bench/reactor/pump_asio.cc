// The same byte pump with Boost.Asio as the reactor: light coroutines of our own, resumed from Asio's handlers, sends
// tried directly first. Two ways to wait for bytes:
//   read  async_read_some: Asio tries a receive first, which finds nothing and costs a system call
//   wait  async_wait and a receive of our own: Asio re-arms the descriptor with epoll_ctl, which costs a system call as
//   well
// Usage: pump_asio PORT BACKEND_PORT [read|wait] [unsafe]   (unsafe: Asio's hint that takes all its locks away)
#include <boost/asio.hpp>
#include <coroutine>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "socket.h"

namespace tandem::bench {
namespace {

namespace asio = boost::asio;
using Socket = asio::ip::tcp::socket;
using Error = boost::system::error_code;

struct Detached {
  struct promise_type {
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::abort(); }
  };
};

struct Read {
  Socket& socket;
  char* at;
  std::size_t room;
  ssize_t size = 0;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> caller) {
    socket.async_read_some(asio::buffer(at, room), [this, caller](Error error, std::size_t bytes) {
      size = error ? -1 : static_cast<ssize_t>(bytes);
      caller.resume();
    });
  }
  ssize_t await_resume() const { return size; }
};

struct Wait {
  Socket& socket;
  Socket::wait_type what;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> caller) const {
    socket.async_wait(what, [caller](Error) { caller.resume(); });
  }
  void await_resume() const {}
};

struct Pair {
  Socket client, server;
};

class Pump {
 public:
  Pump(int hint, bool own_receive, std::uint16_t port, std::uint16_t backend)
      : context_(hint),
        acceptor_(context_, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), port)),
        backend_(asio::ip::address_v4::loopback(), backend),
        own_receive_(own_receive) {
    acceptor_.listen(16384);
    accept_next();
  }

  void run() { context_.run(); }

 private:
  void accept_next() {
    acceptor_.async_accept([this](Error error, Socket client) {
      if (!error) start(std::move(client));
      accept_next();
    });
  }

  void start(Socket client) {
    auto pair = std::make_shared<Pair>(Pair{std::move(client), Socket(context_)});
    pair->server.open(asio::ip::tcp::v4());
    pair->server.connect(backend_);
    for (Socket* socket : {&pair->client, &pair->server}) {
      socket->set_option(asio::ip::tcp::no_delay(true));
      socket->non_blocking(true);
    }
    copy(pair, pair->client, pair->server);
    copy(pair, pair->server, pair->client);
  }

  /// `pair` keeps both sockets while a direction lives.
  Detached copy([[maybe_unused]] std::shared_ptr<Pair> pair, Socket& from, Socket& to) {
    // Asio reads into the buffer while the coroutine is suspended, hence one for each direction; with a receive of our
    // own all directions share one.
    std::vector<char> own(own_receive_ ? 0 : 64 * 1024);
    std::vector<char>& buffer = own_receive_ ? shared_ : own;
    std::string rest;
    bool open = true;
    while (open) {
      ssize_t size = 0;
      if (own_receive_) {
        co_await Wait{from, Socket::wait_read};
        size = recv(from.native_handle(), buffer.data(), buffer.size(), 0);
        if (size < 0 && would_block()) continue;
      } else {
        size = co_await Read{from, buffer.data(), buffer.size()};
      }
      if (size <= 0) break;
      ssize_t sent = send(to.native_handle(), buffer.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL);
      if (sent == size) continue;
      if (sent < 0 && !would_block()) break;
      rest.assign(buffer.data() + (sent < 0 ? 0 : sent), static_cast<std::size_t>(sent < 0 ? size : size - sent));
      while (open && !rest.empty()) {
        co_await Wait{to, Socket::wait_write};
        sent = send(to.native_handle(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent < 0 && !would_block()) open = false;
        if (sent > 0) rest.erase(0, static_cast<std::size_t>(sent));
      }
    }
    Error ignored;
    from.shutdown(Socket::shutdown_both, ignored);
    to.shutdown(Socket::shutdown_both, ignored);
  }

  asio::io_context context_;
  asio::ip::tcp::acceptor acceptor_;
  asio::ip::tcp::endpoint backend_;
  bool own_receive_;
  std::vector<char> shared_ = std::vector<char>(64 * 1024);
};

}  // namespace
}  // namespace tandem::bench

int main(int count, char** arguments) {
  if (count < 3) {
    std::fprintf(stderr, "usage: pump_asio PORT BACKEND_PORT [read|wait] [unsafe]\n");
    return 2;
  }
  tandem::bench::prepare_process();
  bool own_receive = count > 3 && std::string_view(arguments[3]) == "wait";
  bool unsafe = count > 4 && std::string_view(arguments[4]) == "unsafe";
  tandem::bench::Pump(unsafe ? BOOST_ASIO_CONCURRENCY_HINT_UNSAFE : 1, own_receive,
                      static_cast<std::uint16_t>(std::atoi(arguments[1])),
                      static_cast<std::uint16_t>(std::atoi(arguments[2])))
      .run();
}
