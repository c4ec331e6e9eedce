#include "config/template/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>

#include "config/template/functions.h"

namespace tandem::templates {
namespace {

using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::MatchesRegex;
using testing::StartsWith;

base::Result<Rendered> run(std::string_view text, const Value& data = Value::of(false),
                           const Surroundings& around = {}) {
  const auto parsed = Template::parse("f.yml", text);
  if (!parsed) return parsed.error();
  return parsed->render(data, around);
}

std::string text(std::string_view source, const Value& data = Value::of(false), const Surroundings& around = {}) {
  const auto rendered = run(source, data, around);
  return rendered ? rendered->text : "! " + rendered.error().text();
}

TEST(Template, ReadsTheEnvironmentItIsGiven) {
  Surroundings around;
  around.environment = [](const std::string& name) {
    return name == "A" ? std::optional<std::string>("1") : std::nullopt;
  };
  EXPECT_EQ(text(R"({{ env "A" }}{{ env "B" }}{{ expandenv "-$A${A}$B-" }})", Value::of(false), around), "1-11-");
}

TEST(Template, TakesTheClockItIsGiven) {
  Surroundings around;
  around.now = [] { return Time{1'700'000'000, 0, Zone::utc()}; };
  EXPECT_EQ(text(R"({{ now }}|{{ dateInZone "2006" nil "UTC" }}|{{ ago 1699999990 }}|{{ now.Month }})",
                 Value::of(false), around),
            "2023-11-14 22:13:20 +0000 UTC|2023|10s|November");
}

TEST(Template, ReadsStructuresAndDictionariesGivenAsData) {
  Heap heap;
  Value data = heap.structure("docker.dockerData");
  data.fields().entries.emplace("Name", Value::of("web"));
  Value labels = heap.map(Type::kStringMap);
  labels.fields().entries.emplace("zone", Value::of("z1"));
  data.fields().entries.emplace("Labels", labels);
  EXPECT_EQ(text(R"(Host(`{{ .Name }}.{{ index .Labels "zone" }}{{ index .Labels "none" }}`))", data),
            "Host(`web.z1`)");
  EXPECT_THAT(text("{{ .Nam }}", data), HasSubstr("at <.Nam>: can't evaluate field Nam in type docker.dockerData"));
  EXPECT_EQ(text(R"({{ $_ := set (dict) "x" . }}{{ .Name }})", data), "web");
}

TEST(Template, ChangesNothingOfTheDataOutside) {
  Heap heap;
  const Value data = heap.map();
  EXPECT_EQ(text(R"({{ $_ := set . "a" 1 }}{{ .a }})", data), "1");
  EXPECT_EQ(data.size(), 0U);
}

TEST(Template, KnowsTheLineBehindEachLineOfTheText) {
  const auto rendered = run("a\n{{ range until 2 }}\nb{{ . }}\n{{- end }}\nc\n");
  ASSERT_TRUE(rendered);
  EXPECT_EQ(rendered->text, "a\n\nb0\nb1\nc\n");
  EXPECT_EQ(rendered->source_line(1), 1U);
  EXPECT_EQ(rendered->source_line(3), 3U);
  EXPECT_EQ(rendered->source_line(4), 3U);
  EXPECT_EQ(rendered->source_line(5), 5U);
  EXPECT_EQ(rendered->source_line(99), 6U);
}

TEST(Template, NamesFileLineAndColumn) {
  EXPECT_THAT(text("a\nb {{ fail \"x\" }}"),
              StartsWith("! template: f.yml:2:5: executing \"f.yml\" at <fail \"x\">: "));
  EXPECT_THAT(text("a\n{{ nothing }}"), StartsWith("! template: f.yml:2: function \"nothing\" not defined"));
}

TEST(TemplateFunctions, AFolderIsNoTimeZone) { EXPECT_EQ(text(R"({{ dateInZone "2006" 0 "Europe/" }})"), "1970"); }

TEST(TemplateLimits, RecursionEnds) {
  EXPECT_THAT(text(R"({{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" }})"), HasSubstr("template depth"));
  // With blocks in between, which take more of the stack.
  std::string deep = "{{ template \"x\" . }}";
  for (int i = 0; i < 60; ++i) deep = "{{ if true }}" + deep + "{{ end }}";
  EXPECT_THAT(text("{{ define \"x\" }}" + deep + "{{ end }}{{ template \"x\" }}"),
              testing::AnyOf(HasSubstr("template depth"), HasSubstr("too deeply")));
  EXPECT_THAT(
      text(
          R"({{ define "x" }}{{ if true }}{{ with 1 }}{{ range 1 }}{{ template "x" . }}{{ end }}{{ end }}{{ end }}{{ end }}{{ template "x" }})"),
      StartsWith("! template"));
}

TEST(TemplateLimits, NestingOfTheSourceIsBounded) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{{ if true }}";
  EXPECT_THAT(text(deep), HasSubstr("nested"));
  EXPECT_THAT(text("{{ " + std::string(100'000, '(')), HasSubstr("max expression depth exceeded"));
}

TEST(TemplateLimits, LoopsEnd) {
  EXPECT_THAT(text("{{ range 9223372036854775807 }}{{ end }}"), HasSubstr("too long"));
  EXPECT_THAT(text("{{ until 1000000000 }}"), HasSubstr("too long"));
}

TEST(TemplateLimits, TextsAndListsAreBounded) {
  for (const char* source :
       {R"({{ repeat 1000000000 "x" }})", R"({{ $x := "x" }}{{ range 100 }}{{ $x = print $x $x }}{{ end }})",
        R"({{ range 10000000 }}0123456789012345678901234567890123456789{{ end }})",
        R"({{ $x := list 1 }}{{ range 100 }}{{ $x = concat $x $x }}{{ end }})", R"({{ indent 1000000000 "x" }})",
        R"({{ printf "%*d" 900000000 1 | len }}{{ fail "" }})",
        R"({{ $x := list }}{{ range 1000000 }}{{ $x = list $x }}{{ end }})"}) {
    EXPECT_THAT(text(source), StartsWith("! template")) << source;
  }
}

TEST(TemplateLimits, DictionariesThatHoldThemselvesAreNoTrap) {
  constexpr std::string_view kSelf = R"({{ $d := dict }}{{ $_ := set $d "d" $d }})";
  for (const char* use :
       {"{{ $d }}", "{{ toJson $d | len }}{{ fail \"\" }}", "{{ deepCopy $d }}", "{{ deepEqual $d (deepCopy $d) }}"}) {
    EXPECT_THAT(text(std::string(kSelf) + use), StartsWith("! template")) << use;
  }
  EXPECT_EQ(text(std::string(kSelf) + "{{ $_ := merge $d $d }}{{ len $d }}"), "1");
}

TEST(TemplateLimits, TenThousandRoutersTakeLittle) {
  const auto before = std::chrono::steady_clock::now();
  const auto rendered =
      run("http:\n  routers:\n{{ range $i := until 10000 }}"
          "    app{{ printf \"%05d\" $i }}: {rule: \"Host(`app{{ $i }}.test`){{ if eq (mod $i 50) 0 }} && "
          "PathPrefix(`/x`){{ end }}\", service: {{ $i | printf \"s%d\" | quote }}}\n{{ end }}");
  ASSERT_TRUE(rendered);
  EXPECT_EQ(rendered->lines.size(), 10'003U);
  RecordProperty(
      "milliseconds",
      static_cast<int>(
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - before).count()));
}

TEST(TemplateFunctions, AreAllThereThatTraefikOffers) {
  EXPECT_THAT(function_names(), IsSupersetOf({"env", "expandenv", "normalize", "split", "seq", "dig", "semver", "genCA",
                                              "htpasswd", "urlJoin", "untilStep", "mustRegexSplit", "and", "printf"}));
  EXPECT_EQ(find_function("sha512sum"), nullptr);
  EXPECT_EQ(find_function("include"), nullptr);
  EXPECT_EQ(find_function("toYaml"), nullptr);
}

TEST(TemplateFunctions, AreAllInTheDocumentation) {
  std::ifstream file(std::string(TANDEM_SOURCE_DIR) + "/docs/templates.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  for (const std::string_view name : function_names()) {
    // "each with must" stands for those.
    std::string plain(name.substr(name.starts_with("must") && name[4] != '_' ? 4 : 0));
    plain[0] = static_cast<char>(plain[0] | 0x20);
    EXPECT_TRUE(page.contains("`" + plain + "`") || page.contains("`" + std::string(name) + "`")) << name;
  }
}

TEST(TemplateFunctions, RandomTextsHaveTheirShape) {
  EXPECT_THAT(text("{{ uuidv4 }}"),
              MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_THAT(text("{{ randNumeric 8 }}"), MatchesRegex("[0-9]{8}"));
  EXPECT_THAT(text("{{ randAlpha 8 }}"), MatchesRegex("[A-Za-z]{8}"));
  EXPECT_THAT(text(R"({{ htpasswd "ann" "pass" }})"), MatchesRegex("ann:\\$2a\\$10\\$[./A-Za-z0-9]{53}"));
}

TEST(TemplateFunctions, CertificatesAreSignedByTheirAuthority) {
  const std::string made = text(
      R"({{ $ca := genCA "authority" 10 }}{{ $c := genSignedCert "a.test" (list "127.0.0.1") (list "b.test") 5 $ca }}{{ $c.Cert }}{{ $c.Key }})");
  EXPECT_THAT(made, StartsWith("-----BEGIN CERTIFICATE-----\n"));
  EXPECT_THAT(made, HasSubstr("-----BEGIN RSA PRIVATE KEY-----\n"));
  EXPECT_THAT(text(R"({{ genSelfSignedCert "a" (list "x") nil 3 }})"), HasSubstr("error parsing ip: x"));
}

TEST(TemplateFunctions, RangeOverADictionaryGoesByKey) {
  EXPECT_EQ(text(R"({{ range $k, $v := dict "b" 2 "a" 1 "c" 3 }}{{ $k }}{{ $v }}{{ end }})"), "a1b2c3");
}

}  // namespace
}  // namespace tandem::templates
