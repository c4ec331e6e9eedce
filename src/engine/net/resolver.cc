#include "engine/net/resolver.h"

#include <sys/stat.h>

#include <memory>
#include <unordered_map>
#include <utility>

#include "engine/net/resolver_question.h"
#include "engine/net/resolver_sources.h"

namespace tandem::net {

namespace {

using base::Error;
using base::ErrorKind;
using loop::TimePoint;

/// A failure is remembered this long, so that a missing name does not become a question for every request.
constexpr loop::Nanoseconds kFailureKept = std::chrono::seconds(3);
/// An answer that has run out serves this long when nobody gives a new one (as RFC 8767 allows).
constexpr loop::Nanoseconds kStaleServed = std::chrono::minutes(5);
constexpr loop::Nanoseconds kFilesChecked = std::chrono::seconds(1);
constexpr std::size_t kMostNames = 4096;

using Found = base::Result<std::vector<IpAddress>>;

/// What is known about a name.
struct Known {
  std::vector<IpAddress> addresses;
  TimePoint fresh_until{};
  std::optional<Error> failure;
  TimePoint failure_until{};

  bool usable(TimePoint now) const { return !addresses.empty() && now < fresh_until + kStaleServed; }
};

/// Tells whether a file is another one than before.
struct FileMark {
  timespec changed{};
  ino_t number = 0;
  off_t size = 0;

  static FileMark of(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return {};
    return {status.st_mtim, status.st_ino, status.st_size};
  }
  bool operator==(const FileMark& other) const {
    return changed.tv_sec == other.changed.tv_sec && changed.tv_nsec == other.changed.tv_nsec &&
           number == other.number && size == other.size;
  }
};

bool says_no_such_name(int status) {
  return status == ARES_ENOTFOUND || status == ARES_ENODATA || status == ARES_EBADNAME;
}

Error no_such_host(const std::string& name) { return {ErrorKind::kDns, "lookup " + name + ": no such host"}; }

struct Asked;

/// The calling core's cache and its open questions.
class Resolver {
 public:
  /// One caller of resolve(). It may be destroyed at any moment, which only takes it off the list; the last one takes
  /// the question along.
  class Waiter {
   public:
    Waiter(Resolver& resolver, const std::string& name, TimePoint deadline)
        : resolver_(resolver), name_(name), deadline_(deadline) {}
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter() { leave(); }

    bool await_ready() { return !resolver_.join(*this); }
    void await_suspend(std::coroutine_handle<> by) {
      handle_ = by;
      timer_.arm(deadline_);
    }
    void await_resume() const {}
    bool timed_out() const { return timed_out_; }

   private:
    friend class Resolver;
    void leave();
    static void on_timer(void* self);

    Resolver& resolver_;
    const std::string& name_;
    TimePoint deadline_;
    std::coroutine_handle<> handle_;
    Asked* asked_ = nullptr;
    Waiter* previous_ = nullptr;
    Waiter* next_ = nullptr;
    bool timed_out_ = false;
    loop::Timer timer_{&Waiter::on_timer, this};
  };

  /// What the cache says; nothing when the name has to be asked for.
  std::optional<Found> look_up(const std::string& name);
  /// After waiting: the answer, or what stands in for it.
  Found settle(const std::string& name, bool timed_out) const;
  void replace_sources(ResolverSources sources);
  std::size_t questions() const { return asked_.size(); }

 private:
  /// Puts `waiter` on the list of its question; false when the answer is known without waiting.
  bool join(Waiter& waiter);
  void remember(const Question& question);
  void notice_changed_files(TimePoint now);
  void make_room(TimePoint now);
  static void on_answer(Question& question);

  ResolverSources sources_;
  std::unordered_map<std::string, Known> known_;
  std::unordered_map<std::string, std::unique_ptr<Asked>> asked_;
  FileMark hosts_;
  FileMark configuration_;
  TimePoint files_checked_{};
};

/// A question and those who wait for its answer.
struct Asked : loop::Pooled {
  Asked(const std::string& name, Question::Listener listener) : question(name, listener) {}

