#include "app/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace tandem::app {
namespace {

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

}  // namespace

void Signals::block(std::initializer_list<int> signals) {
  const sigset_t set = set_of(signals);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

base::Result<void> Signals::open(std::initializer_list<int> signals) {
  const sigset_t set = set_of(signals);
  const int fd = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  if (fd < 0) return base::Error::from_errno(errno, "signalfd");
  descriptor_ = std::make_unique<loop::Descriptor>(fd);
  return {};
}

loop::Task<int> Signals::next() {
  for (;;) {
    signalfd_siginfo info{};
    if (::read(descriptor_->fd(), &info, sizeof info) == sizeof info) co_return static_cast<int>(info.ssi_signo);
    descriptor_->drained();
    co_await descriptor_->readable(loop::kNever);
  }
}

}  // namespace tandem::app
