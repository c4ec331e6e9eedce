#include "engine/loop/loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cassert>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "engine/loop/descriptor.h"

namespace tandem::loop {

namespace {

constexpr int kEventsPerTurn = 256;
thread_local Loop* current_loop = nullptr;

TimePoint read_clock() { return std::chrono::steady_clock::now(); }

}  // namespace

Loop::Loop(ClockKind clock, Bind bind)
    : now_(clock == ClockKind::kReal ? read_clock() : TimePoint(std::chrono::seconds(1000))),
      events_(new epoll_event[kEventsPerTurn]),
      epoll_fd_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      clock_(clock),
      outer_(current_loop) {
  window_began_ = now_;
  if (bind == Bind::kThisThread) current_loop = this;
  if (epoll_fd_ < 0 || wake_fd_ < 0) {
    std::perror("tandem: cannot create an event loop");
    std::abort();
  }
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.ptr = this;
  ::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &event);
}

Loop::~Loop() {
  deferred_.clear();
  posted_.clear();
  for (const Entry& entry : timers_) entry.timer->index_ = Timer::kNotQueued;
  ::close(wake_fd_);
  ::close(epoll_fd_);
  delete[] events_;
  if (current_loop == this) current_loop = outer_;
}

Loop::Here::Here(Loop& loop) : before_(std::exchange(current_loop, &loop)) {}
Loop::Here::~Here() { current_loop = before_; }

Loop& Loop::current() {
  assert(current_loop != nullptr);
  return *current_loop;
}

Loop* Loop::current_or_null() { return current_loop; }

void Loop::run() {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    run_once(kNever);
  }
}

void Loop::run_once(TimePoint until) {
  run_deferred();
  wait(until);
  const TimePoint woken = now_;
  for (event_at_ = 0; event_at_ < event_count_; ++event_at_) {
    const epoll_event& event = events_[event_at_];
    if (event.data.ptr == nullptr) continue;
    if (event.data.ptr == this) {
      run_posted();
    } else {
      static_cast<Descriptor*>(event.data.ptr)->notify(event.events);
    }
  }
  event_count_ = 0;
  fire_timers();
  run_deferred();
  if (clock_ == ClockKind::kReal && event_at_ > 8) last_turn_ = read_clock() - woken;
}

void Loop::wait(TimePoint until) {
  TimePoint due = timers_.empty() ? kNever : timers_.front().due;
  if (until < due) due = until;
  int timeout = -1;
  if (!deferred_.empty() || due <= now_ || clock_ == ClockKind::kManual) {
    timeout = 0;
  } else if (due != kNever) {
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(due - now_).count();
    timeout = milliseconds > INT_MAX ? INT_MAX : static_cast<int>(milliseconds);
  }
  const TimePoint before = clock_ == ClockKind::kReal && timeout != 0 ? read_clock() : now_;
  event_count_ = ::epoll_wait(epoll_fd_, events_, kEventsPerTurn, timeout);
  if (event_count_ < 0) event_count_ = 0;
  if (clock_ != ClockKind::kReal) return;
  now_ = read_clock();
  if (timeout != 0) measure(before);
}

void Loop::measure(TimePoint before_wait) {
  constexpr Nanoseconds kWindow = std::chrono::milliseconds(100);
  waited_ += now_ - before_wait;
  const Nanoseconds length = now_ - window_began_;
  if (length < kWindow) return;
  const auto idle = static_cast<unsigned>(waited_.count() * 1000 / length.count());
  busy_permille_.store(idle > 1000 ? 0 : 1000 - idle, std::memory_order_relaxed);
  window_began_ = now_;
  waited_ = Nanoseconds{0};
}

void Loop::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_fd_, &one, sizeof one);
}

void Loop::post(std::move_only_function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(work));
    if (posted_.size() > 1) return;  // whoever posted first has woken the loop
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_fd_, &one, sizeof one);
}

void Loop::run_posted() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(wake_fd_, &count, sizeof count);
  std::vector<std::move_only_function<void()>> work;
  {
    const std::lock_guard lock(mutex_);
    work.swap(posted_);
  }
  for (auto& one : work) one();
}

void Loop::run_deferred() {
  // What is deferred meanwhile waits for the next round, so that descriptors get their turn.
  std::vector<std::move_only_function<void()>> work;
  work.swap(deferred_);
  for (auto& one : work) one();
}

void Loop::advance(Nanoseconds by) {
  assert(clock_ == ClockKind::kManual);
  const TimePoint target = now_ + by;
  for (;;) {
    run_once(now_);
    const TimePoint due = timers_.empty() ? kNever : timers_.front().due;
    if (due > target) break;
    if (due > now_) now_ = due;
  }
  now_ = target;
  run_once(now_);
}

void Loop::fire_timers() {
  while (!timers_.empty() && timers_.front().due <= now_) {
    Timer* timer = timers_.front().timer;
    if (timer->deadline_ > now_) {
      if (timer->deadline_ == kNever) {
        timer->detach();
      } else {  // it was moved on since it was queued
        timers_.front().due = timer->deadline_;
        sift_down(0);
      }
      continue;
    }
    timer->detach();
    timer->deadline_ = kNever;
    timer->callback_(timer->context_);
  }
}

void Loop::place(std::uint32_t index, Entry entry) {
  timers_[index] = entry;
  entry.timer->index_ = index;
}

void Loop::sift_up(std::uint32_t index) {
  const Entry entry = timers_[index];
  while (index > 0) {
    const std::uint32_t parent = (index - 1) / 2;
    if (timers_[parent].due <= entry.due) break;
    place(index, timers_[parent]);
    index = parent;
  }
  place(index, entry);
}

void Loop::sift_down(std::uint32_t index) {
  const Entry entry = timers_[index];
  const auto size = static_cast<std::uint32_t>(timers_.size());
  for (;;) {
    std::uint32_t child = 2 * index + 1;
    if (child >= size) break;
    if (child + 1 < size && timers_[child + 1].due < timers_[child].due) ++child;
    if (timers_[child].due >= entry.due) break;
    place(index, timers_[child]);
    index = child;
  }
  place(index, entry);
}

void Loop::forget(const Descriptor* descriptor) {
  for (int i = event_at_ + 1; i < event_count_; ++i) {
    if (events_[i].data.ptr == descriptor) events_[i].data.ptr = nullptr;
  }
}

void Timer::arm(TimePoint deadline) {
  deadline_ = deadline;
  if (deadline == kNever) return;
  if (index_ == kNotQueued) {
    loop_ = &Loop::current();
    index_ = static_cast<std::uint32_t>(loop_->timers_.size());
    loop_->timers_.push_back({deadline, this});
    loop_->sift_up(index_);
  } else if (deadline < loop_->timers_[index_].due) {
    loop_->timers_[index_].due = deadline;
    loop_->sift_up(index_);
  }
}

void Timer::detach() {
  if (index_ == kNotQueued) return;
  auto& heap = loop_->timers_;
  const std::uint32_t hole = std::exchange(index_, kNotQueued);
  const Loop::Entry last = heap.back();
  heap.pop_back();
  if (last.timer == this) return;
  loop_->place(hole, last);
  loop_->sift_up(hole);
  loop_->sift_down(last.timer->index_);
}

}  // namespace tandem::loop
