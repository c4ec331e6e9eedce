#pragma once

// Metrics: what is counted about requests: one shard of counters for each worker, written without locks, added up by
// whoever reads. Created at the start by run() and alive as long as the workers; record() and label_set() belong to the
// worker whose number the calling thread carries, ids() to the control thread, the rest to any thread.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/loop/loop.h"
#include "engine/loop/per_worker.h"
#include "engine/observe/metrics_cells.h"
#include "engine/observe/metrics_ids.h"

namespace tandem::observe {

/// A label whose value is the first value of a request header (Traefik: metrics.prometheus.headerLabels).
struct HeaderLabel {
  std::string label;
  std::string header;
};

struct MetricsOptions {
  std::vector<double> buckets{0.1, 0.3, 1.2, 5.0};  ///< seconds; ascending
  bool entry_points = true;
  bool routers = false;
  bool services = true;
  bool internals = false;                    ///< services of the provider `internal` too
  std::vector<HeaderLabel> header_labels{};  ///< sorted by label
};

/// One request as an entry point, a router or a service has seen it.
struct Measured {
  std::uint16_t code = 0;
  MetricMethod method = MetricMethod::kGet;
  MetricProtocol protocol = MetricProtocol::kHttp;
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
  loop::Nanoseconds duration{0};
  std::uint32_t tls = 0;     ///< of tls_set(); 0: clear text
  std::uint32_t labels = 0;  ///< of label_set(); 0: none
};

/// What a handshake agreed on, as labels say it ("1.3", "TLS_AES_128_GCM_SHA256").
struct TlsLabels {
  std::string version;
  std::string cipher;
};

class Metrics {
 public:
  Metrics(MetricsOptions options, std::size_t workers);

  const MetricsOptions& options() const { return options_; }
  MetricIds& ids() { return ids_; }
  const MetricIds& ids() const { return ids_; }

  /// A request has ended. Nothing happens for id 0.
  void record(MetricId id, const Measured& request);
  /// A request was tried once more at a server of this service.
  void record_retry(MetricId service);
  /// The number of these header values (in the order of options().header_labels) on this worker. There is an end to the
  /// combinations a worker remembers; those that come later share one number.
  std::uint32_t label_set(std::span<const std::string_view> values);

  /// The number of these labels on this worker.
  std::uint32_t tls_set(std::string_view version, std::string_view cipher);

  // For pages; each cell is complete, cells are not of one instant.

  /// Words of a cell of requests: these, then one for each bucket and one for what is above all.
  enum Word : std::uint8_t { kRequestBytes, kResponseBytes, kNanoseconds, kFirstBucket };
  std::size_t words() const { return kFirstBucket + bounds_.size() + 1; }
  std::size_t workers() const { return shards_.size(); }
  std::size_t cells() const;
  /// What the key of a cell of requests says.
  struct Labels {
    MetricId id;
    std::uint16_t code;
    MetricMethod method;
    MetricProtocol protocol;
  };
  static Labels labels_of(const CellKey& key) {
    return {.id = static_cast<MetricId>(key.labels >> 32),
            .code = static_cast<std::uint16_t>(key.labels >> 16),
            .method = static_cast<MetricMethod>((key.labels >> 8) & 0xFF),
            .protocol = static_cast<MetricProtocol>(key.labels & 0xFF)};
  }
  /// `visit(key, words)`.
  template <class Visit>
  void read_requests(std::size_t worker, Visit&& visit) const {
    shards_[worker]->requests.read(visit);
  }
  /// `visit(key, count)`; key.detail is a TLS set of that worker.
  template <class Visit>
  void read_tls(std::size_t worker, Visit&& visit) const {
    shards_[worker]->tls.read(visit);
  }
  /// `visit(key, count)`; key.detail is a label set of that worker.
  template <class Visit>
  void read_labelled(std::size_t worker, Visit&& visit) const {
    shards_[worker]->labelled.read(visit);
  }
  /// `visit(key, count)`.
  template <class Visit>
  void read_retries(std::size_t worker, Visit&& visit) const {
    shards_[worker]->retries.read(visit);
  }
  /// The header values of a label set.
  const std::vector<std::string>& label_values(std::size_t worker, std::uint32_t set) const {
    return *shards_[worker]->sets.at(set);
  }
  const TlsLabels& tls_labels(std::size_t worker, std::uint32_t set) const {
    return *shards_[worker]->tls_sets.at(set);
  }

 private:
  struct alignas(64) Shard {
    explicit Shard(std::size_t words) : requests(words) {}
    CellTable requests;
    CellTable tls{1};
    CellTable labelled{1};
    CellTable retries{1};
    StableArray<std::vector<std::string>> sets;
    std::unordered_map<std::string, std::uint32_t> set_numbers;
    StableArray<TlsLabels> tls_sets;
  };
  Shard& local() { return *shards_[loop::worker_index()]; }

  MetricsOptions options_;
  std::vector<std::uint64_t> bounds_;  // of the buckets, in nanoseconds
  MetricIds ids_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace tandem::observe
