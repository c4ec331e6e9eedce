#pragma once

// Provider: a source of dynamic configuration. It runs as one task on the control thread for as long as the program and
// delivers whenever what it sees has changed. docs/add_a_provider.md tells how to write one.
// Control thread only. Owned by app; the Receiver outlives it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/format/decode.h"
#include "config/model/dynamic_configuration.h"
#include "control/provider/object_positions.h"
#include "engine/loop/task.h"

namespace tandem::provider {

/// What a provider sees at one moment.
struct Delivery {
  std::string provider;  ///< "file", "docker", "consulcatalog-NAMESPACE": what stands behind the @ of its objects

  /// Everything that is good, with unqualified names, including the last good content of sources that have become bad.
  /// Null: nothing usable was ever seen; what is in force stays.
  std::shared_ptr<const model::DynamicConfiguration> configuration;

  /// What is wrong at this moment: replaces the problems of the provider's last delivery.
  format::Problems problems;
  /// What deserves attention without being wrong: names defined twice, files that are skipped.
  format::Problems warnings;

  /// Sources that are served as an earlier run of the program accepted them, since nothing good was seen of them yet.
  std::size_t recalled = 0;

  /// Changes with the content of files that the configuration names (certificates, users): objects that read such files
  /// must be built again although their own options are the same.
  std::uint64_t named_files_version = 0;
  /// When named_files_version changed because of these files only, and nothing but tls.certificates and tls.stores
  /// names them: their paths as written. Empty: it may be any file.
  std::vector<std::string> changed_certificates;
};

/// Remembers what sources held when it was last accepted, over the end of the program.
class Memory {
 public:
  struct Recalled {
    std::string content;
    std::string accepted;  ///< the time, for people
  };

  virtual ~Memory() = default;
  /// `source`: the path of a file, or another lasting name.
  virtual void keep(std::string_view source, std::string content) = 0;
  virtual std::optional<Recalled> recall(std::string_view source) const = 0;
  /// Names of remembered sources that begin with `prefix`.
  virtual std::vector<std::string> sources(std::string_view prefix) const = 0;
};

class Receiver {
 public:
  virtual ~Receiver() = default;
  /// May be called from inside a provider's task; must not destroy the provider.
  virtual void receive(Delivery delivery) = 0;
};

class Provider {
 public:
  virtual ~Provider() = default;
  Provider() = default;
  Provider(const Provider&) = delete;
  Provider& operator=(const Provider&) = delete;

  virtual std::string_view name() const = 0;
  /// Delivers until the task is destroyed. The first delivery comes as early as it can, without waiting when the
  /// provider needs no network; errors are deliveries with problems, never the end of the task.
  virtual loop::Task<void> run(Receiver& receiver) = 0;
  /// Look again now, whatever watching says (SIGHUP). REQUIRES: run() was started.
  virtual void reload() {}
  /// Where an object of the last delivery stands ("http.routers.web", without provider); without source when unknown.
  virtual format::Position locate(std::string_view path) const {
    static_cast<void>(path);
    return {};
  }
  /// The same for a certificate, which has no name.
  virtual Place locate_certificate(const model::StoredCertificate& certificate) const {
    static_cast<void>(certificate);
    return {};
  }
};

}  // namespace tandem::provider
