#include "app/static_configuration.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tandem::app {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Static : public testing::Test {
 protected:
  Static() {
    std::string pattern = (fs::temp_directory_path() / "static_testXXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    sources_.system_folder = (folder_ / "etc").string();
    sources_.working_folder = (folder_ / "here").string();
    sources_.environment.push_back("HOME=" + (folder_ / "home").string());
    sources_.environment.push_back("XDG_CONFIG_HOME=" + (folder_ / "settings").string());
  }
  ~Static() override { fs::remove_all(folder_); }
  std::string write(std::string_view name, std::string_view text) const {
    const fs::path path = folder_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }
  StaticLoad load() const { return load_static(sources_); }

  fs::path folder_;
  StaticSources sources_;
};

TEST_F(Static, FallsBackToDefaults) {
  const StaticLoad load = this->load();
  EXPECT_EQ(load.origin, "defaults");
  EXPECT_THAT(load.problems, IsEmpty());
  EXPECT_EQ(load.configuration.entryPoints.at("http").address, ":80");
}

TEST_F(Static, AFileHidesFlagsAndEnvironment) {
  const std::string path = write("my.yml", "entryPoints: {file: {address: ':81'}}\n");
  sources_.arguments = {"--configFile=" + path, "--entrypoints.flag.address=:82"};
  sources_.environment.push_back("TRAEFIK_ENTRYPOINTS_ENV_ADDRESS=:83");
  const StaticLoad load = this->load();
  EXPECT_EQ(load.origin, "file " + path);
  EXPECT_THAT(load.configuration.entryPoints, SizeIs(1));
  EXPECT_TRUE(load.configuration.entryPoints.contains("file"));
}

TEST_F(Static, FlagsHideTheEnvironment) {
  sources_.arguments = {"--entrypoints.flag.address=:82"};
  sources_.environment.push_back("TRAEFIK_ENTRYPOINTS_ENV_ADDRESS=:83");
  const StaticLoad load = this->load();
  EXPECT_EQ(load.origin, "flags");
  EXPECT_TRUE(load.configuration.entryPoints.contains("flag"));
  EXPECT_FALSE(load.configuration.entryPoints.contains("env"));
}

TEST_F(Static, ReadsTheEnvironmentUnderBothNames) {
  sources_.environment.push_back("TRAEFIK_ENTRYPOINTS_WEB_ADDRESS=:83");
  sources_.environment.push_back("TANDEM_ENTRYPOINTS_WEB_ADDRESS=:84");
  const StaticLoad load = this->load();
  EXPECT_EQ(load.origin, "environment variables");
  EXPECT_EQ(load.configuration.entryPoints.at("web").address, ":84");
}

TEST_F(Static, LooksForTandemBeforeTraefikInEachPlace) {
  write("here/traefik.yml", "entryPoints: {a: {address: ':81'}}\n");
  EXPECT_THAT(load().origin, HasSubstr("here/traefik.yml"));
  write("here/tandem.yml", "entryPoints: {a: {address: ':81'}}\n");
  EXPECT_THAT(load().origin, HasSubstr("here/tandem.yml"));
  write("here/tandem.toml", "[entryPoints.a]\naddress = ':81'\n");
  EXPECT_THAT(load().origin, HasSubstr("here/tandem.toml"));
  write("home/.config/traefik.yml", "entryPoints: {a: {address: ':81'}}\n");
  EXPECT_THAT(load().origin, HasSubstr("home/.config/traefik.yml"));
  write("settings/traefik.yml", "entryPoints: {a: {address: ':81'}}\n");
  EXPECT_THAT(load().origin, HasSubstr("settings/traefik.yml"));
  write("etc/traefik/traefik.yml", "entryPoints: {a: {address: ':81'}}\n");
  EXPECT_THAT(load().origin, HasSubstr("etc/traefik/traefik.yml"));
  write("etc/tandem/tandem.yml", "entryPoints: {a: {address: ':81'}}\n");
  EXPECT_THAT(load().origin, HasSubstr("etc/tandem/tandem.yml"));
}

