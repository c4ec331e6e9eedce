#include "control/hooks/track_link.h"

#include <gtest/gtest.h>

#include <chrono>

namespace tandem::hooks {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Effect = WatchedLinks::Effect;

constexpr vrrp::Instant kStart = seconds(1000);

/// What one interface (index 2, "eth1") does while it is up, and while it is down.
std::pair<Effect, Effect> effects_of(int weight, bool reverse) {
  WatchedLinks links;
  links.add({.name = "eth1", .weight = weight, .reverse = reverse}, 2, true);
  const Effect up = links.effect();
  links.note(2, "eth1", false, kStart);
  return {up, links.effect()};
}

TEST(WatchedLinks, MeanWhatKeepalivedMeansByWeightAndReverse) {
  const Effect nothing;
  const Effect fault{.fault = true, .weight = 0};
  const auto added = [](int weight) { return Effect{.fault = false, .weight = weight}; };
  EXPECT_EQ(effects_of(0, false), std::pair(nothing, fault));
  EXPECT_EQ(effects_of(0, true), std::pair(fault, nothing));
  EXPECT_EQ(effects_of(10, false), std::pair(added(10), nothing));
  EXPECT_EQ(effects_of(10, true), std::pair(added(-10), nothing));
  EXPECT_EQ(effects_of(-10, false), std::pair(nothing, added(-10)));
  EXPECT_EQ(effects_of(-10, true), std::pair(nothing, added(10)));
}

TEST(WatchedLinks, WeightsAddUp) {
  WatchedLinks links;
  links.add({.name = "eth1", .weight = -10}, 2, false);
  links.add({.name = "eth2", .weight = -5}, 3, true);
  links.add({.name = "eth3", .weight = 3}, 4, true);
  EXPECT_EQ(links.effect().weight, -7);
  links.note(3, "eth2", false, kStart);
  EXPECT_EQ(links.effect().weight, -12);
  EXPECT_FALSE(links.effect().fault);
}

TEST(WatchedLinks, ADelayPassesOverAnInterfaceThatBounces) {
  WatchedLinks links;
  links.add({.name = "eth1", .up_delay = seconds(5), .down_delay = seconds(1)}, 2, true);
  links.note(2, "eth1", false, kStart);
  EXPECT_FALSE(links.effect().fault);
  EXPECT_EQ(links.due(), kStart + seconds(1));
  links.note(2, "eth1", true, kStart + milliseconds(900));
  EXPECT_EQ(links.due(), vrrp::kNever) << "back in time";
  links.settle(kStart + seconds(2));
  EXPECT_FALSE(links.effect().fault);
  EXPECT_FALSE(links.next_change());

  links.note(2, "eth1", false, kStart + seconds(10));
  links.note(2, "eth1", false, kStart + milliseconds(10'500));
  links.settle(kStart + milliseconds(10'999));
  EXPECT_FALSE(links.effect().fault);
  links.settle(kStart + seconds(11));
  EXPECT_TRUE(links.effect().fault) << "the second word of the same begins nothing anew";
  links.note(2, "eth1", true, kStart + seconds(20));
  links.settle(kStart + seconds(24));
  EXPECT_TRUE(links.effect().fault);
  links.settle(kStart + seconds(25));
  EXPECT_FALSE(links.effect().fault);
}

TEST(WatchedLinks, AnInterfaceThatIsMadeAgainIsFollowedByItsName) {
  WatchedLinks links;
  links.add({.name = "ppp0"}, 7, true);
  links.note_gone(7, kStart);
  EXPECT_TRUE(links.effect().fault);
  links.note(9, "ppp0", true, kStart);
  EXPECT_FALSE(links.effect().fault);
  links.note(9, "old0", true, kStart);
  EXPECT_TRUE(links.effect().fault) << "the name is gone";
}

TEST(WatchedLinks, AreToldOfOnceAChange) {
  WatchedLinks links;
  links.add({.name = "eth1"}, 2, true);
  links.add({.name = "eth2"}, 3, true);
  EXPECT_FALSE(links.next_change());
  links.note(3, "eth2", false, kStart);
  const auto change = links.next_change();
  ASSERT_TRUE(change);
  EXPECT_EQ(change->link, 1U);
  EXPECT_FALSE(change->up);
  EXPECT_FALSE(links.next_change());
}

TEST(WatchedLinks, CountAsTheyDidAfterAReload) {
  WatchedLinks before;
  before.add({.name = "eth1", .down_delay = seconds(1)}, 2, true);
  before.note(2, "eth1", false, kStart);
  WatchedLinks after;
  after.add({.name = "eth1", .down_delay = seconds(3)}, 2, false);
  after.continue_from(before, kStart);
  EXPECT_FALSE(after.effect().fault) << "the delay runs";
  EXPECT_EQ(after.due(), kStart + seconds(3));
}

}  // namespace
}  // namespace tandem::hooks
