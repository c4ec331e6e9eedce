#include "control/telemetry/prometheus.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>

namespace tandem::telemetry {
namespace {

using observe::Measured;
using observe::MetricId;
using observe::Metrics;
using observe::MetricScope;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

Measured answer(std::uint16_t code) {
  Measured request;
  request.code = code;
  request.response_bytes = 10;
  request.duration = 250ms;
  return request;
}

/// The lines of the page that begin with `prefix`.
std::string lines_of(const std::string& page, std::string_view prefix) {
  std::string found;
  for (std::size_t at = 0; at < page.size();) {
    const std::size_t end = page.find('\n', at);
    const std::string_view line = std::string_view(page).substr(at, end + 1 - at);
    if (line.starts_with(prefix)) found.append(line);
    at = end + 1;
  }
  return found;
}

TEST(PrometheusText, NumbersAreWrittenAsGoWritesThem) {
  EXPECT_EQ(number_text(0), "0");
  EXPECT_EQ(number_text(0.3), "0.3");
  EXPECT_EQ(number_text(0.00005), "5e-05");
  EXPECT_EQ(number_text(0.0001), "0.0001");
  EXPECT_EQ(number_text(999999), "999999");
  EXPECT_EQ(number_text(1e6), "1e+06");
  EXPECT_EQ(number_text(2741305342), "2.741305342e+09");
  EXPECT_EQ(number_text(18446744073709551615.0), "1.8446744073709552e+19");
  std::string text;
  append_number(text, std::uint64_t{1234567});
  EXPECT_EQ(text, "1.234567e+06");
}

TEST(PrometheusText, LabelValuesAreEscaped) {
  std::string text;
  append_label(text, "a", "say \"hi\"\\");
  append_label(text, "b", "x\ny\xFFz");
  EXPECT_EQ(text, R"(a="say \"hi\"\\",b="x\ny)"
                  "\xEF\xBF\xBDz\"");
}

TEST(PrometheusPage, WorkersAreAddedUp) {
  Metrics metrics({}, 2);
  const MetricId id = metrics.ids().get(MetricScope::kEntryPoint, "web");
  metrics.record(id, answer(200));
  loop::set_worker_index(1);
  metrics.record(id, answer(200));
  metrics.record(id, answer(1234));
  loop::set_worker_index(0);
  const std::string page = prometheus_page(metrics, {});
  EXPECT_EQ(lines_of(page, "traefik_entrypoint_requests_total"),
            "traefik_entrypoint_requests_total{code=\"1234\",entrypoint=\"web\",method=\"GET\",protocol=\"http\"} 1\n"
            "traefik_entrypoint_requests_total{code=\"200\",entrypoint=\"web\",method=\"GET\",protocol=\"http\"} 2\n");
  EXPECT_EQ(
      lines_of(page, "traefik_entrypoint_request_duration_seconds_bucket{code=\"200\""),
      R"(traefik_entrypoint_request_duration_seconds_bucket{code="200",entrypoint="web",method="GET",protocol="http",le="0.1"} 0
traefik_entrypoint_request_duration_seconds_bucket{code="200",entrypoint="web",method="GET",protocol="http",le="0.3"} 2
traefik_entrypoint_request_duration_seconds_bucket{code="200",entrypoint="web",method="GET",protocol="http",le="1.2"} 2
traefik_entrypoint_request_duration_seconds_bucket{code="200",entrypoint="web",method="GET",protocol="http",le="5"} 2
traefik_entrypoint_request_duration_seconds_bucket{code="200",entrypoint="web",method="GET",protocol="http",le="+Inf"} 2
)");
  EXPECT_THAT(page, HasSubstr("_sum{code=\"200\",entrypoint=\"web\",method=\"GET\",protocol=\"http\"} 0.5\n"));
}

TEST(PrometheusPage, SeriesStandInTheOrderOfTheirLabels) {
  Metrics metrics({.routers = true}, 1);
  const MetricId b = metrics.ids().get(MetricScope::kRouter, "b@file", "s@file");
  const MetricId a = metrics.ids().get(MetricScope::kRouter, "a@file", "s@file");
  Measured post = answer(200);
  post.method = observe::MetricMethod::kPost;
  metrics.record(b, answer(200));
  metrics.record(a, post);
  metrics.record(b, answer(404));
  metrics.record(a, answer(200));
  EXPECT_EQ(lines_of(prometheus_page(metrics, {}), "traefik_router_requests_total"),
            R"(traefik_router_requests_total{code="200",method="GET",protocol="http",router="a@file",service="s@file"} 1
traefik_router_requests_total{code="200",method="GET",protocol="http",router="b@file",service="s@file"} 1
traefik_router_requests_total{code="200",method="POST",protocol="http",router="a@file",service="s@file"} 1
traefik_router_requests_total{code="404",method="GET",protocol="http",router="b@file",service="s@file"} 1
)");
}

TEST(PrometheusPage, HeaderLabelsAreOnTheCountsOfRequestsAlone) {
  Metrics metrics({.header_labels = {{"client", "X-Client"}}}, 1);
  const MetricId id = metrics.ids().get(MetricScope::kService, "s@file");
  Measured request = answer(200);
  const std::string_view value = "one";
  request.labels = metrics.label_set(std::span(&value, 1));
  metrics.record(id, request);
  const std::string page = prometheus_page(metrics, {});
  EXPECT_EQ(lines_of(page, "traefik_service_requests_total"),
            "traefik_service_requests_total{client=\"one\",code=\"200\",method=\"GET\",protocol=\"http\",service=\"s@"
            "file\"} 1\n");
  EXPECT_EQ(lines_of(page, "traefik_service_responses_bytes_total"),
            "traefik_service_responses_bytes_total{code=\"200\",method=\"GET\",protocol=\"http\",service=\"s@file\"} "
            "10\n");
}

TEST(PrometheusPage, TlsAndRetriesAreThereOnceTheyHappened) {
  Metrics metrics({}, 1);
  const MetricId id = metrics.ids().get(MetricScope::kService, "s@file");
  EXPECT_THAT(prometheus_page(metrics, {}), Not(HasSubstr("traefik_service")));
  Measured request = answer(200);
  request.tls = metrics.tls_set("1.3", "TLS_AES_128_GCM_SHA256");
  metrics.record(id, request);
  metrics.record_retry(id);
  const std::string page = prometheus_page(metrics, {});
  EXPECT_THAT(page, HasSubstr("traefik_service_requests_tls_total{service=\"s@file\",tls_cipher=\"TLS_AES_128_GCM_"
                              "SHA256\",tls_version=\"1.3\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("traefik_service_retries_total{service=\"s@file\"} 1\n"));
}

TEST(PrometheusPage, SeriesOfRemovedObjectsAreShownOnceMore) {
  Metrics metrics({}, 1);
  metrics.record(metrics.ids().get(MetricScope::kService, "s@file"), answer(200));
  metrics.ids().retire_unless([](const auto&) { return false; });
  EXPECT_THAT(prometheus_page(metrics, {}), HasSubstr("s@file"));
  EXPECT_THAT(prometheus_page(metrics, {}), Not(HasSubstr("s@file")));
}

TEST(PrometheusPage, MetricsStandInTheOrderOfTheirNames) {
  Metrics metrics({}, 1);
  metrics.record(metrics.ids().get(MetricScope::kService, "s@file"), answer(200));
  const std::string page = prometheus_page(
      metrics, {{"traefik_open_connections", "Open.", MetricType::kGauge, {{.labels = "a=\"b\"", .value = 2}}}});
  EXPECT_THAT(page, HasSubstr("# HELP traefik_open_connections Open.\n# TYPE traefik_open_connections gauge\n"
                              "traefik_open_connections{a=\"b\"} 2\n"));
  std::vector<std::string> names;
  const std::string heads = lines_of(page, "# TYPE ");
  for (std::size_t at = 0; at < heads.size(); at = heads.find('\n', at) + 1) {
    names.push_back(heads.substr(at, heads.find('\n', at) - at));
  }
  EXPECT_TRUE(std::ranges::is_sorted(names));
  EXPECT_GE(names.size(), 15U);
}

double cpu_milliseconds() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  const auto milliseconds = [](const timeval& t) { return t.tv_sec * 1e3 + t.tv_usec / 1e3; };
  return milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
}

// Printed, not asserted: machines differ.
TEST(PrometheusPage, WhatAPageOfTenThousandRoutersCosts) {
  constexpr int kRouters = 10'000;
  Metrics metrics({.routers = true}, 4);
  for (int i = 0; i < kRouters; ++i) {
    const std::string name = std::to_string(i);
    const MetricId router = metrics.ids().get(MetricScope::kRouter, "router-" + name + "@docker", "service@docker");
    for (std::size_t worker = 0; worker < 4; ++worker) {
      loop::set_worker_index(worker);
      metrics.record(router, answer(200));
    }
  }
  loop::set_worker_index(0);
  const double before = cpu_milliseconds();
  const std::string page = prometheus_page(metrics, {});
  std::printf("a page of %d routers on four workers, %.1f MB: %.1f ms of CPU\n", kRouters,
              static_cast<double>(page.size()) / 1e6, cpu_milliseconds() - before);
}

}  // namespace
}  // namespace tandem::telemetry
