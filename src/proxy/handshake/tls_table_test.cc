#include "proxy/handshake/tls_table.h"

#include <gmock/gmock.h>

#include <future>

#include "proxy/handshake/tls_options.h"

namespace tandem::handshake {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string error_of(const model::TlsOptions& options) {
  const auto settings = server_settings("x", options, true);
  return settings ? "" : settings.error().text();
}

TEST(TlsOptions, MistakesAreNamedAsTraefikDoes) {
  EXPECT_EQ(error_of({}), "");
  EXPECT_EQ(error_of({.cipherSuites = {"TLS_MADE_UP"}}), "invalid CipherSuite: TLS_MADE_UP");
  EXPECT_EQ(error_of({.curvePreferences = {"CurveP224"}}), "invalid CurveID in curvePreferences: CurveP224");
  EXPECT_EQ(error_of({.clientAuth = {.clientAuthType = "Please"}}), "unknown client auth type \"Please\"");
  EXPECT_EQ(error_of({.clientAuth = {.clientAuthType = "RequireAndVerifyClientCert"}}),
            "invalid clientAuthType: RequireAndVerifyClientCert, CAFiles is required");
  EXPECT_EQ(error_of({.minVersion = "TLS13", .maxVersion = "1.2"}), "") << "words that name no version are ignored";
}

TEST(TlsOptions, AuthoritiesWithoutATypeAreRequired) {
  const auto settings = server_settings("x", {.clientAuth = {.caFiles = {"nothing"}}}, true);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->client_auth, tls::ClientAuth::kRequireAndVerify);
  EXPECT_FALSE(tls::ServerContext::build(*settings)) << "there is no authority in that text";
}

TEST(TlsOptions, WhatCannotBeServedIsNotOffered) {
  EXPECT_THAT(server_settings("x", {}, true)->alpn, ElementsAre("h2", "http/1.1"));
  EXPECT_THAT(server_settings("x", {}, false)->alpn, ElementsAre("http/1.1"));
  EXPECT_THAT(server_settings("x", {.alpnProtocols = {}}, true)->alpn, ElementsAre("h2", "http/1.1"));
}

TEST(TlsTable, ChoosesByTheNameAskedFor) {
  const auto named = [](const char* name) { return *tls::ServerContext::build(*server_settings(name, {}, true)); };
  const auto store = std::make_shared<const tls::CertificateStore>();
  TlsTable table(named("default"), store);
  table.add("a.test", named("exact"));
  table.add("*.wild.test", named("wildcard"));
  table.add("closed.test", nullptr);
  const auto options = [&table](std::string_view name) {
    tls::ClientHello hello;
    hello.server_name = name;
    const TlsChoice choice = table.choose(hello, "127.0.0.1");
    return choice.context == nullptr ? "closed" : choice.context->settings().name;
  };
  EXPECT_EQ(options("A.Test"), "exact");
  EXPECT_EQ(options("x.wild.test"), "wildcard");
  EXPECT_EQ(options("x.y.wild.test"), "default");
  EXPECT_EQ(options("closed.test"), "closed");
  EXPECT_EQ(options(""), "default");
}

TEST(TlsTable, NobodyWaitsForACertificateThatIsBeingMade) {
  std::promise<tls::CertificatePtr> made;
  const auto store = std::make_shared<tls::CertificateStore>();
  store->set_fallback(made.get_future().share());
  const TlsTable table(*tls::ServerContext::build(*server_settings("default", {}, true)), store);
  EXPECT_TRUE(table.choose({}, "127.0.0.1").too_early);
  made.set_value(nullptr);
  EXPECT_FALSE(table.choose({}, "127.0.0.1").too_early);
}

}  // namespace
}  // namespace tandem::handshake
