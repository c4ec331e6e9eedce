#include "protocol/http2/fields.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace tandem::http2 {
namespace {

using Kind = FieldCollector::Kind;
using Verdict = FieldCollector::Verdict;
using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Parsed {
  explicit Parsed(const Pairs& pairs, Kind kind = Kind::kRequest, std::size_t limit = 1000)
      : fields(arena, kind, limit, 20) {
    for (const auto& [name, value] : pairs) fields.add(name, value);
    verdict = fields.finish();
  }
  http::Arena arena;
  FieldCollector fields;
  Verdict verdict;
};

Pairs get(const Pairs& more = {}) {
  Pairs all = {{":method", "GET"}, {":scheme", "http"}, {":authority", "a.test"}, {":path", "/x?y=1"}};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST(FieldCollector, TakesARequestApart) {
  const Parsed parsed(get({{"accept", "*/*"}, {"x-forwarded-for", "1.2.3.4"}, {"content-length", "5"}}));
  ASSERT_EQ(parsed.verdict, Verdict::kGood);
  EXPECT_EQ(parsed.fields.method, "GET");
  EXPECT_EQ(parsed.fields.host, "a.test");
  EXPECT_EQ(parsed.fields.path, "/x?y=1");
  EXPECT_EQ(parsed.fields.content_length, 5U);
  EXPECT_EQ(parsed.fields.headers.begin()[0].name, "Accept");
  EXPECT_EQ(parsed.fields.headers.get(http::HeaderId::kXForwardedFor), "1.2.3.4");
}

TEST(FieldCollector, JoinsCookiesForHttp1) {
  const Parsed parsed(get({{"cookie", "a=1"}, {"x", "y"}, {"cookie", "b=2; c=3"}, {"cookie", ""}}));
  EXPECT_EQ(parsed.fields.headers.get(http::HeaderId::kCookie), "a=1; b=2; c=3; ");
  EXPECT_EQ(parsed.fields.headers.size(), 2U);
}

TEST(FieldCollector, LetsTheAuthorityWinOverTheHostField) {
  EXPECT_EQ(Parsed(get({{"host", "b.test"}})).fields.host, "a.test");
  const Parsed only_host({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"host", "b.test"}});
  EXPECT_EQ(only_host.fields.host, "b.test");
  EXPECT_FALSE(only_host.fields.headers.has(http::HeaderId::kHost));
}

TEST(FieldCollector, FindsMalformedRequests) {
  const std::vector<Pairs> malformed = {
      {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}},
      {{":method", "GET"}, {":authority", "a"}, {":path", "/"}},
      {{":scheme", "http"}, {":authority", "a"}, {":path", "/"}},
      {{":method", "GET"}, {":scheme", "http"}, {":path", ""}},
      {{":method", "GET"}, {":scheme", "http"}, {":path", "x"}},
      {{":method", "GET"}, {":scheme", "http"}, {":path", "/a b"}},
      {{":method", "GET"}, {":scheme", "http"}, {":path", "/a%2"}},
      {{":method", "GET"}, {":scheme", "http"}, {":path", "*"}},
      {{":method", "GET"}, {":scheme", "http"}, {":path", "/\r\nX: y"}},
      {{":method", "GET / HTTP/1.1\r\nx:"}, {":scheme", "http"}, {":path", "/"}},
      {{":method", "GET"}, {":scheme", "http"}, {":authority", "user@a"}, {":path", "/"}},
      {{":method", "GET"}, {":scheme", "http"}, {":authority", "a\r\nx"}, {":path", "/"}},
      {{":method", "CONNECT"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}},
      {{":method", "CONNECT"}},
      get({{":path", "/twice"}}),
      get({{":method", "GET"}}),
      get({{":status", "200"}}),
      get({{":protocol", "websocket"}}),
      get({{"x", "y"}, {":authority", "late"}}),
      get({{"Upper", "x"}}),
      get({{"with space", "x"}}),
      get({{"", "x"}}),
      get({{"x:y", "x"}}),
      get({{"x", "1\r\nx-b: 2"}}),
      get({{"x", std::string("a\0b", 3)}}),
      get({{"x", " around "}}),
      get({{"host", "a"}, {"host", "b"}}),
      get({{"content-length", "5"}, {"content-length", "5"}}),
      get({{"content-length", "+5"}}),
      get({{"content-length", "five"}}),
      get({{"content-length", ""}}),
  };
  for (const Pairs& pairs : malformed) {
    EXPECT_EQ(Parsed(pairs).verdict, Verdict::kMalformed) << testing::PrintToString(pairs);
  }
}

