#include "engine/net/address.h"

#include <gtest/gtest.h>

namespace tandem::net {
namespace {

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

TEST(IpAddress, ReadsAndWritesBothFamilies) {
  EXPECT_EQ(ip("127.0.0.1").text(), "127.0.0.1");
  EXPECT_TRUE(ip("127.0.0.1").is_v4());
  EXPECT_EQ(ip("2001:DB8:0:0::1").text(), "2001:db8::1");
  EXPECT_FALSE(ip("::1").is_v4());
  EXPECT_EQ(ip("::ffff:10.0.0.1"), ip("10.0.0.1"));
}

TEST(IpAddress, RefusesEverythingElse) {
  for (const std::string_view bad : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "localhost",
                                     "[::1]", "::1%eth0", "1.2.3.4:80", ":::", "1.2.3.4/8"}) {
    EXPECT_FALSE(IpAddress::parse(bad)) << bad;
  }
  EXPECT_FALSE(IpAddress::parse(std::string(200, '1')));
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0x", 9)));
}

TEST(IpPrefix, ContainsItsAddressesOnly) {
  struct Row {
    std::string_view prefix, address;
    bool inside;
  };
  for (const Row& row :
       {Row{"10.0.0.0/8", "10.255.1.2", true}, Row{"10.0.0.0/8", "11.0.0.0", false}, Row{"10.0.0.1", "10.0.0.1", true},
        Row{"10.0.0.1", "10.0.0.2", false}, Row{"0.0.0.0/0", "1.2.3.4", true}, Row{"0.0.0.0/0", "::1", false},
        Row{"192.168.4.0/22", "192.168.7.255", true}, Row{"192.168.4.0/22", "192.168.8.0", false},
        Row{"10.1.2.3/8", "10.9.9.9", true}, Row{"2001:db8::/33", "2001:db8:7fff::1", true},
        Row{"2001:db8::/33", "2001:db8:8000::1", false}, Row{"::/0", "::1", true}, Row{"::1", "::1", true},
        Row{"10.0.0.0/8", "::ffff:10.1.1.1", true}}) {
    EXPECT_EQ(IpPrefix::parse(row.prefix)->contains(ip(row.address)), row.inside) << row.prefix << " " << row.address;
  }
}

TEST(IpPrefix, RefusesWrongLengths) {
  for (const std::string_view bad : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8x",
                                     "10.0.0.0/ 8", "::/129", "10.0.0.0/99999999999", "host/8"}) {
    EXPECT_FALSE(IpPrefix::parse(bad)) << bad;
  }
  EXPECT_EQ(IpPrefix::parse("10.0.0.0/8")->text(), "10.0.0.0/8");
  EXPECT_EQ(IpPrefix::parse("::1")->text(), "::1/128");
}

TEST(Address, ShowsItselfAsPeopleWriteIt) {
  EXPECT_EQ(Address(ip("1.2.3.4"), 80).text(), "1.2.3.4:80");
  EXPECT_EQ(Address(ip("::1"), 443).text(), "[::1]:443");
  EXPECT_EQ(Address(ip("::1"), 443).port(), 443);
  EXPECT_EQ(Address::unix_path("/tmp/s.sock")->text(), "/tmp/s.sock");
  EXPECT_FALSE(Address::unix_path(""));
  EXPECT_FALSE(Address::unix_path(std::string(108, 'x')));
  EXPECT_EQ(Address().text(), "");
}

TEST(Address, SurvivesTheTripThroughASockaddr) {
  for (const std::string_view text : {"1.2.3.4", "2001:db8::5"}) {
    const Address address(ip(text), 8080);
    const Address again = Address::from_sockaddr(address.raw(), address.raw_length());
    EXPECT_TRUE(again.is_ip());
    EXPECT_EQ(again.ip(), ip(text));
    EXPECT_EQ(again.port(), 8080);
  }
}

}  // namespace
}  // namespace tandem::net
