#include "control/telemetry/prometheus.h"

#include <fmt/format.h>

#include <algorithm>

#include "control/telemetry/prometheus_process.h"
#include "control/telemetry/prometheus_requests.h"
#include "engine/observe/metrics_worker.h"

namespace tandem::telemetry {
namespace {

using observe::WorkerCounters;

void add_process(std::vector<Family>& into) {
  const ProcessFacts facts = process_facts();
  const auto add = [&into](const char* name, const char* help, MetricType type, auto value) {
    if (value) into.push_back({name, help, type, {{.labels = {}, .value = static_cast<double>(*value)}}});
  };
  using enum MetricType;
  add("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", kCounter,
      std::optional(facts.cpu_seconds));
  add("process_max_fds", "Maximum number of open file descriptors.", kGauge, facts.max_fds);
  add("process_network_receive_bytes_total", "Number of bytes received by the process over the network.", kCounter,
      facts.network_received);
  add("process_network_transmit_bytes_total", "Number of bytes sent by the process over the network.", kCounter,
      facts.network_sent);
  add("process_open_fds", "Number of open file descriptors.", kGauge, facts.open_fds);
  add("process_resident_memory_bytes", "Resident memory size in bytes.", kGauge, facts.resident_bytes);
  add("process_start_time_seconds", "Start time of the process since unix epoch in seconds.", kGauge, facts.start_time);
  add("process_virtual_memory_bytes", "Virtual memory size in bytes.", kGauge, facts.virtual_bytes);
  add("process_virtual_memory_max_bytes", "Maximum amount of virtual memory available in bytes.", kGauge,
      facts.virtual_max_bytes);
}

std::string worker_label(std::size_t worker) {
  std::string label;
  append_label(label, "worker", std::to_string(worker));
  return label;
}

void add_workers(std::size_t workers, std::vector<Family>& into) {
  const auto add = [&](const char* name, const char* help, MetricType type, auto value) {
    Family family{name, help, type, {}};
    for (std::size_t i = 0; i < workers; ++i) {
      family.samples.push_back({worker_label(i), value(observe::worker_counters(i))});
    }
    into.push_back(std::move(family));
  };
  const auto number = [](WorkerCounters::Word WorkerCounters::* word) {
    return [word](const WorkerCounters& of) { return static_cast<double>((of.*word).load(std::memory_order_relaxed)); };
  };
  using enum MetricType;
  add("tandem_worker_busy_ratio", "Share of the last tenth of a second or so in which the worker was working.", kGauge,
      [](const WorkerCounters& of) {
        return static_cast<double>(of.busy_permille.load(std::memory_order_relaxed)) / 1000;
      });
  add("tandem_buffer_bytes", "Memory of read buffers, in use or kept for use.", kGauge,
      number(&WorkerCounters::buffer_bytes));
  add("tandem_upstream_connections", "Connections to servers that are open.", kGauge,
      number(&WorkerCounters::upstream_open));
  add("tandem_upstream_connections_idle", "Connections to servers that wait for their next request.", kGauge,
      number(&WorkerCounters::upstream_idle));
  add("tandem_upstream_connections_opened_total", "Connections made to servers.", kCounter,
      number(&WorkerCounters::upstream_opened));
  add("tandem_upstream_connections_reused_total", "Requests that went over a connection that was there already.",
      kCounter, number(&WorkerCounters::upstream_reused));
}

constexpr std::string_view kLateness = "tandem_event_loop_lateness_seconds";

Piece lateness(std::size_t workers) {
  return {.name = std::string(kLateness), .write = [workers](PrometheusText& page) {
            page.head(kLateness, "How much later than due a timer of the worker ran.", MetricType::kHistogram);
            for (std::size_t i = 0; i < workers; ++i) {
              const WorkerCounters& counters = observe::worker_counters(i);
              const std::string labels = worker_label(i);
              std::uint64_t total = 0;
              for (std::size_t b = 0; b < counters.lateness.size(); ++b) {
                total += counters.lateness[b].load(std::memory_order_relaxed);
                const std::string bound =
                    b < WorkerCounters::kLatenessBounds.size()
                        ? number_text(static_cast<double>(WorkerCounters::kLatenessBounds[b]) / 1e6)
                        : "+Inf";
                page.line(fmt::format("{}_bucket{{", kLateness), labels, fmt::format(",le=\"{}\"}} ", bound), total);
              }
              const auto sum = counters.lateness_microseconds.load(std::memory_order_relaxed);
              page.line(fmt::format("{}_sum{{", kLateness), labels, "} ", static_cast<double>(sum) / 1e6);
              page.line(fmt::format("{}_count{{", kLateness), labels, "} ", total);
            }
          }};
}

void write(const Family& family, PrometheusText& page) {
  page.head(family.name, family.help, family.type);
  for (const Sample& sample : family.samples) {
    if (sample.labels.empty()) {
      page.line(family.name, " ", sample.value);
    } else {
      page.line(family.name + "{", sample.labels, "} ", sample.value);
    }
  }
}

}  // namespace

std::string prometheus_page(observe::Metrics& metrics, std::vector<Family> families) {
  const RequestSeries requests(metrics);
  std::vector<Piece> pieces;
  requests.add_pieces(pieces);
  add_process(families);
  add_workers(metrics.workers(), families);
  for (const Family& family : families) {
    if (family.samples.empty()) continue;
    pieces.push_back({.name = family.name, .write = [&family](PrometheusText& page) { write(family, page); }});
  }
  pieces.push_back(lateness(metrics.workers()));
  std::ranges::sort(pieces, {}, &Piece::name);
  PrometheusText page;
  constexpr std::size_t kOthers = std::size_t{64} * 1024;
  page.reserve(kOthers + requests.bytes());
  for (const Piece& piece : pieces) piece.write(page);
  metrics.ids().drop_retired();
  return page.take();
}

}  // namespace tandem::telemetry
