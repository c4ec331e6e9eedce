#include "protocol/http/headers.h"

#include <gmock/gmock.h>

#include <string>

#include "protocol/http/message.h"

namespace tandem::http {
namespace {

using testing::ElementsAre;
using testing::Optional;

std::vector<std::string> lines(const Headers& headers) {
  std::vector<std::string> out;
  for (const HeaderField& field : headers) out.push_back(std::string(field.name) + ": " + std::string(field.value));
  return out;
}

TEST(HeaderId, IsFoundInAnyCaseAndTellsItsName) {
  for (auto id = std::uint8_t{1}; id <= static_cast<std::uint8_t>(HeaderId::kLast); ++id) {
    std::string name(header_name(static_cast<HeaderId>(id)));
    EXPECT_EQ(header_id(name), static_cast<HeaderId>(id)) << name;
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    EXPECT_EQ(header_id(name), static_cast<HeaderId>(id)) << name;
    std::string canonical = name;
    canonicalize(canonical);
    EXPECT_EQ(canonical, header_name(static_cast<HeaderId>(id)));
    EXPECT_EQ(header_id(name + "x"), HeaderId::kOther);
    EXPECT_EQ(header_id(name.substr(1)), HeaderId::kOther);
  }
  EXPECT_EQ(header_id(""), HeaderId::kOther);
  EXPECT_EQ(header_id("X"), HeaderId::kOther);
}

TEST(HeaderSet, HoldsEachListedName) {
  for (auto id = std::uint8_t{0}; id <= static_cast<std::uint8_t>(HeaderId::kLast); ++id) {
    const HeaderSet one = {static_cast<HeaderId>(id)};
    for (auto other = std::uint8_t{0}; other <= static_cast<std::uint8_t>(HeaderId::kLast); ++other) {
      EXPECT_EQ(one.has(static_cast<HeaderId>(other)), id == other);
    }
  }
  const HeaderSet some = {HeaderId::kHost, HeaderId::kTe};
  EXPECT_TRUE(some.overlaps({HeaderId::kTe, HeaderId::kVia}));
  EXPECT_FALSE(some.overlaps({HeaderId::kVia}));
  EXPECT_FALSE(some.overlaps({}));
}

TEST(FieldContent, HasNoControlCharactersButTab) {
  // At each place of a text, as words of it are looked at in one go.
  constexpr std::size_t kLongest = 20;
  for (std::size_t size = 1; size <= kLongest; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (unsigned c = 0; c < 256; ++c) {
        std::string text(size, 'a');
        text[at] = static_cast<char>(c);
        const bool good = (c >= 0x20 && c != 0x7f) || c == '\t';
        ASSERT_EQ(is_field_content(text), good) << "byte " << c << " at " << at << " of " << size;
      }
    }
  }
  EXPECT_TRUE(is_field_content(""));
  EXPECT_FALSE(is_field_content(std::string_view("a\0b", 3)));
}

TEST(Headers, KnowsWhatWasTakenAwayAgain) {
  Arena arena;
  Headers headers(arena);
  headers.add("Via", "1.1 a");
  headers.add("X-Other", "b");
  EXPECT_TRUE(headers.may_have({HeaderId::kVia}));
  EXPECT_FALSE(headers.may_have({HeaderId::kHost}));
  headers.remove({HeaderId::kVia, HeaderId::kHost});
  EXPECT_FALSE(headers.has(HeaderId::kVia));
  headers.add("VIA", "1.1 c");
  EXPECT_THAT(headers.get(HeaderId::kVia), Optional(std::string_view("1.1 c")));
  headers.clear();
  EXPECT_FALSE(headers.may_have({HeaderId::kVia, HeaderId::kOther}));
}

TEST(Canonicalize, SpellsNamesAsGoDoes) {
  struct Row {
    std::string given, want;
  };
  for (const Row& row :
       {Row{"content-type", "Content-Type"}, Row{"X-FORWARDED-FOR", "X-Forwarded-For"}, Row{"eTAG", "Etag"},
        Row{"x-1a-b", "X-1a-B"}, Row{"a--b", "A--B"}, Row{"-a-", "-A-"}, Row{"foo_bar-BAZ", "Foo_bar-Baz"},
        Row{"has space", "has space"}, Row{"caf\xc3\xa9", "caf\xc3\xa9"}, Row{"", ""}}) {
    std::string text = row.given;
    canonicalize(text);
    EXPECT_EQ(text, row.want);
  }
}

TEST(IsToken, AcceptsTokenCharactersOnly) {
  EXPECT_TRUE(is_token("!#$%&'*+-.^_`|~09azAZ"));
  for (const char bad : std::string_view("\0 \t\r\n\"(),/:;<=>?@[\\]{}\x7f\x80\xff", 24)) {
    EXPECT_FALSE(is_token(std::string(1, bad))) << static_cast<int>(bad);
  }
  EXPECT_FALSE(is_token(""));
}

TEST(ListContains, FindsWholeItemsWithoutRegardToCase) {
  EXPECT_TRUE(list_contains("close", "close"));
  EXPECT_TRUE(list_contains("keep-alive ,\tUPGRADE", "upgrade"));
  EXPECT_TRUE(list_contains(",, close,", "close"));
  EXPECT_FALSE(list_contains("closed", "close"));
  EXPECT_FALSE(list_contains("not close", "close"));
  EXPECT_FALSE(list_contains("", "close"));
  EXPECT_FALSE(list_contains("close;q=1", "close"));
}

TEST(Headers, KeepTheirOrderAndCompareWithoutCase) {
  Arena arena;
  Headers headers(arena);
  headers.add("x-b", "1");
  headers.add("X-A", "2");
  headers.add("X-B", "3");
  headers.add("content-type", "text/plain");
  EXPECT_THAT(lines(headers), ElementsAre("X-B: 1", "X-A: 2", "X-B: 3", "Content-Type: text/plain"));
  EXPECT_THAT(headers.get("x-B"), Optional(std::string_view("1")));
  EXPECT_THAT(headers.get(HeaderId::kContentType), Optional(std::string_view("text/plain")));
  EXPECT_THAT(headers.get("CONTENT-TYPE"), Optional(std::string_view("text/plain")));
  EXPECT_FALSE(headers.get("x-c"));
  EXPECT_FALSE(headers.has(HeaderId::kHost));
}

TEST(Headers, SetReplacesAllOfAName) {
  Arena arena;
  Headers headers(arena);
  headers.add("X-B", "1");
  headers.add("Vary", "a");
  headers.add("x-b", "3");
  headers.set("X-b", "4");
  headers.set_view(HeaderId::kVary, "b");
  EXPECT_THAT(lines(headers), ElementsAre("X-B: 4", "Vary: b"));
  headers.remove("x-B");
  headers.remove("vary");
  EXPECT_TRUE(headers.empty());
}

TEST(Headers, GrowBeyondTheirFirstRoom) {
  Arena arena;
  Headers headers(arena);
  for (int i = 0; i < 1000; ++i) headers.add("X-" + std::to_string(i), std::to_string(i));
  EXPECT_EQ(headers.size(), 1000U);
  EXPECT_THAT(headers.get("x-999"), Optional(std::string_view("999")));
  headers.remove_if([](const HeaderField& field) { return field.value.size() > 1; });
  EXPECT_EQ(headers.size(), 10U);
}

TEST(Headers, CopiesDoNotReferToWhatTheyWereMadeFrom) {
  Arena arena;
  Headers headers(arena);
  std::string name = "x-name";
  std::string value = "value";
  headers.add(name, value);
  name = value = "xxxxxx";
  EXPECT_THAT(lines(headers), ElementsAre("X-Name: value"));
}

TEST(Arena, HandsOutAlignedMemoryAndCountsIt) {
  Arena arena;
  for (std::size_t size : {1UL, 7UL, 8UL, 4096UL, 100000UL, 3UL}) {
    void* memory = arena.allocate(size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % alignof(void*), 0U);
    std::memset(memory, 'x', size);
  }
  EXPECT_GE(arena.used(), 1UL + 7 + 8 + 4096 + 100000 + 3);
  EXPECT_EQ(arena.copy("abc"), "abc");
  EXPECT_EQ(arena.copy(""), "");
  EXPECT_EQ(arena.concat({"a", "", "bc"}), "abc");
  arena.reset();
  EXPECT_EQ(arena.used(), 0U);
  EXPECT_EQ(arena.concat({}), "");
}

TEST(PercentDecode, DecodesOnceAndRefusesBrokenSequences) {
  Arena arena;
  EXPECT_THAT(percent_decode("/plain", arena), Optional(std::string_view("/plain")));
  EXPECT_THAT(percent_decode("/a%20b%2Fc%2f", arena), Optional(std::string_view("/a b/c/")));
  EXPECT_THAT(percent_decode("%2525", arena), Optional(std::string_view("%25")));
  EXPECT_THAT(percent_decode("a+b", arena), Optional(std::string_view("a+b")));
  EXPECT_THAT(percent_decode("%00", arena), Optional(std::string_view("\0", 1)));
  EXPECT_THAT(percent_decode("%c3%A9", arena), Optional(std::string_view("\xc3\xa9")));
  for (const std::string_view bad : {"%", "%2", "a%", "%zz", "%2g", "%-1", "%%20"}) {
    EXPECT_FALSE(percent_decode(bad, arena)) << bad;
  }
}

TEST(Response, ErrorsLookLikeGos) {
  Arena arena;
  const Response response = error_response(404, "404 page not found", arena);
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body.bytes(), "404 page not found\n");
  EXPECT_THAT(lines(response.headers),
              ElementsAre("Content-Type: text/plain; charset=utf-8", "X-Content-Type-Options: nosniff"));
  EXPECT_EQ(bare_response(502, "Bad Gateway", arena).body.bytes(), "Bad Gateway");
  EXPECT_TRUE(empty_response(204, arena).body.empty());
  EXPECT_EQ(reason_phrase(413), "Request Entity Too Large");
  EXPECT_EQ(reason_phrase(299), "");
}

TEST(Body, GivesCompleteBytesOnceAndThenTheEnd) {
  Body body = Body::of("abc");
  EXPECT_THAT(body.length(), Optional(3U));
  EXPECT_EQ(body.try_read().bytes, "abc");
  EXPECT_EQ(body.try_read().kind, Chunk::Kind::kEnd);
  Body none;
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.try_read().kind, Chunk::Kind::kEnd);
}

}  // namespace
}  // namespace tandem::http
