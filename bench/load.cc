// The load generator of the benchmark: one thread, closed loop (each connection has one request in flight), HTTP/1.1.
// It ends by itself: after --seconds, or after --count requests, whichever comes first. Prints one line of JSON.
//
// Usage: load --port P [--mode keepalive|new|websocket|idle] [--path /small] [--connections 64] [--seconds 2] [--count
// N]
//             [--upload BYTES] [--hosts N] [--prefixes N] [--tls full|resume] [--name NAME]
//   new        a new connection for each request ("Connection: close")
//   websocket  upgrades each connection and sends frames of 64 bytes that must come back
//   idle       opens all connections, one request on each, prints "ready" and holds them until standard input ends
//   --hosts N, --prefixes N   spreads the requests over hosts h0.bench… and over paths /p0/small…; both given: half and
//   half
//   --tls full|resume         over TLS, asking for NAME; "resume": a new connection takes up the session of the one
//   before it
#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "socket.h"
#include "tls_link.h"

namespace tandem::bench {
namespace {

using Clock = std::chrono::steady_clock;

enum class Mode { kKeepAlive, kNew, kWebSocket, kIdle };

struct Options {
  std::uint16_t port = 0;
  Mode mode = Mode::kKeepAlive;
  std::string path = "/small";
  std::size_t connections = 64;
  double seconds = 2;
  std::uint64_t count = 1'000'000'000;
  std::size_t upload = 0;
  std::size_t hosts = 0;
  std::size_t prefixes = 0;
  bool tls = false;
  std::string name = "bench.test";
  bool resume = false;
};

/// Latencies in nanoseconds, 32 steps for each power of two: values are right within 3 %.
class Histogram {
 public:
  void record(std::uint64_t nanoseconds) {
    ++counts_[index(nanoseconds)];
    ++total_;
  }

  double microseconds_at(double fraction) const {
    auto rank = static_cast<std::uint64_t>(fraction * static_cast<double>(total_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > rank) return value(i) / 1000;
    }
    return 0;
  }

 private:
  static constexpr std::size_t kSteps = 32;
  static std::size_t index(std::uint64_t v) {
    if (v < kSteps) return v;
    auto shift = static_cast<std::size_t>(std::bit_width(v)) - 6;
    return (shift + 1) * kSteps + (v >> shift) - kSteps;
  }
  static double value(std::size_t i) {
    if (i < kSteps) return static_cast<double>(i);
    std::size_t shift = i / kSteps - 1;
    return static_cast<double>((kSteps + i % kSteps) << shift);
  }
  std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(kSteps * 62);
  std::uint64_t total_ = 0;
};

/// Finds the end of one response after another in a stream of bytes.
class ResponseReader {
 public:
  enum class State { kMore, kDone, kUpgraded, kBad };

  /// Takes all of `input`. Bytes after the end of a response are an error: the load does not pipeline.
  State feed(std::string_view input) {
    if (!in_body_) {
      head_.append(input);
      auto end = head_.find("\r\n\r\n");
      if (end == std::string::npos) return head_.size() < 65536 ? State::kMore : State::kBad;
      if (head_.starts_with("HTTP/1.1 101")) return State::kUpgraded;
      if (!head_.starts_with("HTTP/1.1 200") || !read_framing(std::string_view(head_).substr(0, end + 2)))
        return State::kBad;
      in_body_ = true;
      std::string body = head_.substr(end + 4);
      head_.clear();
      return feed_body(body);
    }
    return feed_body(input);
  }

  void reset() {
    in_body_ = false;
    head_.clear();
    tail_.clear();
  }

 private:
  bool read_framing(std::string_view head) {
    chunked_ = false;
    left_ = 0;
    bool known = false;
    for (auto at = head.find("\r\n"); at + 2 < head.size(); at = head.find("\r\n", at + 2)) {
      auto line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
      if (line.size() < 16) continue;
      if ((line[0] | 32) == 'c' && (line[8] | 32) == 'l' && line[14] == ':') {  // Content-Length
        auto value = line.substr(line.find_first_not_of(' ', 15));
        std::from_chars(value.data(), value.data() + value.size(), left_);
        known = true;
      } else if ((line[0] | 32) == 't' && (line[9] | 32) == 'e' && line.find("chunked") != std::string_view::npos) {
        chunked_ = known = true;
      }
    }
    return known;
  }

