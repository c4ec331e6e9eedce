#include "control/ha/ticket_sharing.h"

#include <gtest/gtest.h>

#include "config/format/json_fields.h"
#include "control/peer/peer_link_test.h"

namespace tandem::ha {
namespace {

using boost::json::object;
using peer::pass;
using peer::pass_until;
using peer::TestDirectory;

/// A node with its link; `got` holds what its proxy was told last, by the node that it came from.
struct SharingNode {
  SharingNode(const std::string& name, const TestDirectory& directory, std::vector<std::string> peers = {}) {
    auto made = peer::PeerLink::make(
        {.node = name, .listen = "127.0.0.1:0", .peers = std::move(peers), .directory = directory.path});
    if (!made) std::abort();
    link = std::move(*made);
    sharing = std::make_unique<TicketSharing>(name, *link, [this](const object& message) {
      ++messages;
      got[std::string(format::text_in(message, "node"))] = ticket_keys_in(message);
    });
    link->start([this] { sharing->tell_peers(); },
                [this](object request, const peer::PeerLink::Peer& from) { return answer(std::move(request), from); });
  }
  ~SharingNode() { sharing.reset(); }
  SharingNode(const SharingNode&) = delete;
  SharingNode& operator=(const SharingNode&) = delete;
  loop::Task<object> answer(object request, peer::PeerLink::Peer from) { co_return sharing->answer(request, from); }
  std::string address() const { return link->address().text(); }
  bool is_up() const { return link->peers().front().state == peer::PeerLink::LinkState::kUp; }

  std::unique_ptr<peer::PeerLink> link;
  std::unique_ptr<TicketSharing> sharing;
  TicketSharing::Keys got;
  int messages = 0;
};

class Sharing : public testing::Test {
 protected:
  Sharing() {
    peer::trust(d1_, d2_, "n2");
    peer::trust(d2_, d1_, "n1");
    n1_ = std::make_unique<SharingNode>("n1", d1_);
  }
  void start_n2() { n2_ = std::make_unique<SharingNode>("n2", d2_, std::vector{n1_->address()}); }

  loop::Loop loop_{loop::Loop::ClockKind::kManual};
  TestDirectory d1_;
  TestDirectory d2_;
  std::unique_ptr<SharingNode> n1_;
  std::unique_ptr<SharingNode> n2_;
};

TEST_F(Sharing, KeysReachTheOtherNodesProxyOnceForEachChange) {
  n1_->sharing->proxy_told("first");
  start_n2();
  ASSERT_TRUE(pass_until([this] { return n2_->got["n1"] == "first"; }));
  n1_->sharing->proxy_told("second");
  ASSERT_TRUE(pass_until([this] { return n2_->got["n1"] == "second"; }));
  for (int i = 0; i < 5; ++i) n1_->sharing->tell_peers();
  pass(std::chrono::seconds(1));
  EXPECT_EQ(n2_->messages, 2);
  EXPECT_EQ(n1_->messages, 0) << "n2 has none of its own";
}

TEST_F(Sharing, ANodeThatComesBackGetsThemAgain) {
  n1_->sharing->proxy_told("ours");
  for (int i = 0; i < 2; ++i) {
    start_n2();
    ASSERT_TRUE(pass_until([this] { return n2_->got["n1"] == "ours"; })) << i;
    n2_.reset();
    ASSERT_TRUE(pass_until([this] { return !n1_->is_up(); })) << i;
  }
}

TEST_F(Sharing, TheNextProxyAndTheNextProgramGetAllThatIsKnown) {
  start_n2();
  n1_->sharing->proxy_told("ours");
  n2_->sharing->proxy_told("theirs");
  ASSERT_TRUE(pass_until([this] { return n1_->got["n2"] == "theirs"; }));
  const std::vector<object> expected{ticket_keys_message("n1", "ours"), ticket_keys_message("n2", "theirs")};
  EXPECT_EQ(n1_->sharing->messages(), expected);
  TicketSharing next("n1", *n1_->link, {});
  next.know(n1_->sharing->known());
  EXPECT_EQ(next.messages(), expected);
}

TEST_F(Sharing, WhatCannotBeKeysIsRefused) {
  const peer::PeerLink::Peer from{.name = "n2"};
  for (const std::string& keys : {std::string(), std::string(100'000, 'x')}) {
    EXPECT_NE(format::text_in(n1_->sharing->answer(ticket_keys_message({}, keys), from), "error"), "");
  }
  EXPECT_EQ(n1_->messages, 0);
  EXPECT_TRUE(n1_->sharing->known().empty());
}

}  // namespace
}  // namespace tandem::ha
