#pragma once

// Errors as values. An Error knows what went wrong (kind), whose fault it is (side), whether trying again may help, a
// sentence for people, and the error that caused it. Any thread; values are owned by whoever holds them.

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tandem::base {

enum class ErrorKind : std::uint8_t {
  kInvalid,      // the input is wrong and will stay wrong
  kNotFound,     // a name, file or address does not exist
  kRefused,      // the other side said no (connection refused, permission denied)
  kUnreachable,  // no way to the other side
  kTimeout,      // a deadline passed
  kClosed,       // the other side ended the connection before it was done
  kReset,        // the other side ended the connection abruptly
  kCancelled,    // nobody waits for the result any more
  kProtocol,     // the other side broke the protocol
  kLimit,        // a limit of ours was reached
  kTls,          // handshake or certificate verification failed
  kDns,          // a name did not resolve
  kIo,           // an operating system call failed
  kUnsupported,  // valid, but not built
  kInternal,     // a defect of ours
};

/// Whose doing an error is: decides status codes, logs and metrics.
enum class Side : std::uint8_t { kUs, kClient, kUpstream };

[[nodiscard]] std::string_view name_of(ErrorKind kind);

class [[nodiscard]] Error {
 public:
  Error(ErrorKind kind, std::string message) : message_(std::move(message)), kind_(kind) {}
  Error(ErrorKind kind, Side side, std::string message) : message_(std::move(message)), kind_(kind), side_(side) {}

  /// An operating system error: the kind is derived from `code` (an errno value), the text is "what: strerror".
  static Error from_errno(int code, std::string_view what, Side side = Side::kUs);

  ErrorKind kind() const { return kind_; }
  Side side() const { return side_; }
  /// True when the same attempt, made again at once elsewhere, may succeed and cannot do harm.
  bool retryable() const { return retryable_; }
  /// The sentence without its causes.
  const std::string& message() const { return message_; }
  /// The sentence followed by ": cause" for each cause.
  std::string text() const;
  const Error* cause() const { return cause_.get(); }

  Error&& with_side(Side side) && {
    side_ = side;
    return std::move(*this);
  }
  Error&& with_retry(bool retryable) && {
    retryable_ = retryable;
    return std::move(*this);
  }
  /// A new error of the same kind, side and retry advice whose cause is this one.
  Error wrapped(std::string message) &&;

 private:
  std::string message_;
  std::shared_ptr<const Error> cause_;
  ErrorKind kind_;
  Side side_ = Side::kUs;
  bool retryable_ = false;
};

template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
  Result(Error error)
      : std::expected<T, Error>(std::unexpected(std::move(error))) {}  // NOLINT(google-explicit-constructor)
};

}  // namespace tandem::base
