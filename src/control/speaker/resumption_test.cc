#include "control/speaker/resumption.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace tandem::speaker {
namespace {

TEST(Resumption, SurvivesTheWay) {
  Resumption left;
  left.routers["inside"] = {.last_advert = std::chrono::seconds(7), .weight = -20, .unwell = true};
  left.routers["outside"] = {};
  left.held.push_back(*address::parse_virtual_address("192.168.1.100/24"));
  left.held.back().link = 3;
  left.held.push_back(*address::parse_virtual_address("fd00::100/64"));
  const auto got = resumption_of(boost::json::parse(boost::json::serialize(to_json(left))).as_object());
  ASSERT_TRUE(got) << got.error().text();
  EXPECT_EQ(got->routers, left.routers);
  EXPECT_TRUE(got->was_master("inside"));
  EXPECT_FALSE(got->was_master("outside"));
  EXPECT_FALSE(got->was_master("unknown"));
  ASSERT_EQ(got->held.size(), 2U);
  EXPECT_EQ(got->held[0].text(), left.held[0].text());
  EXPECT_EQ(got->held[0].link, 3);
  EXPECT_EQ(got->held[1].address, left.held[1].address);
}

TEST(Resumption, NamesWhatIsMissing) {
  const auto error = [](const char* text) {
    const auto got = resumption_of(boost::json::parse(text).as_object());
    return got ? std::string() : got.error().text();
  };
  EXPECT_EQ(error("{}"), "what another process says has no routers");
  EXPECT_EQ(error(R"({"routers":{"a":{}},"held":[]})"), "what another process says has no router");
  EXPECT_EQ(error(R"({"routers":{}})"), "what another process says has no addresses");
  EXPECT_EQ(error(R"({"routers":{},"held":[{"address":"192.168.1.100/24"}]})"),
            "what another process says has no address");
}

}  // namespace
}  // namespace tandem::speaker
