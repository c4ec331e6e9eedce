#include "app/command/check.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "engine/tls/fixture.h"

namespace tandem::command {
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
  app::StaticSources sources_;
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

class CheckOfCertificates : public Check {
 protected:
  CheckOfCertificates() {
    for (const char* name : {"server.pem", "server.key", "rsa.key", "ca.pem"}) write(name, tls::test_file(name));
    write("tandem.yml", in_folder("providers: {file: {filename: DIR/tls.yml}}\n"));
  }
  /// DIR becomes the folder.
  std::string in_folder(std::string text) const {
    for (std::size_t at = 0; (at = text.find("DIR", at)) != std::string::npos;) {
      text.replace(at, 3, folder_.string());
    }
    return text;
  }
  void write_tls(const std::string& text) const { write("tls.yml", in_folder(text)); }
};

TEST_F(CheckOfCertificates, IsContentWithGoodOnesInFilesAndInText) {
  std::string inlined = tls::test_file("ca.pem");
  for (std::size_t at = 0; (at = inlined.find('\n', at)) != std::string::npos; at += 2) inlined.replace(at, 1, "\\n");
  write_tls(
      "http:\n"
      "  serversTransports:\n"
      "    t: {rootCAs: [DIR/ca.pem], certificates: [{certFile: DIR/server.pem, keyFile: DIR/server.key}]}\n"
      "tls:\n"
      "  certificates:\n"
      "    - {certFile: DIR/server.pem, keyFile: DIR/server.key}\n"
      "    - {certFile: DIR/server.pem, keyFile: DIR/server.key, stores: [default]}\n"
      "  stores: {default: {defaultCertificate: {certFile: DIR/server.pem, keyFile: DIR/server.key}}}\n"
      "  options: {strict: {clientAuth: {caFiles: [\"" +
      inlined + "\"]}}}\n");
  EXPECT_THAT(report(), testing::EndsWith("\n0 errors, 0 warnings, 0 options not built\n"));
}

TEST_F(CheckOfCertificates, TellsWhereOneIsMissingOrDoesNotFit) {
  write("note.txt", "no certificate\n");
  write("tandem.yml", in_folder("providers: {file: {filename: DIR/tls.yml}}\n"
                                "serversTransport:\n"
                                "  rootCAs:\n"
                                "    - DIR/ca.pem\n"
                                "    - DIR/gone.pem\n"));
  write_tls(
      "http:\n"
      "  serversTransports:\n"
      "    t: {certificates: [{certFile: DIR/server.pem, keyFile: DIR}]}\n"
      "tls:\n"
      "  certificates:\n"
      "    - certFile: DIR/server.pem\n"
      "      keyFile: DIR/gone.key\n"
      "    - certFile: DIR/server.pem\n"
      "      keyFile: DIR/rsa.key\n"
      "  stores:\n"
      "    default: {defaultCertificate: {certFile: DIR/note.txt, keyFile: DIR/server.key}}\n"
      "  options:\n"
      "    strict: {clientAuth: {caFiles: [DIR/ca.pem, DIR/note.txt]}}\n");
  const std::string file = " (a file that the program can read, or the PEM text itself)\n";
  const std::string fits =
      " (PEM texts of a certificate, with those of its issuers behind it, and of its private key)\n";
  const std::string text = report();
  for (const std::string& line :
       {"error: DIR/tandem.yml:5:7: serversTransport.rootCAs[1]: no such file: DIR/gone.pem" + file,
        "error: DIR/tls.yml:6:7: tls.certificates[0].keyFile: no such file: DIR/gone.key" + file,
        "error: DIR/tls.yml:8:7: tls.certificates[1].certFile: DIR/server.pem with DIR/rsa.key: the private key is not "
        "that of the certificate" +
            fits,
        "error: DIR/tls.yml:11:5: tls.stores.default.defaultCertificate.certFile: DIR/note.txt with DIR/server.key: "
        "there is no certificate in PEM form" +
            fits,
        std::string("error: DIR/tls.yml:13:5: tls.options.strict@file.clientAuth.caFiles[1]: DIR/note.txt: there is "
                    "no certificate in PEM form (PEM texts of authorities)\n"),
        "error: DIR/tls.yml:3:5: http.serversTransports.t@file.certificates[0].keyFile: cannot read DIR: Is a "
        "directory" +
            file}) {
    EXPECT_THAT(text, testing::HasSubstr(line));
  }
  EXPECT_THAT(text, testing::HasSubstr("\n6 errors, 0 warnings"));
}

TEST_F(CheckOfCertificates, LooksIntoFilesWithWrongOptionsAndKeepsKeysToItself) {
  write_tls(
      "http: {routers: {x: {rul: 1}}}\n"
      "tls: {certificates: [{certFile: DIR/server.pem, keyFile: MEECAQAwEwYHKoZIzj0CAQYIKoZIzj0DAQcEJzAl}]}\n");
  const std::string text = report();
  EXPECT_THAT(text, testing::HasSubstr("error: DIR/tls.yml:2:22: tls.certificates[0].keyFile: no such file: the text"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("MEECAQ")));
}

}  // namespace
}  // namespace tandem::command
