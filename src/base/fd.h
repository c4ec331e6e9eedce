#pragma once

// Fd: an open file descriptor that closes with its owner. Any thread; a move-only value.

#include <fcntl.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "base/result.h"

namespace tandem::base {

class Fd {
 public:
  Fd() = default;
  /// Takes over `fd`; negative means none.
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~Fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  /// Another descriptor of the same open file; empty when this one is, or when no more can be opened.
  Fd duplicate() const { return Fd(::fcntl(fd_, F_DUPFD_CLOEXEC, 0)); }
  /// Gives the descriptor away; this object forgets it.
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

/// The descriptor whose number the environment variable `name` holds, left by the program that started this one; empty
/// when there is no such variable. It closes on exec from now on, and the variable is gone. Errors: kInvalid.
Result<std::optional<Fd>> take_inherited_descriptor(const char* name);

/// A descriptor that becomes readable when the process ends (pidfd_open(2)). REQUIRES: a child that was not waited for.
Result<Fd> watch_child(pid_t pid);

}  // namespace tandem::base
