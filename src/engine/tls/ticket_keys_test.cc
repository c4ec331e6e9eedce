#include "engine/tls/ticket_keys.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "engine/tls/fixture.h"

namespace tandem::tls {
namespace {

TEST(TicketKeys, ANewKeySealsAfterAWhileAndOldOnesAreForgotten) {
  TicketKeys keys;
  const base::WallTime now = base::wall_now();
  const TicketKey first = keys.current()->front();
  keys.rotate(now + std::chrono::hours(1));
  EXPECT_EQ(keys.current()->front(), first);
  keys.rotate(now + TicketKeys::kSealing + std::chrono::hours(1));
  ASSERT_EQ(keys.current()->size(), 2U);
  EXPECT_EQ(keys.current()->back(), first);
  keys.rotate(now + std::chrono::hours(100));
  EXPECT_EQ(keys.current()->size(), 1U);
}

TEST(TicketKeys, AnotherNodeOpensWhatThisOneSealed) {
  TicketKeys here;
  TicketKeys there;
  EXPECT_EQ(*there.import_text(here.export_text()), 1U);
  const TicketKey& ours = here.current()->front();
  bool known = false;
  for (const TicketKey& key : *there.current()) known = known || key == ours;
  EXPECT_TRUE(known);
  EXPECT_EQ(there.current()->size(), 2U);
  EXPECT_EQ(*there.import_text(here.export_text()), 0U) << "the same keys again";
  EXPECT_EQ(there.current()->size(), 2U);
}

TEST(TicketKeys, NodesThatKnowTheSameKeysSealWithTheSame) {
  TicketKeys here;
  TicketKeys there;  // since the same second
  ASSERT_TRUE(there.import_text(here.export_text()));
  ASSERT_TRUE(here.import_text(there.export_text()));
  EXPECT_EQ(here.export_text(), there.export_text());
}

TEST(TicketKeys, OneFromAClockThatIsAheadDoesNotSealForLonger) {
  const base::WallTime now = base::wall_now();
  TicketKeys ahead;
  ahead.rotate(now + std::chrono::hours(100));
  TicketKeys here;
  ASSERT_TRUE(here.import_text(ahead.export_text()));
  const TicketKey sealing = here.current()->front();
  here.rotate(now + TicketKeys::kSealing + std::chrono::hours(1));
  EXPECT_NE(here.current()->front().name, sealing.name);
}

TEST(TicketKeys, OtherTextsAreRefused) {
  TicketKeys keys;
  for (const char* text : {"", "tandem-ticket-keys-1\n", "tandem-ticket-keys-1\n12 00ff\n", "x\n1 2\n"}) {
    EXPECT_FALSE(keys.import_text(text)) << text;
  }
}

/// The session of a connection that was told its ticket, to begin another one with.
SSL_SESSION* session_of(Shaken& both) {
  write_text(*both.server, "x");
  EXPECT_EQ(read_some(*both.client), "x");
  return ::SSL_get1_session(both.client->raw());
}

bool resumes(const ServerSettings& first, const ServerSettings& second, int version) {
  ClientSettings client = client_settings();
  client.max_version = version;
  Shaken before = shake(first, client, test_certificate("server"));
  EXPECT_TRUE(before.ok());
  SSL_SESSION* const session = session_of(before);
  auto [server_end, client_end] = socket_pair();
  auto server =
      SecureStream::accept(std::move(server_end), *ServerContext::build(second), test_certificate("server"), {});
  auto again = SecureStream::connect(std::move(client_end), *ClientContext::build(client), "a.test", {});
  ::SSL_set_session(again->raw(), session);
  ::SSL_SESSION_free(session);
  std::string errors;
  loop::Scope scope;
  int left = 2;
  scope.spawn(shake_one(*again, &errors, &left));
  scope.spawn(shake_one(*server, &errors, &left));
  loop::turn_until([&left] { return left == 0; });
  EXPECT_EQ(errors, "");
  return server->resumed();
}

TEST(Sessions, AreResumedByAnyContextOfTheSameOptions) {
  loop::Loop loop;
  EXPECT_TRUE(resumes(server_settings(), server_settings(), TLS1_3_VERSION));
  EXPECT_TRUE(resumes(server_settings(), server_settings(), TLS1_2_VERSION));
}

TEST(Sessions, AreNotResumedUnderOtherOptions) {
  loop::Loop loop;
  ServerSettings other = server_settings();
  other.name = "strict@file";
  EXPECT_FALSE(resumes(server_settings(), other, TLS1_3_VERSION));
  EXPECT_FALSE(resumes(server_settings(), other, TLS1_2_VERSION));
}

TEST(Sessions, AreNotResumedWithoutTickets) {
  loop::Loop loop;
  ServerSettings none = server_settings();
  none.tickets = false;
  EXPECT_FALSE(resumes(none, none, TLS1_3_VERSION));
  EXPECT_FALSE(resumes(none, none, TLS1_2_VERSION));
}

}  // namespace
}  // namespace tandem::tls
