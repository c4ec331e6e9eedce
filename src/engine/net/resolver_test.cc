#include "engine/net/resolver.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

#include "engine/loop/drive.h"
#include "engine/net/resolver_sources.h"
#include "engine/net/tcp.h"

namespace tandem::net {
namespace {

using base::ErrorKind;
using loop::turn_until;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

/// A DNS server on 127.0.0.1 that knows some names; it runs on the test's own loop.
class FakeDns {
 public:
  enum class Mood { kAnswer, kSilent, kFail };
  struct Record {
    std::vector<std::string> v4;
    std::vector<std::string> v6;
    std::uint32_t ttl = 60;
  };

  FakeDns() {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const Address at(*IpAddress::parse("127.0.0.1"), 0);
    EXPECT_EQ(::bind(fd, at.raw(), at.raw_length()), 0);
    port_ = local_address(fd).port();
    socket_.emplace(fd);
    tasks_.spawn(serve());
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  std::map<std::string, Record> records;
  Mood mood = Mood::kAnswer;
  int questions = 0;

 private:
  static void put16(std::string& out, unsigned value) {
    out.push_back(static_cast<char>(value >> 8));
    out.push_back(static_cast<char>(value & 0xff));
  }
  static std::string name_of(std::string_view message) {
    std::string name;
    for (std::size_t at = 12; at < message.size() && message[at] != 0;) {
      const auto size = static_cast<std::size_t>(message[at]);
      if (!name.empty()) name.push_back('.');
      name.append(message.substr(at + 1, size));
      at += size + 1;
    }
    return name;
  }
  std::string answer_to(std::string_view message) const {
    const std::string name = name_of(message);
    const std::size_t question_end = 12 + name.size() + 2 + 4;
    const unsigned type = static_cast<unsigned char>(message[question_end - 3]);
    const auto record = records.find(name);
    const unsigned code = mood == Mood::kFail ? 2 : record == records.end() ? 3 : 0;
    std::vector<std::string> found;
    if (code == 0) found = type == 1 ? record->second.v4 : type == 28 ? record->second.v6 : found;
    std::string out(message.substr(0, 2));
    put16(out, 0x8180 | code);
    put16(out, 1);
    put16(out, static_cast<unsigned>(found.size()));
    put16(out, 0);
    put16(out, 0);
    out.append(message.substr(12, question_end - 12));
    for (const std::string& text : found) {
      put16(out, 0xc00c);
      put16(out, type);
      put16(out, 1);
      put16(out, record->second.ttl >> 16);
      put16(out, record->second.ttl & 0xffff);
      const IpAddress ip = *IpAddress::parse(text);
      const std::size_t size = ip.is_v4() ? 4 : 16;
      put16(out, static_cast<unsigned>(size));
      out.append(reinterpret_cast<const char*>(ip.bytes().data()), size);
    }
    return out;
  }
  loop::Task<void> serve() {
    std::array<char, 1024> room;
    for (;;) {
      sockaddr_in from{};
      socklen_t length = sizeof from;
      const ssize_t got =
          ::recvfrom(socket_->fd(), room.data(), room.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
      if (got < 0) {
        socket_->drained();
        (void)co_await socket_->readable(loop::kNever);
        continue;
      }
      ++questions;
      if (mood == Mood::kSilent) continue;
      const std::string out = answer_to(std::string_view(room.data(), static_cast<std::size_t>(got)));
      ::sendto(socket_->fd(), out.data(), out.size(), 0, reinterpret_cast<sockaddr*>(&from), length);
    }
  }

  std::optional<loop::Descriptor> socket_;
  std::uint16_t port_ = 0;
  loop::Scope tasks_;
};

using Found = base::Result<std::vector<IpAddress>>;

loop::Task<void> resolve_into(std::string host, loop::TimePoint deadline, std::optional<Found>* into) {
  into->emplace(co_await resolve(std::move(host), deadline));
}

class Resolver : public testing::Test {
 protected:
  Resolver() {
    std::string pattern = testing::TempDir() + "resolverXXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    write("hosts", "127.0.0.1 localhost\n10.9.8.7 filed Alias.Example\n");
    write("resolv.conf", "options ndots:1\n");
    sources_.servers = dns_.address();
    sources_.hosts = folder_ + "/hosts";
    sources_.configuration = folder_ + "/resolv.conf";
    sources_.timeout_milliseconds = 50;
    sources_.tries = 1;
    set_resolver_sources(sources_);
    dns_.records["one.test"] = {{"10.0.0.1"}, {}, 60};
  }
  ~Resolver() override { set_resolver_sources({}); }

  void write(const std::string& name, std::string_view text) const {
    std::ofstream(folder_ + "/" + name, std::ios::trunc) << text;
  }
  static Found ask(std::string host, loop::TimePoint deadline = loop::kNever) {
    return loop::drive(resolve(std::move(host), deadline));
  }
  static std::vector<std::string> texts(const Found& found) {
    std::vector<std::string> out;
    if (!found) return {found.error().message()};
    for (const IpAddress& ip : *found) out.push_back(ip.text());
    return out;
  }

  loop::Loop loop_{loop::Loop::ClockKind::kManual};
  FakeDns dns_;
  std::string folder_;
  ResolverSources sources_;
};

TEST_F(Resolver, LiteralsCostNothing) {
  EXPECT_THAT(texts(ask("1.2.3.4")), ElementsAre("1.2.3.4"));
  EXPECT_THAT(texts(ask("::1")), ElementsAre("::1"));
  EXPECT_EQ(dns_.questions, 0);
}

TEST_F(Resolver, HostsFileAndLocalhostAskNoServer) {
  EXPECT_THAT(texts(ask("filed")), ElementsAre("10.9.8.7"));
  EXPECT_THAT(texts(ask("ALIAS.example")), ElementsAre("10.9.8.7"));
  EXPECT_THAT(texts(ask("localhost")), testing::Contains("127.0.0.1"));
  EXPECT_EQ(dns_.questions, 0);
}

TEST_F(Resolver, AsksForBothKindsOfAddressesOnceAndKeepsTheAnswer) {
  dns_.records["both.test"] = {{"10.0.0.1", "10.0.0.2"}, {"2001:db8::1"}, 60};
  EXPECT_THAT(texts(ask("both.test")), UnorderedElementsAre("10.0.0.1", "10.0.0.2", "2001:db8::1"));
  EXPECT_EQ(dns_.questions, 2);
  EXPECT_THAT(texts(ask("BOTH.test")), UnorderedElementsAre("10.0.0.1", "10.0.0.2", "2001:db8::1"));
  EXPECT_EQ(dns_.questions, 2);
}

TEST_F(Resolver, HonoursTheTimeToLive) {
  dns_.records["one.test"].ttl = 10;
  EXPECT_THAT(texts(ask("one.test")), ElementsAre("10.0.0.1"));
  dns_.records["one.test"].v4 = {"10.0.0.9"};
  loop_.advance(seconds(9));
  EXPECT_THAT(texts(ask("one.test")), ElementsAre("10.0.0.1"));
  loop_.advance(seconds(2));
  EXPECT_THAT(texts(ask("one.test")), ElementsAre("10.0.0.9"));
}

TEST_F(Resolver, BoundsTheTimeToLive) {
  dns_.records["zero.test"] = {{"10.0.0.1"}, {}, 0};
  dns_.records["long.test"] = {{"10.0.0.1"}, {}, 1000000};
  (void)ask("zero.test");
  (void)ask("long.test");
  const int before = dns_.questions;
  (void)ask("zero.test");
  EXPECT_EQ(dns_.questions, before);
  loop_.advance(minutes(61));
  (void)ask("long.test");
  EXPECT_GT(dns_.questions, before);
}

TEST_F(Resolver, RemembersMissingNamesForSeconds) {
  const Found missing = ask("missing.test");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind(), ErrorKind::kDns);
  EXPECT_EQ(missing.error().message(), "lookup missing.test: no such host");
  const int before = dns_.questions;
  EXPECT_FALSE(ask("missing.test"));
  EXPECT_EQ(dns_.questions, before);
  dns_.records["missing.test"] = {{"10.0.0.1"}, {}, 60};
  loop_.advance(seconds(4));
  EXPECT_THAT(texts(ask("missing.test")), ElementsAre("10.0.0.1"));
}

TEST_F(Resolver, ConcurrentCallersShareOneQuestion) {
  std::array<std::optional<Found>, 5> found;
  loop::Scope scope;
  for (auto& one : found) scope.spawn(resolve_into("one.test", loop::kNever, &one));
  EXPECT_EQ(resolver_questions(), 1U);
  turn_until([&] { return scope.size() == 0; });
  for (const auto& one : found) EXPECT_THAT(texts(*one), ElementsAre("10.0.0.1"));
  EXPECT_EQ(dns_.questions, 2);
  EXPECT_EQ(resolver_questions(), 0U);
}

TEST_F(Resolver, EndsAtTheDeadline) {
  dns_.mood = FakeDns::Mood::kSilent;
  std::optional<Found> found;
  loop::Scope scope;
  scope.spawn(resolve_into("one.test", loop_.now() + std::chrono::milliseconds(10), &found));
  loop::turn(3);
  EXPECT_FALSE(found);
  loop_.advance(std::chrono::milliseconds(10));
  ASSERT_TRUE(found);
  ASSERT_FALSE(*found);
  EXPECT_EQ(found->error().kind(), ErrorKind::kTimeout);
  EXPECT_EQ(resolver_questions(), 0U);
}

TEST_F(Resolver, EachCallerHasItsOwnDeadline) {
  dns_.mood = FakeDns::Mood::kSilent;
  std::optional<Found> hasty;
  std::optional<Found> patient;
  sources_.timeout_milliseconds = 60000;
  set_resolver_sources(sources_);
  loop::Scope scope;
  scope.spawn(resolve_into("one.test", loop_.now() + seconds(1), &hasty));
  scope.spawn(resolve_into("one.test", loop_.now() + seconds(2), &patient));
  loop_.advance(seconds(1));
  EXPECT_TRUE(hasty);
  EXPECT_FALSE(patient);
  EXPECT_EQ(resolver_questions(), 1U);
  loop_.advance(seconds(1));
  EXPECT_TRUE(patient);
  EXPECT_EQ(resolver_questions(), 0U);
}

TEST_F(Resolver, WaitingCallersMayBeDestroyedInAnyOrder) {
  for (int victim = 0; victim < 4; ++victim) {
    std::array<std::optional<Found>, 3> found;
    std::array<loop::Scope, 3> scopes;
    const std::string name = "name" + std::to_string(victim) + ".test";
    dns_.records[name] = {{"10.0.0.3"}, {}, 60};
    for (std::size_t i = 0; i < 3; ++i) scopes[i].spawn(resolve_into(name, loop::kNever, &found[i]));
    for (std::size_t i = 0; i < 3; ++i) {
      if (victim == 3 || static_cast<int>(i) == victim) scopes[i].cancel();
    }
    EXPECT_EQ(resolver_questions(), victim == 3 ? 0U : 1U);
    turn_until([] { return resolver_questions() == 0; });
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(found[i].has_value(), victim != 3 && static_cast<int>(i) != victim);
    }
  }
}

loop::Task<void> resolve_then_cancel(std::array<loop::Scope, 3>& scopes, std::size_t own, int* answered) {
  const Found found = co_await resolve("one.test", loop::kNever);
  ++*answered;
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    if (i != own) scopes[i].cancel();
  }
  const Found again = co_await resolve("other.test", loop::kNever);
  EXPECT_FALSE(again);
}

TEST_F(Resolver, TheFirstToBeAnsweredMayDestroyTheOthersAndAskAnew) {
  int answered = 0;
  std::array<loop::Scope, 3> scopes;
  for (std::size_t i = 0; i < 3; ++i) scopes[i].spawn(resolve_then_cancel(scopes, i, &answered));
  turn_until([&] { return scopes[0].size() + scopes[1].size() + scopes[2].size() == 0; });
  EXPECT_EQ(answered, 1);
}

TEST_F(Resolver, ServesAnOldAnswerWhenTheServerIsSilentOrFails) {
  EXPECT_THAT(texts(ask("one.test")), ElementsAre("10.0.0.1"));
  loop_.advance(seconds(61));
  dns_.mood = FakeDns::Mood::kFail;
  EXPECT_THAT(texts(ask("one.test")), ElementsAre("10.0.0.1"));
  const int before = dns_.questions;
  EXPECT_THAT(texts(ask("one.test")), ElementsAre("10.0.0.1"));
  EXPECT_EQ(dns_.questions, before);  // the failing server is spared for a moment
  loop_.advance(seconds(4));
  dns_.mood = FakeDns::Mood::kSilent;
  std::optional<Found> late;
  loop::Scope scope;
  scope.spawn(resolve_into("one.test", loop_.now() + std::chrono::milliseconds(5), &late));
  loop_.advance(std::chrono::milliseconds(5));
  ASSERT_TRUE(late);
  EXPECT_THAT(texts(*late), ElementsAre("10.0.0.1"));
  dns_.mood = FakeDns::Mood::kFail;
  loop_.advance(minutes(6));
  const Found too_old = ask("one.test");
  ASSERT_FALSE(too_old);
  EXPECT_EQ(too_old.error().kind(), ErrorKind::kDns);
}

TEST_F(Resolver, ANameThatHasGoneIsNotServedFromOldAnswers) {
  EXPECT_THAT(texts(ask("one.test")), ElementsAre("10.0.0.1"));
  dns_.records.clear();
  loop_.advance(seconds(61));
  EXPECT_THAT(texts(ask("one.test")), ElementsAre(HasSubstr("no such host")));
}

TEST_F(Resolver, ReadsChangedFilesAgain) {
  EXPECT_THAT(texts(ask("one.test")), ElementsAre("10.0.0.1"));
  write("hosts", "10.1.1.1 one.test\n192.0.2.1 another\n");
  loop_.advance(seconds(2));
  EXPECT_THAT(texts(ask("one.test")), ElementsAre("10.1.1.1"));
}

TEST_F(Resolver, NonsenseIsNoName) {
  EXPECT_FALSE(ask(""));
  EXPECT_FALSE(ask(std::string("a\0b", 3)));
  EXPECT_FALSE(ask(std::string(300, 'x')));
  EXPECT_FALSE(ask("a..b"));
}

TEST(ResolverClock, GivesUpWhenTheServerNeverAnswers) {
  loop::Loop loop;
  FakeDns dns;
  dns.mood = FakeDns::Mood::kSilent;
  set_resolver_sources({.servers = dns.address(), .timeout_milliseconds = 20, .tries = 2});
  const Found found = loop::drive(resolve("one.test", loop::kNever));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind(), ErrorKind::kDns);
  EXPECT_EQ(dns.questions, 4);
  set_resolver_sources({});
}

}  // namespace
}  // namespace tandem::net
