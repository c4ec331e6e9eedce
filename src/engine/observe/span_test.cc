#include "engine/observe/span.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tandem::observe {
namespace {

class Recording final : public SpanHook {
 public:
  SpanId begin(const SpanStart& start) override {
    lines.push_back("begin " + std::string(start.name) + " in " + std::to_string(start.parent));
    return ++last_;
  }
  void end(SpanId span, int status) override {
    lines.push_back("end " + std::to_string(span) + " with " + std::to_string(status));
  }
  void drop(SpanId span) override { lines.push_back("drop " + std::to_string(span)); }
  std::vector<std::string> lines;

 private:
  SpanId last_ = 0;
};

TEST(ScopedSpan, SpansNest) {
  Recording hook;
  SpanId current = 0;
  {
    ScopedSpan outer(hook, SpanKind::kEntryPoint, "web", current);
    {
      ScopedSpan middle(hook, SpanKind::kRouter, "a@file", current);
      middle.answered(200);
    }
    {
      const ScopedSpan given_up(hook, SpanKind::kService, "s@file", current);
    }
    ScopedSpan dropped(hook, SpanKind::kService, "t@file", current);
    dropped.unwanted();
    outer.answered(404);
  }
  EXPECT_EQ(current, 0U);
  EXPECT_EQ(hook.lines,
            (std::vector<std::string>{"begin web in 0", "begin a@file in 1", "end 2 with 200", "begin s@file in 1",
                                      "end 3 with 0", "begin t@file in 1", "drop 4", "end 1 with 404"}));
}

}  // namespace
}  // namespace tandem::observe
