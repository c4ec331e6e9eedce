#include "config/model/decode_configuration.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "config/format/json.h"
#include "config/model/testdata.h"

namespace tandem::model {
namespace {

using testdata::dynamic_of;
using testdata::static_of;
using testing::ElementsAre;

const std::filesystem::path kReference = std::filesystem::path(TANDEM_SOURCE_DIR) / "../shared/reference/data";

TEST(DecodeConfiguration, CompleteStaticSamplesAreEqualInBothFormats) {
  const auto from_yaml = static_of(testdata::parse(testdata::kFolder / "complete_static.yml"));
  const auto from_toml = static_of(testdata::parse(testdata::kFolder / "complete_static.toml"));
  EXPECT_EQ(from_yaml, from_toml);
  EXPECT_EQ(from_yaml.entryPoints.at("entA").transport.respondingTimeouts.minBytesPerSecond, 144);
}

TEST(DecodeConfiguration, CompleteDynamicSamplesAreEqualInBothFormats) {
  const auto from_yaml = dynamic_of(testdata::parse(testdata::kFolder / "complete_dynamic.yml"));
  const auto from_toml = dynamic_of(testdata::parse(testdata::kFolder / "complete_dynamic.toml"));
  EXPECT_EQ(from_yaml, from_toml);
  EXPECT_EQ(from_yaml.http.routers.size(), 2U);
}

TEST(DecodeConfiguration, EncodedDynamicConfigurationDecodesToTheSame) {
  const auto first = dynamic_of(testdata::parse(testdata::kFolder / "complete_dynamic.yml"));
  EXPECT_EQ(dynamic_of(format::encode(first, false)), first);
}

TEST(DecodeConfiguration, ReferenceFilesHoldNoUnknownKey) {
  if (!std::filesystem::exists(kReference)) GTEST_SKIP() << "no reference beside the checkout";
  const auto json = [](const auto& c) { return format::serialize_json_pretty(format::encode(c, false)); };
  auto from_toml = static_of(testdata::parse(kReference / "static-file.toml"));
  // A slip of that file: the option stands below the table of headers and so becomes one.
  HttpProvider& slipped = *from_toml.providers.http;
  if (slipped.headers.erase("maxResponseBodySize") == 1) slipped.maxResponseBodySize = 42;
  EXPECT_EQ(json(static_of(testdata::parse(kReference / "static-file.yaml"))), json(from_toml));
  EXPECT_EQ(json(dynamic_of(testdata::parse(kReference / "dynamic-file.yaml"))),
            json(dynamic_of(testdata::parse(kReference / "dynamic-file.toml"))));
}

TEST(DecodeConfiguration, EntryPointShowsItsDefaultsAsTraefikDoes) {
  const auto configuration = static_of("entryPoints: {web: {address: ':80'}}");
  EXPECT_EQ(
      format::serialize_json(format::encode(configuration.entryPoints.at("web"), true)),
      R"({"address":":80","transport":{"lifeCycle":{"graceTimeOut":"10s"},"respondingTimeouts":{"readTimeout":"1m0s",)"
      R"("idleTimeout":"3m0s"}},"forwardedHeaders":{},"http":{"sanitizePath":true,"maxHeaderBytes":1048576,)"
      R"("underscoreHeadersStrategy":"keep"},"http2":{"maxConcurrentStreams":250,"maxDecoderHeaderTableSize":4096,)"
      R"("maxEncoderHeaderTableSize":4096},"udp":{"timeout":"3s"}})");
}

TEST(DecodeConfiguration, LoadBalancerShowsItsDefaultsAsTraefikDoes) {
  const auto configuration =
      dynamic_of("http: {services: {a: {loadBalancer: {servers: [{url: 'http://127.0.0.1:1'}]}}}}");
  EXPECT_EQ(format::serialize_json(format::encode(configuration.http.services.at("a"), true)),
            R"({"loadBalancer":{"servers":[{"url":"http://127.0.0.1:1"}],"strategy":"wrr","passHostHeader":true,)"
            R"("responseForwarding":{"flushInterval":"100ms"}}})");
}

TEST(DecodeConfiguration, WeightedChildrenWeighOneUnlessTheySayZero) {
  const auto c = dynamic_of("http: {services: {a: {weighted: {services: [{name: b}, {name: c, weight: 0}]}}}}");
  EXPECT_EQ(format::serialize_json(format::encode(c.http.services.at("a"), true)),
            R"({"weighted":{"services":[{"name":"b","weight":1},{"name":"c","weight":0}]}})");
}

TEST(DecodeConfiguration, SecretsAreHiddenOnlyOnDemand) {
  const auto c = dynamic_of("http: {middlewares: {a: {basicAuth: {users: ['ann:hash']}}}}");
  EXPECT_EQ(format::serialize_json(format::encode(c.http.middlewares.at("a"), true)),
            R"({"basicAuth":{"users":["xxxx"]}})");
  EXPECT_EQ(format::serialize_json(format::encode(c.http.middlewares.at("a"), false)),
            R"({"basicAuth":{"users":["ann:hash"]}})");
}

TEST(DecodeConfiguration, SectionsThatMayStandAloneDo) {
  const auto c = static_of("{api: {}, ping: true, log: {}, accessLog: {}, tracing: {}, providers: {docker: {}}}");
  EXPECT_TRUE(c.api && c.ping && c.log && c.accessLog && c.tracing && c.providers.docker);
  const auto d = dynamic_of("http: {routers: {a: {tls: {}}}, middlewares: {b: {compress: {}}, c: {contentType: {}}}}");
  EXPECT_TRUE(d.http.routers.at("a").tls && d.http.middlewares.at("b").compress &&
              d.http.middlewares.at("c").contentType);
}

TEST(DecodeConfiguration, NullSectionIsAbsent) { EXPECT_FALSE(static_of("{api: , ping: {}}").api); }

TEST(DecodeConfiguration, UnknownRootsAreIgnoredAndNamed) {
  format::Problems problems;
  std::vector<std::string> ignored;
  const auto root = testdata::yaml("{log: {level: DEBUG}, nonsense: {a: 1}, http: {}}");
  const auto configuration = decode_static(root, problems, ignored);
  EXPECT_THAT(ignored, ElementsAre("nonsense", "http"));
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(configuration.log->level, "DEBUG");
}

TEST(DecodeConfiguration, OptionsWithoutBehaviourAreNamedWhenSet) {
  const auto c =
      static_of("{metrics: {prometheus: {}, statsD: {}}, entryPoints: {web: {http3: {}}}, log: {level: INFO}}");
  EXPECT_THAT(format::not_built(c), ElementsAre("entryPoints.web.http3", "metrics.statsD"));
  const auto d = dynamic_of("{http: {middlewares: {a: {addPrefix: {prefix: /x}}, b: {compress: {}}}}}");
  EXPECT_THAT(format::not_built(d), ElementsAre("http.middlewares.b.compress"));
}

TEST(DecodeConfiguration, PluginOptionsAreKeptAsTheyAre) {
  const auto d = dynamic_of("http: {middlewares: {a: {plugin: {demo: {list: [1, {x: y}]}}}}}");
  EXPECT_EQ(format::serialize_json(format::encode(d.http.middlewares.at("a"), true)),
            R"({"plugin":{"demo":{"list":[1,{"x":"y"}]}}})");
}

/// testdata/errors/{static,dynamic}-*.yml beside the problems they cause; TANDEM_UPDATE_GOLDEN=1 writes the latter.
TEST(DecodeConfiguration, ErrorsReadAsTheirGoldenFilesSay) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(testdata::kFolder / "errors")) {
    if (entry.path().extension() != ".yml") continue;
    ++files;
    format::Problems problems;
    std::vector<std::string> ignored;
    const format::Value root = testdata::parse(entry.path());
    if (entry.path().filename().string().starts_with("static")) {
      decode_static(root, problems, ignored);
    } else {
      decode_dynamic(root, problems, ignored);
    }
    std::string text;
    for (const std::string& line : testdata::texts(problems)) text += line + "\n";
    auto golden = entry.path();
    golden.replace_extension(".golden");
    if (std::getenv("TANDEM_UPDATE_GOLDEN") != nullptr) std::ofstream(golden) << text;
    EXPECT_EQ(text, testdata::read(golden)) << entry.path();
  }
  EXPECT_GT(files, 5);
}

}  // namespace
}  // namespace tandem::model