  State feed_body(std::string_view input) {
    if (chunked_) {
      tail_.append(input.substr(input.size() - std::min<std::size_t>(input.size(), 7)));
      if (tail_.size() > 7) tail_.erase(0, tail_.size() - 7);
      if (!tail_.ends_with("0\r\n\r\n")) return State::kMore;
    } else {
      if (input.size() > left_) return State::kBad;
      left_ -= input.size();
      if (left_ > 0) return State::kMore;
    }
    reset();
    return State::kDone;
  }

  bool in_body_ = false;
  bool chunked_ = false;
  std::size_t left_ = 0;
  std::string head_;
  std::string tail_;
};

struct Connection {
  int fd = -1;
  std::size_t number = 0;
  bool connecting = false;
  bool handshaking = false;
  bool upgraded = false;
  bool finished = false;      // idle mode: its one request is answered
  std::string_view out;       // what of the request is still to be sent
  std::size_t body_left = 0;  // and of the upload after it
  std::size_t echo_left = 0;  // bytes of a frame still to come back
  Clock::time_point started;
  ResponseReader reader;
  SSL_SESSION* session = nullptr;  // of the connection before
  std::unique_ptr<TlsLink> tls;

  ssize_t write(std::string_view bytes) const {
    return tls ? tls->send(bytes.data(), bytes.size()) : send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  ssize_t read(char* into, std::size_t size) const { return tls ? tls->receive(into, size) : recv(fd, into, size, 0); }
};

class Load {
 public:
  explicit Load(Options options) : options_(std::move(options)), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    make_requests();
    connections_.resize(options_.connections);
    upload_.assign(std::min<std::size_t>(options_.upload, 256 * 1024), 'u');
  }

