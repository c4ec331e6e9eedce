#pragma once

// Outbox: frames on their way to the socket, gathered so that many of them leave in one system call. Large content is
// not copied: the outbox refers to the bytes of the body it came from. One core; owned by a session.

#include <cstddef>
#include <string_view>
#include <vector>

#include "engine/net/buffer.h"
#include "engine/net/stream.h"

namespace tandem::http2 {

class Outbox {
 public:
  bool empty() const { return first_ == pieces_.size(); }
  /// Bytes gathered since the outbox was empty.
  std::size_t gathered() const { return gathered_; }
  /// It holds what one system call takes; what comes behind waits for the socket.
  bool full() const { return gathered_ >= kBatchBytes || pieces_.size() >= kBatchPieces; }

  void copy(std::string_view bytes);
  /// Refers to bytes that stay where they are until the outbox is empty, or release(owner) was called.
  void refer(std::string_view bytes, const void* owner);
  /// Copies what is still referred to on behalf of `owner`.
  void release(const void* owner);
  /// Writes as much as the stream takes. Afterwards the outbox is empty, or the result says why not.
  net::IoCount write(net::Stream& to);

 private:
  static constexpr std::size_t kBatchBytes = std::size_t{256} * 1024;
  static constexpr std::size_t kBatchPieces = 60;
  struct Piece {
    const char* at;      // null: `offset` into copied_
    std::size_t offset;  // of a copied piece
    std::size_t size;
    const void* owner;
  };
  std::size_t append(std::string_view bytes);
  void clear();

  std::vector<Piece> pieces_;
  net::Buffer copied_;
  std::size_t first_ = 0;  // pieces before it are written
  std::size_t gathered_ = 0;
};

}  // namespace tandem::http2
