#include "engine/tls/certificate.h"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/tls/certificate_store.h"
#include "engine/tls/fixture.h"
#include "engine/tls/self_signed.h"

namespace tandem::tls {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string error_of(const std::string& chain, const std::string& key) {
  const auto certificate = Certificate::parse(chain, key);
  return certificate ? "" : certificate.error().text();
}

TEST(Certificate, NamesAreThoseOfTheSubjectAndItsAlternatives) {
  EXPECT_THAT(test_certificate("server")->names(), ElementsAre("127.0.0.1", "a.test", "b.test"));
  EXPECT_EQ(test_certificate("server")->identity(), "127.0.0.1,a.test,b.test");
  EXPECT_THAT(test_certificate("rsa")->names(), ElementsAre("rsa.test"));
}

TEST(Certificate, AKeyOfAnotherOneIsRefused) {
  EXPECT_THAT(error_of(test_file("server.pem"), test_file("exact.key")), HasSubstr("not that of the certificate"));
  EXPECT_THAT(error_of(test_file("server.pem"), test_file("rsa.key")), HasSubstr("not that of the certificate"));
  EXPECT_EQ(error_of(test_file("rsa.pem"), test_file("rsa.key")), "");
}

TEST(Certificate, WhatIsNoneIsAnError) {
  EXPECT_THAT(error_of("garbage", test_file("server.key")), HasSubstr("no certificate"));
  EXPECT_THAT(error_of(test_file("server.pem"), ""), HasSubstr("no private key"));
  EXPECT_THAT(error_of("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", test_file("server.key")),
              HasSubstr("malformed"));
}

TEST(Certificate, LoadsWithItsChain) {
  const auto certificate = Certificate::parse(test_file("server.pem") + test_file("ca.pem"), test_file("server.key"));
  ASSERT_TRUE(certificate);
  const Certificate::Loaded* const loaded = (*certificate)->loaded();
  ASSERT_NE(loaded, nullptr);
  EXPECT_NE(loaded->key, nullptr);
}

TEST(Certificate, ATextIsAPathWhenThereIsSuchAFile) {
  char name[] = "/tmp/certificate-XXXXXX";
  const int fd = ::mkstemp(name);
  ASSERT_EQ(::write(fd, "inside", 6), 6);
  ::close(fd);
  EXPECT_EQ(file_or_content(name).value(), "inside");
  ::unlink(name);
  EXPECT_EQ(file_or_content(name).value(), name);
  EXPECT_EQ(file_or_content("-----BEGIN\n").value(), "-----BEGIN\n");
}

TEST(SelfSigned, IsForNobodysName) {
  const auto certificate = make_self_signed();
  ASSERT_TRUE(certificate);
  EXPECT_THAT((*certificate)->identity(), HasSubstr("traefik default cert"));
  EXPECT_THAT((*certificate)->identity(), HasSubstr(".traefik.default"));
  EXPECT_NE((*certificate)->loaded(), nullptr);
}

CertificateStore store_of(const std::vector<CertificatePtr>& certificates) {
  std::vector<CertificateStore::Placed> placed;
  for (const CertificatePtr& certificate : certificates) placed.push_back({certificate, placed.size()});
  return {CertificateStore(), {}, placed};
}

TEST(CertificateStore, FindsExactNamesAndWildcardsOfOneLabel) {
  const std::vector<CertificatePtr> all = {test_certificate("server"), test_certificate("wildcard")};
  const CertificateStore store = store_of(all);
  EXPECT_EQ(*store.find("a.test"), all[0]);
  EXPECT_EQ(*store.find("127.0.0.1"), all[0]);
  EXPECT_EQ(*store.find("x.wild.test"), all[1]);
  EXPECT_EQ(store.find("x.y.wild.test"), nullptr);
  EXPECT_EQ(store.find("wild.test"), nullptr);
  EXPECT_EQ(store.find(""), nullptr);
  EXPECT_EQ(store.find(std::string(300, 'a') + ".wild.test"), nullptr);
}

TEST(CertificateStore, OfSeveralTheLastIdentityCountsAndOfEqualOnesTheFirst) {
  const std::vector<CertificatePtr> all = {test_certificate("wildcard"), test_certificate("exact"),
                                           test_certificate("exact")};
  const CertificateStore store = store_of(all);
  EXPECT_EQ(*store.find("exact.wild.test"), all[1]);
  EXPECT_EQ(store.certificates().size(), 2U);
}

TEST(CertificateStore, AChangeLeavesTheOldStoreAsItWas) {
  const std::vector<CertificatePtr> all = {test_certificate("wildcard"), test_certificate("exact"),
                                           test_certificate("exact")};
  const CertificateStore before = store_of(all);
  const std::vector<CertificateStore::Placed> removed = {{all[1], 1}};
  const std::vector<CertificateStore::Placed> added = {{test_certificate("server"), 7}};
  const CertificateStore after(before, removed, added);
  EXPECT_EQ(*before.find("exact.wild.test"), all[1]);
  EXPECT_EQ(before.find("a.test"), nullptr);
  EXPECT_EQ(*after.find("exact.wild.test"), all[2]);
  EXPECT_EQ(*after.find("a.test"), added[0].certificate);
}

TEST(CertificateStore, TheFallbackIsForNamesWithoutACertificate) {
  CertificateStore store;
  EXPECT_EQ(store.fallback(), nullptr);
  EXPECT_EQ(store.find("a.test"), nullptr);
  store.set_fallback(test_certificate("exact"));
  EXPECT_NE(store.fallback(), nullptr);
}

}  // namespace
}  // namespace tandem::tls
