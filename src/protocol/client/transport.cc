#include "protocol/client/transport.h"

#include <atomic>
#include <utility>

namespace tandem::client {

namespace {

std::atomic<std::uint32_t> next_id{1};

}  // namespace

Transport::Transport(TransportOptions options)
    : options_(std::move(options)), id_(next_id.fetch_add(1, std::memory_order_relaxed)) {}

}  // namespace tandem::client
