#include "app/check.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tandem::app {
namespace {

namespace fs = std::filesystem;

class Check : public testing::Test {
 protected:
  Check() {
    std::string pattern = (fs::temp_directory_path() / "check_testXXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    sources_.system_folder = (folder_ / "etc").string();
    sources_.working_folder = (folder_ / "here").string();
    sources_.arguments = {"--configFile=" + (folder_ / "tandem.yml").string()};
  }
  ~Check() override { fs::remove_all(folder_); }
  void write(std::string_view name, std::string_view text) const { std::ofstream(folder_ / name) << text; }
  /// The temporary folder reads DIR.
  std::string with_dir(std::string text) const {
    for (std::size_t at = 0; (at = text.find(folder_.string(), at)) != std::string::npos;) {
      text.replace(at, folder_.string().size(), "DIR");
    }
    return text;
  }
  std::string report() const { return with_dir(text_of(check(sources_))); }

  fs::path folder_;
  StaticSources sources_;
};

TEST_F(Check, PrintsEverythingThatIsWrongInBothConfigurations) {
  write("tandem.yml", fmt::format("entryPoints: {{web: {{address: ':80'}}}}\n"
                                  "nonsense: 1\n"
                                  "log:\n"
                                  "  levle: DEBUG\n"
                                  "providers:\n"
                                  "  docker: {{}}\n"
                                  "  file: {{directory: {}/conf}}\n",
                                  folder_.string()));
  fs::create_directories(folder_ / "conf");
  write("conf/a.yml",
        "http:\n"
        "  routers:\n"
        "    web: {rule: 'Path(`/`', service: noop@internal}\n");
  write("conf/b.yml", "http: {routers: {x: {rul: 1}}}\n");
  EXPECT_EQ(
      report(),
      "static configuration: file DIR/tandem.yml\n"
      "error: DIR/tandem.yml:4:3: log.levle: field not found, node: levle (did you mean \"level\"?)\n"
      "error: DIR/conf/b.yml:1:22: http.routers.x.rul: field not found, node: rul (did you mean \"rule\"?)\n"
      "error: DIR/conf/a.yml:3:5: http.routers.web@file: error while parsing rule Path(`/`: parsing rule Path(`/`: "
      "1:9: missing ',' before newline in argument list\n"
      "error: DIR/conf/b.yml:1:18: http.routers.x@file: router has no service and no child routers\n"
      "error: DIR/conf/b.yml:1:18: http.routers.x@file: router must have either a service or child routers\n"
      "warning: DIR/tandem.yml:2:1: nonsense: unknown section is ignored\n"
      "not built yet, no effect: providers.docker\n"
      "5 errors, 1 warning, 1 option not built\n");
}

TEST_F(Check, IsContentWithAGoodConfiguration) {
  write("tandem.yml", "entryPoints: {web: {address: ':80'}}\n");
  EXPECT_EQ(report(),
            "static configuration: file DIR/tandem.yml\n"
            "0 errors, 0 warnings, 0 options not built\n");
}

TEST_F(Check, NamesUpstreamServicesThatNobodyConfigures) {
  write("tandem.yml", fmt::format("ha:\n"
                                  "  virtualAddresses: [192.0.2.1/24]\n"
                                  "  interface: lo\n"
                                  "  track: {{upstreams: {{services: [shop@file, gone@file, far@docker]}}}}\n"
                                  "providers: {{file: {{filename: {}/a.yml}}}}\n",
                                  folder_.string()));
  write("a.yml",
        "http:\n"
        "  routers: {web: {rule: 'Path(`/`)', service: shop}}\n"
        "  services: {shop: {loadBalancer: {servers: [{url: 'http://127.0.0.1:1'}]}}}\n");
  EXPECT_THAT(report(), testing::HasSubstr("warning: ha.track.upstreams.services: there is no service gone@file: it "
                                           "counts as one without a living server\n"));
  EXPECT_THAT(report(), testing::Not(testing::HasSubstr("shop@file")));
  EXPECT_THAT(report(), testing::Not(testing::HasSubstr("far@docker")));
}

TEST_F(Check, SaysThatTheNamedFileIsMissing) {
  EXPECT_THAT(report(), testing::HasSubstr("error: no such file: DIR/tandem.yml\n"));
}

TEST_F(Check, WritesJsonForMachines) {
  write("tandem.yml", "log: {levle: x}\n");
  const std::string json = with_dir(json_of(check(sources_)));
  EXPECT_THAT(json, testing::HasSubstr("\"file\": \"DIR/tandem.yml\""));
  EXPECT_THAT(json, testing::HasSubstr("\"line\": 1"));
  EXPECT_THAT(json, testing::HasSubstr("\"path\": \"log.levle\""));
}

}  // namespace
}  // namespace tandem::app
