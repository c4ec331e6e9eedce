// The state machine row by row: what each event in each state causes, in its order.

#include "control/vrrp/instance.h"

#include <gtest/gtest.h>

#include <chrono>

#include "control/vrrp/machine_test.h"

namespace tandem::vrrp {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr Duration kDown100 = milliseconds(300) + nanoseconds(60937500);

/// Since when the instance is silent until it takes over, skipping what else falls due.
Duration time_to_master(Machine& machine) {
  const Instant start = machine.now();
  machine.until("MASTER");
  return machine.now() - start;
}

TEST(VrrpStart, IsAsBackupAfterRemovingWhatAnEarlierRunLeft) {
  Machine machine;
  EXPECT_EQ(machine.on(Start{}), "remove, INIT>BACKUP (started)");
  EXPECT_EQ(time_to_master(machine), kDown100);
}

TEST(VrrpStart, OfAnOwnerIsAsMaster) {
  Machine machine(test_options(255));
  EXPECT_EQ(machine.on(Start{}),
            "remove, INIT>BACKUP (started), advert 255, add, announce 5, BACKUP>MASTER (owns the addresses)");
}

TEST(VrrpStart, WaitsForTheDelayAndForReadiness) {
  Options options = test_options();
  options.start_delay = seconds(3);
  options.wait_for_ready = true;
  Machine machine(options);
  EXPECT_EQ(machine.on(Start{}), "remove");
  EXPECT_EQ(machine.hear(50), "");
  EXPECT_EQ(machine.on(ReadyChanged{false}), "");
  EXPECT_EQ(machine.until_deadline(), seconds(3));
  EXPECT_EQ(machine.next(), "");
  EXPECT_EQ(machine.on(ReadyChanged{true}), "INIT>BACKUP (started)");
}

TEST(VrrpStart, WithAFaultIsFault) {
  Machine machine;
  machine.on(FaultChanged{.fault = 3, .present = true});
  EXPECT_EQ(machine.on(Start{}), "remove, INIT>FAULT (a fault)");
}

TEST(VrrpBackup, BecomesMasterAdvertFirstThenAddressThenAnnouncements) {
  Machine machine;
  machine.become_backup();
  EXPECT_EQ(machine.next(), "probe");
  EXPECT_EQ(machine.next(), "advert 100, add, announce 5, BACKUP>MASTER (the master is silent)");
  EXPECT_EQ(machine.until_deadline(), milliseconds(100));
  EXPECT_EQ(machine.next(), "advert 100");
  EXPECT_EQ(machine.until("announce"), "advert 100, announce 5") << "the second set";
}

TEST(VrrpBackup, RestartsItsTimerForAnEqualOrHigherMasterAndAdoptsItsInterval) {
  Machine machine;
  machine.become_backup();
  machine.pass(milliseconds(350));
  EXPECT_EQ(machine.hear(100, kLowerNode), "");
  EXPECT_EQ(time_to_master(machine), kDown100);

  Machine other;
  other.become_backup();
  EXPECT_EQ(other.hear(200, kLowerNode, seconds(1)), "");
  EXPECT_EQ(time_to_master(other), master_down(Version::kV3, 100, seconds(1)));
  EXPECT_EQ(other.until_deadline(), milliseconds(100)) << "a master has its own interval";
}

TEST(VrrpBackup, LeavesALowerMasterAloneWithoutPreempt) {
  Options options = test_options();
  options.preempt = false;
  Machine machine(options);
  machine.become_backup();
  for (int n = 0; n < 50; ++n) {
    machine.hear(50);
    machine.pass(milliseconds(100));
  }
  EXPECT_EQ(machine.state(), State::kBackup);
}

TEST(VrrpBackup, IgnoresALowerMasterWhilePreemptingAndTakesOverAfterTheRest) {
  Machine machine;
  machine.become_backup();
  machine.pass(milliseconds(300));
  EXPECT_EQ(machine.hear(50), "");
  EXPECT_EQ(machine.next(), "advert 100, add, announce 5, BACKUP>MASTER (the master has a lower priority)");
}

TEST(VrrpBackup, WaitsForThePreemptDelayOnlyWhileTheMasterLives) {
  Options options = test_options();
  options.preempt_delay = seconds(2);
  Machine machine(options);
  machine.become_backup();
  Duration waited{};
  for (; machine.state() == State::kBackup && waited < seconds(10); waited += milliseconds(100)) {
    machine.hear(50);
    machine.pass(milliseconds(100));
  }
  EXPECT_GE(waited, seconds(2));
  EXPECT_LE(waited, seconds(2) + milliseconds(500));

  Machine dead(options);
  dead.become_backup();
  dead.hear(50);
  EXPECT_EQ(time_to_master(dead), kDown100);
}

TEST(VrrpBackup, AHigherMasterStopsThePreemptDelay) {
  Options options = test_options();
  options.preempt_delay = seconds(1);
  Machine machine(options);
  machine.become_backup();
  machine.hear(50);
  machine.pass(milliseconds(100));
  machine.hear(200, kLowerNode);
  for (int n = 0; n < 9; ++n) {
    machine.hear(50);
    machine.pass(milliseconds(100));
  }
  EXPECT_EQ(machine.state(), State::kBackup);
}

TEST(VrrpBackup, WaitsOnlyTheSkewAfterPriorityZero) {
  Machine machine;
  machine.become_backup();
  machine.hear(200);
  EXPECT_EQ(machine.hear(0), "");
  EXPECT_EQ(machine.until_deadline(), nanoseconds(60937500));
  EXPECT_EQ(machine.next(), "advert 100, add, announce 5, BACKUP>MASTER (the master resigned)");
}

TEST(VrrpBackup, AnotherNodesResignationDoesNotEndALivingMaster) {
  Machine machine;
  machine.become_backup();
  machine.hear(200, kHigherNode);
  const Duration before = machine.until_deadline();
  machine.hear(0, kLowerNode);
  EXPECT_EQ(machine.until_deadline(), before);
}

TEST(VrrpBackup, RefusedPacketsChangeNoTimer) {
  Machine machine;
  machine.become_backup();
  const Instant due = machine.instance().next_deadline();
  EXPECT_EQ(machine.on(AdvertRefused{Refusal::kAuthFailure}), "+refusedAdverts");
  EXPECT_EQ(machine.on(AdvertRefused{Refusal::kAuthFailure}), "");
  EXPECT_EQ(machine.instance().next_deadline(), due);
  EXPECT_EQ(machine.instance().statistics().refused[Refusal::kAuthFailure], 2U);
}

TEST(VrrpMaster, RefusedPacketsNeverSilenceIt) {
  Machine machine;
  machine.become_master();
  const std::uint64_t before = machine.instance().statistics().advert_sent;
  for (int n = 0; n < 1000; ++n) {
    machine.on(AdvertRefused{Refusal::kAuthFailure});
    machine.pass(milliseconds(10));
  }
  EXPECT_EQ(machine.instance().statistics().advert_sent - before, 100U);
  EXPECT_EQ(machine.until("-refusedAdverts"), "-refusedAdverts") << "over after ten quiet seconds";
}

TEST(VrrpBackup, OtherAddressesAreReportedAndTheMasterIsOne) {
  Machine machine;
  machine.become_backup();
  AdvertReceived advert{
      .source = kHigherNode, .priority = 200, .interval = milliseconds(100), .addresses_match = false};
  EXPECT_EQ(machine.on(advert), "+addressMismatch");
  EXPECT_EQ(time_to_master(machine), kDown100);
}

TEST(VrrpMaster, StepsDownForAHigherOneWithALastAdvert) {
  Machine machine;
  machine.become_master();
  EXPECT_EQ(machine.hear(101, kLowerNode), "advert 100, remove, MASTER>BACKUP (another master has a higher priority)");
  EXPECT_EQ(time_to_master(machine), kDown100);
}

TEST(VrrpMaster, OfEqualPriorityTheHigherAddressStays) {
  Machine loser;
  loser.become_master();
  EXPECT_EQ(loser.hear(100, kHigherNode),
            "advert 100, remove, MASTER>BACKUP (another master of equal priority has a higher address)");
  Machine winner;
  winner.become_master();
  winner.pass(milliseconds(50));
  EXPECT_EQ(winner.hear(100, kLowerNode), "advert 100, +secondMaster, announce 5");
  EXPECT_EQ(winner.state(), State::kMaster);
}

TEST(VrrpMaster, AnswersALowerOneAndTellsNeighboursUntilTheyKnow) {
  Options options = test_options();
  options.announcements.delay = {};
  Machine machine(options);
  machine.become_master();
  machine.pass(milliseconds(50));
  const Instant start = machine.now();
  EXPECT_EQ(machine.hear(50), "advert 100, +secondMaster, announce 5");
  for (const Duration after : {milliseconds(100), milliseconds(1000), milliseconds(5000)}) {
    EXPECT_TRUE(machine.until("announce").ends_with("announce 5, probe"));
    EXPECT_EQ(machine.now() - start, after);
  }
  EXPECT_EQ(machine.until("announce", seconds(20)), "nothing");
  EXPECT_EQ(machine.instance().status().problems, 0U) << "the second master is gone";
}

TEST(VrrpMaster, AnswersPriorityZero) {
  Machine machine;
  machine.become_master();
  EXPECT_EQ(machine.hear(0), "advert 100");
}

TEST(VrrpMaster, ResignsAtAFaultAndCompetesAgainWhenItIsGone) {
  Machine machine;
  machine.become_master();
  EXPECT_EQ(machine.on(FaultChanged{.fault = 7, .present = true}),
            "advert 0, advert 0, remove, MASTER>FAULT (a fault)");
  EXPECT_EQ(machine.instance().next_deadline(), kNever);
  EXPECT_EQ(machine.hear(50), "");
  EXPECT_EQ(machine.on(FaultChanged{.fault = 8, .present = true}), "");
  EXPECT_EQ(machine.on(FaultChanged{.fault = 7, .present = false}), "");
  EXPECT_EQ(machine.on(FaultChanged{.fault = 8, .present = false}), "FAULT>BACKUP (no fault any more)");
  EXPECT_EQ(time_to_master(machine), kDown100);
}

TEST(VrrpBackup, GoesToFaultInSilence) {
  Options options = test_options();
  options.unicast = true;
  Machine machine(options);
  machine.become_backup();
  EXPECT_EQ(machine.on(FaultChanged{.fault = 0, .present = true}), "BACKUP>FAULT (a fault)");
  EXPECT_EQ(machine.on(FaultChanged{.fault = 0, .present = false}),
            "FAULT>BACKUP (no fault any more), announce source");
}

TEST(VrrpMaster, PutsAnAddressBackThatSomebodyRemoved) {
  Machine machine;
  machine.become_master();
  EXPECT_EQ(machine.on(AddressRemoved{}), "+addressRemoved, -addressRemoved, add, announce 1");
  EXPECT_EQ(machine.on(AddressRemoved{}), "+addressRemoved, -addressRemoved") << "again within 20 ms";
  EXPECT_EQ(machine.next(), "add, announce 1");
  EXPECT_EQ(machine.state(), State::kMaster);
}

TEST(VrrpMaster, FightsForAnAddressThatAnotherMachineAnswersFor) {
  Machine machine;
  machine.become_master();
  machine.pass(seconds(10));
  EXPECT_EQ(machine.on(ConflictChanged{true}), "+addressConflict, announce 5");
  int announced = 0;
  for (const Instant end = machine.now() + seconds(20); machine.now() < end;) {
    announced += machine.next().contains("announce") ? 1 : 0;
  }
  EXPECT_GE(announced, 15);
  EXPECT_EQ(machine.on(ConflictChanged{false}), "-addressConflict");
}

TEST(VrrpMaster, ResignsWhenItStops) {
  Machine machine;
  machine.become_master();
  EXPECT_EQ(machine.on(Stop{}), "advert 0, advert 0, remove, MASTER>STOP (stopped)");
  EXPECT_EQ(machine.hear(50), "");
  EXPECT_EQ(machine.instance().next_deadline(), kNever);
}

TEST(VrrpMaster, DropsTheAddressBeforeItSpeaksAfterAPause) {
  Machine machine;
  machine.become_master();
  machine.sleep(seconds(2));
  EXPECT_EQ(machine.on(TimeReached{}), "remove, MASTER>BACKUP (was away for longer than the others wait), +paused");
  EXPECT_EQ(machine.hear(50), "-paused") << "whoever took over meanwhile is master";
  EXPECT_EQ(machine.state(), State::kBackup);

  Machine alone;
  alone.become_master();
  alone.on(Paused{seconds(2)});
  EXPECT_EQ(alone.state(), State::kBackup);
  EXPECT_EQ(time_to_master(alone), milliseconds(100) + nanoseconds(60937500)) << "one interval, then it competes";
}

TEST(VrrpMaster, AShortPauseChangesNothing) {
  Machine machine;
  machine.become_master();
  machine.sleep(milliseconds(250));
  EXPECT_EQ(machine.on(TimeReached{}), "advert 100");
}

TEST(VrrpBackup, ThatWasAwayListensBeforeItTakesOver) {
  Machine machine;
  machine.become_backup();
  machine.hear(200);
  machine.sleep(seconds(2));
  EXPECT_EQ(machine.on(TimeReached{}), "probe");
  EXPECT_EQ(machine.state(), State::kBackup);
  EXPECT_EQ(time_to_master(machine), milliseconds(100) + nanoseconds(60937500));
}

TEST(VrrpPriority, FollowsTheWeightsWithinItsLimits) {
  struct Row {
    int base, total, effective;
  };
  for (const Row& row : {Row{100, 0, 100},
                         {100, 20, 120},
                         {100, -20, 80},
                         {200, 100, 254},
                         {100, -253, 1},
                         {255, -50, 255},
                         {255, 50, 255},
                         {1, -1, 1},
                         {254, 1, 254}}) {
    Machine machine(test_options(static_cast<std::uint8_t>(row.base)));
    machine.become_backup();
    machine.on(WeightChanged{row.total});
    EXPECT_EQ(machine.instance().effective_priority(), row.effective) << row.base << " " << row.total;
    machine.on(WeightChanged{0});
    EXPECT_EQ(machine.instance().effective_priority(), row.base);
  }
}

TEST(VrrpPriority, AChangeMovesTheRunningTimerByTheDifferenceOfTheSkews) {
  Machine machine;
  machine.become_backup();
  machine.hear(200);
  machine.pass(milliseconds(100));
  machine.on(WeightChanged{100});
  EXPECT_EQ(time_to_master(machine), milliseconds(200) + microseconds(21875));
}

TEST(VrrpPriority, AMasterGoesOnWithTheLowerNumber) {
  Machine machine;
  machine.become_master();
  EXPECT_EQ(machine.on(WeightChanged{-20}), "");
  EXPECT_EQ(machine.next(), "advert 80");
}

TEST(VrrpPriority, AnUnwellNodeHasTheLowestAndKeepsServing) {
  Machine machine;
  machine.become_master();
  EXPECT_EQ(machine.on(UnwellChanged{true}), "");
  EXPECT_EQ(machine.next(), "advert 1");
  machine.on(UnwellChanged{false});
  EXPECT_EQ(machine.next(), "advert 100");
}

TEST(VrrpPriority, OfTwoUnwellNodesTheMasterStaysAndItsEndIsFollowed) {
  Machine machine;
  machine.become_backup();
  machine.on(UnwellChanged{true});
  for (int n = 0; n < 20; ++n) {
    machine.hear(1);
    machine.pass(milliseconds(100));
  }
  EXPECT_EQ(machine.state(), State::kBackup);
  EXPECT_TRUE(machine.until("MASTER").contains("advert 1, add"));
}

TEST(VrrpPriority, OfTwoUnwellNodesTheFirstThatIsWellReplacesTheOther) {
  Options options = test_options();
  options.preempt = false;
  Machine machine(options);
  machine.become_backup();
  machine.on(UnwellChanged{true});
  machine.hear(1);
  machine.on(UnwellChanged{false});
  for (int n = 0; n < 10 && machine.state() == State::kBackup; ++n) {
    machine.hear(1);
    machine.pass(milliseconds(100));
  }
  EXPECT_EQ(machine.state(), State::kMaster);
}

TEST(VrrpPriority, AMasterWhosePriorityDropsIsReplacedEvenWithoutPreempt) {
  Options options = test_options();
  options.preempt = false;
  for (const int dropped : {1, 80}) {
    Machine machine(options);
    machine.become_backup();
    machine.hear(200);
    for (int n = 0; n < 10 && machine.state() == State::kBackup; ++n) {
      machine.pass(milliseconds(100));
      machine.hear(dropped);
    }
    EXPECT_EQ(machine.state(), State::kMaster) << dropped;
  }
}

TEST(VrrpReadiness, AnUnreadyNodeReplacesOnlyADeadMaster) {
  Machine machine;
  machine.become_backup();
  machine.on(ReadyChanged{false});
  for (int n = 0; n < 20; ++n) {
    machine.hear(50);
    machine.pass(milliseconds(100));
  }
  EXPECT_EQ(machine.state(), State::kBackup);
  machine.hear(50);
  EXPECT_EQ(time_to_master(machine), kDown100);
}

TEST(VrrpFlapping, ThreeTransitionsInAMinuteEndAutomaticFailBack) {
  Machine machine;
  machine.become_master();
  machine.hear(200, kLowerNode);
  EXPECT_TRUE(machine.until("MASTER").ends_with("+flapping"));
  machine.hear(200, kLowerNode);
  for (int n = 0; n < 20; ++n) {
    machine.hear(50);
    machine.pass(milliseconds(100));
  }
  EXPECT_EQ(machine.state(), State::kBackup);
  for (int n = 0; n < 600 && machine.state() == State::kBackup; ++n) {
    machine.hear(50);
    machine.pass(milliseconds(100));
  }
  EXPECT_EQ(machine.state(), State::kMaster) << "after a quiet minute";
}

/// Hears a lower master for so long, as a backup that would replace it.
void hear_a_lower_master(Machine& machine, Duration until) {
  for (const Instant end = machine.now() + until; machine.now() < end && machine.state() == State::kBackup;) {
    machine.hear(50);
    machine.pass(milliseconds(100));
  }
}

TEST(VrrpFlapping, CountsAndHoldsAsConfigured) {
  Options options = test_options();
  options.damping = {.transitions = 2, .window = seconds(10), .hold = seconds(3)};
  Machine machine(options);
  machine.become_master();
  machine.pass(seconds(20));
  machine.hear(200, kLowerNode);
  EXPECT_FALSE(machine.instance().status().flapping) << "the first transition is too long ago";
  EXPECT_TRUE(machine.until("MASTER").ends_with("+flapping"));
  machine.hear(200, kLowerNode);
  const Status status = machine.instance().status();
  EXPECT_EQ(status.calm_at - machine.now(), seconds(3));
  hear_a_lower_master(machine, milliseconds(2900));
  EXPECT_EQ(machine.state(), State::kBackup);
  hear_a_lower_master(machine, milliseconds(500));
  EXPECT_EQ(machine.state(), State::kMaster);
}

TEST(VrrpFlapping, IsNeverSeenWithoutDamping) {
  Options options = test_options();
  options.damping.transitions = 0;
  Machine machine(options);
  machine.become_master();
  for (int n = 0; n < 5; ++n) {
    machine.hear(200, kLowerNode);
    EXPECT_FALSE(machine.until("MASTER").contains("flapping"));
  }
  machine.hear(200, kLowerNode);
  EXPECT_EQ(machine.instance().status().calm_at, kNever);
  hear_a_lower_master(machine, seconds(1));
  EXPECT_EQ(machine.state(), State::kMaster);
}

TEST(VrrpMaintenance, TakesNoPart) {
  Machine machine;
  machine.become_master();
  EXPECT_EQ(machine.on(MaintenanceChanged{true}), "advert 0, advert 0, remove, MASTER>FAULT (maintenance)");
  EXPECT_TRUE(machine.instance().status().maintenance);
  EXPECT_EQ(machine.on(MaintenanceChanged{false}), "FAULT>BACKUP (no fault any more)");
}

}  // namespace
}  // namespace tandem::vrrp
