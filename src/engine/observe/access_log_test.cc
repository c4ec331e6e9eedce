#include "engine/observe/access_log.h"

#include <gmock/gmock.h>
#include <poll.h>

#include <string>
#include <thread>

namespace tandem::observe {
namespace {

AccessRecord record_of(std::string_view path, std::uint64_t count) {
  AccessRecord record;
  record.numbers.count = count;
  record[AccessText::kPath] = path;
  return record;
}

TEST(AccessRecord, ComesOutAsItWentIn) {
  const std::vector<AccessHeader> headers{{.of_request = true, .name = "User-Agent", .value = "a"},
                                          {.of_request = false, .name = "Set-Cookie", .value = ""}};
  AccessRecord record = record_of("/path", 7);
  record[AccessText::kTlsSubject] = "CN=x";
  record.headers = headers;
  std::string packed(packed_size(record), '\0');
  pack(record, packed);
  UnpackedRecord unpacked;
  const AccessRecord& again = unpacked.unpack(packed);
  EXPECT_EQ(again.numbers.count, 7U);
  EXPECT_EQ(again[AccessText::kPath], "/path");
  EXPECT_EQ(again[AccessText::kTlsSubject], "CN=x");
  EXPECT_EQ(again[AccessText::kRouter], "");
  ASSERT_EQ(again.headers.size(), 2U);
  EXPECT_TRUE(again.headers[0].of_request);
  EXPECT_EQ(again.headers[0].value, "a");
  EXPECT_EQ(again.headers[1].name, "Set-Cookie");
}

TEST(AccessQueue, KeepsTheOrderAcrossItsEnd) {
  AccessQueue queue(4096);
  for (int round = 0; round < 100; ++round) {
    for (char c = 'a'; c < 'd'; ++c) {
      const std::span<char> room = queue.reserve(500);
      ASSERT_EQ(room.size(), 500U);
      std::ranges::fill(room, c);
      queue.publish();
    }
    for (char c = 'a'; c < 'd'; ++c) {
      const std::span<const char> front = queue.front();
      ASSERT_EQ(front.size(), 500U);
      EXPECT_EQ(front.front(), c);
      EXPECT_EQ(front.back(), c);
      queue.pop();
    }
    EXPECT_TRUE(queue.empty());
    EXPECT_TRUE(queue.front().empty());
  }
}

TEST(AccessQueue, IsFullInsteadOfOverwriting) {
  AccessQueue queue(4096);
  int fitted = 0;
  while (!queue.reserve(1000).empty()) {
    queue.publish();
    ++fitted;
  }
  EXPECT_EQ(fitted, 4);
  (void)queue.front();
  queue.pop();
  EXPECT_FALSE(queue.reserve(1000).empty());
  EXPECT_TRUE(queue.reserve(1020).empty()) << "larger than a quarter";
}

TEST(AccessQueue, HandsOverBetweenThreads) {
  constexpr std::uint64_t kRecords = 200'000;
  AccessQueue queue(1 << 14);
  std::thread producer([&queue] {
    for (std::uint64_t i = 0; i < kRecords;) {
      const std::span<char> room = queue.reserve(sizeof i + i % 50);
      if (room.empty()) continue;
      std::memcpy(room.data(), &i, sizeof i);
      queue.publish();
      ++i;
    }
  });
  for (std::uint64_t i = 0; i < kRecords;) {
    const std::span<const char> front = queue.front();
    if (front.empty()) continue;
    std::uint64_t value = 0;
    std::memcpy(&value, front.data(), sizeof value);
    ASSERT_EQ(value, i);
    ASSERT_EQ(front.size(), sizeof i + i % 50);
    queue.pop();
    ++i;
  }
  producer.join();
}

TEST(AccessLog, DropsAndCountsWhatTheWriterDoesNotTake) {
  AccessLog log({}, 4096);
  const std::string path(500, 'p');
  for (std::uint64_t i = 1; i <= 20; ++i) log.push(record_of(path, i));
  std::uint64_t taken = 0;
  for (; !log.queue(0).front().empty(); log.queue(0).pop()) ++taken;
  EXPECT_GT(taken, 0U);
  EXPECT_EQ(taken + log.dropped(), 20U);
  log.count_lost(5);
  EXPECT_EQ(taken + log.dropped(), 25U);
}

TEST(AccessLog, WakesAWriterThatSleeps) {
  AccessLog log({}, 4096);
  pollfd wanted{.fd = log.wake_fd(), .events = POLLIN, .revents = 0};
  log.push(record_of("/", 1));
  EXPECT_EQ(::poll(&wanted, 1, 0), 0) << "it does not sleep";
  EXPECT_FALSE(log.may_sleep()) << "there is a record";
  (void)log.queue(0).front();
  log.queue(0).pop();
  EXPECT_TRUE(log.may_sleep());
  log.push(record_of("/", 2));
  EXPECT_EQ(::poll(&wanted, 1, 0), 1);
  log.woke();
  EXPECT_EQ(::poll(&wanted, 1, 0), 0);
}

TEST(AccessPlan, FiltersAreAlternatives) {
  AccessPlan plan;
  AccessNumbers numbers;
  numbers.downstream_status = 200;
  EXPECT_TRUE(plan.logs(numbers));
  plan.statuses = {{404, 404}, {500, 599}};
  EXPECT_FALSE(plan.logs(numbers));
  numbers.downstream_status = 599;
  EXPECT_TRUE(plan.logs(numbers));
  numbers.downstream_status = 200;
  plan.longer_than_ns = 100;
  numbers.duration_ns = 100;
  EXPECT_FALSE(plan.logs(numbers)) << "not longer";
  numbers.duration_ns = 101;
  EXPECT_TRUE(plan.logs(numbers));
  numbers.duration_ns = 0;
  plan.retried = true;
  EXPECT_FALSE(plan.logs(numbers));
  numbers.retries = 1;
  EXPECT_TRUE(plan.logs(numbers));
}

}  // namespace
}  // namespace tandem::observe
