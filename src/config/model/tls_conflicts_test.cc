#include "config/model/tls_conflicts.h"

#include <gmock/gmock.h>

namespace tandem::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class TlsConflictsTest : public testing::Test {
 protected:
  void router(const std::string& name, const std::string& rule, const std::string& options,
              std::vector<std::string> entry_points = {"web", "websecure"}) {
    HttpRouter& router = routers_[name];
    router.rule = rule;
    router.entryPoints = std::move(entry_points);
    router.tls.emplace().options = options;
  }
  std::vector<std::string> names() {
    std::vector<std::string> out;
    for (const auto& [name, router] : conflicts_.apply(routers_)) out.push_back(name);
    return out;
  }
  const HttpRouter& resolved(const std::string& name) { return conflicts_.apply(routers_).at(name); }

  TlsConflicts::Routers routers_;
  TlsConflicts conflicts_;
};

TEST_F(TlsConflictsTest, RoutersThatAgreeStayTheSameObjects) {
  router("a@file", "Host(`x`) && Path(`/1`)", "strict");
  router("b@file", "Host(`x`) && Path(`/2`)", "strict@file");
  EXPECT_THAT(names(), ElementsAre("a@file", "b@file"));
  EXPECT_EQ(&resolved("a@file"), &routers_.at("a@file"));
}

TEST_F(TlsConflictsTest, RoutersThatDoNotAgreeTakeTheDefaultOptions) {
  router("a@file", "Host(`x`) && Path(`/1`)", "strict", {"web"});
  router("b@file", "Host(`X`) || Host(`y`)", "", {"web"});
  EXPECT_THAT(names(), ElementsAre("web-conflicted-a@file", "web-conflicted-b@file"));
  EXPECT_THAT(*resolved("web-conflicted-a@file").tlsFallback, HasSubstr("conflicting"));
  EXPECT_EQ(*resolved("web-conflicted-b@file").tlsFallback, "") << "it has what it asked for";
}

TEST_F(TlsConflictsTest, OnlyTheEntryPointsInConflictAreLeft) {
  router("a@file", "Host(`x`)", "strict");
  router("b@file", "Host(`x`)", "loose", {"web"});
  EXPECT_THAT(names(), ElementsAre("a@file", "web-conflicted-a@file", "web-conflicted-b@file"));
  EXPECT_THAT(resolved("a@file").entryPoints, ElementsAre("websecure"));
}

TEST_F(TlsConflictsTest, OptionsWithoutAHostAreNotApplied) {
  router("a@file", "PathPrefix(`/`)", "strict", {"web"});
  router("b@file", "PathPrefix(`/`)", "", {"web"});
  EXPECT_THAT(names(), ElementsAre("b@file", "web-conflicted-a@file"));
  EXPECT_EQ(*resolved("web-conflicted-a@file").tlsFallback,
            "no domain found in rule PathPrefix(`/`), the TLS option strict@file cannot be applied");
}

TEST_F(TlsConflictsTest, AConflictEndsWithOneOfItsRouters) {
  router("a@file", "Host(`x`)", "strict", {"web"});
  router("b@file", "Host(`x`)", "loose", {"web"});
  names();
  routers_.erase("b@file");
  EXPECT_THAT(names(), ElementsAre("a@file"));
  router("b@file", "Host(`x`)", "loose", {"web"});
  EXPECT_THAT(names(), ElementsAre("web-conflicted-a@file", "web-conflicted-b@file"));
  router("b@file", "Host(`x`)", "strict", {"web"});
  EXPECT_THAT(names(), ElementsAre("a@file", "b@file"));
}

TEST_F(TlsConflictsTest, ChildrenFollowTheirParentsNewNames) {
  router("a@file", "Host(`x`)", "strict", {"web"});
  router("b@file", "Host(`x`)", "loose", {"web"});
  HttpRouter& child = routers_["c@file"];
  child.rule = "Path(`/`)";
  child.parentRefs = {"a@file"};
  EXPECT_THAT(resolved("c@file").parentRefs, ElementsAre("web-conflicted-a@file"));
}

}  // namespace
}  // namespace tandem::model
