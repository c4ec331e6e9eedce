#include "config/model/validate.h"

#include <gmock/gmock.h>

#include "config/model/effective.h"
#include "config/model/testdata.h"

namespace tandem::model {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> wrong_with(std::string_view text) {
  std::vector<std::string> result;
  for (const auto& problem : validate(effective(testdata::static_of(text)))) {
    result.push_back(problem.path + ": " + problem.message);
  }
  return result;
}

TEST(Validate, DefaultsAreValid) { EXPECT_THAT(validate(effective({})), IsEmpty()); }

TEST(Validate, EntryPointsAreCheckedOneByOne) {
  EXPECT_THAT(
      wrong_with("entryPoints: {a: {address: ':1/sctp'}, b: {address: x}, c: {address: ':2', udp: {timeout: 0}}}"),
      ElementsAre("entryPoints.a.address: invalid protocol: sctp",
                  "entryPoints.b.address: address x: missing port in address",
                  "entryPoints.c.udp.timeout: must be greater than zero"));
}

TEST(Validate, TrustedAddressesMustBeAddressesOrRanges) {
  EXPECT_THAT(wrong_with("entryPoints: {a: {forwardedHeaders: {trustedIPs: [10.0.0.x, 10.0.0.0/8, '::1', 10.0.0.0/33]},"
                         " proxyProtocol: {trustedIPs: ['fe80::/10', all]}}}"),
              ElementsAre("entryPoints.a.forwardedHeaders.trustedIPs: invalid trusted IP: 10.0.0.x",
                          "entryPoints.a.forwardedHeaders.trustedIPs: invalid trusted IP: 10.0.0.0/33",
                          "entryPoints.a.proxyProtocol.trustedIPs: invalid trusted IP: all"));
}

TEST(Validate, TextsAreTraefiks) {
  EXPECT_THAT(
      wrong_with("{core: {defaultRuleSyntax: v4}, api: {basePath: ui}, providers: {precedence: [file, moon]},"
                 " certificatesResolvers: {le: {acme: {storage: ''}, tailscale: {}}}}"),
      ElementsAre("certificatesResolvers.le: unable to initialize certificates resolver \"le\", as ACME and "
                  "Tailscale providers are mutually exclusive",
                  "certificatesResolvers.le.acme.storage: unable to initialize certificates resolver \"le\" with "
                  "no storage location for the certificates",
                  "core.defaultRuleSyntax: unsupported default rule syntax configuration: \"v4\"",
                  "providers.precedence: provider \"moon\" is not a valid provider name",
                  "api.basePath: API basePath must be a valid absolute URL path"));
}

TEST(Validate, TelemetryNeedsItsSwitches) {
  EXPECT_THAT(wrong_with("{log: {otlp: {}}, tracing: {otlp: {grpc: {insecure: true, tls: {ca: x}}}}}"),
              ElementsAre("log.otlp: the experimental OTLPLogs feature must be enabled to use OTLP logging",
                          "tracing.otlp.grpc: tracing OTLP GRPC: TLS and Insecure options are mutually exclusive"));
  EXPECT_THAT(wrong_with("{log: {otlp: {}}, experimental: {otlpLogs: true}}"), IsEmpty());
}

TEST(Validate, OldOptionsAreFoundWithWhatToUseInstead) {
  const auto found = deprecated_options(
      testdata::yaml("pilot: {token: x}\nproviders: {docker: {swarmmode: true}}\ncore: {defaultRuleSyntax: v2}\n"));
  EXPECT_THAT(testdata::texts(found.fatal),
              ElementsAre("test.yml:1:1: pilot: incompatible deprecated install configuration option found (remove it: "
                          "Pilot does not exist any more)",
                          "test.yml:2:22: providers.docker.swarmMode: incompatible deprecated install configuration "
                          "option found (providers.swarm)"));
  ASSERT_EQ(found.warnings.size(), 1U);
  EXPECT_EQ(found.warnings[0].path, "core.defaultRuleSyntax");
}

}  // namespace
}  // namespace tandem::model
