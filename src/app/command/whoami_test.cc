#include "app/command/whoami.h"

#include <gmock/gmock.h>

namespace tandem::command {
namespace {

TEST(Whoami, ReadsItsOptionsInBothForms) {
  WhoamiOptions options;
  EXPECT_EQ(parse_whoami_options({"--port=8080", "-name", "one"}, options), "");
  EXPECT_EQ(options.port, 8080);
  EXPECT_EQ(options.name, "one");
}

TEST(Whoami, RefusesWhatItDoesNotKnow) {
  WhoamiOptions options;
  EXPECT_EQ(parse_whoami_options({"--prot=1"}, options), "unknown option: --prot=1 (known are --port and --name)");
  EXPECT_EQ(parse_whoami_options({"--port"}, options), "flag needs an argument: -port");
  EXPECT_EQ(parse_whoami_options({"--port=70000"}, options), "invalid port: 70000");
}

TEST(Whoami, ShowsTheRequest) {
  const std::string body = whoami_body({.port = 1, .name = "one"}, "127.0.0.1:5", "GET / HTTP/1.1\r\nHost: a\r\n");
  EXPECT_THAT(body, testing::StartsWith("Name: one\nHostname: "));
  EXPECT_THAT(body, testing::EndsWith("RemoteAddr: 127.0.0.1:5\nGET / HTTP/1.1\nHost: a\n"));
}

}  // namespace
}  // namespace tandem::command
