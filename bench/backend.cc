// The backend of the benchmark: answers as cheaply as a server can, on one thread, so that the proxy is what is
// measured. Usage: backend PORT. Paths are judged by their end, so that a router's prefix may stand before it:
//   …/small 13 bytes, …/10k 10 KiB, …/1m 1 MiB, …/100m 100 MiB, …/upload swallows the body, …/echo speaks WebSocket and
//   echoes.
#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "socket.h"

namespace tandem::bench {
namespace {

struct Client {
  int fd = -1;
  bool tunnel = false;
  bool close_after = false;
  bool waits_for_room = false;
  std::size_t body_left = 0;    // bytes of an upload still to come
  bool chunked_upload = false;  // the body ends with the last chunk
  std::string in;               // an incomplete head or frame
  std::string tail;             // the last bytes of a chunked upload
  std::string_view out_body;    // points into a Backend's body
  std::string out;              // what the socket did not take yet, before out_body
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_letters(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

/// The value of a header field in a head that ends with an empty line; empty when it is not there.
std::string_view field(std::string_view head, std::string_view name) {
  for (auto at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    auto line = head.substr(at + 2);
    if (line.size() <= name.size() || line[name.size()] != ':' || !same_letters(line.substr(0, name.size()), name))
      continue;
    auto value = line.substr(name.size() + 1, line.find("\r\n") - name.size() - 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    return value;
  }
  return {};
}

class Backend {
 public:
  explicit Backend(std::uint16_t port) : listener_(listen_on(port)), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    medium_.assign(10 * 1024, 'm');
    large_.assign(1024 * 1024, 'l');
    watch(epoll_, listener_, EPOLLIN, nullptr);
  }

  void run() {
    std::array<epoll_event, 256> events{};
    while (true) {
      int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      if (count > 0) refresh_date();
      for (int i = 0; i < count; ++i) {
        auto* client = static_cast<Client*>(events[i].data.ptr);
        if (client == nullptr) {
          accept_all();
        } else if (!serve(*client, events[i].events)) {
          close(client->fd);
          delete_client(client);
        }
      }
    }
  }

 private:
  void refresh_date() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec == second_) return;
    second_ = now.tv_sec;
    std::array<char, 64> text{};
    tm parts{};
    gmtime_r(&second_, &parts);
    std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    auto head = [&](std::size_t length) {
      return "HTTP/1.1 200 OK\r\nDate: " + std::string(text.data()) +
             "\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
    };
    small_answer_ = head(13) + "Hello, world!";
    medium_head_ = head(medium_.size());
    large_head_ = head(large_.size());
    huge_head_ = head(kHuge);
    upload_answer_ = head(0);
    missing_answer_ = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
  }

  void accept_all() {
    for (int fd = accept_from(listener_); fd >= 0; fd = accept_from(listener_)) {
      auto* client = new Client;  // owned by its registration with epoll, until delete_client
      client->fd = fd;
      watch(epoll_, fd, EPOLLIN, client);
    }
  }

  static void delete_client(Client* client) { delete client; }

  /// False ends the connection.
  bool serve(Client& client, std::uint32_t events) {
    if ((events & EPOLLOUT) != 0 && !flush(client)) return false;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) return true;
    ssize_t size = recv(client.fd, buffer_.data(), buffer_.size(), 0);
    if (size <= 0) return size < 0 && would_block();
    std::string_view input(buffer_.data(), static_cast<std::size_t>(size));
    if (client.in.empty()) return consume(client, input);
    std::string joined = std::move(client.in);
    client.in.clear();
    joined.append(input);
    return consume(client, joined);
  }

  bool consume(Client& client, std::string_view input) {
    while (!input.empty()) {
      if (client.tunnel) return echo(client, input);
      if (client.body_left > 0 || client.chunked_upload) {
        if (!swallow(client, input)) return false;
        continue;
      }
      auto end = input.find("\r\n\r\n");
      if (end == std::string_view::npos) {
        client.in.assign(input);
        return input.size() < 65536;
      }
      if (!answer(client, input.substr(0, end + 4))) return false;
      input.remove_prefix(end + 4);
    }
    return !client.close_after || client.waits_for_room;
  }

  bool swallow(Client& client, std::string_view& input) {
    if (client.chunked_upload) {
      client.tail.append(input.substr(input.size() - std::min<std::size_t>(input.size(), 7)));
      if (client.tail.size() > 7) client.tail.erase(0, client.tail.size() - 7);
      input = {};
      if (client.tail != "\r\n0\r\n\r\n") return true;
      client.chunked_upload = false;
      client.tail.clear();
      return write(client, upload_answer_, {});
    }
    auto part = std::min(client.body_left, input.size());
    client.body_left -= part;
    input.remove_prefix(part);
    return client.body_left > 0 || write(client, upload_answer_, {});
  }

