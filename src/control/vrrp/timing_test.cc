#include "control/vrrp/timing.h"

#include <gtest/gtest.h>

#include <chrono>

#include "control/vrrp/options.h"

namespace tandem::vrrp {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(VrrpTiming, IsExact) {
  struct Row {
    Version version;
    Duration interval;
    unsigned priority;
    nanoseconds skew;
  };
  const Row rows[] = {
      {Version::kV2, seconds(1), 100, nanoseconds(609375000)},
      {Version::kV2, seconds(1), 200, nanoseconds(218750000)},
      {Version::kV2, seconds(1), 254, nanoseconds(7812500)},
      {Version::kV2, seconds(5), 100, nanoseconds(609375000)},
      {Version::kV3, milliseconds(100), 100, microseconds(60937) + nanoseconds(500)},
      {Version::kV3, milliseconds(100), 200, microseconds(21875)},
      {Version::kV3, milliseconds(100), 254, nanoseconds(781250)},
      {Version::kV3, milliseconds(30), 100, nanoseconds(18281250)},
      {Version::kV3, milliseconds(30), 200, nanoseconds(6562500)},
      {Version::kV3, milliseconds(30), 254, nanoseconds(234375)},
      {Version::kV3, milliseconds(10), 100, nanoseconds(6093750)},
      {Version::kV3, milliseconds(10), 200, nanoseconds(2187500)},
      {Version::kV3, milliseconds(10), 254, nanoseconds(78125)},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(skew(row.version, row.priority, row.interval), row.skew) << row.priority;
    EXPECT_EQ(master_down(row.version, row.priority, row.interval), 3 * row.interval + row.skew) << row.priority;
    EXPECT_EQ(master_down(row.version, row.priority, row.interval, 5), 5 * row.interval + row.skew) << row.priority;
  }
}

Options good() {
  Options options;
  options.source = Ip::v4(10, 0, 0, 1);
  options.addresses = {Ip::v4(10, 0, 0, 100)};
  return options;
}

TEST(VrrpOptions, WhatCannotWorkIsRefusedByName) {
  EXPECT_TRUE(validate(good()));
  const auto refused = [](auto change) {
    Options options = good();
    change(options);
    const auto result = validate(options);
    return result ? std::string("allowed") : result.error().text();
  };
  EXPECT_TRUE(refused([](Options& o) { o.vrid = 0; }).starts_with("virtualRouterID"));
  EXPECT_TRUE(refused([](Options& o) { o.priority = 0; }).starts_with("priority"));
  EXPECT_TRUE(refused([](Options& o) { o.interval = milliseconds(15); }).starts_with("interval"));
  EXPECT_TRUE(refused([](Options& o) { o.interval = seconds(41); }).starts_with("interval"));
  EXPECT_TRUE(refused([](Options& o) { o.version = Version::kV2; }).starts_with("interval"));
  EXPECT_TRUE(refused([](Options& o) { o.down_timer_adverts = 0; }).starts_with("downTimerAdverts"));
  EXPECT_TRUE(refused([](Options& o) { o.preempt_delay = seconds(1); }).starts_with("preemptDelay"));
  EXPECT_TRUE(refused([](Options& o) { o.addresses.clear(); }).starts_with("virtualAddresses"));
  EXPECT_TRUE(refused([](Options& o) { o.addresses.push_back(kGroupIpv6); }).starts_with("virtualAddresses"));
  EXPECT_EQ(refused([](Options& o) {
              o.version = Version::kV2;
              o.interval = seconds(255);
            }),
            "allowed");
}

}  // namespace
}  // namespace tandem::vrrp
