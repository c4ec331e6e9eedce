#pragma once

// Question: one name being asked for, with a c-ares channel of its own, so that giving it up ends its sockets and no
// others. It lives as long as somebody waits for it; whatever it binds to the loop goes with it. One core; owned by the
// resolver.

#include <ares.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/loop/descriptor.h"
#include "engine/loop/scope.h"
#include "engine/net/address.h"
#include "engine/net/resolver_sources.h"

namespace tandem::net {

/// What c-ares found out.
struct Answer {
  int status = ARES_SUCCESS;
  std::vector<IpAddress> addresses;
  loop::Nanoseconds lifetime{0};  ///< the least time to live of all records
};

class Question : public loop::Pooled {
 public:
  /// Called from the loop, once; it may destroy the question.
  using Listener = void (*)(Question& question);

  Question(std::string name, Listener listener) : name_(std::move(name)), listener_(listener) {}
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;
  ~Question();

  /// Sends the question. Answers from files are there when this returns; the listener hears of the others.
  void ask(const ResolverSources& sources);
  const std::string& name() const { return name_; }
  const std::optional<Answer>& answer() const { return answer_; }

 private:
  int open(const ResolverSources& sources);
  loop::Task<void> serve_sockets();
  void arm_timeout();
  static void on_answer(void* self, int status, int timeouts, ares_addrinfo* found);
  static void on_socket(void* self, ares_socket_t socket, int readable, int writable);
  static void on_timer(void* self);

  std::string name_;
  Listener listener_;
  std::optional<Answer> answer_;
  // c-ares wants to be told of its sockets by level; a set of its own gives that below the loop's edges.
  std::optional<loop::Descriptor> sockets_;
  loop::Timer timer_{&Question::on_timer, this};
  ares_channel channel_ = nullptr;
  loop::Scope tasks_;
};

}  // namespace tandem::net