  bool answer(Client& client, std::string_view head) {
    auto target_at = head.find(' ') + 1;
    auto target = head.substr(target_at, head.find(' ', target_at) - target_at);
    auto line = head.substr(0, head.find("\r\n"));
    client.close_after = same_letters(field(head, "connection"), "close") || line.ends_with("HTTP/1.0");
    if (target.ends_with("/small")) return write(client, small_answer_, {});
    if (target.ends_with("/10k")) return write(client, medium_head_, medium_);
    if (target.ends_with("/1m")) return write(client, large_head_, large_);
    if (target.ends_with("/100m")) return write(client, huge_head_, huge());
    if (target.ends_with("/upload")) {
      auto length = field(head, "content-length");
      std::from_chars(length.data(), length.data() + length.size(), client.body_left);
      client.chunked_upload = length.empty() && same_letters(field(head, "transfer-encoding"), "chunked");
      return client.body_left > 0 || client.chunked_upload || write(client, upload_answer_, {});
    }
    if (target.ends_with("/echo") && same_letters(field(head, "upgrade"), "websocket")) {
      client.tunnel = true;
      client.close_after = false;
      return write(client,
                   "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
                   {});
    }
    return write(client, missing_answer_, {});
  }

  /// Echoes whole frames (client frames are masked, RFC 6455 §5.3) of at most 125 bytes, which is all the load sends.
  bool echo(Client& client, std::string_view input) {
    std::string frames;
    while (input.size() >= 6 && input.size() >= 6U + (static_cast<unsigned char>(input[1]) & 0x7fU)) {
      std::size_t length = static_cast<unsigned char>(input[1]) & 0x7fU;
      if (length > 125) return false;
      frames.push_back(input[0]);
      frames.push_back(static_cast<char>(length));
      for (std::size_t i = 0; i < length; ++i) frames.push_back(static_cast<char>(input[6 + i] ^ input[2 + i % 4]));
      input.remove_prefix(6 + length);
    }
    client.in.assign(input);
    return frames.empty() || write(client, frames, {});
  }

  /// Sends head and body; `body` must live as long as the program.
  bool write(Client& client, std::string_view head, std::string_view body) {
    if (!client.out.empty() || !client.out_body.empty()) return false;  // the load never pipelines over a full socket
    iovec parts[2] = {{const_cast<char*>(head.data()), head.size()}, {const_cast<char*>(body.data()), body.size()}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = body.empty() ? 1 : 2;
    ssize_t sent = sendmsg(client.fd, &message, MSG_NOSIGNAL);
    if (sent < 0 && !would_block()) return false;
    auto done = static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
    if (done == head.size() + body.size()) return true;
    client.out.assign(head.substr(std::min(done, head.size())));
    client.out_body = body.substr(done > head.size() ? done - head.size() : 0);
    client.waits_for_room = true;
    watch(epoll_, client.fd, EPOLLIN | EPOLLOUT, &client, EPOLL_CTL_MOD);
    return true;
  }

  bool flush(Client& client) {
    while (!client.out.empty() || !client.out_body.empty()) {
      bool from_head = !client.out.empty();
      std::string_view part = from_head ? std::string_view(client.out) : client.out_body;
      ssize_t sent = send(client.fd, part.data(), part.size(), MSG_NOSIGNAL);
      if (sent < 0) return would_block();
      if (from_head) {
        client.out.erase(0, static_cast<std::size_t>(sent));
      } else {
        client.out_body.remove_prefix(static_cast<std::size_t>(sent));
      }
    }
    client.waits_for_room = false;
    watch(epoll_, client.fd, EPOLLIN, &client, EPOLL_CTL_MOD);
    return !client.close_after;
  }

  int listener_;
  int epoll_;
  time_t second_ = 0;
  static constexpr std::size_t kHuge = std::size_t{100} * 1024 * 1024;
  std::string_view huge() {
    if (huge_.empty()) huge_.assign(kHuge, 'h');
    return huge_;
  }

  std::string medium_, large_, huge_;
  std::string small_answer_, medium_head_, large_head_, huge_head_, upload_answer_, missing_answer_;
  std::vector<char> buffer_ = std::vector<char>(256 * 1024);
};

}  // namespace
}  // namespace tandem::bench

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: backend PORT\n");
    return 2;
  }
  tandem::bench::prepare_process();
  tandem::bench::Backend(static_cast<std::uint16_t>(std::atoi(arguments[1]))).run();
}
