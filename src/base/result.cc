#include "base/result.h"

#include <cerrno>
#include <cstring>

namespace tandem::base {

std::string_view name_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid:
      return "invalid";
    case ErrorKind::kNotFound:
      return "not found";
    case ErrorKind::kRefused:
      return "refused";
    case ErrorKind::kUnreachable:
      return "unreachable";
    case ErrorKind::kTimeout:
      return "timeout";
    case ErrorKind::kClosed:
      return "closed";
    case ErrorKind::kReset:
      return "reset";
    case ErrorKind::kCancelled:
      return "cancelled";
    case ErrorKind::kProtocol:
      return "protocol";
    case ErrorKind::kLimit:
      return "limit";
    case ErrorKind::kTls:
      return "tls";
    case ErrorKind::kDns:
      return "dns";
    case ErrorKind::kIo:
      return "io";
    case ErrorKind::kUnsupported:
      return "unsupported";
    case ErrorKind::kInternal:
      return "internal";
  }
  return "unknown";
}

namespace {

ErrorKind kind_of_errno(int code) {
  switch (code) {
    case ECONNREFUSED:
    case EACCES:
    case EPERM:
      return ErrorKind::kRefused;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
      return ErrorKind::kUnreachable;
    case ETIMEDOUT:
      return ErrorKind::kTimeout;
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED:
      return ErrorKind::kReset;
    case ECANCELED:
      return ErrorKind::kCancelled;
    case ENOENT:
    case ENOTDIR:
      return ErrorKind::kNotFound;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
      return ErrorKind::kLimit;
    default:
      return ErrorKind::kIo;
  }
}

}  // namespace

Error Error::from_errno(int code, std::string_view what, Side side) {
  char buffer[128];
  const char* reason = strerror_r(code, buffer, sizeof buffer);
  return {kind_of_errno(code), side, std::string(what) + ": " + reason};
}

std::string Error::text() const {
  std::string out = message_;
  for (const Error* at = cause_.get(); at != nullptr; at = at->cause_.get()) out.append(": ").append(at->message_);
  return out;
}

Error Error::wrapped(std::string message) && {
  Error outer(kind_, side_, std::move(message));
  outer.retryable_ = retryable_;
  outer.cause_ = std::make_shared<const Error>(std::move(*this));
  return outer;
}

}  // namespace tandem::base
