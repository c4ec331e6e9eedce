#pragma once

// Sessions: a core's HTTP/2 connections to one server over one transport: few, shared by all requests. Each core has
// its own; owned by the pool of the same server.

#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "protocol/http2/client.h"
#include "protocol/http2/signal.h"

namespace tandem::client {

class Sessions {
 public:
  explicit Sessions(const http2::ClientOptions& options) : options_(options) {}
  ~Sessions() = default;
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;

  /// A connection that takes another request; null when there is none.
  http2::ClientSession* usable();
  /// Begins to speak HTTP/2 on a connection.
  http2::ClientSession& adopt(std::unique_ptr<net::Stream> stream);
  std::size_t size() const { return sessions_.size(); }

  /// One caller at a time makes a connection while others wait for it: true for the one who should, false after waiting
  /// (look again for a usable connection). The error of whoever tried is everybody's.
  loop::Task<base::Result<bool>> may_dial();
  /// Ends the dialling of the one who got true, however it ends.
  class Dialling {
   public:
    explicit Dialling(Sessions& of) : sessions_(of) {}
    ~Dialling() { sessions_.dialled(error); }
    Dialling(const Dialling&) = delete;
    Dialling& operator=(const Dialling&) = delete;
    std::optional<base::Error> error;

   private:
    Sessions& sessions_;
  };

 private:
  struct Waiter;
  static void on_change(void* self, http2::ClientSession& session);
  void dialled(const std::optional<base::Error>& error);
  void sweep();

  http2::ClientOptions options_;
  std::vector<std::unique_ptr<http2::ClientSession>> sessions_;
  std::vector<Waiter*> waiters_;
  loop::Timer sweeper_{[](void* self) { static_cast<Sessions*>(self)->sweep(); }, this};
  bool dialling_ = false;
};

}  // namespace tandem::client
