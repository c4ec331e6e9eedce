#include "config/format/decode_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/format/decode_impl.h"
#include "config/format/json.h"
#include "config/format/labels.h"
#include "config/format/yaml.h"

TANDEM_FORMAT_INSTANTIATE(tandem::format::testing::Root)

namespace tandem::format::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Decoded {
  Root root;
  std::vector<std::string> problems;
};

Decoded decoded(const Value& tree) {
  Decoded out;
  Problems problems;
  decode(tree, out.root, problems);
  for (const auto& problem : problems) out.problems.push_back(problem.text());
  return out;
}
Decoded from_yaml(std::string_view text) { return decoded(parse_yaml(text, "f.yml").value()); }
/// The entry point `web` with these options in flow style.
Decoded web(const std::string& options) { return from_yaml("entryPoints: {web: {" + options + "}}"); }
EntryPoint good_web(const std::string& options) {
  auto out = web(options);
  EXPECT_THAT(out.problems, IsEmpty()) << options;
  return out.root.entryPoints["web"];
}
std::string bad_web(const std::string& options) {
  const auto out = web(options);
  return out.problems.size() == 1 ? out.problems[0] : std::to_string(out.problems.size()) + " problems";
}

TEST(Decode, MatchesKeysWithoutCaseAndKeepsNames) {
  const auto out = from_yaml("ENTRYPOINTS: {WeB: {ADDRESS: ':80', asdefault: true, New: true, addr: ':81'}}");
  EXPECT_THAT(out.problems, IsEmpty());
  EXPECT_EQ(out.root.entryPoints.at("WeB").address, ":81");
  EXPECT_TRUE(out.root.entryPoints.at("WeB").asDefault);
  EXPECT_TRUE(out.root.entryPoints.at("WeB").new_);
}

TEST(Decode, InterpretsScalarsByWantedType) {
  EXPECT_EQ(good_web("address: 18080").address, "18080");
  EXPECT_EQ(good_web("address: true").address, "true");
  EXPECT_TRUE(good_web("asDefault: 'T'").asDefault);
  EXPECT_EQ(good_web("fixed: {depth: '7'}").fixed.depth, 7);
  EXPECT_EQ(good_web("fixed: {depth: 0x10}").fixed.depth, 16);
  EXPECT_EQ(good_web("fixed: {depth: 1e2}").fixed.depth, 100);
  EXPECT_EQ(good_web("timeout: 90").timeout.value, std::chrono::seconds(90));
  EXPECT_EQ(good_web("timeout: '1m30s'").timeout.value, std::chrono::seconds(90));
  EXPECT_EQ(good_web("password: x").password.value, "x");
  EXPECT_EQ(good_web("headers: {strict: false}").headers->strict, false);
}

TEST(Decode, ReadsListsFromArraysAndFromOneText) {
  EXPECT_THAT(good_web("names: [a, 'b,c', 3]").names, ElementsAre("a", "b,c", "3"));
  EXPECT_THAT(good_web("names: 'a, b'").names, ElementsAre("a", "b"));
  EXPECT_THAT(good_web("names: []").names, ElementsAre("default"));
  EXPECT_THAT(good_web("names: ''").names, ElementsAre("default"));
  EXPECT_THAT(good_web("buckets: '0.5,1'").buckets, ElementsAre(0.5, 1));
  EXPECT_THAT(good_web("names: {0: a, 1: b}").names, ElementsAre("a", "b"));
  const auto tls = good_web("tls: {domains: {main: a.test}}").tls;
  EXPECT_THAT(tls->domains, ElementsAre(Domain{})) << "as Traefik does";
}

TEST(Decode, DropsNulls) {
  const auto out = from_yaml("entryPoints: {web: {address: ~, tls: null}, gone: }\napi:\n");
  EXPECT_THAT(out.problems, IsEmpty());
  EXPECT_EQ(out.root.entryPoints.size(), 1U);
  EXPECT_FALSE(out.root.api.has_value());
}

TEST(Decode, SectionsThatMayStandAloneDo) {
  EXPECT_TRUE(from_yaml("api: {}").root.api.has_value());
  EXPECT_TRUE(from_yaml("api: true").root.api->dashboard);
  EXPECT_FALSE(from_yaml("api: false").root.api.has_value());
  EXPECT_TRUE(good_web("tls: {}").tls.has_value());
}

