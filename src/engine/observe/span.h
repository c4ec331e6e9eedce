#pragma once

// SpanHook: who is told when the parts of a request's way begin and end: entry point, router, middleware, service.
// Handlers that tell it are built into a snapshot only when there is a hook, so tracing that is off costs nothing.
// Called by all workers at once; owned by run(), outlives the workers.

#include <cstdint>
#include <string_view>
#include <utility>

namespace tandem::observe {

/// Of one span while it lasts; the hook decides what it means. 0: none.
using SpanId = std::uint64_t;

enum class SpanKind : std::uint8_t { kEntryPoint, kRouter, kMiddleware, kService };

struct SpanStart {
  SpanKind kind;
  std::string_view name;  ///< of the object, with its provider; lives as long as the snapshot
  SpanId parent = 0;
};

class SpanHook {
 public:
  virtual ~SpanHook() = default;
  /// The span's id, which is the parent of those that begin inside it.
  virtual SpanId begin(const SpanStart& start) = 0;
  /// `status`: of the response head; 0 when the work was given up before there was one.
  virtual void end(SpanId span, int status) = 0;
  /// Instead of end(): nobody wants the span after all.
  virtual void drop(SpanId span) = 0;
};

/// A span for as long as this object lives; `current` (the exchange's) names it meanwhile.
class ScopedSpan {
 public:
  ScopedSpan(SpanHook& hook, SpanKind kind, std::string_view name, SpanId& current)
      : hook_(hook), current_(current), parent_(current) {
    current = id_ = hook.begin({.kind = kind, .name = name, .parent = parent_});
  }
  ~ScopedSpan() {
    current_ = parent_;
    if (wanted_) {
      hook_.end(id_, status_);
    } else {
      hook_.drop(id_);
    }
  }
  ScopedSpan(const ScopedSpan&) = delete;
  ScopedSpan& operator=(const ScopedSpan&) = delete;

  void answered(int status) { status_ = status; }
  void unwanted() { wanted_ = false; }

 private:
  SpanHook& hook_;
  SpanId& current_;
  SpanId parent_;
  SpanId id_ = 0;
  int status_ = 0;
  bool wanted_ = true;
};

}  // namespace tandem::observe
