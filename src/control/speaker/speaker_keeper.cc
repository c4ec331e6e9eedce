#include "control/speaker/speaker_keeper.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <csignal>

#include "control/speaker/speaker_state.h"

namespace tandem::speaker {
namespace {

using base::Error;
using base::ErrorKind;
using base::Fd;
using base::Result;

constexpr std::chrono::seconds kKeep{10};
constexpr int kPatience = 1000;  // milliseconds until a keeper must have answered

/// Writes all of it; the other side reads, or has gone.
void say(const Fd& line, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::send(line.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

Result<std::string> hear_all(const Fd& line) {
  std::string all;
  for (;;) {
    pollfd wanted{.fd = line.get(), .events = POLLIN, .revents = 0};
    if (::poll(&wanted, 1, kPatience) <= 0) return Error(ErrorKind::kTimeout, "the keeper does not answer");
    std::array<char, 4096> room{};
    const ssize_t got = ::recv(line.get(), room.data(), room.size(), 0);
    if (got < 0) return Error::from_errno(errno, "hearing the keeper");
    if (got == 0) return all;
    all.append(room.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

Result<Keeper> Speaker::leave_to_keeper() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return Error::from_errno(errno, "socketpair");
  Keeper keeper{.pid = -1, .line = Fd(ends[0])};
  Fd child(ends[1]);
  const Hurry hurry;
  end_thread();
  keeper.pid = ::fork();
  if (keeper.pid < 0) return Error::from_errno(errno, "starting the keeper");
  if (keeper.pid > 0) return keeper;
  keeper.line.reset();
  ::signal(SIGPIPE, SIG_IGN);
  state_->keep(child.get(), kKeep);
  say(child, boost::json::serialize(to_json(state_->left())));
  ::shutdown(child.get(), SHUT_WR);  // the end of a process takes its time
  ::_exit(0);
}

Result<Resumption> take_over(const Keeper& keeper) {
  say(keeper.line, std::string_view(&kTakeOver, 1));
  Result<std::string> text = hear_all(keeper.line);
  if (!text) {
    ::kill(keeper.pid, SIGKILL);
    return std::move(text.error());
  }
  boost::system::error_code wrong;
  const boost::json::value left = boost::json::parse(*text, wrong);
  if (wrong || !left.is_object()) return Error(ErrorKind::kProtocol, "the keeper has gone");
  return resumption_of(left.get_object());
}

void reap(const Keeper& keeper) { ::waitpid(keeper.pid, nullptr, 0); }

Hurry::Hurry() {
  sched_param how{};
  how.sched_priority = 1;
  (void)::pthread_setschedparam(::pthread_self(), SCHED_RR, &how);
}

Hurry::~Hurry() {
  const sched_param how{};
  (void)::pthread_setschedparam(::pthread_self(), SCHED_OTHER, &how);
}

}  // namespace tandem::speaker
