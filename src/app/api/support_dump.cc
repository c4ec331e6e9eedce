#include "app/api/support_dump.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <numeric>

#include "app/api/objects.h"
#include "app/api/reply.h"
#include "base/version.h"
#include "config/format/decode.h"
#include "config/format/json.h"

namespace tandem::api {
namespace {

constexpr std::size_t kBlock = 512;

/// One file of a tar archive (POSIX ustar): its header and its content, each in whole blocks.
void append_file(std::string& tar, std::string_view name, std::string_view content) {
  std::array<char, kBlock> header{};
  const auto put = [&header](std::size_t at, std::string_view text) {
    std::memcpy(header.data() + at, text.data(), text.size());
  };
  constexpr std::size_t kChecksum = 148;
  put(0, name);
  put(100, "0000600");
  put(108, "0000000");
  put(116, "0000000");
  put(124, fmt::format("{:011o}", content.size()));
  put(136, fmt::format("{:011o}", static_cast<std::uint64_t>(std::time(nullptr))));
  put(kChecksum, "        ");
  put(156, "0");
  put(257, std::string_view("ustar\00000", 8));
  const unsigned sum = std::accumulate(header.begin(), header.end(), 0U,
                                       [](unsigned all, char c) { return all + static_cast<unsigned char>(c); });
  put(kChecksum, fmt::format("{:06o}", sum));
  header[kChecksum + 6] = '\0';
  tar.append(header.data(), header.size());
  tar.append(content);
  tar.append((kBlock - content.size() % kBlock) % kBlock, '\0');
}

/// The text in gzip's format; empty when zlib refuses, which it does only without memory.
std::string gzipped(std::string_view content) {
  z_stream stream{};
  constexpr int kGzip = 16;  // added to the window's size: a gzip header instead of zlib's
  constexpr int kMemory = 8;
  if (::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + kGzip, kMemory, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return {};
  }
  std::string out(::deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));  // zlib only reads
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool whole = ::deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(whole ? stream.total_out : 0);
  ::deflateEnd(&stream);
  return out;
}

}  // namespace

http::Response support_dump(const routing::Snapshot& snapshot, const model::StaticConfiguration& configuration,
                            const std::string& started, http::Exchange& exchange) {
  const format::Value version(
      format::Object{{"version", text(base::kVersion)}, {"codename", text("tandem")}, {"startDate", text(started)}},
      {});
  std::string tar;
  append_file(tar, "version.json", format::serialize_json_pretty(version));
  append_file(tar, "static-config.json", format::serialize_json_pretty(format::encode(configuration, true)));
  append_file(tar, "runtime-config.json", format::serialize_json_pretty(raw_data(snapshot)));
  tar.append(2 * kBlock, '\0');  // the end of the archive
  http::Response response = page("application/gzip", gzipped(tar), exchange);
  response.headers.add_view(http::HeaderId::kOther, "Content-Disposition", "attachment; filename=support-dump.tar.gz");
  return response;
}

}  // namespace tandem::api
