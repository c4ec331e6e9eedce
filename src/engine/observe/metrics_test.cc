#include "engine/observe/metrics.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <thread>

namespace tandem::observe {
namespace {

using namespace std::chrono_literals;

struct Sums {
  std::uint64_t count = 0;
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
};

std::map<std::pair<MetricId, int>, Sums> sums(const Metrics& metrics) {
  std::map<std::pair<MetricId, int>, Sums> result;
  for (std::size_t worker = 0; worker < metrics.workers(); ++worker) {
    metrics.read_requests(worker, [&](const CellKey& key, const std::uint64_t* words) {
      const Metrics::Labels labels = Metrics::labels_of(key);
      Sums& sum = result[{labels.id, labels.code}];
      for (std::size_t w = Metrics::kFirstBucket; w < metrics.words(); ++w) sum.count += words[w];
      sum.request_bytes += words[Metrics::kRequestBytes];
      sum.response_bytes += words[Metrics::kResponseBytes];
    });
  }
  return result;
}

Measured answer(std::uint16_t code, loop::Nanoseconds duration = 1ms) {
  Measured request;
  request.code = code;
  request.request_bytes = 2;
  request.response_bytes = 10;
  request.duration = duration;
  return request;
}

TEST(Metrics, RequestsAreCountedByIdAndCode) {
  Metrics metrics({}, 1);
  const MetricId id = metrics.ids().get(MetricScope::kService, "a@file");
  metrics.record(id, answer(200));
  metrics.record(id, answer(200));
  metrics.record(id, answer(404));
  metrics.record(0, answer(404));
  const auto all = sums(metrics);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all.at({id, 200}).count, 2U);
  EXPECT_EQ(all.at({id, 200}).response_bytes, 20U);
  EXPECT_EQ(all.at({id, 404}).request_bytes, 2U);
}

TEST(Metrics, ADurationOnABoundBelongsBelowIt) {
  Metrics metrics({.buckets = {0.1, 1}}, 1);
  const MetricId id = metrics.ids().get(MetricScope::kService, "a");
  for (const auto duration : {100ms, 101ms, 1000ms, 5000ms}) metrics.record(id, answer(200, duration));
  std::vector<std::uint64_t> buckets;
  metrics.read_requests(0, [&](const CellKey&, const std::uint64_t* words) {
    buckets.assign(words + Metrics::kFirstBucket, words + metrics.words());
  });
  EXPECT_EQ(buckets, (std::vector<std::uint64_t>{1, 2, 1}));
}

TEST(Metrics, MethodsHaveTheNamesOfTraefik) {
  for (const char* known : {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PRI", "PUT", "TRACE"}) {
    EXPECT_EQ(text_of(metric_method(known)), known);
  }
  for (const char* other : {"PURGE", "get", "EXTENSION_METHOD", "NON_UTF8_HTTP_METHOD"}) {
    EXPECT_EQ(text_of(metric_method(other)), "EXTENSION_METHOD");
  }
  EXPECT_EQ(text_of(metric_method("G\xFFT")), "NON_UTF8_HTTP_METHOD");
}

TEST(Metrics, LabelSetsAreRememberedUpToALimit) {
  Metrics metrics({.header_labels = {{"client", "X-Client"}}}, 1);
  const auto set = [&metrics](std::string_view value) { return metrics.label_set(std::span(&value, 1)); };
  const std::uint32_t one = set("one");
  EXPECT_EQ(set("one"), one);
  EXPECT_NE(set("two"), one);
  EXPECT_EQ(metrics.label_values(0, one), std::vector<std::string>{"one"});
  for (int i = 0; i < 20'000; ++i) set("value " + std::to_string(i));
  EXPECT_EQ(metrics.label_values(0, set("too late")), std::vector<std::string>{"(other)"});
  EXPECT_EQ(set("one"), one);
}

TEST(MetricIds, ARemovedObjectIsShownOnceMore) {
  MetricIds ids;
  const MetricId a = ids.get(MetricScope::kRouter, "a@file", "s@file");
  EXPECT_EQ(ids.get(MetricScope::kRouter, "a@file", "s@file"), a);
  EXPECT_NE(ids.get(MetricScope::kRouter, "a@file", "t@file"), a);
  ids.retire_unless([](const MetricIds::Named& named) { return named.service != "s@file"; });
  ASSERT_NE(ids.find(a), nullptr);
  EXPECT_FALSE(ids.dropped(a));
  ids.drop_retired();
  EXPECT_EQ(ids.find(a), nullptr);
  EXPECT_TRUE(ids.dropped(a));
  EXPECT_NE(ids.get(MetricScope::kRouter, "a@file", "s@file"), a);
}

TEST(MetricIds, AnObjectThatComesBackInTimeGoesOnCounting) {
  MetricIds ids;
  const MetricId a = ids.get(MetricScope::kService, "a@file");
  ids.retire_unless([](const MetricIds::Named&) { return false; });
  ids.retire_unless([](const MetricIds::Named&) { return true; });
  ids.drop_retired();
  EXPECT_EQ(ids.get(MetricScope::kService, "a@file"), a);
}

TEST(Metrics, CellsOfDroppedIdsAreUsedAgain) {
  Metrics metrics({}, 1);
  std::size_t most = 0;
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 100; ++i) {
      metrics.record(metrics.ids().get(MetricScope::kRouter, std::to_string(round * 100 + i), "s"), answer(200));
    }
    metrics.ids().retire_unless([](const MetricIds::Named&) { return false; });
    metrics.ids().drop_retired();
    most = std::max(most, metrics.cells());
  }
  EXPECT_LE(most, 1000U);
}

// The race detector's subject: workers record while ids come and go and a page is read.
TEST(Metrics, WorkersRecordWhilePagesAreRead) {
  constexpr std::size_t kWorkers = 4;
  constexpr int kRequests = 20'000;
  Metrics metrics({.header_labels = {{"client", "X-Client"}}}, kWorkers);
  const MetricId kept = metrics.ids().get(MetricScope::kService, "kept");
  std::atomic<MetricId> passing{metrics.ids().get(MetricScope::kRouter, "0", "s")};
  std::atomic<std::size_t> running{kWorkers};
  std::vector<std::thread> workers;
  for (std::size_t w = 0; w < kWorkers; ++w) {
    workers.emplace_back([&, w] {
      loop::set_worker_index(w);
      for (int i = 0; i < kRequests; ++i) {
        const std::string value = std::to_string(i % 7);
        const std::string_view view = value;
        Measured request = answer(static_cast<std::uint16_t>(200 + i % 50));
        request.labels = metrics.label_set(std::span(&view, 1));
        request.tls = metrics.tls_set("1.3", i % 2 == 0 ? "TLS_AES_128_GCM_SHA256" : "TLS_AES_256_GCM_SHA384");
        metrics.record(kept, request);
        metrics.record(passing.load(std::memory_order_acquire), request);
      }
      running.fetch_sub(1);
    });
  }
  int round = 0;
  while (running.load() != 0) {
    passing.store(metrics.ids().get(MetricScope::kRouter, std::to_string(++round), "s"), std::memory_order_release);
    metrics.ids().retire_unless(
        [&](const MetricIds::Named& named) { return named.name == "kept" || named.name == std::to_string(round); });
    metrics.ids().drop_retired();
    for (const auto& [key, sum] : sums(metrics)) {
      EXPECT_LE(sum.response_bytes, 10 * kRequests * kWorkers);
      EXPECT_TRUE(key.second >= 200 && key.second < 250) << key.second;
    }
    for (std::size_t w = 0; w < kWorkers; ++w) {
      metrics.read_labelled(w, [&](const CellKey& key, const std::uint64_t*) {
        EXPECT_EQ(metrics.label_values(w, static_cast<std::uint32_t>(key.detail)).size(), 1U);
      });
      metrics.read_tls(w, [&](const CellKey& key, const std::uint64_t*) {
        EXPECT_EQ(metrics.tls_labels(w, static_cast<std::uint32_t>(key.detail)).version, "1.3");
      });
    }
  }
  for (std::thread& worker : workers) worker.join();
  std::uint64_t count = 0;
  for (const auto& [key, sum] : sums(metrics)) count += key.first == kept ? sum.count : 0;
  EXPECT_EQ(count, kRequests * kWorkers);
}

// Printed, not asserted: machines differ.
TEST(Metrics, WhatRecordingCosts) {
  constexpr int kRounds = 2'000'000;
  Metrics metrics({.routers = true}, 1);
  std::vector<MetricId> routers;
  std::vector<MetricId> services;
  for (int i = 0; i < 1000; ++i) {
    routers.push_back(metrics.ids().get(MetricScope::kRouter, std::to_string(i), "s"));
    services.push_back(metrics.ids().get(MetricScope::kService, std::to_string(i)));
  }
  const MetricId entry_point = metrics.ids().get(MetricScope::kEntryPoint, "web");
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < kRounds; ++i) {
    const Measured request = answer(200, loop::Nanoseconds(i * 100));
    const auto at = static_cast<std::size_t>(i) * 7 % routers.size();
    metrics.record(entry_point, request);
    metrics.record(routers[at], request);
    metrics.record(services[at], request);
  }
  const auto took = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - began);
  std::printf("recording a request for entry point, router and service: %.0f ns\n", took.count() / kRounds);
}

}  // namespace
}  // namespace tandem::observe