  Question question;
  Resolver::Waiter* first = nullptr;
  bool answered = false;  // it has left the resolver's map
};

thread_local Resolver resolver_of_this_core;

void Resolver::Waiter::leave() {
  timer_.disarm();
  if (asked_ == nullptr) return;
  Asked& asked = *std::exchange(asked_, nullptr);
  if (previous_ != nullptr) previous_->next_ = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  if (asked.first == this) asked.first = next_;
  if (asked.first == nullptr && !asked.answered) resolver_.asked_.erase(name_);
}

void Resolver::Waiter::on_timer(void* self) {
  auto& waiter = *static_cast<Waiter*>(self);
  waiter.timed_out_ = true;
  waiter.leave();
  waiter.handle_.resume();
}

std::optional<Found> Resolver::look_up(const std::string& name) {
  const TimePoint now = loop::Loop::current().now();
  notice_changed_files(now);
  const auto at = known_.find(name);
  if (at == known_.end()) return std::nullopt;
  const Known& known = at->second;
  if (!known.addresses.empty() && now < known.fresh_until) return known.addresses;
  if (!known.failure || now >= known.failure_until) return std::nullopt;
  if (known.usable(now)) return known.addresses;
  return *known.failure;
}

Found Resolver::settle(const std::string& name, bool timed_out) const {
  const auto at = known_.find(name);
  if (at != known_.end() && at->second.usable(loop::Loop::current().now())) return at->second.addresses;
  if (timed_out) return Error(ErrorKind::kTimeout, "lookup " + name + ": no answer in time");
  if (at != known_.end() && at->second.failure) return *at->second.failure;
  return no_such_host(name);
}

bool Resolver::join(Waiter& waiter) {
  std::unique_ptr<Asked>& asked = asked_[waiter.name_];
  if (asked == nullptr) {
    asked = std::make_unique<Asked>(waiter.name_, &Resolver::on_answer);
    asked->question.ask(sources_);
    if (asked->question.answer()) {
      const std::unique_ptr<Asked> answered = std::move(asked);
      asked_.erase(waiter.name_);
      remember(answered->question);
      return false;
    }
  }
  waiter.asked_ = asked.get();
  waiter.next_ = asked->first;
  if (asked->first != nullptr) asked->first->previous_ = &waiter;
  asked->first = &waiter;
  return true;
}

void Resolver::on_answer(Question& question) {
  Resolver& resolver = resolver_of_this_core;
  const auto at = resolver.asked_.find(question.name());
  const std::unique_ptr<Asked> asked = std::move(at->second);
  resolver.asked_.erase(at);
  asked->answered = true;
  resolver.remember(asked->question);
  // Whoever is resumed may destroy others of the list, or ask anew.
  while (asked->first != nullptr) {
    Waiter& waiter = *asked->first;
    waiter.leave();
    waiter.handle_.resume();
  }
}

void Resolver::remember(const Question& question) {
  const TimePoint now = loop::Loop::current().now();
  make_room(now);
  Known& known = known_[question.name()];
  const Answer& answer = *question.answer();
  if (answer.status == ARES_SUCCESS) {
    known.addresses = answer.addresses;
    known.fresh_until = now + answer.lifetime;
    known.failure.reset();
    return;
  }
  if (says_no_such_name(answer.status)) {
    known.addresses.clear();
    known.failure = no_such_host(question.name());
  } else {
    known.failure = Error(ErrorKind::kDns, "lookup " + question.name() + ": " + ares_strerror(answer.status));
  }
  known.failure_until = now + kFailureKept;
}

/// Names may come from requests: what the cache holds is bounded.
void Resolver::make_room(TimePoint now) {
  if (known_.size() < kMostNames) return;
  std::erase_if(known_, [now](const auto& entry) {
    const Known& known = entry.second;
    return (known.addresses.empty() || now >= known.fresh_until) && (!known.failure || now >= known.failure_until);
  });
  if (known_.size() >= kMostNames) known_.clear();
}

void Resolver::notice_changed_files(TimePoint now) {
  if (now >= files_checked_ && now - files_checked_ < kFilesChecked) return;
  files_checked_ = now;
  const FileMark hosts = FileMark::of(sources_.hosts);
  const FileMark configuration = FileMark::of(sources_.configuration);
  if (hosts == hosts_ && configuration == configuration_) return;
  hosts_ = hosts;
  configuration_ = configuration;
  known_.clear();
}

void Resolver::replace_sources(ResolverSources sources) {
  sources_ = std::move(sources);
  known_.clear();
  hosts_ = configuration_ = FileMark();
  files_checked_ = TimePoint();
}

}  // namespace

loop::Task<Found> resolve(std::string host, TimePoint deadline) {
  if (const auto literal = IpAddress::parse(host)) co_return std::vector<IpAddress>(1, *literal);
  for (char& c : host) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (host.empty() || host.find('\0') != std::string::npos) co_return no_such_host(host);
  Resolver& resolver = resolver_of_this_core;
  if (std::optional<Found> known = resolver.look_up(host)) co_return std::move(*known);
  bool timed_out = false;
  {
    Resolver::Waiter waiter(resolver, host, deadline);
    co_await waiter;
    timed_out = waiter.timed_out();
  }
  co_return resolver.settle(host, timed_out);
}

void set_resolver_sources(ResolverSources sources) { resolver_of_this_core.replace_sources(std::move(sources)); }
std::size_t resolver_questions() { return resolver_of_this_core.questions(); }

}  // namespace tandem::net
