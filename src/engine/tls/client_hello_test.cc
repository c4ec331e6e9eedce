#include "engine/tls/client_hello.h"

#include <gtest/gtest.h>

#include <string>

namespace tandem::tls {
namespace {

std::string number(std::size_t value, int size) {
  std::string out;
  for (int i = size - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}
std::string vector(const std::string& content, int size) { return number(content.size(), size) + content; }
std::string extension(std::size_t type, const std::string& body) { return number(type, 2) + vector(body, 2); }
std::string name_extension(const std::string& name) {
  return extension(0, vector(std::string(1, '\0') + vector(name, 2), 2));
}
std::string message(const std::string& extensions) {
  const std::string body = std::string("\x03\x03") + std::string(32, 'r') + vector("", 1) + vector("\x13\x01", 2) +
                           vector(std::string(1, '\0'), 1) + vector(extensions, 2);
  return "\x01" + vector(body, 3);
}
std::string record(const std::string& content) { return "\x16\x03\x01" + vector(content, 2); }

struct Parsed {
  FirstBytes found;
  std::string name;
  bool h2;
  std::uint16_t version;
};
Parsed parse(const std::string& bytes) {
  ClientHello hello;
  std::string room(bytes.size(), '\0');
  const FirstBytes found = parse_first_bytes(bytes, room.data(), hello);
  return {found, std::string(hello.server_name), hello.offers("h2"), hello.highest_version};
}

TEST(ClientHello, TellsNameProtocolsAndVersions) {
  const std::string extensions = name_extension("A.test") + extension(16, vector("\x02h2\x08http/1.1", 2)) +
                                 extension(43, vector("\x7a\x7a\x03\x04\x03\x03", 1));
  const Parsed parsed = parse(record(message(extensions)));
  EXPECT_EQ(parsed.found, FirstBytes::kComplete);
  EXPECT_EQ(parsed.name, "A.test");
  EXPECT_TRUE(parsed.h2);
  EXPECT_EQ(parsed.version, 0x0304);
}

TEST(ClientHello, MayBeCutAnywhere) {
  const std::string whole = message(name_extension("a.test"));
  const std::string bytes = record(whole.substr(0, 3)) + record(whole.substr(3, 20)) + record(whole.substr(23));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(parse(bytes.substr(0, size)).found, FirstBytes::kMore) << size;
  }
  EXPECT_EQ(parse(bytes).name, "a.test");
}

TEST(ClientHello, OtherProtocolsAreTold) {
  EXPECT_EQ(parse("").found, FirstBytes::kMore);
  EXPECT_EQ(parse("GET / HTTP/1.1\r\n").found, FirstBytes::kOther);
  EXPECT_EQ(parse("\x80\x2e\x01").found, FirstBytes::kTooOld);
}

TEST(ClientHello, WhatCannotBeAnsweredIsBad) {
  EXPECT_EQ(parse(record("hello")).found, FirstBytes::kBad) << "another message";
  EXPECT_EQ(parse(std::string("\x16\x03\x01\x00\x00", 5)).found, FirstBytes::kBad) << "an empty record";
  EXPECT_EQ(parse(std::string("\x16\x03\x01\x50\x00\x01", 6)).found, FirstBytes::kBad) << "a record that is too long";
  EXPECT_EQ(parse(record(message(name_extension("a.test.")))).found, FirstBytes::kBad) << "a trailing dot";
  EXPECT_EQ(parse(record(message(name_extension("")))).found, FirstBytes::kBad);
  EXPECT_EQ(parse(record(message(name_extension("a") + name_extension("b")))).found, FirstBytes::kBad);
  EXPECT_EQ(parse(record(message(extension(16, vector(std::string(1, '\0'), 2))))).found, FirstBytes::kBad);
  EXPECT_EQ(parse(record(message("\x01"))).found, FirstBytes::kBad) << "half an extension";
}

TEST(ClientHello, LengthIsLimited) {
  const std::string padding = extension(21, std::string(17000, 'p'));
  const std::string whole = message(padding);
  EXPECT_EQ(parse(record(whole.substr(0, 16000)) + record(whole.substr(16000))).found, FirstBytes::kTooLong);
}

TEST(ClientHello, WithoutANameThereIsNone) {
  const Parsed parsed = parse(record(message("")));
  EXPECT_EQ(parsed.found, FirstBytes::kComplete);
  EXPECT_EQ(parsed.name, "");
  EXPECT_FALSE(parsed.h2);
}

}  // namespace
}  // namespace tandem::tls
