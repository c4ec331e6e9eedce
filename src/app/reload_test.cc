#include "app/reload.h"

#include <gmock/gmock.h>

namespace tandem::app {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

class Reloading : public testing::Test {
 protected:
  static std::shared_ptr<const model::StaticConfiguration> static_configuration() {
    model::StaticConfiguration configuration;
    configuration.entryPoints["web"].address = ":80";
    return std::make_shared<const model::StaticConfiguration>(std::move(configuration));
  }
  void deliver(std::string_view router, std::string_view problem = {}) {
    provider::Delivery delivery;
    delivery.provider = "file";
    model::DynamicConfiguration configuration;
    configuration.http.routers[std::string(router)].rule = "Path(`/`)";
    delivery.configuration = std::make_shared<const model::DynamicConfiguration>(std::move(configuration));
    if (!problem.empty()) {
      delivery.problems.push_back({.position = {}, .path = {}, .message = std::string(problem), .suggestion = {}});
    }
    reload_.receive(std::move(delivery));
  }
  std::vector<std::string> routers() const {
    std::vector<std::string> names;
    for (const auto& [name, router] : applied_.back().configuration->http.routers) names.push_back(name);
    return names;
  }

  loop::Loop loop_{loop::Loop::ClockKind::kManual};
  std::vector<Candidate> applied_;
  Reload reload_{static_configuration(), [this](Candidate candidate) { applied_.push_back(std::move(candidate)); }};
};

TEST_F(Reloading, WaitsForTheInternalProvider) {
  deliver("a");
  EXPECT_THAT(applied_, SizeIs(0));
  reload_.begin();
  ASSERT_THAT(applied_, SizeIs(1));
  EXPECT_THAT(routers(), ElementsAre("a@file"));
  EXPECT_THAT(applied_[0].configuration->http.routers.at("a@file").entryPoints, ElementsAre("web"));
}

TEST_F(Reloading, IgnoresAnIdenticalDelivery) {
  deliver("a");
  reload_.begin();
  deliver("a");
  EXPECT_THAT(applied_, SizeIs(1));
}

TEST_F(Reloading, AppliesTheNewestAfterTheThrottleTime) {
  reload_.begin();
  deliver("a");
  EXPECT_THAT(routers(), ElementsAre("a@file"));
  deliver("b");
  deliver("c");
  EXPECT_THAT(applied_, SizeIs(2));
  loop_.advance(std::chrono::seconds(2));
  EXPECT_THAT(applied_, SizeIs(3));
  EXPECT_THAT(routers(), ElementsAre("c@file"));
  loop_.advance(std::chrono::seconds(4));
  deliver("d");
  EXPECT_THAT(routers(), ElementsAre("d@file"));
}

TEST_F(Reloading, ADeliveryWithoutConfigurationRemovesNothing) {
  deliver("a");
  reload_.begin();
  provider::Delivery broken;
  broken.provider = "file";
  broken.problems.push_back({.position = {}, .path = {}, .message = "bad", .suggestion = {}});
  reload_.receive(std::move(broken));
  EXPECT_THAT(routers(), ElementsAre("a@file"));
  ASSERT_THAT(applied_.back().errors, SizeIs(1));
  EXPECT_EQ(applied_.back().errors[0].provider, "file");
  EXPECT_EQ(applied_.back().errors[0].problem.message, "bad");
}

TEST_F(Reloading, TellsThatNamedFilesChanged) {
  deliver("a");
  reload_.begin();
  provider::Delivery delivery;
  delivery.provider = "file";
  delivery.named_files_version = 1;
  reload_.receive(std::move(delivery));
  ASSERT_THAT(applied_, SizeIs(2));
  EXPECT_TRUE(applied_[1].named_files_changed);
}

TEST_F(Reloading, TellsWhichCertificatesChangedInAnUnchangedConfiguration) {
  deliver("a");
  reload_.begin();
  provider::Delivery delivery;
  delivery.provider = "file";
  delivery.named_files_version = 1;
  delivery.changed_certificates = {"/a.pem"};
  reload_.receive(std::move(delivery));
  ASSERT_THAT(applied_, SizeIs(2));
  EXPECT_FALSE(applied_[1].named_files_changed);
  EXPECT_THAT(applied_[1].changed_certificates, ElementsAre("/a.pem"));
  EXPECT_EQ(applied_[1].configuration, applied_[0].configuration);
}

}  // namespace
}  // namespace tandem::app
