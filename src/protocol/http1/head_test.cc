#include "protocol/http1/head.h"

#include <gmock/gmock.h>

#include <cstring>
#include <string>

#include "protocol/http1/target.h"

namespace tandem::http1 {
namespace {

using http::HeaderId;
using testing::Optional;

/// A head with its lines as they stand; `text` lacks the blank line.
struct Parsed {
  http::Arena arena;
  RequestHead head;
  HeadEnd::Kind end = HeadEnd::Kind::kMore;
  std::optional<HeadError> error;

  explicit Parsed(std::string_view text, std::size_t max_fields = 100) {
    head.headers = http::Headers(arena);
    std::size_t scanned = 0;
    const HeadEnd found = find_head_end(text, scanned);
    end = found.kind;
    if (end != HeadEnd::Kind::kFound) return;
    char* copy = arena.allocate_text(found.size);
    std::memcpy(copy, text.data(), found.size);
    error = parse_request_head({copy, found.size}, max_fields, head);
  }
  bool good() const { return end == HeadEnd::Kind::kFound && !error; }
  int status() const { return end == HeadEnd::Kind::kBad ? 400 : error ? error->status : 0; }
};

std::string head(std::string_view fields) {
  return "GET /a HTTP/1.1\r\nHost: example.org\r\n" + std::string(fields) + "\r\n";
}

TEST(RequestHead, IsTakenApart) {
  const Parsed p(
      "POST /a?b=c HTTP/1.1\r\nhost: Example.org:80\r\ncontent-length:\t 12 \r\nX-some: a b\t\r\nx-eMPTY:\r\n\r\n");
  ASSERT_TRUE(p.good());
  EXPECT_EQ(p.head.method, "POST");
  EXPECT_EQ(p.head.target, "/a?b=c");
  EXPECT_EQ(p.head.host, "Example.org:80");
  EXPECT_TRUE(p.head.has_host);
  EXPECT_EQ(p.head.framing.kind, Framing::Kind::kLength);
  EXPECT_EQ(p.head.framing.length, 12U);
  EXPECT_TRUE(p.head.keep_alive);
  ASSERT_EQ(p.head.headers.size(), 3U);
  EXPECT_EQ(p.head.headers.begin()[0].value, "12");
  EXPECT_EQ(p.head.headers.begin()[1].name, "X-Some");
  EXPECT_EQ(p.head.headers.begin()[1].value, "a b");
  EXPECT_EQ(p.head.headers.begin()[2].name, "X-Empty");
  EXPECT_EQ(p.head.headers.begin()[2].value, "");
}

TEST(RequestHead, ConnectionAndVersionDecideAboutKeepAlive) {
  EXPECT_TRUE(Parsed(head("")).head.keep_alive);
  EXPECT_FALSE(Parsed(head("Connection: Close\r\n")).head.keep_alive);
  EXPECT_FALSE(Parsed(head("Connection: keep-alive, close\r\n")).head.keep_alive);
  EXPECT_FALSE(Parsed(head("Connection: x\r\nConnection: close\r\n")).head.keep_alive);
  EXPECT_FALSE(Parsed("GET / HTTP/1.0\r\n\r\n").head.keep_alive);
  EXPECT_TRUE(Parsed("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").head.keep_alive);
  EXPECT_TRUE(Parsed("GET / HTTP/1.0\r\n\r\n").good());
}

TEST(RequestHead, UpgradeNeedsTheConnectionField) {
  EXPECT_EQ(Parsed(head("Connection: Upgrade\r\nUpgrade: websocket\r\n")).head.upgrade, "websocket");
  EXPECT_EQ(Parsed(head("Upgrade: websocket\r\n")).head.upgrade, "");
  EXPECT_EQ(Parsed("GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n").head.upgrade, "");
}

TEST(RequestHead, ExpectationIsSeen) {
  EXPECT_TRUE(Parsed(head("Expect: 100-Continue\r\n")).head.expects_continue);
  EXPECT_FALSE(Parsed(head("Expect: else\r\n")).head.expects_continue);
  EXPECT_FALSE(Parsed("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").head.expects_continue);
}

TEST(RequestHead, GoodOnes) {
  const std::string_view rows[] = {
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET * HTTP/1.1\r\nHost:\r\n\r\n",
      "M-SEARCH /x HTTP/1.1\r\nHost: a\r\n\r\n",
      "get / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: caf\xc3\xa9\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: a:b: c\r\n\r\n",
      "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 000\r\n\r\n",
  };
  for (const std::string_view row : rows) EXPECT_TRUE(Parsed(row).good()) << row;
}

struct Bad {
  std::string text;
  int status;
};

TEST(RequestHead, BadRequestLines) {
  const std::string host = "\r\nHost: a\r\n\r\n";
  const Bad rows[] = {
      {"GET /" + host, 400},
      {"GET  HTTP/1.1" + host, 400},
      {"GET / " + host, 400},
      {"GET / HTTP/1.1 " + host, 400},
      {" GET / HTTP/1.1" + host, 400},
      {"GET  / HTTP/1.1" + host, 400},
      {"GET / x HTTP/1.1" + host, 400},
      {"GET\t/\tHTTP/1.1" + host, 400},
      {"G(T / HTTP/1.1" + host, 400},
      {"GET /\x01 HTTP/1.1" + host, 400},
      {"GET /\x7f HTTP/1.1" + host, 400},
      {std::string("GET /\0 HTTP/1.1", 15) + host, 400},
      {"GET /\r HTTP/1.1" + host, 400},
      {"GET / HTTP/1.1\r" + host, 400},
      {"GET / http/1.1" + host, 400},
      {"GET / HTTP/1" + host, 400},
      {"GET / HTTP/1.11" + host, 400},
      {"GET / HTTP/11.1" + host, 400},
      {"GET / HTTP/1.x" + host, 400},
      {"GET / HTTP/2.0" + host, 505},
      {"GET / HTTP/0.9" + host, 505},
      {"PRI * HTTP/2.0" + host, 505},
      {"\r\nGET / HTTP/1.1" + host, 400},
      {"\nGET / HTTP/1.1" + host, 400},
  };
  for (const Bad& row : rows) EXPECT_EQ(Parsed(row.text).status(), row.status) << row.text;
}

TEST(RequestHead, BadFields) {
  const Bad rows[] = {
      {"X : a\r\n", 400},
      {"X\t: a\r\n", 400},
      {" X: a\r\n", 400},
      {"X: a\r\n folded\r\n", 400},
      {"X: a\r\n\tfolded\r\n", 400},
      {"X: a\r\n : b\r\n", 400},
      {": a\r\n", 400},
      {"X\r\n", 400},
      {"X Y: a\r\n", 400},
      {"X\"Y: a\r\n", 400},
      {"X\x80: a\r\n", 400},
      {std::string("X\0Y: a\r\n", 8), 400},
      {std::string("X: a\0b\r\n", 8), 400},
      {"X: a\rb\r\n", 400},
      {"X: a\r\r\n", 400},
      {"X: a\nY: b\r\n", 400},
      {"X: a\n\r\n", 400},
      {"X: \x7f\r\n", 400},
      {"X: \x1b\r\n", 400},
      {"X: \x08\r\n", 400},
  };
  for (const Bad& row : rows) EXPECT_EQ(Parsed(head(row.text)).status(), row.status) << row.text;
  EXPECT_EQ(Parsed("GET / HTTP/1.1\nHost: a\n\n").status(), 400);
}

TEST(RequestHead, SmugglingIsRefused) {
  const Bad rows[] = {
      {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", 400},
      {"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", 400},
      {"Content-Length: 3\r\nContent-Length: 4\r\n", 400},
      {"Content-Length: 3\r\nContent-Length: 3\r\n", 400},
      {"Content-Length: 3, 3\r\n", 400},
      {"Content-Length: 3,4\r\n", 400},
      {"Content-Length:\r\n", 400},
      {"Content-Length: +3\r\n", 400},
      {"Content-Length: -3\r\n", 400},
      {"Content-Length: 0x3\r\n", 400},
      {"Content-Length: 3 4\r\n", 400},
      {"Content-Length: 3.0\r\n", 400},
      {"Content-Length: 9223372036854775808\r\n", 400},
      {"Content-Length: 18446744073709551619\r\n", 400},
      {"Content-Length : 3\r\n", 400},
      {"Transfer-Encoding: identity\r\n", 501},
      {"Transfer-Encoding: gzip, chunked\r\n", 501},
      {"Transfer-Encoding: chunked, chunked\r\n", 501},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 501},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", 501},
      {"Transfer-Encoding: xchunked\r\n", 501},
      {"Transfer-Encoding: \"chunked\"\r\n", 501},
      {"Transfer-Encoding: chunked;a=b\r\n", 501},
      {"Transfer-Encoding:\r\n", 501},
      {"Transfer-Encoding: \x0b"
       "chunked\r\n",
       400},
      {"Transfer-Encoding : chunked\r\n", 400},
      {"Transfer-Encoding\r\n : chunked\r\n", 400},
      {"Transfer-Encoding:\r\n chunked\r\n", 400},
      {"Host: b\r\n", 400},
      {"Host: example.org\r\n", 400},
  };
  for (const Bad& row : rows) EXPECT_EQ(Parsed(head(row.text)).status(), row.status) << row.text;
  EXPECT_EQ(Parsed("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").status(), 400);
}

TEST(RequestHead, HostIsRequiredAndWellFormed) {
  EXPECT_EQ(Parsed("GET / HTTP/1.1\r\n\r\n").status(), 400);
  EXPECT_EQ(Parsed("GET / HTTP/1.1\r\n\r\n").error->text, "400 Bad Request: missing required Host header");
  for (const std::string_view bad : {"a/b", "a@b", "a b", "a\\b", "a?b", "a#b", "a\"b", "a<b", "\xc3\xa9"}) {
    const std::string text = "GET / HTTP/1.1\r\nHost: " + std::string(bad) + "\r\n\r\n";
    EXPECT_EQ(Parsed(text).status(), 400) << bad;
  }
}

TEST(RequestHead, FieldsAreCounted) {
  std::string fields;
  for (int i = 0; i < 99; ++i) fields += "X: y\r\n";
  EXPECT_TRUE(Parsed(head(fields)).good());
  EXPECT_EQ(Parsed(head(fields + "X: y\r\n")).status(), 431);
}

TEST(FindHeadEnd, GivesTheSameForEverySplit) {
  const std::string text = head("X: y\r\nZ:\r\n") + "body";
  for (std::size_t first = 0; first <= text.size(); ++first) {
    std::size_t scanned = 0;
    const HeadEnd early = find_head_end(std::string_view(text).substr(0, first), scanned);
    if (early.kind == HeadEnd::Kind::kFound) {
      EXPECT_EQ(early.size, text.size() - 4);
      continue;
    }
    EXPECT_EQ(early.kind, HeadEnd::Kind::kMore);
    const HeadEnd late = find_head_end(text, scanned);
    EXPECT_EQ(late.kind, HeadEnd::Kind::kFound);
    EXPECT_EQ(late.size, text.size() - 4);
  }
}

struct Response {
  http::Arena arena;
  ResponseHead head;
  bool good = false;
  explicit Response(std::string_view text, bool to_head = false) {
    head.headers = http::Headers(arena);
    std::size_t scanned = 0;
    const HeadEnd end = find_head_end(text, scanned);
    if (end.kind != HeadEnd::Kind::kFound) return;
    char* copy = arena.allocate_text(end.size);
    std::memcpy(copy, text.data(), end.size);
    good = !parse_response_head({copy, end.size}, to_head, head);
  }
};

TEST(ResponseHead, FramingFollowsTheRules) {
  using Kind = Framing::Kind;
  struct Row {
    std::string_view text;
    bool to_head;
    Kind kind;
    bool keep_alive;
  };
  const Row rows[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, Kind::kLength, true},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", false, Kind::kLength, true},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true, Kind::kNone, true},
      {"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n", false, Kind::kChunked, true},
      {"HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", false, Kind::kChunked, false},
      {"HTTP/1.1 200 OK\r\n\r\n", false, Kind::kUntilClose, false},
      {"HTTP/1.1 204 No Content\r\n\r\n", false, Kind::kNone, true},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false, Kind::kNone, true},
      {"HTTP/1.1 100 Continue\r\n\r\n", false, Kind::kNone, true},
      {"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", false, Kind::kLength, false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n", false, Kind::kLength, true},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", false, Kind::kLength, false},
  };
  for (const Row& row : rows) {
    const Response response(row.text, row.to_head);
    ASSERT_TRUE(response.good) << row.text;
    EXPECT_EQ(response.head.framing.kind, row.kind) << row.text;
    EXPECT_EQ(response.head.keep_alive, row.keep_alive) << row.text;
  }
  EXPECT_THAT(Response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true).head.announced_length, Optional(5U));
}

