#pragma once

// Channel: what supervisor and proxy say to each other: short JSON messages, descriptors beside them, over a pair of
// sequenced-packet sockets. Each end belongs to one loop; receive_now() needs none.

#include <sys/types.h>

#include <array>
#include <boost/json/object.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "engine/loop/descriptor.h"
#include "engine/loop/task.h"

namespace tandem::ha {

struct Message {
  boost::json::object body;  ///< "type" says what it is
  std::vector<base::Fd> descriptors;

  /// The value of "type"; empty when there is none.
  std::string_view type() const;
};

class Channel {
 public:
  /// The most descriptors that one message carries (the kernel's limit).
  static constexpr std::size_t kMostDescriptors = 253;
  /// The longest text of a message in bytes; what is larger travels in a memory file.
  static constexpr std::size_t kMostBytes = 64 << 10;

  /// Two ends that are connected. The first closes on exec, the second does not: it is for a child.
  static base::Result<std::array<base::Fd, 2>> make_pair();

  /// Takes over an end.
  explicit Channel(base::Fd end);

  int fd() const { return descriptor_.fd(); }
  /// Sends without waiting. Errors: kClosed when the other side has gone, kLimit when it does not read or the message
  /// is too long.
  base::Result<void> send(const boost::json::object& body, const std::vector<base::Fd>& descriptors = {});
  /// The next message; nothing when the other side has gone.
  loop::Task<std::optional<Message>> receive();
  /// The same without a loop: blocks for `milliseconds` at most. Errors: kTimeout, kClosed, kProtocol.
  base::Result<Message> receive_now(int milliseconds);

 private:
  enum class Got : std::uint8_t { kMessage, kNothing, kEnd };
  Got try_receive(Message& into);

  loop::Descriptor descriptor_;
  std::unique_ptr<char[]> room_;
};

/// A file in memory that holds `text`; it outlives an exec.
base::Result<base::Fd> memory_file(const char* name, std::string_view text);
/// All of a file that was made so.
base::Result<std::string> read_memory_file(const base::Fd& file);

}  // namespace tandem::ha