TEST(Decode, OtherSectionsNeedAnOption) {
  EXPECT_EQ(bad_web("headers: {}"),
            "f.yml:1:21: entryPoints.web.headers: headers cannot be a standalone element (type *Headers)");
  EXPECT_THAT(bad_web("fixed: hello"), HasSubstr("fixed cannot be a standalone element"));
  EXPECT_THAT(bad_web("headers: {depth: null}"), HasSubstr("cannot be a standalone element"));
  EXPECT_THAT(bad_web("headers: [a]"), HasSubstr("a list cannot be used as a section"));
}

TEST(Decode, ReportsAllProblemsAndKeepsTheRest) {
  const auto out =
      from_yaml("entryPoints:\n  web:\n    adress: x\n    asDefault: maybe\n    timeout: 3d\nlog: {levle: X}\n");
  EXPECT_THAT(
      out.problems,
      ElementsAre("f.yml:3:5: entryPoints.web.adress: field not found, node: adress (did you mean \"address\"?)",
                  "f.yml:4:5: entryPoints.web.asDefault: strconv.ParseBool: parsing \"maybe\": invalid syntax",
                  "f.yml:5:5: entryPoints.web.timeout: time: unknown unit \"d\" in duration \"3d\"",
                  "f.yml:6:7: log.levle: field not found, node: levle (did you mean \"level\"?)"));
  EXPECT_EQ(out.root.entryPoints.at("web").timeout.value, std::chrono::seconds(60));
}

TEST(Decode, HasGosWordsForBadScalars) {
  EXPECT_THAT(bad_web("fixed: {depth: 3000000000}"),
              HasSubstr(R"(strconv.ParseInt: parsing "3000000000": value out of range)"));
  EXPECT_THAT(bad_web("fixed: {depth: 99999999999999999999}"), HasSubstr("value out of range"));
  EXPECT_THAT(bad_web("fixed: {depth: 7.5}"), HasSubstr(R"(strconv.ParseInt: parsing "7.5": invalid syntax)"));
  EXPECT_THAT(bad_web("servers: [{port: 65536}]"), HasSubstr("entryPoints.web.servers[0].port: strconv.ParseUint"));
  EXPECT_THAT(bad_web("buckets: [x]"), HasSubstr(R"(entryPoints.web.buckets[0]: strconv.ParseFloat: parsing "x")"));
  EXPECT_THAT(bad_web("asDefault: yes"), HasSubstr(R"(parsing "yes": invalid syntax)"));
  EXPECT_THAT(bad_web("address: [a]"), HasSubstr("a list cannot be used"));
  EXPECT_THAT(bad_web("address: {a: b}"), HasSubstr("field not found, node: a"));
  EXPECT_THAT(bad_web("servers: hello"), HasSubstr("invalid slice: node servers"));
  EXPECT_THAT(bad_web("names: {a: b}"), HasSubstr("field not found, node: a"));
  EXPECT_THAT(from_yaml("hello").problems, ElementsAre(HasSubstr("a section with options is wanted")));
  EXPECT_THAT(from_yaml("entryPoints: hello").problems, ElementsAre(HasSubstr("cannot be a standalone element")));
  EXPECT_THAT(from_yaml("").problems, IsEmpty());
}

TEST(Decode, NamesWhatHasNoNameAsTraefikDoes) {
  EXPECT_TRUE(from_yaml("entryPoints: [{address: x}]").root.entryPoints.contains("[0]"));
  EXPECT_TRUE(from_yaml("entryPoints: {web: hello}").root.entryPoints.contains("web"));
}

