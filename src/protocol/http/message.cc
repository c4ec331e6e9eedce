#include "protocol/http/message.h"

#include <array>

#include "base/text.h"

namespace tandem::http {

namespace {

struct StatusText {
  int status;
  std::string_view text;
};

constexpr std::array kStatusTexts = {StatusText{100, "Continue"},
                                     StatusText{101, "Switching Protocols"},
                                     StatusText{102, "Processing"},
                                     StatusText{103, "Early Hints"},
                                     StatusText{200, "OK"},
                                     StatusText{201, "Created"},
                                     StatusText{202, "Accepted"},
                                     StatusText{203, "Non-Authoritative Information"},
                                     StatusText{204, "No Content"},
                                     StatusText{205, "Reset Content"},
                                     StatusText{206, "Partial Content"},
                                     StatusText{207, "Multi-Status"},
                                     StatusText{208, "Already Reported"},
                                     StatusText{226, "IM Used"},
                                     StatusText{300, "Multiple Choices"},
                                     StatusText{301, "Moved Permanently"},
                                     StatusText{302, "Found"},
                                     StatusText{303, "See Other"},
                                     StatusText{304, "Not Modified"},
                                     StatusText{305, "Use Proxy"},
                                     StatusText{307, "Temporary Redirect"},
                                     StatusText{308, "Permanent Redirect"},
                                     StatusText{400, "Bad Request"},
                                     StatusText{401, "Unauthorized"},
                                     StatusText{402, "Payment Required"},
                                     StatusText{403, "Forbidden"},
                                     StatusText{404, "Not Found"},
                                     StatusText{405, "Method Not Allowed"},
                                     StatusText{406, "Not Acceptable"},
                                     StatusText{407, "Proxy Authentication Required"},
                                     StatusText{408, "Request Timeout"},
                                     StatusText{409, "Conflict"},
                                     StatusText{410, "Gone"},
                                     StatusText{411, "Length Required"},
                                     StatusText{412, "Precondition Failed"},
                                     StatusText{413, "Request Entity Too Large"},
                                     StatusText{414, "Request URI Too Long"},
                                     StatusText{415, "Unsupported Media Type"},
                                     StatusText{416, "Requested Range Not Satisfiable"},
                                     StatusText{417, "Expectation Failed"},
                                     StatusText{418, "I'm a teapot"},
                                     StatusText{421, "Misdirected Request"},
                                     StatusText{422, "Unprocessable Entity"},
                                     StatusText{423, "Locked"},
                                     StatusText{424, "Failed Dependency"},
                                     StatusText{425, "Too Early"},
                                     StatusText{426, "Upgrade Required"},
                                     StatusText{428, "Precondition Required"},
                                     StatusText{429, "Too Many Requests"},
                                     StatusText{431, "Request Header Fields Too Large"},
                                     StatusText{451, "Unavailable For Legal Reasons"},
                                     StatusText{499, "Client Closed Request"},
                                     StatusText{500, "Internal Server Error"},
                                     StatusText{501, "Not Implemented"},
                                     StatusText{502, "Bad Gateway"},
                                     StatusText{503, "Service Unavailable"},
                                     StatusText{504, "Gateway Timeout"},
                                     StatusText{505, "HTTP Version Not Supported"},
                                     StatusText{506, "Variant Also Negotiates"},
                                     StatusText{507, "Insufficient Storage"},
                                     StatusText{508, "Loop Detected"},
                                     StatusText{510, "Not Extended"},
                                     StatusText{511, "Network Authentication Required"}};

}  // namespace

std::string_view reason_phrase(int status) {
  if (status == 200) return "OK";
  for (const StatusText& entry : kStatusTexts) {
    if (entry.status == status) return entry.text;
  }
  return {};
}

Response error_response(int status, std::string_view text, Arena& arena) {
  Response response(status, arena);
  response.headers.add_view(HeaderId::kContentType, "text/plain; charset=utf-8");
  response.headers.add_view(HeaderId::kOther, "X-Content-Type-Options", "nosniff");
  response.body = Body::of(arena.concat({text, "\n"}));
  return response;
}

Response empty_response(int status, Arena& arena) { return Response(status, arena); }

Response bare_response(int status, std::string_view text, Arena& arena) {
  Response response(status, arena);
  response.body = Body::of(text);
  return response;
}

bool has_valid_escapes(std::string_view path) {
  for (std::size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
    if (at + 2 >= path.size() || base::hex_digit(path[at + 1]) < 0 || base::hex_digit(path[at + 2]) < 0) return false;
  }
  return true;
}

std::optional<std::string_view> percent_decode(std::string_view text, Arena& arena) {
  if (text.find('%') == std::string_view::npos) return text;
  char* const out = arena.allocate_text(text.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out[size++] = text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = base::hex_digit(text[i + 1]);
    const int low = base::hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out[size++] = static_cast<char>(high * 16 + low);
    i += 2;
  }
  return std::string_view(out, size);
}

}  // namespace tandem::http