  void run() {
    begin_ = Clock::now();
    deadline_ = begin_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options_.seconds));
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      connections_[i].number = i;
      open(connections_[i]);
      if (i % 64 == 63) poll(0);  // lets the proxy's accept queue drain
      // Idle connections are opened in small groups, so that the proxy need not have thousands of requests at once.
      while (options_.mode == Mode::kIdle && i % 64 == 63 && finished_ <= i && open_ > 0 && !done()) poll(20);
    }
    while (!done() && open_ > 0) poll(20);
    print(std::chrono::duration<double>(Clock::now() - begin_).count());
    if (options_.mode == Mode::kIdle) hold();
  }

  bool failed() const { return requests_ == 0; }

 private:
  bool done() const {
    if (options_.mode == Mode::kIdle && finished_ == connections_.size()) return true;
    return requests_ >= options_.count || Clock::now() >= deadline_;
  }

  void make_requests() {
    auto add = [&](const std::string& host, const std::string& path) {
      std::string text = (options_.upload > 0 ? "POST " : "GET ") + path + " HTTP/1.1\r\nHost: " + host + "\r\n";
      if (options_.mode == Mode::kWebSocket) {
        text +=
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
            "dGhlIHNhbXBsZSBub25jZQ==\r\n";
      } else {
        text += "User-Agent: tandem-bench\r\nAccept: */*\r\n";
      }
      if (options_.mode == Mode::kNew) text += "Connection: close\r\n";
      if (options_.upload > 0) text += "Content-Length: " + std::to_string(options_.upload) + "\r\n";
      texts_.push_back(text + "\r\n");
    };
    for (std::size_t i = 0; i < options_.hosts; ++i) add("h" + std::to_string(i) + ".bench", options_.path);
    for (std::size_t i = 0; i < options_.prefixes; ++i) add("bench.test", "/p" + std::to_string(i) + options_.path);
    if (texts_.empty()) add("bench.test", options_.path);
    frame_ = "\x82\xc0";  // a whole binary message, masked, 64 bytes
    frame_ += "mask" + std::string(64, 'w');
  }

  std::string_view next_text() {
    random_ ^= random_ << 13U;
    random_ ^= random_ >> 7U;
    random_ ^= random_ << 17U;
    return texts_.size() == 1 ? texts_[0] : texts_[random_ % texts_.size()];
  }

  void open(Connection& connection) {
    // 127.0.1.1 … 127.0.1.8: eight times the ports of one address.
    connection.fd = dial(options_.port, 0x7f000101U + static_cast<std::uint32_t>(++dialled_ % 8));
    connection.started = Clock::now();
    connection.reader.reset();
    if (connection.fd < 0) {
      ++errors_;
      return;
    }
    ++open_;
    connection.connecting = true;
    watch(epoll_, connection.fd, EPOLLOUT, &connection);
  }

  void shut(Connection& connection) {
    connection.tls.reset();
    connection.handshaking = false;
    close(connection.fd);
    connection.fd = -1;
    connection.upgraded = false;
    --open_;
  }

  /// A failed request: counted, and the connection is replaced, unless so many failed that something is plainly wrong.
  void fail(Connection& connection) {
    ++errors_;
    shut(connection);
    if (errors_ < 100'000 && !done()) open(connection);
  }

  void poll(int milliseconds) {
    std::array<epoll_event, 256> events{};
    int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), milliseconds);
    for (int i = 0; i < count; ++i) {
      auto& connection = *static_cast<Connection*>(events[i].data.ptr);
      if (connection.fd < 0) continue;
      if (connection.connecting) {
        connected(connection);
      } else if (connection.handshaking) {
        handshake(connection);
      } else {
        if ((events[i].events & EPOLLOUT) != 0 && !flush(connection)) continue;
        if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) receive(connection);
      }
    }
  }

  void connected(Connection& connection) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(connection.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return fail(connection);
    connection.connecting = false;
    watch(epoll_, connection.fd, EPOLLIN, &connection, EPOLL_CTL_MOD);
    if (options_.tls) {
      connection.tls = std::make_unique<TlsLink>(tls_, connection.fd, options_.name.c_str(),
                                                 options_.resume ? &connection.session : nullptr);
      connection.handshaking = true;
      return handshake(connection);
    }
    start_request(connection, options_.mode == Mode::kNew);
  }

  void handshake(Connection& connection) {
    const int result = connection.tls->handshake();
    if (result < 0) return fail(connection);
    if (result == 0) return;
    connection.handshaking = false;
    if (connection.tls->resumed()) ++resumed_;
    start_request(connection, options_.mode == Mode::kNew);
  }

  void start_request(Connection& connection, bool keeps_time = false) {
    if (!keeps_time) connection.started = Clock::now();
    connection.out = connection.upgraded ? std::string_view(frame_) : next_text();
    connection.echo_left = connection.upgraded ? frame_.size() - 4 : 0;
    connection.body_left = connection.upgraded ? 0 : options_.upload;
    flush(connection, true);
  }

  /// Sends what is left; false when the connection failed.
  bool flush(Connection& connection, bool first = false) {
    while (!connection.out.empty() || connection.body_left > 0) {
      bool head = !connection.out.empty();
      auto part = head ? connection.out : std::string_view(upload_).substr(0, connection.body_left);
      ssize_t sent = connection.write(part);
      if (sent < 0 && would_block()) {
        if (first) watch(epoll_, connection.fd, EPOLLIN | EPOLLOUT, &connection, EPOLL_CTL_MOD);
        return true;
      }
      if (sent < 0) {
        fail(connection);
        return false;
      }
      if (head) {
        connection.out.remove_prefix(static_cast<std::size_t>(sent));
      } else {
        connection.body_left -= static_cast<std::size_t>(sent);
      }
    }
    if (!first) watch(epoll_, connection.fd, EPOLLIN, &connection, EPOLL_CTL_MOD);
    return true;
  }

  void receive(Connection& connection) {
    const std::uint64_t number = dialled_;
    while (receive_once(connection) && number == dialled_ && connection.tls && connection.tls->pending()) {
    }
  }

  /// False when the socket has no more, or the connection failed.
  bool receive_once(Connection& connection) {
    ssize_t size = connection.read(buffer_.data(), buffer_.size());
    if (size < 0 && would_block()) return false;
    if (size <= 0) {
      fail(connection);
      return false;
    }
    bytes_ += static_cast<std::uint64_t>(size);
    take(connection, {buffer_.data(), static_cast<std::size_t>(size)});
    return true;
  }

  void take(Connection& connection, std::string_view input) {
    if (connection.upgraded) {
      if (input.size() > connection.echo_left) return fail(connection);
      connection.echo_left -= input.size();
      if (connection.echo_left == 0) complete(connection);
      return;
    }
    switch (connection.reader.feed(input)) {
      case ResponseReader::State::kMore:
        return;
      case ResponseReader::State::kBad:
        return fail(connection);
      case ResponseReader::State::kUpgraded:
        connection.upgraded = true;
        return start_request(connection);
      case ResponseReader::State::kDone:
        // A plain answer to an upgrade is no echo.
        return options_.mode == Mode::kWebSocket ? fail(connection) : complete(connection);
    }
  }

  void complete(Connection& connection) {
    ++requests_;
    auto elapsed = Clock::now() - connection.started;
    histogram_.record(static_cast<std::uint64_t>(std::chrono::nanoseconds(elapsed).count()));
    if (options_.mode == Mode::kIdle) {
      if (!std::exchange(connection.finished, true)) ++finished_;
      return;
    }
    if (options_.mode == Mode::kNew) {
      shut(connection);
      if (!done()) open(connection);
    } else {
      start_request(connection);
    }
  }

  void print(double elapsed) const {
    std::printf(
        "{\"requests\": %llu, \"errors\": %llu, \"seconds\": %.4f, \"rps\": %.1f, \"bytes\": %llu, \"p50_us\": %.1f, "
        "\"p99_us\": "
        "%.1f, \"open\": %zu, \"resumed\": %llu}\n",
        static_cast<unsigned long long>(requests_), static_cast<unsigned long long>(errors_), elapsed,
        static_cast<double>(requests_) / elapsed, static_cast<unsigned long long>(bytes_),
        histogram_.microseconds_at(0.5), histogram_.microseconds_at(0.99), open_,
        static_cast<unsigned long long>(resumed_));
    std::fflush(stdout);
  }

  static void hold() {
    std::puts("ready");
    std::fflush(stdout);
    alarm(120);  // a bound, should the parent never close our input
    char byte = 0;
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
  }

  Options options_;
  TlsClient tls_;
  int epoll_;
  std::vector<std::string> texts_;
  std::string frame_;
  std::string upload_;
  std::vector<Connection> connections_;
  std::vector<char> buffer_ = std::vector<char>(256 * 1024);
  Histogram histogram_;
  Clock::time_point begin_, deadline_;
  std::uint64_t random_ = 88172645463325252U;
  std::uint64_t requests_ = 0, errors_ = 0, bytes_ = 0, dialled_ = 0, resumed_ = 0;
  std::size_t open_ = 0, finished_ = 0;
};

