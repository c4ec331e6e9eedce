#include "control/ha/channel.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstring>

#include "config/format/json_fields.h"

namespace tandem::ha {

using base::Error;
using base::ErrorKind;
using base::Fd;
using base::Result;

std::string_view Message::type() const { return format::text_in(body, "type"); }

Result<std::array<Fd, 2>> Channel::make_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return Error::from_errno(errno, "socketpair");
  }
  ::fcntl(ends[1], F_SETFD, 0);
  return std::array{Fd(ends[0]), Fd(ends[1])};
}

Channel::Channel(Fd end) : descriptor_(end.release()), room_(std::make_unique_for_overwrite<char[]>(kMostBytes)) {}

Result<void> Channel::send(const boost::json::object& body, const std::vector<Fd>& descriptors) {
  std::string text = boost::json::serialize(body);
  if (text.size() > kMostBytes || descriptors.size() > kMostDescriptors) {
    return Error(ErrorKind::kLimit, "a message to the other process is too long");
  }
  iovec part{.iov_base = text.data(), .iov_len = text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMostDescriptors)> control;
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    const std::size_t bytes = descriptors.size() * sizeof(int);
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(bytes);
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    *header = {.cmsg_len = CMSG_LEN(bytes), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    auto* at = reinterpret_cast<int*>(CMSG_DATA(header));
    for (const Fd& descriptor : descriptors) *at++ = descriptor.get();
  }
  if (::sendmsg(descriptor_.fd(), &message, MSG_NOSIGNAL) >= 0) return {};
  if (errno == EAGAIN) return Error(ErrorKind::kLimit, "the other process does not read its messages");
  if (errno == EPIPE || errno == ECONNRESET) return Error(ErrorKind::kClosed, "the other process has gone");
  return Error::from_errno(errno, "sendmsg");
}

Channel::Got Channel::try_receive(Message& into) {
  iovec part{.iov_base = room_.get(), .iov_len = kMostBytes};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMostDescriptors)> control;
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t count = 0;
  do {
    count = ::recvmsg(descriptor_.fd(), &message, MSG_CMSG_CLOEXEC);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && errno == EAGAIN) return Got::kNothing;
  if (count <= 0) return Got::kEnd;
  for (const cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, const_cast<cmsghdr*>(header))) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const auto* const first = reinterpret_cast<const int*>(CMSG_DATA(header));
    const std::size_t number = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < number; ++i) into.descriptors.emplace_back(first[i]);
  }
  boost::system::error_code error;
  boost::json::value value = boost::json::parse({room_.get(), static_cast<std::size_t>(count)}, error);
  if (!error && value.is_object()) into.body = std::move(value.get_object());
  return Got::kMessage;
}

loop::Task<std::optional<Message>> Channel::receive() {
  for (;;) {
    Message message;
    const Got got = try_receive(message);
    if (got == Got::kMessage) co_return message;
    if (got == Got::kEnd) co_return std::nullopt;
    descriptor_.drained();
    co_await descriptor_.readable(loop::kNever);
  }
}

Result<Message> Channel::receive_now(int milliseconds) {
  pollfd wanted{.fd = descriptor_.fd(), .events = POLLIN, .revents = 0};
  if (::poll(&wanted, 1, milliseconds) == 0) return Error(ErrorKind::kTimeout, "the other process says nothing");
  Message message;
  if (try_receive(message) != Got::kMessage) return Error(ErrorKind::kClosed, "the other process has gone");
  return message;
}

Result<Fd> memory_file(const char* name, std::string_view text) {
  Fd file(::memfd_create(name, MFD_CLOEXEC));
  if (!file) return Error::from_errno(errno, "memfd_create");
  while (!text.empty()) {
    const ssize_t count = ::write(file.get(), text.data(), text.size());
    if (count < 0) return Error::from_errno(errno, "writing a file in memory");
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return file;
}

Result<std::string> read_memory_file(const Fd& file) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return Error::from_errno(errno, "fstat");
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  const ssize_t count = ::pread(file.get(), text.data(), text.size(), 0);
  if (count != static_cast<ssize_t>(text.size())) return Error(ErrorKind::kIo, "a file in memory is cut short");
  return text;
}

}  // namespace tandem::ha
