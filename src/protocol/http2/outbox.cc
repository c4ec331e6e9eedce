#include "protocol/http2/outbox.h"

#include <algorithm>
#include <array>

namespace tandem::http2 {

std::size_t Outbox::append(std::string_view bytes) {
  const std::size_t offset = copied_.size();
  copied_.append(bytes);
  return offset;
}

void Outbox::copy(std::string_view bytes) {
  if (bytes.empty()) return;
  const std::size_t offset = append(bytes);
  gathered_ += bytes.size();
  if (!empty()) {
    Piece& last = pieces_.back();
    if (last.at == nullptr && last.offset + last.size == offset) {
      last.size += bytes.size();
      return;
    }
  }
  pieces_.push_back({nullptr, offset, bytes.size(), nullptr});
}

void Outbox::refer(std::string_view bytes, const void* owner) {
  gathered_ += bytes.size();
  pieces_.push_back({bytes.data(), 0, bytes.size(), owner});
}

void Outbox::release(const void* owner) {
  for (std::size_t i = first_; i < pieces_.size(); ++i) {
    Piece& piece = pieces_[i];
    if (piece.at == nullptr || piece.owner != owner) continue;
    piece.offset = append({piece.at, piece.size});
    piece.at = nullptr;
  }
}

net::IoCount Outbox::write(net::Stream& to) {
  std::ptrdiff_t moved = 0;
  while (!empty()) {
    std::array<iovec, 64> vectors;
    std::size_t count = 0;
    for (std::size_t i = first_; i < pieces_.size() && count < vectors.size(); ++i) {
      const Piece& piece = pieces_[i];
      const char* const at = piece.at != nullptr ? piece.at : copied_.view().data() + piece.offset;
      vectors[count++] = iovec{const_cast<char*>(at), piece.size};
    }
    const net::IoCount wrote = to.try_write(std::span<const iovec>(vectors.data(), count));
    if (!wrote.moved()) return wrote;
    moved += static_cast<std::ptrdiff_t>(wrote.bytes());
    std::size_t left = wrote.bytes();
    while (left > 0) {
      Piece& piece = pieces_[first_];
      const std::size_t used = std::min(left, piece.size);
      left -= used;
      piece.size -= used;
      if (piece.at != nullptr) piece.at += used;
      piece.offset += used;
      if (piece.size == 0) ++first_;
    }
  }
  clear();
  return net::IoCount(moved);
}

void Outbox::clear() {
  pieces_.clear();
  // What a burst needed is not kept by a connection that waits.
  constexpr std::size_t kKeptPieces = 64;
  if (pieces_.capacity() > kKeptPieces) pieces_ = {};
  copied_.release();
  first_ = gathered_ = 0;
}

}  // namespace tandem::http2