bool read_option(Options& options, std::string_view name, const char* value) {
  if (name == "--port")
    options.port = static_cast<std::uint16_t>(std::atoi(value));
  else if (name == "--path")
    options.path = value;
  else if (name == "--connections")
    options.connections = std::strtoul(value, nullptr, 10);
  else if (name == "--seconds")
    options.seconds = std::atof(value);
  else if (name == "--count")
    options.count = std::strtoull(value, nullptr, 10);
  else if (name == "--upload")
    options.upload = std::strtoul(value, nullptr, 10);
  else if (name == "--hosts")
    options.hosts = std::strtoul(value, nullptr, 10);
  else if (name == "--prefixes")
    options.prefixes = std::strtoul(value, nullptr, 10);
  else if (name == "--name")
    options.name = value;
  else if (name == "--tls") {
    options.tls = true;
    options.resume = std::string_view(value) == "resume";
  } else if (name == "--mode") {
    std::string_view mode = value;
    options.mode = mode == "new"         ? Mode::kNew
                   : mode == "websocket" ? Mode::kWebSocket
                   : mode == "idle"      ? Mode::kIdle
                                         : Mode::kKeepAlive;
  } else {
    return false;
  }
  return true;
}

}  // namespace
}  // namespace tandem::bench

int main(int count, char** arguments) {
  tandem::bench::prepare_process();
  tandem::bench::Options options;
  for (int i = 1; i < count; i += 2) {
    if (i + 1 >= count || !tandem::bench::read_option(options, arguments[i], arguments[i + 1])) {
      std::fprintf(stderr, "load: what is %s? See the head of load.cc.\n", arguments[i]);
      return 2;
    }
  }
  tandem::bench::Load load(options);
  load.run();
  return load.failed() ? 1 : 0;
}
