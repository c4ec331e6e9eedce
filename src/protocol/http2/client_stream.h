#pragma once

// One request sent and its response; private to the files of ClientSession. It lives as long as somebody refers to it
// or nghttp2 knows it.

#include <vector>

#include "protocol/http2/client.h"
#include "protocol/http2/fields.h"

namespace tandem::http2 {

class ClientSession::Stream final : public StreamState {
 public:
  Stream(ClientSession& session, http::Exchange& exchange, bool to_head);

  void on_field(std::string_view name, std::string_view value) override;
  void on_fields_end(bool ends) override;
  void on_closed(std::uint32_t error_code) override;
  void on_waiting() override;
  void on_body_dropped() override { owner.let_go(*this); }
  void on_pulled(std::size_t bytes) override { exchange->origin_bytes += bytes; }
  base::Side sender() const override { return base::Side::kUpstream; }
  void submit_trailers(const http::Headers& trailers) override;

  /// Waits for the content of the request wherever it is not there yet; lives in `uploading`, once it has to.
  loop::Task<void> upload();
  http::Response make_response();

  struct Interim {
    int status;
    http::Headers headers;
  };
  /// The head of the final response.
  struct Head {
    int status = 0;
    http::Headers headers;
    std::optional<std::uint64_t> length;  ///< Content-Length
  };

  ClientSession& owner;
  http::Exchange* exchange;              ///< null when nobody refers to the stream any more
  Head head;                             ///< once head_done
  std::optional<FieldCollector> fields;  ///< the block that is coming in
  std::vector<Interim> interims;         ///< not yet passed on
  std::size_t interim_count = 0;
  loop::Task<void> uploading;
  std::string_view whole_body;  ///< what out.body held when it was not streamed
  std::string_view announced;   ///< trailer fields that the request's Trailer names
  std::uint32_t error_code = 0;
  bool to_head;
  bool head_done = false;
  bool ends_with_head = false;
  bool held = true;
  bool forgotten = false;  ///< nghttp2 has closed it
  bool malformed = false;
};

}  // namespace tandem::http2
