#include "proxy/entry/proxy_header.h"

#include <gmock/gmock.h>

#include <string>

#include "engine/loop/drive.h"
#include "engine/net/stream_pair.h"

namespace tandem::entry {
namespace {

using Kind = ProxyHeader::Kind;

const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

/// A version 2 header: command and family bytes, then what follows the length.
std::string v2(int command, int family, const std::string& rest) {
  std::string out = kSignature;
  out.push_back(static_cast<char>(command));
  out.push_back(static_cast<char>(family));
  out.push_back(static_cast<char>(rest.size() >> 8));
  out.push_back(static_cast<char>(rest.size() & 0xff));
  return out + rest;
}
const std::string kV4Addresses("\x01\x02\x03\x04\x05\x06\x07\x08\x04\xd2\x01\xbb", 12);

TEST(ProxyHeader, VersionOneNamesBothEnds) {
  const std::string text = "PROXY TCP4 1.2.3.4 5.6.7.8 1234 443\r\n";
  const ProxyHeader header = parse_proxy_header(text + "GET /");
  ASSERT_EQ(header.kind, Kind::kProxied);
  EXPECT_EQ(header.size, text.size());
  EXPECT_EQ(header.source.text(), "1.2.3.4:1234");
  EXPECT_EQ(header.destination.text(), "5.6.7.8:443");
  EXPECT_EQ(parse_proxy_header("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n").source.text(), "[2001:db8::1]:1");
  EXPECT_EQ(parse_proxy_header("PROXY UNKNOWN\r\n").kind, Kind::kLocal);
  EXPECT_EQ(parse_proxy_header("PROXY UNKNOWN ffff:: ffff:: 1 2\r\n").kind, Kind::kLocal);
}

TEST(ProxyHeader, VersionOneHas107BytesAtMost) {
  const std::string longest = "PROXY UNKNOWN " + std::string(91, ' ') + "\r\n";
  ASSERT_EQ(longest.size(), 107U);
  EXPECT_EQ(parse_proxy_header(longest).kind, Kind::kLocal);
  EXPECT_EQ(parse_proxy_header(longest.substr(0, 106)).kind, Kind::kMore);
  // One byte more, wherever the end of what came is.
  const std::string longer = "PROXY UNKNOWN " + std::string(92, ' ') + "\r\n";
  for (const std::size_t size : {107U, 108U}) {
    EXPECT_EQ(parse_proxy_header(longer.substr(0, size)).kind, Kind::kBad) << size;
  }
}

TEST(ProxyHeader, VersionTwoNamesBothEnds) {
  const std::string text = v2(0x21, 0x11, kV4Addresses + "some extension");
  const ProxyHeader header = parse_proxy_header(text + "GET /");
  ASSERT_EQ(header.kind, Kind::kProxied);
  EXPECT_EQ(header.size, text.size());
  EXPECT_EQ(header.source.text(), "1.2.3.4:1234");
  EXPECT_EQ(header.destination.text(), "5.6.7.8:443");
  const std::string six =
      std::string(15, '\0') + "\x01" + "\x20\x01" + std::string(13, '\0') + "\x09" + std::string("\x00\x50\x00\x51", 4);
  EXPECT_EQ(parse_proxy_header(v2(0x21, 0x21, six)).source.text(), "[::1]:80");
  EXPECT_EQ(parse_proxy_header(v2(0x21, 0x21, six)).destination.text(), "[2001::9]:81");
  EXPECT_EQ(parse_proxy_header(v2(0x20, 0x00, "")).kind, Kind::kLocal);
  EXPECT_EQ(parse_proxy_header(v2(0x21, 0x31, std::string(216, 'x'))).kind, Kind::kLocal);
}

TEST(ProxyHeader, EveryBeginningAsksForMore) {
  for (const std::string& text :
       {std::string("PROXY TCP4 1.2.3.4 5.6.7.8 1234 443\r\n"), v2(0x21, 0x11, kV4Addresses)}) {
    for (std::size_t size = 0; size < text.size(); ++size) {
      EXPECT_EQ(parse_proxy_header(text.substr(0, size)).kind, Kind::kMore) << size;
    }
  }
}

TEST(ProxyHeader, OtherBytesAreNoHeader) {
  for (const std::string_view text :
       {"GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\n", "PROXYX", "proxy TCP4", "\x16\x03\x01", "\r\n\r\nx"}) {
    EXPECT_EQ(parse_proxy_header(text).kind, Kind::kNone) << text;
  }
}

TEST(ProxyHeader, MalformedOnesAreBad) {
  const std::string rows[] = {
      "PROXY \r\n",
      "PROXY TCP4\r\n",
      "PROXY TCP4 1.2.3.4 5.6.7.8 1234\r\n",
      "PROXY TCP4 1.2.3.4 5.6.7.8 1234 443 1\r\n",
      "PROXY TCP4 1.2.3.4 5.6.7.8 1234 65536\r\n",
      "PROXY TCP4 1.2.3.4 5.6.7.8 -1 443\r\n",
      "PROXY TCP4 1.2.3.4 5.6.7.8  1234 443\r\n",
      "PROXY TCP4 host 5.6.7.8 1234 443\r\n",
      "PROXY TCP9 1.2.3.4 5.6.7.8 1234 443\r\n",
      "PROXY UDP4 1.2.3.4 5.6.7.8 1234 443\r\n",
      "PROXY " + std::string(200, 'x'),
      v2(0x11, 0x11, kV4Addresses),
      v2(0x22, 0x11, kV4Addresses),
      v2(0x21, 0x11, kV4Addresses.substr(1)),
      v2(0x21, 0x21, kV4Addresses),
      v2(0x21, 0x11, std::string(60000, 'x')),
  };
  for (const std::string& row : rows) EXPECT_EQ(parse_proxy_header(row).kind, Kind::kBad) << row.substr(0, 60);
}

class ReadProxyHeader : public testing::Test {
 protected:
  bool read(const std::vector<std::string>& pieces, bool ends = false) {
    connection_.peer = net::Address(*net::IpAddress::parse("10.0.0.1"), 5555);
    std::optional<bool> result;
    loop::Scope scope;
    scope.spawn(loop::store_into(read_proxy_header(*pair_.stream, options_, connection_, early_), &result));
    for (const std::string& piece : pieces) {
      pair_.send(piece);
      loop::turn(2);
    }
    if (ends) pair_.finish_sending();
    loop::turn(2);
    if (!result) loop_.advance(std::chrono::minutes(5));
    return result.value_or(false);
  }
  loop::Loop loop_{loop::Loop::ClockKind::kManual};
  net::StreamPair pair_;
  EntryPointOptions options_;
  http::Connection connection_;
  std::string early_;
};

TEST_F(ReadProxyHeader, ATrustedPeerNamesTheClient) {
  options_.proxy_protocol_trusted.push_back(net::IpPrefix::parse("10.0.0.0/8").value());
  EXPECT_TRUE(read({"PROXY TCP4 1.2.3.4 5.6", ".7.8 1234 443\r\nGET /"}));
  EXPECT_EQ(connection_.peer.text(), "1.2.3.4:1234");
  EXPECT_EQ(connection_.local.text(), "5.6.7.8:443");
  EXPECT_EQ(early_, "GET /");
}

TEST_F(ReadProxyHeader, OthersAreReadButNotBelieved) {
  options_.proxy_protocol_trusted.push_back(net::IpPrefix::parse("172.16.0.0/12").value());
  EXPECT_TRUE(read({"PROXY TCP4 1.2.3.4 5.6.7.8 1234 443\r\nGET /"}));
  EXPECT_EQ(connection_.peer.text(), "10.0.0.1:5555");
  EXPECT_EQ(early_, "GET /");
}

TEST_F(ReadProxyHeader, InsecureBelievesEverybody) {
  options_.proxy_protocol_insecure = true;
  EXPECT_TRUE(read({v2(0x21, 0x11, kV4Addresses)}));
  EXPECT_EQ(connection_.peer.text(), "1.2.3.4:1234");
  EXPECT_EQ(early_, "");
}

TEST_F(ReadProxyHeader, ConnectionsWithoutAHeaderPass) {
  EXPECT_TRUE(read({"P", "OST / HTTP/1.1\r\n"}));
  EXPECT_EQ(early_, "POST / HTTP/1.1\r\n");
}

TEST_F(ReadProxyHeader, BadOnesTheEndAndSilenceCloseTheConnection) {
  EXPECT_FALSE(read({"PROXY nonsense\r\n"}));
  early_.clear();
  EXPECT_FALSE(read({"PROXY TCP4 1.2"}));
  early_.clear();
  EXPECT_FALSE(read({"PRO"}, true));
}

}  // namespace
}  // namespace tandem::entry
