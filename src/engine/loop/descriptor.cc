#include "engine/loop/descriptor.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace tandem::loop {

void Descriptor::register_once() {
  if (registered_) return;
  loop_ = &Loop::current();
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = this;
  if (::epoll_ctl(loop_->epoll_fd_, EPOLL_CTL_ADD, fd_, &event) != 0) {
    readable_ = writable_ = ended_ = true;  // a plain file, or a closed one: operations report what is wrong
  }
  registered_ = true;
}

void Descriptor::close() {
  if (fd_ < 0) return;
  timer_.disarm();
  if (registered_) {
    loop_->forget(this);
    // The kernel drops a descriptor from epoll with its last copy, which a child between fork and exec may hold.
    if (loop_->expects_forks_) ::epoll_ctl(loop_->epoll_fd_, EPOLL_CTL_DEL, fd_, nullptr);
  }
  registered_ = false;
  ::close(std::exchange(fd_, -1));
}

int Descriptor::release() {
  if (fd_ < 0) return -1;
  timer_.disarm();
  if (registered_) {
    loop_->forget(this);
    epoll_event unused{};
    ::epoll_ctl(loop_->epoll_fd_, EPOLL_CTL_DEL, fd_, &unused);
    registered_ = false;
  }
  return std::exchange(fd_, -1);
}

void Descriptor::watch_hangup(HangupWatch watch) {
  hangup_ = watch;
  if (watch.callback == nullptr) return;
  register_once();
  if (ended_) timer_.arm(loop_->now());  // an end that was seen before makes no further event
}

void Descriptor::notify(std::uint32_t events) {
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) ended_ = true;
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) readable_ = true;
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) writable_ = true;
  // Whoever is resumed may destroy this object; the flag lives on this stack and tells.
  bool destroyed = false;
  destroyed_ = &destroyed;
  if (writable_ && writer_ != nullptr) {
    std::exchange(writer_, nullptr)->waiter.resume();
    if (destroyed) return;
  }
  if (readable_ && reader_ != nullptr) {
    std::exchange(reader_, nullptr)->waiter.resume();
    if (destroyed) return;
  }
  if (ended_ && hangup_.callback != nullptr) {
    const HangupWatch watch = std::exchange(hangup_, {});
    watch.callback(watch.context);
    if (destroyed) return;
  }
  destroyed_ = nullptr;
}

void Descriptor::settle_timer() {
  const TimePoint read = reader_ != nullptr ? reader_->deadline : kNever;
  const TimePoint write = writer_ != nullptr ? writer_->deadline : kNever;
  timer_.arm(std::min(read, write));
}

void Descriptor::on_timer(void* self) {
  auto& d = *static_cast<Descriptor*>(self);
  const TimePoint now = d.loop_->now();
  bool destroyed = false;
  d.destroyed_ = &destroyed;
  if (d.writer_ != nullptr && d.writer_->deadline <= now) {
    Wait* wait = std::exchange(d.writer_, nullptr);
    wait->wake = Wake::kTimeout;
    wait->waiter.resume();
    if (destroyed) return;
  }
  if (d.reader_ != nullptr && d.reader_->deadline <= now) {
    Wait* wait = std::exchange(d.reader_, nullptr);
    wait->wake = Wake::kTimeout;
    wait->waiter.resume();
    if (destroyed) return;
  }
  if (d.ended_ && d.hangup_.callback != nullptr) {
    const HangupWatch watch = std::exchange(d.hangup_, {});
    watch.callback(watch.context);
    if (destroyed) return;
  }
  d.destroyed_ = nullptr;
  d.settle_timer();
}

void Descriptor::Wait::await_suspend(std::coroutine_handle<> handle) {
  waiter = handle;
  descriptor.register_once();
  Wait*& slot = direction == Direction::kRead ? descriptor.reader_ : descriptor.writer_;
  assert(slot == nullptr);
  slot = this;
  // Only ever moved to an earlier time here: a waiter that is done leaves the timer, which finds nobody and goes on.
  if (deadline < descriptor.timer_.deadline()) descriptor.timer_.arm(deadline);
}

Descriptor::Wait::~Wait() {
  if (descriptor.reader_ == this) descriptor.reader_ = nullptr;
  if (descriptor.writer_ == this) descriptor.writer_ = nullptr;
}

}  // namespace tandem::loop
