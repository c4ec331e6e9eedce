#pragma once

// For tests: nodes of a pair on one loop with the manual clock, connected over loopback.

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "control/peer/peer_link.h"
#include "control/peer/peer_link_state.h"
#include "control/peer/peer_transport.h"
#include "engine/loop/drive.h"

namespace tandem::peer {

using namespace std::chrono_literals;

/// A directory that goes with the test.
struct TestDirectory {
  TestDirectory() {
    std::array<char, 64> name{"/tmp/tandem-peer-XXXXXX"};
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path = name.data();
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  ~TestDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::string path;
};

inline PeerKeys keys_in(const TestDirectory& directory, const std::string& name) {
  auto keys = load_or_make_keys(directory.path, name);
  if (!keys) std::abort();
  return *keys;
}

inline void trust(const TestDirectory& where, const TestDirectory& whom, const std::string& name) {
  if (!trust_peer(where.path, name, keys_in(whom, name).pem)) std::abort();
}

/// A node; what its link reports is counted.
struct TestNode {
  TestNode(const std::string& name, const TestDirectory& directory, std::vector<std::string> peers = {}) {
    PeerLink::Settings settings;
    settings.node = name;
    settings.listen = "127.0.0.1:0";
    settings.peers = std::move(peers);
    settings.directory = directory.path;
    auto made = PeerLink::make(std::move(settings));
    if (!made) {
      ADD_FAILURE() << made.error().text();
      std::abort();
    }
    link = std::move(*made);
    link->start([this] { ++changes; },
                [](boost::json::object request, const PeerLink::Peer& from) { return answer(request, from.name); });
  }
  static loop::Task<boost::json::object> answer(boost::json::object request, std::string from) {
    co_return boost::json::object{{"echo", std::move(request)}, {"from", from}};
  }
  std::string address() const { return link->address().text(); }
  PeerLink::Peer peer(const std::string& name) const {
    for (PeerLink::Peer& each : link->peers()) {
      if (each.name == name) return each;
    }
    return {};
  }
  PeerLink::LinkState state(const std::string& name) const { return peer(name).state; }

  std::unique_ptr<PeerLink> link;
  int changes = 0;
};

/// Lets time pass in small steps, with the traffic that belongs to it, until `done()` holds or so much has passed.
template <class Condition>
bool pass_until(Condition done, loop::Nanoseconds most = 10s) {
  loop::Loop& loop = loop::Loop::current();
  const loop::TimePoint end = loop.now() + most;
  while (!done() && loop.now() < end) {
    loop.advance(10ms);
    loop::turn(20);
  }
  return done();
}
inline void pass(loop::Nanoseconds time) {
  pass_until([] { return false; }, time);
}

}  // namespace tandem::peer
