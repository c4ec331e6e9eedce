#pragma once

// Task<T>: a lazy coroutine that is awaited once. Its frame comes from a pool of the core that created it. A Task that
// is destroyed while suspended takes everything below it along: that is how work is cancelled, and why every awaiter
// gives back in its destructor what it took. A task and all it awaits stay on one core.

#include <coroutine>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

namespace tandem::loop {

/// Memory for coroutine frames and other short-lived objects, from free lists of the calling thread.
void* allocate_pooled(std::size_t size);
void free_pooled(void* memory, std::size_t size) noexcept;

/// Base of classes whose objects come and go with every request.
struct Pooled {
  static void* operator new(std::size_t size) { return allocate_pooled(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { free_pooled(memory, size); }
};

template <class T>
class Task;

struct PromiseBase : Pooled {
  struct Final {
    bool await_ready() const noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> self) const noexcept {
      return self.promise().continuation;
    }
    void await_resume() const noexcept {}
  };
  std::suspend_always initial_suspend() const noexcept { return {}; }
  Final final_suspend() const noexcept { return {}; }
  // Errors are values here; an exception that reaches a coroutine's edge is a defect.
  [[noreturn]] void unhandled_exception() const noexcept;

  std::coroutine_handle<> continuation = std::noop_coroutine();
};

template <class T>
struct Promise final : PromiseBase {
  Task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& u) {
    value.emplace(std::forward<U>(u));
  }
  T take() { return std::move(*value); }
  std::optional<T> value;
};

template <>
struct Promise<void> final : PromiseBase {
  Task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() const noexcept {}
};

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task() = default;
  explicit Task(Handle handle) noexcept : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      reset();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() { reset(); }

  /// Destroys the coroutine, wherever it is suspended.
  void reset() noexcept {
    if (handle_) std::exchange(handle_, {}).destroy();
  }
  explicit operator bool() const noexcept { return static_cast<bool>(handle_); }
  bool done() const noexcept { return handle_ && handle_.done(); }

  /// For those who drive a task themselves (Scope, race): runs it until it suspends or ends; then `then` is resumed.
  void start(std::coroutine_handle<> then) {
    handle_.promise().continuation = then;
    handle_.resume();
  }
  Handle handle() const noexcept { return handle_; }
  /// REQUIRES: done().
  T take() { return handle_.promise().take(); }

  struct Awaiter {
    Handle handle;
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) const noexcept {
      handle.promise().continuation = parent;
      return handle;
    }
    T await_resume() const { return handle.promise().take(); }
  };
  Awaiter operator co_await() && noexcept { return Awaiter{handle_}; }

 private:
  Handle handle_;
};

template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

}  // namespace tandem::loop
