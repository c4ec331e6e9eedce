#include "app/pair_metrics.h"

#include <boost/json/array.hpp>
#include <map>

#include "config/format/json_fields.h"

namespace tandem::app {
namespace {

using boost::json::object;
using boost::json::value;
using format::flag_in;
using format::list_in;
using format::number_in;
using format::part_in;
using format::text_in;
using telemetry::Family;
using telemetry::MetricType;

std::string label(std::string_view name, std::string_view text) {
  std::string out;
  telemetry::append_label(out, name, text);
  return out;
}

std::string labels(std::string_view instance, std::string_view name, std::string_view text) {
  std::string out = label("instance", instance);
  telemetry::append_label(out, name, text);
  return out;
}

/// keepalived's number of a state, which its exporters show.
double number_of_state(std::string_view state) {
  static const std::map<std::string_view, int> kNumbers{{"INIT", 0},     {"BACKUP", 1}, {"MASTER", 2},
                                                        {"YIELDING", 2}, {"FAULT", 3},  {"STOP", 98}};
  const auto found = kNumbers.find(state);
  return found == kNumbers.end() ? -1 : found->second;
}

/// One line for each instance, of a number among its members.
struct OfInstance {
  const char* name;
  const char* help;
  const char* member;
};

constexpr std::array<OfInstance, 3> kGauges{
    {{"tandem_ha_priority", "Priority that the next advert says.", "priority"},
     {"tandem_ha_base_priority", "Priority as configured.", "basePriority"},
     {"tandem_ha_seconds_in_state", "Time since the state was entered.", "secondsInState"}}};

constexpr std::array<OfInstance, 4> kCounters{
    {{"tandem_ha_adverts_sent_total", "Adverts sent.", "advert_sent"},
     {"tandem_ha_adverts_received_total", "Adverts that were taken.", "advert_rcvd"},
     {"tandem_ha_became_master_total", "How often this node became master.", "become_master"},
     {"tandem_ha_released_master_total", "How often this node ceased to be master.", "release_master"}}};

void add_instances(const object& status, std::vector<Family>& into) {
  Family state{"tandem_ha_state", "State: 0 INIT, 1 BACKUP, 2 MASTER, 3 FAULT, 98 STOP.", MetricType::kGauge, {}};
  Family holds{"tandem_ha_holds_addresses", "Whether the virtual addresses are on this node.", MetricType::kGauge, {}};
  Family conflict{
      "tandem_ha_vip_conflict", "Another machine claims an address, or is master too.", MetricType::kGauge, {}};
  Family problems{"tandem_ha_problem", "Problems that are present.", MetricType::kGauge, {}};
  Family refused{
      "tandem_ha_adverts_refused_total", "Adverts that were not taken, by the reason.", MetricType::kCounter, {}};
  for (const value& each : list_in(status, "instances")) {
    const object& instance = each.get_object();
    const std::string_view name = text_in(instance, "name");
    state.samples.push_back({label("instance", name), number_of_state(text_in(instance, "state"))});
    holds.samples.push_back({label("instance", name), flag_in(instance, "holdsAddresses") ? 1.0 : 0.0});
    bool contested = false;
    for (const value& problem : list_in(instance, "problems")) {
      const std::string_view word = problem.get_string();
      contested = contested || word == "addressConflict" || word == "secondMaster";
      problems.samples.push_back({labels(name, "problem", word), 1});
    }
    conflict.samples.push_back({label("instance", name), contested ? 1.0 : 0.0});
    for (const auto& [counter, count] : part_in(instance, "counters")) {
      const std::string_view key = counter;
      const bool is_refusal = key.ends_with("_err") || key.contains("auth") || key.ends_with("_source") ||
                              key == "invalid_type_rcvd" || key == "own_packet" || key == "not_vrrp";
      if (is_refusal) refused.samples.push_back({labels(name, "reason", key), count.to_number<double>()});
    }
  }
  into.insert(into.end(),
              {std::move(state), std::move(holds), std::move(conflict), std::move(problems), std::move(refused)});
  for (const auto& [name, help, member] : kGauges) {
    Family family{name, help, MetricType::kGauge, {}};
    for (const value& each : list_in(status, "instances")) {
      const object& instance = each.get_object();
      family.samples.push_back({label("instance", text_in(instance, "name")), number_in(instance, member)});
    }
    into.push_back(std::move(family));
  }
  for (const auto& [name, help, member] : kCounters) {
    Family family{name, help, MetricType::kCounter, {}};
    for (const value& each : list_in(status, "instances")) {
      const object& instance = each.get_object();
      family.samples.push_back(
          {label("instance", text_in(instance, "name")), number_in(part_in(instance, "counters"), member)});
    }
    into.push_back(std::move(family));
  }
}

void add_number(std::vector<Family>& into, const char* name, const char* help, MetricType type, double number) {
  into.push_back({.name = name, .help = help, .type = type, .samples = {{.labels = {}, .value = number}}});
}

}  // namespace

void add_pair_metrics(const object& status, std::vector<Family>& into) {
  add_instances(status, into);
  add_number(into, "tandem_ha_data_plane_well", "Whether this node's proxy serves as it should.", MetricType::kGauge,
             text_in(part_in(status, "dataPlane"), "health") == "well" ? 1 : 0);
  if (const object& upstreams = part_in(status, "upstreams"); upstreams.contains("services")) {
    add_number(into, "tandem_ha_upstream_services", "Services that this node should reach.", MetricType::kGauge,
               number_in(upstreams, "services"));
    add_number(into, "tandem_ha_upstream_services_living", "Those of them with a living server.", MetricType::kGauge,
               number_in(upstreams, "living"));
  }
  add_number(into, "tandem_ha_transitions_total", "Changes of state since the program was installed.",
             MetricType::kCounter, number_in(status, "transitionCount"));
  add_number(into, "tandem_ha_timer_lateness_max_seconds", "The latest that a timer of the VRRP thread has been.",
             MetricType::kGauge, number_in(part_in(status, "timers"), "worstLatenessSeconds"));
  Family links{"tandem_ha_peer_link_up", "Whether the link to another node is up.", MetricType::kGauge, {}};
  for (const value& each : list_in(status, "peers")) {
    const object& peer = each.get_object();
    links.samples.push_back({label("node", text_in(peer, "node")), text_in(peer, "state") == "up" ? 1.0 : 0.0});
  }
  into.push_back(std::move(links));
}

}  // namespace tandem::app
