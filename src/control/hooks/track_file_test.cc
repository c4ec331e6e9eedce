#include "control/hooks/track_file.h"

#include <gmock/gmock.h>

#include "control/hooks/scratch_folder.h"
#include "engine/loop/drive.h"

namespace tandem::hooks {
namespace {

using loop::turn_until;

TEST(TrackFile, ANumberIsMultiplied) {
  EXPECT_EQ(effect_of_number(-30, 2).weight, -60);
  EXPECT_EQ(effect_of_number(3, 1).weight, 3);
  EXPECT_TRUE(effect_of_number(-254, 1).fault);
  EXPECT_TRUE(effect_of_number(1, 0).fault);
  EXPECT_FALSE(effect_of_number(0, 0).fault);
  EXPECT_EQ(effect_of_number(std::numeric_limits<std::int64_t>::max(), 253).weight, 254);
}

TEST(TrackFile, FollowsTheFile) {
  loop::Loop loop;
  const testing::ScratchFolder folder;
  const auto file = TrackFile::make({.path = folder / "weight", .weight = 2, .instances = {}}, [](const auto&) {});
  ASSERT_TRUE(file) << file.error().text();
  TrackFile& track = **file;
  track.start();
  EXPECT_EQ(track.effect(), TrackEffect{}) << "it is not there";
  folder.write("weight", "-10\n");
  turn_until([&] { return track.effect().weight == -20; });
  folder.write("other", "7");
  std::filesystem::rename(folder / "other", folder / "weight");
  turn_until([&] { return track.effect().weight == 14; });
  EXPECT_EQ(track.reason(), "file " + (folder / "weight") + " holds 7");
  folder.write("weight", "seven");
  turn_until([&] { return track.effect().weight == 0; });
  folder.write("weight", "5");
  turn_until([&] { return track.effect().weight == 10; });
  std::filesystem::remove(folder / "weight");
  turn_until([&] { return track.effect().weight == 0; });
}

TEST(TrackFile, NeedsAFolder) {
  loop::Loop loop;
  EXPECT_FALSE(TrackFile::make({.path = "/no/such/folder/weight", .weight = 1, .instances = {}}, [](const auto&) {}));
}

}  // namespace
}  // namespace tandem::hooks