TEST(ResponseHead, BadOnes) {
  for (const std::string_view bad :
       {"HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 200 O\rK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX : y\r\n\r\n", "HTTP/1.1 200 OK\nX: y\n\n", "\r\n"}) {
    EXPECT_FALSE(Response(bad).good) << bad;
  }
}

TEST(MendResponseHead, MakesLooseHeadsStrict) {
  struct Row {
    std::string_view given, want;
  };
  for (const Row& row : {Row{"HTTP/1.1 200 OK\nA: b\n\nrest", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n"},
                         Row{"HTTP/1.1 200 OK\nA \t : b : c\r\n\n", "HTTP/1.1 200 OK\r\nA: b : c\r\n\r\n"},
                         Row{"HTTP/1.1 200 OK : x\nA: b\n\t c \n d\n\n", "HTTP/1.1 200 OK : x\r\nA: b c d\r\n\r\n"},
                         Row{"X\nno colon \n\n", "X\r\nno colon \r\n\r\n"}, Row{"\nX", "\r\n"}, Row{"\r\nX", "\r\n"},
                         Row{"HTTP/1.1 200 OK\nA: b\n", ""}, Row{"", ""}, Row{"X\n \n", ""}}) {
    http::Arena arena;
    const MendedHead mended = mend_response_head(row.given, arena);
    EXPECT_EQ(std::string_view(mended.head.data(), mended.head.size()), row.want) << row.given;
    if (row.want.empty()) EXPECT_EQ(arena.used(), 0U);
  }
}

TEST(Trailers, RefuseFieldsOfFramingAndRouting) {
  const auto parse = [](std::string text) {
    http::Arena arena;
    http::Headers trailers(arena);
    text += "\r\n";
    return parse_trailers(text, trailers);
  };
  EXPECT_TRUE(parse("X-Sum: 1\r\ny: 2\r\n"));
  for (const char* bad : {"Content-Length: 1\r\n", "Transfer-Encoding: chunked\r\n", "host: a\r\n", "Trailer: x\r\n",
                          "X : a\r\n", " folded\r\n", "X: \x01\r\n"}) {
    EXPECT_FALSE(parse(bad)) << bad;
  }
}

TEST(Target, FormsAreTakenApart) {
  struct Row {
    std::string_view method, target, host, path, query;
    bool has_query, absolute;
  };
  const Row rows[] = {
      {"GET", "/", "h", "/", "", false, false},
      {"GET", "/a/b?c=d?e", "h", "/a/b", "c=d?e", true, false},
      {"GET", "/a?", "h", "/a", "", true, false},
      {"GET", "//x/y", "h", "//x/y", "", false, false},
      {"GET", "/%41%2f", "h", "/%41%2f", "", false, false},
      {"GET", "/a?%zz", "h", "/a", "%zz", true, false},
      {"GET", "http://other:8080/a?b", "other:8080", "/a", "b", true, true},
      {"GET", "http://other", "other", "/", "", false, true},
      {"GET", "http://other?x", "other", "/", "x", true, true},
      {"GET", "HTTPS://user@other/", "other", "/", "", false, true},
      {"GET", "http:///a", "h", "/a", "", false, true},
      {"OPTIONS", "*", "h", "*", "", false, false},
      {"CONNECT", "other:443", "other:443", "", "", false, false},
  };
  for (const Row& row : rows) {
    http::Request request;
    request.method = row.method;
    request.host = "h";
    ASSERT_TRUE(parse_target(row.target, request)) << row.target;
    EXPECT_EQ(request.host, row.host) << row.target;
    EXPECT_EQ(request.path, row.path) << row.target;
    EXPECT_EQ(request.query, row.query) << row.target;
    EXPECT_EQ(request.has_query, row.has_query) << row.target;
    EXPECT_EQ(request.absolute_form, row.absolute) << row.target;
  }
}

TEST(Target, MalformedOnesAreRefused) {
  for (const std::string_view bad :
       {"a", "*", "/%", "/%2", "/%zz", "a/b", "http:/x", "1http://x/", "://x", "http://h/%g0"}) {
    http::Request request;
    request.method = "GET";
    EXPECT_FALSE(parse_target(bad, request)) << bad;
  }
}

}  // namespace
}  // namespace tandem::http1
