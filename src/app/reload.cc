#include "app/reload.h"

#include <utility>

#include "base/log.h"
#include "config/model/effective.h"
#include "config/model/internal_configuration.h"

namespace tandem::app {
namespace {

bool same(const std::shared_ptr<const model::DynamicConfiguration>& a,
          const std::shared_ptr<const model::DynamicConfiguration>& b) {
  return a == b || (a != nullptr && b != nullptr && *a == *b);
}

bool same(const format::Problems& a, const format::Problems& b) {
  return std::ranges::equal(a, b, {}, &format::Problem::text, &format::Problem::text);
}

void log_problems(const provider::Delivery& delivery) {
  for (const format::Problem& problem : delivery.problems) {
    base::log_error("Error in the dynamic configuration",
                    {{"providerName", delivery.provider}, {"error", problem.text()}});
  }
  for (const format::Problem& warning : delivery.warnings) {
    base::log_warn(warning.text(), {{"providerName", delivery.provider}});
  }
}

/// Objects of `now` that are not those of `before`.
template <class T>
void add_changed(const format::SharedMap<T>& before, const format::SharedMap<T>& now, format::SharedMap<T>& changed) {
  format::SharedMap<T>::compare(before, now, [&changed](const auto* /*old*/, const auto* fresh) {
    if (fresh != nullptr) changed.insert_or_assign(fresh->first, fresh->second);
  });
}

}  // namespace

Reload::Reload(std::shared_ptr<const model::StaticConfiguration> static_configuration, Apply apply)
    : static_(std::move(static_configuration)),
      merger_(model::default_entry_points(*static_)),
      models_(*static_),
      apply_(std::move(apply)) {}

void Reload::receive(provider::Delivery delivery) {
  auto& source = sources_[delivery.provider];
  const bool first = source == nullptr;
  if (first) source = std::make_unique<Source>(*this);
  const provider::Delivery& before = source->latest;

  const bool named_files = !first && delivery.named_files_version != before.named_files_version;
  const bool same_problems = !first && same(delivery.problems, before.problems);
  if (!same_problems || !same(delivery.warnings, before.warnings)) log_problems(delivery);
  // What follows from the static configuration was not asked for by anybody.
  const bool other = delivery.configuration != before.configuration;
  if (other && delivery.configuration != nullptr && delivery.provider != model::kInternalProvider)
    report_not_built(*delivery.configuration, before.configuration.get());
  if (delivery.configuration == nullptr) delivery.configuration = before.configuration;
  if (same_problems && !named_files && same(delivery.configuration, before.configuration)) return;

  if (named_files && !delivery.changed_certificates.empty()) {
    changed_certificates_.insert(changed_certificates_.end(), delivery.changed_certificates.begin(),
                                 delivery.changed_certificates.end());
  } else {
    named_files_changed_ |= named_files;
  }
  source->latest = std::move(delivery);
  if (source->throttle.deadline() != loop::kNever) {
    source->waiting = true;  // the newest wins
    return;
  }
  forward(*source);
}

void Reload::report_not_built(const model::DynamicConfiguration& configuration,
                              const model::DynamicConfiguration* before) {
  std::vector<std::string> paths;
  if (before == nullptr) {
    paths = format::not_built(configuration);
  } else {
    const model::HttpConfiguration& old = before->http;
    model::DynamicConfiguration fresh{
        .http = {}, .tcp = configuration.tcp, .udp = configuration.udp, .tls = configuration.tls};
    add_changed(old.routers, configuration.http.routers, fresh.http.routers);
    add_changed(old.services, configuration.http.services, fresh.http.services);
    add_changed(old.middlewares, configuration.http.middlewares, fresh.http.middlewares);
    add_changed(old.serversTransports, configuration.http.serversTransports, fresh.http.serversTransports);
    paths = format::not_built(fresh);
  }
  for (const std::string& path : paths) {
    if (said_not_built_.insert(path).second) {
      base::log_warn("Option has no effect yet: it is not built", {{"option", path}});
    }
  }
}

void Reload::Source::on_timer(void* self) {
  auto& source = *static_cast<Source*>(self);
  if (std::exchange(source.waiting, false)) source.reload.forward(source);
}

void Reload::forward(Source& source) {
  source.applied = source.latest.configuration;
  if (!begun_) return;
  // At once after a calm time, then once in every such duration.
  const loop::Nanoseconds pause = static_->providers.providersThrottleDuration.value;
  if (pause.count() > 0 && source.latest.provider != model::kInternalProvider) {
    source.throttle.arm(loop::Loop::current().now() + pause);
  }
  apply();
}

void Reload::begin() {
  auto internal = model::internal_configuration(*static_);
  provider::Delivery delivery;
  delivery.provider = model::kInternalProvider;
  delivery.configuration = std::make_shared<const model::DynamicConfiguration>(std::move(internal.configuration));
  delivery.problems = std::move(internal.problems);
  begun_ = true;
  receive(std::move(delivery));
}

bool Reload::has_delivered(const std::string& provider) const {
  const auto found = sources_.find(provider);
  return found != sources_.end() && found->second->applied != nullptr;
}

/// Where only named files changed, the configuration is the one it was.
void Reload::merge(std::vector<model::ProviderConfiguration> deliveries) {
  const bool same_as_before = std::ranges::equal(deliveries, merged_from_, [](const auto& a, const auto& b) {
    return a.provider == b.provider && a.configuration == b.configuration;
  });
  if (same_as_before && merged_ != nullptr) return;
  merged_from_ = deliveries;
  model::Merged merged = merger_.merge(std::move(deliveries));
  merged.configuration.http.routers = tls_conflicts_.apply(models_.apply(merged.configuration.http.routers));
  notes_ = std::move(merged.notes);
  const format::Problems dropped = models_.lost();
  notes_.insert(notes_.end(), dropped.begin(), dropped.end());
  for (const format::Problem& note : notes_) base::log_error(note.text());
  merged_ = std::make_shared<const model::DynamicConfiguration>(std::move(merged.configuration));
}

void Reload::apply() {
  Candidate candidate;
  std::vector<model::ProviderConfiguration> deliveries;
  for (const auto& [name, source] : sources_) {
    candidate.recalled += source->latest.recalled;
    for (const format::Problem& problem : source->latest.problems) candidate.errors.push_back({name, problem});
    if (source->applied != nullptr) deliveries.push_back({name, source->applied});
  }
  merge(std::move(deliveries));
  for (const format::Problem& note : notes_) candidate.errors.push_back({{}, note});
  candidate.configuration = merged_;
  candidate.named_files_changed = std::exchange(named_files_changed_, false);
  candidate.changed_certificates = std::exchange(changed_certificates_, {});
  apply_(std::move(candidate));
}

}  // namespace tandem::app
