#pragma once

// HealthPage: memory that a proxy shares with its supervisor: the workers' heartbeats and what the proxy knows about
// itself. The proxy writes, the supervisor reads; every word is an atomic, nobody waits for anybody.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "base/fd.h"
#include "base/result.h"

namespace tandem::ha {

struct HealthPage {
  static constexpr std::size_t kMostWorkers = 256;
  /// One worker's; alone on its line, so that beating disturbs no other core.
  struct alignas(64) Heart {
    std::atomic<std::uint64_t> beats{0};
    std::atomic<int> thread{0};  ///< its number in the kernel (gettid)
  };

  std::array<Heart, kMostWorkers> hearts;
  std::atomic<bool> ready{false};             ///< every provider delivered, certificates loaded, all workers serve it
  std::atomic<bool> draining{false};          ///< told to stop
  std::atomic<std::uint64_t> routers{0};      ///< of the configuration in force
  std::atomic<std::uint64_t> revision{0};     ///< a hash of the configuration in force; equal on equal nodes
  std::atomic<std::uint64_t> connections{0};  ///< open, of clients
};

/// The page, mapped.
class SharedHealthPage {
 public:
  /// A new page, all zero, in a memory file that can be sent to another process.
  static base::Result<SharedHealthPage> make();
  /// Maps what make() created elsewhere.
  static base::Result<SharedHealthPage> open(base::Fd file);

  HealthPage& operator*() const { return *page_; }
  HealthPage* operator->() const { return page_.get(); }
  const base::Fd& file() const { return file_; }

 private:
  struct Unmap {
    void operator()(HealthPage* page) const;
  };
  base::Fd file_;
  std::unique_ptr<HealthPage, Unmap> page_;
};

}  // namespace tandem::ha
