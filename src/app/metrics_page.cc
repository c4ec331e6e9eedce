#include "app/metrics_page.h"

#include <algorithm>
#include <array>
#include <coroutine>
#include <memory>
#include <utility>

#include "engine/loop/descriptor.h"

namespace tandem::app {
namespace {

using Render = std::function<std::string()>;

/// Has the control thread do something and waits for its answer. The asker may go in the meantime.
class Asked {
 public:
  Asked(loop::Loop& control, const Render& render)
      : question_(std::make_shared<Question>(loop::Loop::current())), control_(control), render_(render) {}
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;
  ~Asked() { question_->waiting = {}; }

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    question_->waiting = handle;
    control_.post([question = question_, &render = render_] {
      question->answer = render();
      question->asker.post([question] {
        if (question->waiting) question->waiting.resume();
      });
    });
  }
  std::string await_resume() { return std::move(question_->answer); }

 private:
  struct Question {
    explicit Question(loop::Loop& by) : asker(by) {}
    loop::Loop& asker;
    std::coroutine_handle<> waiting;  // the asker's thread
    std::string answer;               // the control thread's until it posts back
  };
  std::shared_ptr<Question> question_;
  loop::Loop& control_;
  const Render& render_;
};

/// A long text, of which each turn of the loop sends a part only: a fast reader must not keep the worker to itself.
class LongText final : public http::BodySource {
 public:
  explicit LongText(std::string text) : text_(std::move(text)) {}

  http::Chunk try_read() override {
    using Kind = http::Chunk::Kind;
    if (at_ == text_.size()) return {Kind::kEnd, {}};
    if (in_this_turn_ >= kPerTurn) return {Kind::kWouldBlock, {}};
    const std::string_view piece = std::string_view(text_).substr(at_, kPiece);
    at_ += piece.size();
    in_this_turn_ += piece.size();
    return {Kind::kBytes, piece};
  }
  loop::Task<void> wait() override {
    co_await loop::sleep_for(std::chrono::nanoseconds(1));
    in_this_turn_ = 0;
  }
  base::Error error() const override { return {base::ErrorKind::kInternal, "a text has no errors"}; }

 private:
  static constexpr std::size_t kPiece = std::size_t{64} * 1024;
  static constexpr std::size_t kPerTurn = 4 * kPiece;

  std::string text_;
  std::size_t at_ = 0;
  std::size_t in_this_turn_ = 0;
};

/// The escaping of names that a reader asks for; all our names are plain, so it only shows in the type of the page.
std::string_view escaping_of(std::string_view accept) {
  constexpr std::array<std::string_view, 4> kKnown{"allow-utf-8", "underscores", "dots", "values"};
  constexpr std::string_view kParameter = "escaping=";
  const std::size_t at = accept.find(kParameter);
  if (at == std::string_view::npos) return "underscores";
  const std::string_view rest = accept.substr(at + kParameter.size());
  const std::string_view asked = rest.substr(0, rest.find_first_of(",; \t"));
  const auto found = std::ranges::find(kKnown, asked);
  return found == kKnown.end() ? "underscores" : *found;
}

class MetricsPage final : public http::Handler {
 public:
  MetricsPage(loop::Loop& control, Render render) : control_(control), render_(std::move(render)) {}

  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    const std::string_view escaping = escaping_of(request.headers.get("Accept").value_or(std::string_view()));
    Asked asked(control_, render_);
    std::string text = co_await asked;
    http::Response response(200, exchange.arena);
    response.headers.add("Content-Type",
                         exchange.arena.concat({"text/plain; version=0.0.4; charset=utf-8; escaping=", escaping}));
    // Its length is not told: Traefik sends pages in chunks, too.
    response.body = http::Body::from(std::make_unique<LongText>(std::move(text)), std::nullopt);
    co_return response;
  }

 private:
  loop::Loop& control_;
  Render render_;
};

}  // namespace

http::HandlerPtr make_metrics_page(loop::Loop& control, std::function<std::string()> render) {
  return std::make_shared<const MetricsPage>(control, std::move(render));
}

}  // namespace tandem::app
