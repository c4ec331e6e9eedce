#include "config/format/shared_map.h"

#include <gmock/gmock.h>

#include <map>
#include <random>

namespace tandem::format {
namespace {

using testing::ElementsAre;

using Numbers = SharedMap<int>;

std::vector<std::string> differences(const Numbers& before, const Numbers& now) {
  std::vector<std::string> names;
  Numbers::compare(before, now, [&names](const Numbers::value_type* a, const Numbers::value_type* b) {
    names.push_back((a == nullptr ? "+" : b == nullptr ? "-" : "") + (a == nullptr ? b : a)->first);
  });
  return names;
}

Numbers many(int count) {
  Numbers map;
  for (int i = 0; i < count; ++i) map["n" + std::to_string(i)] = i;
  return map;
}

TEST(SharedMap, BehavesAsAMapUnderRandomChanges) {
  std::minstd_rand random(7);
  Numbers map;
  std::map<std::string, int> model;
  for (int i = 0; i < 20'000; ++i) {
    const std::string name = std::to_string(random() % 3000);
    switch (random() % 4) {
      case 0:
        EXPECT_EQ(map.erase(name), model.erase(name) == 1);
        break;
      case 1:
        EXPECT_EQ(map.emplace(name, i), model.emplace(name, i).second);
        break;
      case 2:
        EXPECT_EQ(map.insert_or_assign(name, i), model.insert_or_assign(name, i).second);
        break;
      default:
        map[name] = i;
        model[name] = i;
    }
    ASSERT_EQ(map.size(), model.size());
  }
  EXPECT_TRUE(std::ranges::equal(map, model));
  for (const auto& [name, value] : model) ASSERT_EQ(map.at(name), value);
  EXPECT_FALSE(map.contains("x"));
  EXPECT_EQ(map.find("x"), map.end());
  EXPECT_THROW((void)map.at("x"), std::out_of_range);
}

TEST(SharedMap, KeepsCopiesApart) {
  Numbers first = many(1000);
  const Numbers second = first;
  first["n500"] = -1;
  first.erase("n7");
  first["new"] = 1;
  EXPECT_EQ(second.at("n500"), 500);
  EXPECT_TRUE(second.contains("n7"));
  EXPECT_FALSE(second.contains("new"));
  EXPECT_THAT(differences(second, first), ElementsAre("n500", "-n7", "+new"));
}

TEST(SharedMap, TellsOnlyWhatIsNotTheSameObject) {
  const Numbers one = many(300);
  Numbers other = one;
  EXPECT_THAT(differences(one, other), testing::IsEmpty());
  other.insert_or_assign("n5", 5);  // equal, but another object
  EXPECT_THAT(differences(one, other), ElementsAre("n5"));
  EXPECT_EQ(one, other);
  other.insert_or_assign(Numbers::entry(one.find("n5")));
  EXPECT_THAT(differences(one, other), testing::IsEmpty());
  other["n5"] = 6;
  EXPECT_NE(one, other);
}

TEST(SharedMap, ComparesMapsThatShareNothing) {
  EXPECT_EQ(many(500), many(500));
  EXPECT_NE(many(500), many(499));
  EXPECT_THAT(differences({}, {{"b", 1}, {"a", 2}}), ElementsAre("+a", "+b"));
  EXPECT_THAT(differences({{"b", 1}, {"a", 2}}, {}), ElementsAre("-a", "-b"));
}

}  // namespace
}  // namespace tandem::format
