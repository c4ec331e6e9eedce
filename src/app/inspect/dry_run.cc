#include "app/inspect/dry_run.h"

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "app/reload.h"
#include "config/model/internal_configuration.h"
#include "config/model/merge.h"
#include "control/provider/all.h"
#include "control/provider/dynamic_file.h"
#include "engine/loop/scope.h"

namespace tandem::inspect {
namespace {

using format::Problem;
using format::Problems;

/// Stands for a service of the program itself, which nobody will ask.
class Nobody final : public http::Handler {
 public:
  loop::Task<http::Response> handle(http::Request /*request*/, http::Exchange& exchange) const override {
    return http::ready(http::empty_response(503, exchange.arena));
  }
};

/// Hands deliveries on with what is good of bad files, and keeps what a person wants to know.
class Witness final : public provider::Receiver {
 public:
  Witness(app::Reload& reload, DryRun& into) : reload_(reload), into_(into) {}

  void receive(provider::Delivery delivery) override {
    into_.warnings.insert(into_.warnings.end(), delivery.warnings.begin(), delivery.warnings.end());
    delivery.warnings.clear();  // or they would be logged as well
    const Problems problems = std::move(delivery.problems);
    delivery.problems.clear();
    into_.errors.insert(into_.errors.end(), problems.begin(), problems.end());
    for (const Problem& problem : problems) {
      if (problem.position.source != nullptr) add_what_decodes(*problem.position.source, delivery);
    }
    if (delivery.configuration != nullptr) {
      for (std::string& path : format::not_built(*delivery.configuration)) into_.not_built.push_back(std::move(path));
    }
    reload_.receive(std::move(delivery));
  }

  /// Where an object of a bad file stands.
  format::Position locate(std::string_view path) const {
    return provider::first_known(bad_files_, [path](const auto& file) { return file.positions.find(path); });
  }
  provider::Place locate_certificate(const model::StoredCertificate& certificate) const {
    return provider::first_known(bad_files_,
                                 [&certificate](const auto& file) { return provider::place_of(certificate, file); });
  }

 private:
  void add_what_decodes(const std::string& path, provider::Delivery& delivery) {
    if (!provider::is_nameable_file(path) || !seen_.insert(path).second) return;
    std::ifstream file(path, std::ios::binary);
    if (!file) return;
    std::ostringstream content;
    content << file.rdbuf();
    const std::string text = std::move(content).str();
    Problems known;  // the provider has told them
    Problems warnings;
    auto good = provider::parse_what_decodes(path, text, known, warnings);
    if (!good) return;
    model::DynamicConfiguration whole;
    if (delivery.configuration != nullptr) whole = *delivery.configuration;
    for (Problem& note : model::add_file(whole, good->configuration, path)) {
      into_.warnings.push_back(std::move(note));
    }
    bad_files_.push_back(std::move(*good));
    delivery.configuration = std::make_shared<const model::DynamicConfiguration>(std::move(whole));
  }

  app::Reload& reload_;
  DryRun& into_;
  std::set<std::string> seen_;
  std::vector<provider::DynamicFile> bad_files_;
};

}  // namespace

std::shared_ptr<const routing::Snapshot> build_unserved(
    const std::shared_ptr<const model::StaticConfiguration>& configuration,
    std::shared_ptr<const model::DynamicConfiguration> dynamic) {
  routing::BuildInput input;
  input.static_configuration = configuration;
  input.dynamic = std::move(dynamic);
  for (const auto& [name, service] : model::internal_configuration(*configuration).configuration.http.services) {
    input.internal_services[name] = std::make_shared<const Nobody>();
  }
  return routing::build_snapshot(input, nullptr);
}

DryRun dry_run(const model::StaticConfiguration& configuration, const Inspect& inspect) {
  DryRun run;
  run.configuration = std::make_shared<const model::StaticConfiguration>(configuration);
  app::Candidate last;
  app::Reload reload(run.configuration, [&last](app::Candidate candidate) { last = std::move(candidate); });
  Witness witness(reload, run);
  loop::Loop loop;
  // One look is enough: nothing is to be watched.
  model::Providers options = configuration.providers;
  if (options.file) options.file->watch = false;
  const auto providers = provider::make_all(options, nullptr);
  loop::Scope tasks;
  for (const auto& each : providers) tasks.spawn(each->run(witness));
  reload.begin();
  for (const app::ConfigurationError& error : last.errors) run.errors.push_back(error.problem);

  run.dynamic = last.configuration;
  run.snapshot = build_unserved(run.configuration, run.dynamic);
  Places places;
  places.object = [&providers, &witness](std::string_view provider, std::string_view path) {
    for (const auto& each : providers) {
      if (!provider.empty() && each->name() != provider) continue;
      const format::Position position = each->locate(path);
      return provider::is_known(position) ? position : witness.locate(path);
    }
    return format::Position{};
  };
  places.certificate = [&providers, &witness](const model::StoredCertificate& certificate) {
    provider::Place place = provider::first_known(
        providers, [&certificate](const auto& each) { return each->locate_certificate(certificate); });
    return provider::is_known(place) ? place : witness.locate_certificate(certificate);
  };
  const Problems wrong = app::errors_of(*run.snapshot, places.object);
  run.errors.insert(run.errors.end(), wrong.begin(), wrong.end());
  if (inspect) inspect(run, places);
  return run;
}

}  // namespace tandem::inspect
