#include "config/model/internal_configuration.h"

#include <gmock/gmock.h>

#include "config/format/json.h"
#include "config/model/effective.h"
#include "config/model/testdata.h"

namespace tandem::model {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;

InternalConfiguration internal_of(std::string_view text) {
  return internal_configuration(effective(testdata::static_of(text)));
}

template <class T>
std::string json(const T& object) {
  return format::serialize_json(format::encode(object, true));
}

TEST(InternalConfiguration, NoopAndTransportsAreAlwaysThere) {
  const auto internal = internal_configuration(effective({}));
  EXPECT_THAT(internal.configuration.http.services, ElementsAre(Key("noop")));
  EXPECT_THAT(internal.configuration.http.routers, IsEmpty());
  EXPECT_EQ(internal.configuration.http.serversTransports.at("default").maxIdleConnsPerHost, 200);
  EXPECT_TRUE(internal.configuration.tcp.serversTransports.contains("default"));
}

TEST(InternalConfiguration, InsecureApiGetsItsRouters) {
  const auto http = internal_of("api: {insecure: true}").configuration.http;
  EXPECT_THAT(http.routers, ElementsAre(Key("api"), Key("dashboard")));
  EXPECT_THAT(http.services, ElementsAre(Key("api"), Key("dashboard"), Key("noop")));
  EXPECT_EQ(
      json(http.routers.at("api")),
      R"j({"entryPoints":["traefik"],"service":"api@internal","rule":"PathPrefix(`/api`)","ruleSyntax":"default",)j"
      R"j("priority":9223372036854775806})j");
  EXPECT_EQ(
      json(http.routers.at("dashboard")),
      R"j({"entryPoints":["traefik"],"middlewares":["dashboard_redirect@internal","dashboard_stripprefix@internal"],)j"
      R"j("service":"dashboard@internal","rule":"PathPrefix(`/`)","ruleSyntax":"default","priority":9223372036854775805})j");
  EXPECT_EQ(json(http.middlewares.at("dashboard_redirect")),
            R"j({"redirectRegex":{"regex":"^(http:\\/\\/(\\[[\\w:.]+\\]|[\\w\\._-]+)(:\\d+)?)\\/$",)j"
            R"j("replacement":"${1}/dashboard/","permanent":true}})j");
  EXPECT_EQ(json(http.middlewares.at("dashboard_stripprefix")),
            R"j({"stripPrefix":{"prefixes":["/dashboard/","/dashboard"]}})j");
}

TEST(InternalConfiguration, SecureApiHasServicesButNoRouters) {
  const auto http = internal_of("api: {dashboard: false}").configuration.http;
  EXPECT_THAT(http.routers, IsEmpty());
  EXPECT_THAT(http.services, ElementsAre(Key("api"), Key("noop")));
}

TEST(InternalConfiguration, PingListensWhereItIsTold) {
  const auto http = internal_of("{ping: {entryPoint: web}, entryPoints: {web: {address: ':1'}}}").configuration.http;
  EXPECT_EQ(json(http.routers.at("ping")),
            R"j({"entryPoints":["web"],"service":"ping@internal","rule":"PathPrefix(`/ping`)","ruleSyntax":"default",)j"
            R"j("priority":9223372036854775807})j");
  EXPECT_THAT(internal_of("ping: {manualRouting: true}").configuration.http.routers, IsEmpty());
}

TEST(InternalConfiguration, RedirectionsBecomeRouters) {
  const auto internal = internal_of(R"(
entryPoints:
  web: {address: ":80", http: {redirections: {entryPoint: {to: websecure}}}}
  extra: {address: ":81", allowACMEByPass: true, http: {redirections: {entryPoint: {to: ":443", permanent: false, priority: 20}}}}
  lost: {address: ":82", http: {redirections: {entryPoint: {to: nowhere}}}}
  websecure: {address: "127.0.0.1:18443/tcp"}
)");
  const auto& http = internal.configuration.http;
  EXPECT_THAT(http.routers, ElementsAre(Key("extra-to-443"), Key("web-to-websecure")));
  EXPECT_EQ(
      json(http.routers.at("web-to-websecure")),
      R"j({"entryPoints":["web"],"middlewares":["redirect-web-to-websecure@internal"],"service":"noop@internal",)j"
      R"j("rule":"HostRegexp(`^.+$`)","ruleSyntax":"default","priority":9223372036854775806})j");
  EXPECT_EQ(json(http.middlewares.at("redirect-web-to-websecure")),
            R"j({"redirectScheme":{"scheme":"https","port":"18443","permanent":true}})j");
  EXPECT_EQ(http.routers.at("extra-to-443").rule, "HostRegexp(`^.+$`) && !PathPrefix(`/.well-known/acme-challenge/`)");
  EXPECT_EQ(http.routers.at("extra-to-443").priority, 20);
  EXPECT_EQ(json(http.middlewares.at("redirect-extra-to-443")),
            R"j({"redirectScheme":{"scheme":"https","port":"443"}})j");
  ASSERT_EQ(internal.problems.size(), 1U);
  EXPECT_EQ(internal.problems[0].path, "entryPoints.lost.http.redirections.entryPoint.to");
}

TEST(InternalConfiguration, ChallengeRoutersDependOnTheBypass) {
  const auto http = internal_of(R"(
entryPoints: {web: {address: ":80"}, other: {address: ":81", allowACMEByPass: true}}
certificatesResolvers:
  a: {acme: {httpChallenge: {entryPoint: web}}}
  b: {acme: {httpChallenge: {entryPoint: other}}}
)")
                        .configuration.http;
  EXPECT_THAT(http.routers, ElementsAre(Key("acme-http"), Key("acme-http-bypass")));
  EXPECT_EQ(http.routers.at("acme-http-bypass").priority, 0);
}

TEST(InternalConfiguration, NormalizedKeepsLettersAndDigits) {
  EXPECT_EQ(normalized("web-to-:443"), "web-to-443");
  EXPECT_EQ(normalized("--a..b_c--"), "a-b-c");
  EXPECT_EQ(normalized("größe"), "größe");
}

}  // namespace
}  // namespace tandem::model