TEST(FieldCollector, RefusesFieldsOfTheConnectionInGosWords) {
  const Parsed both(get({{"upgrade", "h2c"}, {"connection", "upgrade"}}));
  EXPECT_EQ(both.verdict, Verdict::kRefused);
  EXPECT_EQ(both.fields.refusal(), "request header \"Connection\" is not valid in HTTP/2");
  EXPECT_EQ(Parsed(get({{"transfer-encoding", "chunked"}})).verdict, Verdict::kRefused);
  EXPECT_EQ(Parsed(get({{"te", "gzip"}})).fields.refusal(), "request header \"TE\" may only be \"trailers\" in HTTP/2");
  EXPECT_EQ(Parsed(get({{"te", "trailers"}})).verdict, Verdict::kGood);
}

TEST(FieldCollector, CountsFieldsBeyondTheLimitWithoutKeepingThem) {
  Parsed parsed(get({{"x", std::string(900, 'v')}}));
  EXPECT_EQ(parsed.verdict, Verdict::kTooLarge);
  EXPECT_FALSE(parsed.fields.excessive());
  for (int i = 0; i < 100; ++i) parsed.fields.add("x", std::string(1000, 'v'));
  EXPECT_TRUE(parsed.fields.excessive());
  EXPECT_LT(parsed.arena.used(), 2000U);
  EXPECT_EQ(Parsed(get(Pairs(20, {"x", "y"})), Kind::kRequest, 100000).verdict, Verdict::kTooLarge);
}

TEST(FieldCollector, TakesExpectationsOut) {
  const Parsed parsed(get({{"expect", "100-continue"}}));
  EXPECT_TRUE(parsed.fields.expects_continue);
  EXPECT_FALSE(parsed.fields.headers.has(http::HeaderId::kExpect));
  EXPECT_TRUE(Parsed(get({{"expect", "more"}})).fields.headers.has(http::HeaderId::kExpect));
}

TEST(FieldCollector, ReadsResponsesAndTrailers) {
  const Parsed response({{":status", "204"}, {"x", "y"}, {"connection", "close"}}, Kind::kResponse);
  EXPECT_EQ(response.verdict, Verdict::kGood);
  EXPECT_EQ(response.fields.status, 204);
  EXPECT_EQ(response.fields.headers.size(), 1U);
  EXPECT_EQ(Parsed({{"x", "y"}}, Kind::kResponse).verdict, Verdict::kMalformed);
  EXPECT_EQ(Parsed({{":status", "20"}}, Kind::kResponse).verdict, Verdict::kMalformed);
  EXPECT_EQ(Parsed({{"grpc-status", "0"}, {"grpc-message", ""}}, Kind::kTrailers).verdict, Verdict::kGood);
  EXPECT_EQ(Parsed({{":status", "200"}}, Kind::kTrailers).verdict, Verdict::kMalformed);
  EXPECT_EQ(Parsed({{"transfer-encoding", "chunked"}}, Kind::kTrailers).verdict, Verdict::kMalformed);
  EXPECT_EQ(Parsed({{"content-length", "3"}}, Kind::kTrailers).verdict, Verdict::kMalformed);
  EXPECT_EQ(Parsed({{"host", "a"}}, Kind::kTrailers).verdict, Verdict::kMalformed);
}

TEST(FieldList, SendsNamesInLowerCaseAndNothingOfTheConnection) {
  http::Arena arena;
  http::Headers headers(arena);
  for (const auto& [name, value] : Pairs{{"Content-Type", "a"},
                                         {"Connection", "close"},
                                         {"Keep-Alive", "x"},
                                         {"Transfer-Encoding", "chunked"},
                                         {"Upgrade", "h2c"},
                                         {"Http2-Settings", "x"},
                                         {"Te", "gzip"},
                                         {"X-Kept", "1"}}) {
    headers.add(name, value);
  }
  FieldList list(arena);
  list.add_all(headers);
  list.add_number("content-length", 42);
  std::vector<std::string> seen;
  for (const nghttp2_nv* nv = list.begin(); nv != list.begin() + list.size(); ++nv) {
    seen.push_back(std::string(reinterpret_cast<char*>(nv->name), nv->namelen) + "=" +
                   std::string(reinterpret_cast<char*>(nv->value), nv->valuelen));
  }
  EXPECT_THAT(seen, testing::ElementsAre("content-type=a", "x-kept=1", "content-length=42"));
}

}  // namespace
}  // namespace tandem::http2
