#pragma once

// One request and its response; private to the files of ServerSession.

#include "protocol/http2/fields.h"
#include "protocol/http2/server.h"

namespace tandem::http2 {

class ServerSession::Stream final : public StreamState, public http::ClientLink {
 public:
  explicit Stream(ServerSession& session);
  ~Stream() override;

  loop::Task<void> send_interim(int status, const http::Headers& headers) override;

  void on_field(std::string_view name, std::string_view value) override;
  void on_fields_end(bool ends) override;
  void on_closed(std::uint32_t error_code) override;
  void on_first_pull() override;
  void on_sent_end() override;
  base::Side sender() const override { return base::Side::kClient; }
  void submit_trailers(const http::Headers& trailers) override;

  /// Calls the handler and answers; lives in `task`.
  loop::Task<void> serve();
  void refuse(http::Response response);

  loop::Task<void> task;
  loop::TimePoint write_deadline = loop::kNever;
  bool answered = false;
  bool queued = false;  ///< among the session's arrived requests

 private:
  void take_request(bool ends);
  void take_trailers(bool ends);
  void answer(http::Response response);
  void tell_end();

  ServerSession& owner_;
  http::Exchange exchange_;
  std::optional<FieldCollector> fields_;  ///< the block that is expected
  http::Request request_;
  std::shared_ptr<const http::Handler> handler_;
  http::Headers sent_headers_;
  std::uint64_t given_at_once_ = 0;
  int status_ = 0;
  bool head_request_ = false;
  bool has_request_ = false;
  bool continue_owed_ = false;
  bool continue_sent_ = false;
  bool sent_end_ = false;
  bool told_ = false;
};

}  // namespace tandem::http2
