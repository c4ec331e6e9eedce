#pragma once

// Webhook: POSTs one JSON object after the other to a URL, with a time limit and retries, in order. A dead receiver
// costs nobody but those that wait behind it. Belongs to the supervisor's loop.

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "base/result.h"
#include "config/model/high_availability_track.h"
#include "engine/loop/scope.h"
#include "protocol/client/client.h"

namespace tandem::hooks {

class Webhook {
 public:
  /// What waits at most; then the oldest is given up.
  static constexpr std::size_t kMostWaiting = 200;

  /// Errors: a URL that is none.
  static base::Result<std::unique_ptr<Webhook>> make(const model::NotifyWebhook& settings);
  ~Webhook();
  Webhook(const Webhook&) = delete;
  Webhook& operator=(const Webhook&) = delete;

  /// Returns at once. `body` is JSON.
  void post(std::string body);
  bool idle() const { return !posting_; }

  struct Counters {
    std::uint64_t delivered = 0;  ///< answered with 2xx
    std::uint64_t retries = 0;
    std::uint64_t given_up = 0;
  };
  const Counters& counters() const { return counters_; }

 private:
  Webhook(model::NotifyWebhook settings, client::Target target);
  loop::Task<void> post_all();
  loop::Task<base::Result<int>> try_once(const std::string& body);
  loop::Task<base::Result<int>> send(const std::string& body);

  model::NotifyWebhook settings_;
  client::Target target_;
  client::Transport transport_;
  std::string query_;
  std::deque<std::string> waiting_;
  bool posting_ = false;
  Counters counters_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what was posted to the loop
  loop::Scope scope_;
};

}  // namespace tandem::hooks
