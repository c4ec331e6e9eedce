// What is known beside adverts: the peer link, ARP, the gateway; planned switch-overs; resuming; groups.

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "control/vrrp/machine_test.h"

namespace tandem::vrrp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Link = Witness::Link;
using Arp = Witness::Arp;
using Gateway = Witness::Gateway;

/// A backup whose master has been silent for ten seconds, with this known of it.
std::string after_silence(const Witness& witness) {
  Machine machine;
  machine.become_backup();
  machine.hear(200);
  machine.pass(milliseconds(300));
  machine.on(WitnessChanged{witness});
  if (std::string text = machine.until("+vrrpPathBlocked", milliseconds(100)); text != "nothing") return text;
  return std::string(name_of(machine.state())) + (machine.instance().status().problems != 0 ? " isolated" : "");
}

TEST(VrrpWitness, DecidesWhetherSilenceMeansDeath) {
  struct Row {
    Witness witness;
    std::string_view outcome;
  };
  const Row rows[] = {
      {{.link = Link::kUpOnService, .peer = Witness::Peer::kMaster, .arp = Arp::kAnswered}, "+vrrpPathBlocked"},
      {{.link = Link::kUpOnService, .peer = Witness::Peer::kMaster, .arp = Arp::kSilent}, "+vrrpPathBlocked"},
      {{.link = Link::kUpElsewhere, .peer = Witness::Peer::kMaster, .arp = Arp::kAnswered}, "+vrrpPathBlocked"},
      {{.link = Link::kUpElsewhere,
        .peer = Witness::Peer::kMaster,
        .arp = Arp::kSilent,
        .gateway = Gateway::kReachable},
       "MASTER"},
      {{.link = Link::kUpOnService, .peer = Witness::Peer::kUnfit}, "MASTER"},
      {{.link = Link::kUpOnService, .peer = Witness::Peer::kNotMaster}, "MASTER"},
      {{.link = Link::kDown, .arp = Arp::kSilent, .gateway = Gateway::kReachable}, "MASTER"},
      {{.link = Link::kDown, .arp = Arp::kAnswered, .gateway = Gateway::kReachable}, "MASTER"},
      {{.link = Link::kDown, .gateway = Gateway::kUnreachable}, "BACKUP isolated"},
      {{.link = Link::kDown}, "MASTER"},
      {{}, "MASTER"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(after_silence(row.witness), row.outcome) << &row - rows;
  }
}

TEST(VrrpWitness, AnUnfitPeerIsReplacedAtOnce) {
  Machine machine;
  machine.become_backup();
  machine.hear(200);
  EXPECT_EQ(machine.on(WitnessChanged{{.link = Link::kUpOnService, .peer = Witness::Peer::kUnfit}}),
            "advert 100, add, announce 5, BACKUP>MASTER (the peer cannot serve)");
  Machine third;
  third.become_backup();
  third.hear(200);
  EXPECT_EQ(third.on(WitnessChanged{{.link = Link::kUpOnService, .peer = Witness::Peer::kUnfit, .sole_peer = false}}),
            "");
  EXPECT_EQ(third.until_deadline(), skew(Version::kV3, 100, milliseconds(100)));
}

TEST(VrrpWitness, AResetLinkAndOneMissingAdvertAreEnough) {
  Machine machine;
  machine.become_backup();
  machine.on(WitnessChanged{{.link = Link::kUpOnService, .peer = Witness::Peer::kMaster}});
  machine.hear(200);
  machine.pass(milliseconds(20));
  machine.on(WitnessChanged{{.link = Link::kReset}});
  EXPECT_EQ(machine.until_deadline(), milliseconds(130));
  EXPECT_EQ(machine.next(), "advert 100, add, announce 5, BACKUP>MASTER (the master is silent)");
}

TEST(VrrpWitness, ABlockedPathEndsWithTheLinkOrWithAnAdvert) {
  Machine machine;
  machine.become_backup();
  machine.hear(200);
  machine.on(WitnessChanged{{.link = Link::kUpOnService, .peer = Witness::Peer::kMaster}});
  machine.pass(seconds(5));
  EXPECT_EQ(machine.state(), State::kBackup);
  EXPECT_EQ(machine.hear(200), "-vrrpPathBlocked");
  machine.pass(seconds(1));
  EXPECT_EQ(machine.on(WitnessChanged{{.link = Link::kDown}}),
            "-vrrpPathBlocked, advert 100, add, announce 5, BACKUP>MASTER (the master is silent)");
}

TEST(VrrpWitness, ADeadMastersKernelIsOutshouted) {
  Machine machine;
  machine.become_backup();
  machine.until("probe");
  machine.on(WitnessChanged{{.link = Link::kDown, .arp = Arp::kAnswered}});
  EXPECT_EQ(machine.next(), "advert 100, add, announce 5, BACKUP>MASTER (the master is silent), announce 5");
}

TEST(VrrpWitness, AnIsolatedMasterLetsGoWhereThatIsWanted) {
  Options options = test_options();
  options.isolation_release = seconds(3);
  Machine machine(options);
  machine.become_master();
  machine.on(WitnessChanged{{.link = Link::kDown, .gateway = Gateway::kUnreachable}});
  machine.pass(milliseconds(2900));
  EXPECT_EQ(machine.state(), State::kMaster);
  EXPECT_EQ(machine.until("BACKUP"),
            "advert 0, advert 0, remove, MASTER>BACKUP (neither gateway nor peer is reachable), +isolatedNode");
  machine.pass(seconds(5));
  EXPECT_EQ(machine.state(), State::kBackup);
  machine.on(WitnessChanged{{.link = Link::kDown, .gateway = Gateway::kReachable}});
  EXPECT_EQ(machine.state(), State::kMaster);
}

TEST(VrrpSwitchover, IsMakeBeforeBreak) {
  Machine old(test_options(200));
  old.become_master();
  Options options = test_options(100);
  options.source = kHigherNode;
  Machine successor(options);
  successor.become_backup();
  successor.hear(200, kSelf);
  EXPECT_EQ(old.on(Yield{.successor = kHigherNode}), "shelve, MASTER>YIELDING (told to hand over)");
  EXPECT_EQ(old.next(), "advert 200") << "third nodes are to keep quiet";
  EXPECT_EQ(successor.on(Take{.predecessor = kSelf}),
            "advert 100, add, announce 5, BACKUP>MASTER (told to take over), announce 5");
  EXPECT_EQ(successor.hear(200, kSelf), "") << "the predecessor has not heard of it yet";
  EXPECT_EQ(old.hear(100, kHigherNode),
            "remove and drain, advert 0, advert 0, YIELDING>BACKUP (the successor has taken over)");
  EXPECT_EQ(successor.hear(0, kSelf), "advert 100");
  for (int n = 0; n < 50; ++n) {
    old.hear(100, kHigherNode);
    old.pass(milliseconds(100));
  }
  EXPECT_EQ(old.state(), State::kBackup) << "what was asked for is not undone by preempting";
  EXPECT_TRUE(old.until("MASTER").ends_with("BACKUP>MASTER (the master is silent)"));
}

TEST(VrrpSwitchover, WithoutSuccessorTheMasterGoesOn) {
  Machine machine;
  machine.become_master();
  machine.on(Yield{.successor = kHigherNode, .limit = milliseconds(250)});
  EXPECT_TRUE(
      machine.until("MASTER").starts_with("add, announce 1, YIELDING>MASTER (the successor did not take over)"));
}

TEST(VrrpSwitchover, TheLinksWordIsAsGoodAsAnAdvert) {
  Machine machine;
  machine.become_master();
  machine.on(Yield{.successor = kHigherNode});
  EXPECT_EQ(machine.on(WitnessChanged{{.link = Link::kUpOnService, .peer = Witness::Peer::kMaster}}),
            "remove and drain, advert 0, advert 0, YIELDING>BACKUP (the successor has taken over)");
}

TEST(VrrpSwitchover, IsRefusedWhereItMeansNothing) {
  Machine machine;
  machine.become_backup();
  EXPECT_EQ(machine.on(Yield{}), "+commandRefused, -commandRefused");
  machine.on(FaultChanged{.fault = 1, .present = true});
  EXPECT_EQ(machine.on(Take{}), "+commandRefused, -commandRefused");
}

TEST(VrrpSwitchover, FailBackIsAskedForWhereTheLinkIsUp) {
  Options options = test_options();
  options.ask_before_preempt = true;
  Machine machine(options);
  machine.become_backup();
  machine.on(WitnessChanged{{.link = Link::kUpOnService, .peer = Witness::Peer::kMaster}});
  EXPECT_EQ(machine.hear(50), "ask");
  EXPECT_EQ(machine.hear(50), "");
  machine.on(WitnessChanged{{.link = Link::kDown}});
  for (int n = 0; n < 10 && machine.state() == State::kBackup; ++n) {
    machine.hear(50);
    machine.pass(milliseconds(100));
  }
  EXPECT_EQ(machine.state(), State::kMaster);
}

TEST(VrrpResume, GoesOnWithoutAMissingAdvert) {
  Machine machine;
  EXPECT_EQ(machine.on(Resume{.last_advert = machine.now() - milliseconds(40)}),
            "add, announce 1, INIT>MASTER (goes on after a restart)");
  EXPECT_EQ(machine.until_deadline(), milliseconds(60));
  EXPECT_EQ(machine.next(), "advert 100");
}

TEST(VrrpResume, TooLateItListensFirst) {
  Machine machine;
  EXPECT_EQ(machine.on(Resume{.last_advert = machine.now() - seconds(1)}),
            "remove, INIT>BACKUP (was away for longer than the others wait)");
  EXPECT_LT(machine.until_deadline(), milliseconds(200));
}

/// Two virtual routers that move together.
class Pair {
 public:
  Pair() : group_({test_options(100), test_options(100)}) {}
  std::string all(const Event& event) {
    Actions actions;
    group_.handle_all(event, now_, actions);
    return text_of(actions);
  }
  std::string one(std::size_t member, const Event& event) {
    Actions actions;
    group_.handle(member, event, now_, actions);
    return text_of(actions);
  }
  void pass(Duration by) {
    const Instant end = now_ + by;
    while (group_.next_deadline() <= end) {
      now_ = group_.next_deadline();
      Actions actions;
      group_.advance(now_, actions);
    }
    now_ = end;
  }
  std::string hear(std::size_t member, int priority) {
    return one(member, AdvertReceived{.source = kHigherNode,
                                      .priority = static_cast<std::uint8_t>(priority),
                                      .interval = milliseconds(100)});
  }
  Instant now() const { return now_; }
  State state(std::size_t member) const { return group_.member(member).state(); }
  int priority(std::size_t member) const { return group_.member(member).effective_priority(); }

 private:
  Group group_;
  Instant now_ = seconds(1000);
};

TEST(VrrpGroup, AllBecomeMasterOrNone) {
  Pair pair;
  pair.all(Start{});
  for (int n = 0; n < 20; ++n) {
    pair.hear(1, 200);
    pair.pass(milliseconds(100));
  }
  EXPECT_EQ(pair.state(0), State::kBackup) << "the other one has a master";
  pair.pass(seconds(1));
  EXPECT_EQ(pair.state(0), State::kMaster);
  EXPECT_EQ(pair.state(1), State::kMaster);
}

TEST(VrrpGroup, MastersGoOnOneAfterTheOther) {
  Pair pair;
  EXPECT_EQ(pair.one(0, Resume{.last_advert = pair.now() - milliseconds(40)}),
            "add, announce 1, INIT>MASTER (goes on after a restart)");
  EXPECT_EQ(pair.one(1, Resume{.last_advert = pair.now() - milliseconds(30)}),
            "add, announce 1, INIT>MASTER (goes on after a restart)");
  pair.pass(seconds(1));
  EXPECT_EQ(pair.state(0), State::kMaster);
  EXPECT_EQ(pair.state(1), State::kMaster);
}

TEST(VrrpGroup, OneThatWasAwayTooLongTakesTheOthersWithIt) {
  Pair pair;
  pair.one(0, Resume{.last_advert = pair.now() - milliseconds(40)});
  pair.one(1, Resume{.last_advert = pair.now() - seconds(2)});
  EXPECT_EQ(pair.state(0), State::kBackup);
  EXPECT_EQ(pair.state(1), State::kBackup);
}

TEST(VrrpGroup, OneThatLosesTakesTheOthersWithIt) {
  Pair pair;
  pair.all(Start{});
  pair.pass(seconds(1));
  EXPECT_EQ(pair.hear(1, 200),
            "advert 100, remove, MASTER>BACKUP (another master has a higher priority), "
            "advert 0, advert 0, remove, MASTER>BACKUP (another member of the group)");
}

TEST(VrrpGroup, AFaultOfOneIsAFaultOfAll) {
  Pair pair;
  pair.all(Start{});
  pair.pass(seconds(1));
  EXPECT_EQ(pair.one(0, FaultChanged{.fault = 2, .present = true}),
            "advert 0, advert 0, remove, MASTER>FAULT (a fault), "
            "advert 0, advert 0, remove, MASTER>FAULT (another member of the group)");
  EXPECT_EQ(pair.one(0, FaultChanged{.fault = 2, .present = false}),
            "FAULT>BACKUP (no fault any more), FAULT>BACKUP (no fault any more)");
}

TEST(VrrpGroup, AllHaveTheWeightOfTheWeakest) {
  Pair pair;
  const auto priorities = [&pair] { return std::pair(pair.priority(0), pair.priority(1)); };
  pair.one(0, WeightChanged{.total = -20});
  EXPECT_EQ(priorities(), std::pair(80, 80));
  pair.one(1, WeightChanged{.total = -5});
  EXPECT_EQ(priorities(), std::pair(80, 80)) << "not the sum: the node is as weak as its weakest part";
  pair.one(0, WeightChanged{.total = 10});
  EXPECT_EQ(priorities(), std::pair(95, 95));
  pair.one(1, WeightChanged{.total = 20});
  EXPECT_EQ(priorities(), std::pair(110, 110));
}

TEST(VrrpGroup, HandsOverTogether) {
  Pair pair;
  pair.all(Start{});
  pair.pass(seconds(1));
  pair.all(Yield{.successor = kHigherNode});
  EXPECT_EQ(pair.state(1), State::kYielding);
  pair.hear(0, 90);
  EXPECT_EQ(pair.state(0), State::kBackup);
  EXPECT_EQ(pair.state(1), State::kBackup);
  pair.all(Take{.predecessor = kHigherNode});
  EXPECT_EQ(pair.state(0), State::kMaster);
  EXPECT_EQ(pair.state(1), State::kMaster);
}

}  // namespace
}  // namespace tandem::vrrp
