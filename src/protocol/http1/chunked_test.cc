#include "protocol/http1/chunked.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace tandem::http1 {
namespace {

struct Decoded {
  std::string data;
  std::vector<std::string> trailers;
  bool ended = false;
  bool bad = false;
  std::size_t used = 0;
  bool operator==(const Decoded&) const = default;
};

/// Decodes `pieces` one after the other, as they would come from a connection.
Decoded decode(const std::vector<std::string_view>& pieces) {
  http::Arena arena;
  ChunkedDecoder decoder(arena);
  Decoded out;
  for (std::string_view piece : pieces) {
    while (!piece.empty() && !out.ended && !out.bad) {
      const ChunkedDecoder::Step step = decoder.step(piece);
      out.data.append(step.data);
      out.ended = step.kind == ChunkedDecoder::Kind::kEnd;
      out.bad = step.kind == ChunkedDecoder::Kind::kBad;
      if (out.bad) {
        out.used = 0;
        return out;
      }
      out.used += step.consumed;
      piece.remove_prefix(step.consumed);
    }
  }
  for (const http::HeaderField& field : decoder.trailers()) {
    out.trailers.push_back(std::string(field.name) + "=" + std::string(field.value));
  }
  return out;
}

TEST(Chunked, DecodesChunksExtensionsAndTrailers) {
  const Decoded d = decode({"5\r\nhello\r\n6;a=b;c=\"d\"\r\n world\r\n0\r\nx-sum: 7\r\nY: z\r\n\r\nnext"});
  EXPECT_TRUE(d.ended);
  EXPECT_EQ(d.data, "hello world");
  EXPECT_THAT(d.trailers, testing::ElementsAre("X-Sum=7", "Y=z"));
  EXPECT_EQ(d.used, std::string_view("5\r\nhello\r\n6;a=b;c=\"d\"\r\n world\r\n0\r\nx-sum: 7\r\nY: z\r\n\r\n").size());
}

TEST(Chunked, TheSameForEverySplit) {
  const std::string_view texts[] = {
      "5\r\nhello\r\nA;ext\r\n0123456789\r\n0\r\n\r\n",
      "1\r\na\r\n000\r\nX: y\r\nZ: \r\n\r\n",
      "0\r\n\r\n",
      "3\r\nabcd\r\n",
      "3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n",
      "5 \r\nhello\r\n0\r\n\r\n",
      "5\nhello\r\n",
  };
  for (const std::string_view text : texts) {
    const Decoded whole = decode({text});
    for (std::size_t a = 0; a <= text.size(); ++a) {
      for (std::size_t b = a; b <= text.size(); ++b) {
        EXPECT_EQ(decode({text.substr(0, a), text.substr(a, b - a), text.substr(b)}), whole) << text;
      }
    }
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < text.size(); ++i) bytes.push_back(text.substr(i, 1));
    EXPECT_EQ(decode(bytes), whole) << text;
  }
}

TEST(Chunked, RefusesWhatOthersMightReadDifferently) {
  for (const std::string_view bad : {"\r\n",
                                     "x\r\n",
                                     "-1\r\n",
                                     "+1\r\n",
                                     "0x1\r\n",
                                     ";a\r\n",
                                     " 1\r\n",
                                     "1\n",
                                     "1\r\r\n",
                                     "1\rX",
                                     "1;a\n",
                                     "1\r\nab",
                                     "1\r\na\n",
                                     "1\r\na\rx",
                                     "1\r\na\r\n\r\n",
                                     "10000000000000000\r\n",
                                     "fffffffffffffffff\r\n",
                                     "0\r\n\n",
                                     "0\r\nX: y\n",
                                     "0\r\nX : y\r\n\r\n",
                                     "0\r\n folded: x\r\n\r\n",
                                     "0\r\nTransfer-Encoding: x\r\n\r\n",
                                     "0\r\nHost: x\r\n\r\n"}) {
    EXPECT_TRUE(decode({bad}).bad) << bad;
  }
}

TEST(Chunked, OneByteChunksMayGoOnForEver) {
  std::string text;
  for (int i = 0; i < 50000; ++i) text += "1\r\nx\r\n";
  text += "0\r\n\r\n";
  const Decoded d = decode({text});
  EXPECT_TRUE(d.ended);
  EXPECT_EQ(d.data.size(), 50000U);
}

TEST(Chunked, EndlessExtensionsAndTrailersAreRefused) {
  EXPECT_TRUE(decode({"1;" + std::string(20000, 'x')}).bad);
  std::string many;
  for (int i = 0; i < 2000; ++i) many += "1;" + std::string(100, 'x') + "\r\na\r\n";
  EXPECT_TRUE(decode({many}).bad);
  EXPECT_TRUE(decode({"0\r\nX: " + std::string(20000, 'x')}).bad);
}

TEST(Chunked, LargeSizesAreExact) {
  const Decoded d = decode({"fffffff\r\n", "abc"});
  EXPECT_EQ(d.data, "abc");
  EXPECT_FALSE(d.bad);
}

TEST(Chunked, SizeLinesAreLowerCaseHex) {
  char into[20];
  EXPECT_EQ(std::string(into, write_chunk_size(into, 0x1aF)), "1af\r\n");
  EXPECT_EQ(std::string(into, write_chunk_size(into, ~std::uint64_t{0})), "ffffffffffffffff\r\n");
}

}  // namespace
}  // namespace tandem::http1