TEST_F(Static, AMissingNamedFileFallsBackToFlags) {
  sources_.arguments = {"--configfile=none.yml", "--entrypoints.web.address=:82"};
  const StaticLoad load = this->load();
  EXPECT_THAT(load.problems, IsEmpty());
  EXPECT_EQ(load.origin, "flags");
}

TEST_F(Static, ExpandsVariablesInTheFilesName) {
  write("my.yml", "entryPoints: {file: {address: ':81'}}\n");
  sources_.environment.push_back("WHERE=" + folder_.string());
  sources_.arguments = {"--configFile=${WHERE}/my.yml"};
  EXPECT_THAT(load().origin, HasSubstr("my.yml"));
}

TEST_F(Static, NamesEveryUnknownKeyWithItsPlace) {
  const std::string path = write("my.yml", "entryPoints:\n  web:\n    adress: ':81'\nlog: {levle: DEBUG}\n");
  sources_.arguments = {"--configFile=" + path};
  const StaticLoad load = this->load();
  ASSERT_THAT(load.problems, SizeIs(2));
  EXPECT_THAT(load.problems[0].text(), HasSubstr(path + ":3:5: entryPoints.web.adress: field not found, node: adress"));
  EXPECT_THAT(load.problems[0].text(), HasSubstr("address"));
  EXPECT_THAT(load.problems[1].text(), HasSubstr("field not found, node: levle"));
}

TEST_F(Static, RefusesEmptyAndForeignFiles) {
  for (const std::string_view text : {"", "# nothing\n"}) {
    sources_.arguments = {"--configFile=" + write("my.yml", text)};
    ASSERT_THAT(load().problems, SizeIs(1)) << text;
    EXPECT_THAT(load().problems[0].message, HasSubstr("no configuration found in file: "));
  }
  sources_.arguments = {"--configFile=" + write("my.yml", "nonsense: 1\n")};
  ASSERT_THAT(load().problems, SizeIs(1));
  EXPECT_THAT(load().problems[0].message, HasSubstr("no valid configuration found in file: "));
  sources_.arguments = {"--configFile=" + write("my.conf", "log: {}\n")};
  ASSERT_THAT(load().problems, SizeIs(1));
  EXPECT_THAT(load().problems[0].message, HasSubstr("unsupported file extension: "));
  for (const std::string_view text : {"- a\n", "hello\n", "a: [\n"}) {
    sources_.arguments = {"--configFile=" + write("my.yml", text)};
    EXPECT_THAT(load().problems, testing::Not(IsEmpty())) << text;
  }
}

TEST_F(Static, SaysWhichFlagIsWrong) {
  sources_.arguments = {"--entrypoints.web.adress=x"};
  ASSERT_THAT(load().problems, SizeIs(1));
  EXPECT_THAT(load().problems[0].text(), HasSubstr("failed to decode configuration from flags: field not found"));
  sources_.arguments = {"--entrypoints.web.address"};
  ASSERT_THAT(load().problems, SizeIs(1));
  EXPECT_TRUE(load().malformed_flags);
  EXPECT_THAT(load().problems[0].text(), HasSubstr("flag needs an argument: -entrypoints.web.address"));
}

TEST_F(Static, ValidationProblemsHaveAPlace) {
  const std::string path = write("my.yml", "api:\n  basePath: ui\n");
  sources_.arguments = {"--configFile=" + path};
  ASSERT_THAT(load().problems, SizeIs(1));
  EXPECT_EQ(load().problems[0].position.line, 2);
}

TEST_F(Static, RefusesOptionsOfOlderVersions) {
  sources_.arguments = {"--configFile=" + write("my.yml", "pilot: {token: x}\nlog: {}\n")};
  const StaticLoad load = this->load();
  ASSERT_THAT(load.problems, SizeIs(2));
  EXPECT_EQ(load.problems[1].message, "incompatible deprecated install configuration option found");
}

TEST_F(Static, NamesWhatIsNotBuilt) {
  sources_.arguments = {"--providers.docker"};
  EXPECT_THAT(load().not_built, testing::ElementsAre("providers.docker"));
}

}  // namespace
}  // namespace tandem::app
