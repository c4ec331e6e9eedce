#include "proxy/forward/hop_by_hop.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace tandem::forward {
namespace {

using testing::ElementsAre;
using Fields = std::vector<std::pair<std::string, std::string>>;

std::vector<std::string> left_of(const Fields& fields) {
  http::Arena arena;
  http::Headers headers(arena);
  for (const auto& [name, value] : fields) headers.add(name, value);
  remove_hop_by_hop(headers);
  std::vector<std::string> out;
  for (const http::HeaderField& field : headers)
    out.push_back(std::string(field.name) + "=" + std::string(field.value));
  return out;
}

TEST(HopByHop, FieldsOfOneConnectionGo) {
  EXPECT_THAT(left_of({{"A", "1"},
                       {"Connection", "close"},
                       {"Proxy-Connection", "x"},
                       {"Keep-Alive", "x"},
                       {"Proxy-Authenticate", "x"},
                       {"Proxy-Authorization", "x"},
                       {"TE", "trailers"},
                       {"Trailer", "x"},
                       {"Transfer-Encoding", "x"},
                       {"Upgrade", "x"},
                       {"B", "2"}}),
              ElementsAre("A=1", "B=2"));
}

TEST(HopByHop, FieldsNamedByConnectionGoWhereverTheyStand) {
  EXPECT_THAT(left_of({{"X-One", "1"}, {"Connection", "x-one , X-TWO,,x-missing"}, {"X-Two", "2"}, {"X-Three", "3"}}),
              ElementsAre("X-Three=3"));
  EXPECT_THAT(
      left_of({{"Connection", "x-one"}, {"Connection", "x-two"}, {"X-One", "1"}, {"X-Two", "2"}, {"X-One", "3"}}),
      ElementsAre());
}

TEST(HopByHop, ConnectionThatNamesItselfStillNamesTheOthers) {
  EXPECT_THAT(left_of({{"Connection", "connection, x-one"}, {"X-One", "1"}, {"Y", "2"}}), ElementsAre("Y=2"));
  EXPECT_THAT(left_of({{"X-One", "1"},
                       {"Connection", "x-one, x-two"},
                       {"Connection", "x-three"},
                       {"X-Three", "3"},
                       {"X-Two", "2"}}),
              ElementsAre());
}

TEST(HopByHop, NothingElseIsTouched) {
  EXPECT_THAT(left_of({{"Connectio", "a"}, {"A", "1"}, {"a", "2"}}), ElementsAre("Connectio=a", "A=1", "A=2"));
  EXPECT_THAT(left_of({}), ElementsAre());
  EXPECT_THAT(left_of({{"Connection", ""}, {"A", "1"}}), ElementsAre("A=1"));
}

}  // namespace
}  // namespace tandem::forward
