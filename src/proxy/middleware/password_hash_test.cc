#include "proxy/middleware/password_hash.h"

#include <gtest/gtest.h>

#include <string>

namespace tandem::middleware {
namespace {

TEST(PasswordHash, KnowsSha1) {
  EXPECT_TRUE(matches_password("secret", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="));
  EXPECT_FALSE(matches_password("secret ", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="));
}

TEST(PasswordHash, KnowsApacheMd5) {
  EXPECT_TRUE(matches_password("wonder", "$apr1$yF5nFC2p$X5.J72gNho41vUVwaYu6r0"));
  EXPECT_FALSE(matches_password("Wonder", "$apr1$yF5nFC2p$X5.J72gNho41vUVwaYu6r0"));
  EXPECT_TRUE(matches_password("p\xC3\xA4ss:w\xC3\xB6rd", "$apr1$saltsalt$dqxJ6EqC7APxkdoVILRoG1"));
}

TEST(PasswordHash, KnowsMd5Crypt) {
  EXPECT_TRUE(matches_password("dollarone", "$1$abcdefgh$ZxdUWdh3EMVdiagP0oJpU/"));
  EXPECT_FALSE(matches_password("", "$1$abcdefgh$ZxdUWdh3EMVdiagP0oJpU/"));
}

TEST(PasswordHash, KnowsBcryptInAllSpellings) {
  const std::string rest = "$05$jFZWQZeHK8QsI/hgoVweB.6Htp4ctZDrlEGbCjX1wUNZjcdKx6r7G";
  for (const char* version : {"$2a", "$2b", "$2y"}) {
    EXPECT_TRUE(matches_password("builder", version + rest)) << version;
    EXPECT_FALSE(matches_password("wonder", version + rest)) << version;
  }
}

TEST(PasswordHash, MatchesNothingElse) {
  EXPECT_FALSE(matches_password("text", "text"));
  EXPECT_FALSE(matches_password("", ""));
  EXPECT_FALSE(matches_password("y", "$5$Tq2ZqIy7LdGntFZw$VFWLhis.4xGsyuJOAnQAQN1Aa7TORc0YkZ9K2Q4R3M1"));
  EXPECT_FALSE(matches_password("text", "hChVgiodHlWlc"));
  EXPECT_FALSE(matches_password("x", "$apr1$"));
}

TEST(PasswordHash, KnowsWhatTakesLong) {
  EXPECT_TRUE(is_slow_hash("$2y$05$x"));
  EXPECT_TRUE(is_slow_hash("$apr1$x"));
  EXPECT_FALSE(is_slow_hash("{SHA}x"));
  EXPECT_FALSE(is_slow_hash("$"));
}

}  // namespace
}  // namespace tandem::middleware