TEST(Decode, LabelsNameTheOnlyElementOfAList) {
  const std::vector<std::pair<std::string, std::string>> labels{{"t.entrypoints.web.server.url", "http://a"},
                                                                {"t.entrypoints.web.server.port", "80"},
                                                                {"t.entrypoints.web.tls", "false"},
                                                                {"t.entrypoints.web.tls.options", "x"},
                                                                {"t.entrypoints.web.headers.custom.X-A", "1"}};
  constexpr std::array<std::string_view, 1> kFilters{"t."};
  const auto out = decoded(parse_labels(labels, "t", kFilters, "labels of a").value());
  EXPECT_THAT(out.problems, IsEmpty());
  EXPECT_THAT(out.root.entryPoints.at("web").servers, ElementsAre(Server{"http://a", 80}));
  EXPECT_FALSE(out.root.entryPoints.at("web").tls.has_value());
  EXPECT_EQ(out.root.entryPoints.at("web").headers->custom.at("X-A"), "1");
  EXPECT_THAT(bad_web("server: {url: x}"), HasSubstr("field not found, node: server"));
}

TEST(Decode, TakesAnyTreeForPlugins) {
  const auto out = from_yaml("plugin: {demo: {a: [1, {b: x}]}}");
  EXPECT_EQ(serialize_json(out.root.plugin.at("demo")), R"({"a":[1,{"b":"x"}]})");
}

TEST(Encode, LeavesOutWhatGoLeavesOut) {
  EXPECT_EQ(serialize_json(encode(Root{}, true)), "{}");
  EXPECT_EQ(serialize_json(encode(from_yaml("entryPoints: {web: {address: ':80', tls: {}}}").root, true)),
            R"({"entryPoints":{"web":{"address":":80","asDefault":false,"timeout":"1m0s","names":["default"],)"
            R"("fixed":{"depth":3},"tls":{},"ratio":1}}})");
  EXPECT_EQ(serialize_json(encode(good_web("timeout: 0, ratio: 0, headers: {strict: false, depth: 0}").headers, true)),
            R"({"strict":false})");
}

TEST(Encode, HidesSecretsUnlessAsked) {
  const auto root = web("password: p, new: true").root;
  EXPECT_THAT(serialize_json(encode(root, true)), HasSubstr(R"("password":"xxxx","ratio":1,"new":true)"));
  EXPECT_THAT(serialize_json(encode(root, false)), HasSubstr(R"("password":"p")"));
}

TEST(Encode, ReadsBackAsTheSame) {
  const auto root =
      web("address: a, timeout: 90ms, buckets: [0.1], servers: [{url: u, port: 1}], tls: {domains: [{main: m}]}").root;
  const auto out = decoded(encode(root, false));
  EXPECT_THAT(out.problems, IsEmpty());
  EXPECT_EQ(out.root, root);
}

TEST(NotBuilt, NamesOptionsThatDifferFromTheirDefault) {
  EXPECT_THAT(not_built(web("ratio: 1").root), IsEmpty());
  EXPECT_THAT(not_built(web("ratio: 2, new: true").root), ElementsAre("entryPoints.web.ratio", "entryPoints.web.new"));
}

TEST(Schema, DescribesOptionsAtRunTime) {
  const auto& root = schema_of<Root>();
  EXPECT_EQ(root.type_name, "Root");
  EXPECT_TRUE(root.field("API")->stand_alone);
  EXPECT_TRUE(root.field("api")->optional);
  EXPECT_EQ(root.at({"entrypoints", "web", "addr"})->kind, Schema::Kind::kText);
  EXPECT_EQ(root.at({"entrypoints", "web", "tls", "domains", "[0]", "sans"})->kind, Schema::Kind::kList);
  EXPECT_EQ(root.at({"entrypoints", "web", "nope"}), nullptr);
  EXPECT_EQ(root.at({"entrypoints", "web", "address", "x"}), nullptr);
  const auto* web_schema = root.at({"entrypoints", "web"});
  EXPECT_EQ(web_schema->field("timeout")->default_json, R"("1m0s")");
  EXPECT_EQ(web_schema->field("new")->name, "new");
  EXPECT_FALSE(web_schema->field("new")->built);
  EXPECT_EQ(web_schema->field("tls")->default_json, "");
}

TEST(Schema, DropsUnknownRootsOfFiles) {
  std::vector<std::string> dropped;
  const auto tree = only_known_roots(*parse_yaml("nonsense: 1\nAPI: {}\n", "f"), schema_of<Root>(), dropped);
  EXPECT_THAT(dropped, ElementsAre("nonsense"));
  EXPECT_EQ(serialize_json(tree), R"({"API":{}})");
}

}  // namespace
}  // namespace tandem::format::testing
