#include "base/clock.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace tandem::base {
namespace {

constexpr WallTime kMoment{std::chrono::seconds(784111777)};

TEST(Clock, WritesTheDateOfRfc9110) { EXPECT_EQ(http_date_text(kMoment), "Sun, 06 Nov 1994 08:49:37 GMT"); }

TEST(Clock, WritesTheZoneOfTheMachine) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  EXPECT_EQ(rfc3339_text(kMoment), "1994-11-06T08:49:37Z");
  ::setenv("TZ", "XYZ-5:30", 1);
  ::tzset();
  EXPECT_EQ(rfc3339_text(kMoment), "1994-11-06T14:19:37+05:30");
  ::unsetenv("TZ");
  ::tzset();
}

}  // namespace
}  // namespace tandem::base
