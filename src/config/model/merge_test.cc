#include "config/model/merge.h"

#include <gmock/gmock.h>

#include "config/model/testdata.h"

namespace tandem::model {
namespace {

using testdata::dynamic_of;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;

const std::vector<std::string> kDefaults{"web", "websecure"};

Merged merged(const std::vector<std::pair<std::string, DynamicConfiguration>>& deliveries) {
  std::vector<ProviderConfiguration> providers;
  for (const auto& [provider, configuration] : deliveries) {
    providers.push_back({provider, std::make_shared<const DynamicConfiguration>(configuration)});
  }
  return Merger(kDefaults).merge(std::move(providers));
}

TEST(Merge, NamesGetTheirProvider) {
  const auto m =
      merged({{"file", dynamic_of("http: {routers: {a: {rule: r}, at@docker: {rule: r}}, services: {s: {}}}")},
              {"docker", dynamic_of("http: {routers: {a: {rule: r}}}\nudp: {services: {u: {}}}")}});
  EXPECT_THAT(m.configuration.http.routers, ElementsAre(Key("a@docker"), Key("a@file"), Key("at@docker@file")));
  EXPECT_THAT(m.configuration.http.services, ElementsAre(Key("s@file")));
  EXPECT_THAT(m.configuration.udp.services, ElementsAre(Key("u@docker")));
  EXPECT_THAT(m.notes, IsEmpty());
}

TEST(Merge, RootRoutersGetDefaultEntryPointsAndChildrenQualifiedParents) {
  const auto m =
      merged({{"file", dynamic_of("http: {routers: {a: {rule: r}, b: {rule: r, entryPoints: [x]},"
                                  " c: {rule: r, parentRefs: [a, b@docker]}}}\ntcp: {routers: {t: {rule: r}}}")}});
  const auto& routers = m.configuration.http.routers;
  EXPECT_EQ(routers.at("a@file").entryPoints, kDefaults);
  EXPECT_THAT(routers.at("b@file").entryPoints, ElementsAre("x"));
  EXPECT_THAT(routers.at("c@file").entryPoints, IsEmpty());
  EXPECT_THAT(routers.at("c@file").parentRefs, ElementsAre("a@file", "b@docker"));
  EXPECT_EQ(m.configuration.tcp.routers.at("t@file").entryPoints, kDefaults);
}

TEST(Merge, ProvidersComeChangeAndGo) {
  const auto deliver = [](std::string_view text) {
    return std::make_shared<const DynamicConfiguration>(dynamic_of(text));
  };
  Merger merger(kDefaults);
  const auto file = deliver("http: {routers: {a: {rule: r}}, services: {s: {}}}");
  merger.merge({{"file", file}, {"docker", deliver("http: {routers: {a: {rule: r}}}")}});
  EXPECT_THAT(
      merger.merge({{"file", file}, {"docker", deliver("http: {routers: {b: {rule: r}}}")}}).configuration.http.routers,
      ElementsAre(Key("a@file"), Key("b@docker")));
  const auto m = merger.merge({{"file", file}});
  EXPECT_THAT(m.configuration.http.routers, ElementsAre(Key("a@file")));
  EXPECT_THAT(m.configuration.http.services, ElementsAre(Key("s@file")));
}

TEST(Merge, DefaultTlsOptionsBelongToOneProviderOnly) {
  const auto one = dynamic_of("tls: {options: {default: {minVersion: VersionTLS13}, own: {sniStrict: true}}}");
  auto m = merged({{"file", one}});
  EXPECT_THAT(m.configuration.tls.options, ElementsAre(Key("default"), Key("own@file")));
  EXPECT_EQ(m.configuration.tls.options.at("default").minVersion, "VersionTLS13");

  m = merged({{"file", one}, {"http", one}});
  EXPECT_THAT(m.configuration.tls.options, ElementsAre(Key("own@file"), Key("own@http")));
  ASSERT_EQ(m.notes.size(), 1U);
  EXPECT_EQ(m.notes[0].message, "defined by several providers: file, http; none of them counts");

  m = merged({});
  EXPECT_EQ(m.configuration.tls.options.at("default").minVersion, "VersionTLS12");
}

TEST(Merge, RivalDefaultStoresAreDropped) {
  const auto one = dynamic_of("tls: {stores: {default: {defaultCertificate: {certFile: a, keyFile: b}}}}");
  EXPECT_THAT(merged({{"file", one}, {"http", one}}).configuration.tls.stores, IsEmpty());
}

TEST(Merge, ChallengeCertificatesComeFromTheirOwnProviderOnly) {
  const auto one = dynamic_of("tls: {certificates: [{certFile: a, keyFile: b, stores: [acme-tls/1]}]}");
  EXPECT_THAT(merged({{"file", one}}).configuration.tls.certificates, IsEmpty());
  EXPECT_EQ(merged({{"tlsalpn.acme", one}}).configuration.tls.certificates.size(), 1U);
}

TEST(Merge, FirstFileWinsAndTheSecondIsNamed) {
  DynamicConfiguration all;
  EXPECT_THAT(add_file(all, dynamic_of("http: {routers: {same: {rule: first}}}"), "10.yml"), IsEmpty());
  const auto notes = add_file(all, dynamic_of("http: {routers: {same: {rule: second}, two: {rule: x}}}"), "20.yml");
  EXPECT_EQ(all.http.routers.at("same").rule, "first");
  EXPECT_EQ(all.http.routers.at("two").rule, "x");
  EXPECT_THAT(testdata::texts(notes),
              ElementsAre("20.yml: http.routers.same: HTTP router already configured, skipping"));
}

TEST(Merge, EqualCertificatesOfTwoFilesCountOnce) {
  DynamicConfiguration all;
  const auto file = dynamic_of("tls: {certificates: [{certFile: a, keyFile: b}]}");
  add_file(all, file, "10.yml");
  EXPECT_EQ(add_file(all, file, "20.yml").size(), 1U);
  EXPECT_EQ(all.tls.certificates.size(), 1U);
}

TEST(Merge, ServersTransportsAloneAreAnEmptyDelivery) {
  EXPECT_TRUE(is_empty({}));
  EXPECT_TRUE(is_empty(dynamic_of("http: {serversTransports: {a: {serverName: x}}}")));
  EXPECT_FALSE(is_empty(dynamic_of("http: {middlewares: {a: {addPrefix: {prefix: x}}}}")));
  EXPECT_FALSE(is_empty(dynamic_of("tls: {options: {a: {sniStrict: true}}}")));
}

}  // namespace
}  // namespace tandem::model
