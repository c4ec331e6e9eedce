#include "proxy/middleware/expression.h"

namespace tandem::middleware {

base::Result<std::unique_ptr<re2::RE2>> compile_expression(std::string_view text) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_unique<re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
  if (compiled->ok()) return compiled;
  // RE2 says "missing ): (" where Go says "missing closing ): `(`"; the other words are the same.
  std::string reason = compiled->error();
  if (const std::size_t colon = reason.find(": "); colon != std::string::npos) reason.resize(colon);
  if (reason.starts_with("missing ") && !reason.starts_with("missing argument")) reason.insert(8, "closing ");
  const std::string& where = compiled->error_arg();
  return base::Error(base::ErrorKind::kInvalid,
                     "error parsing regexp: " + reason + ": `" + (where.empty() ? std::string(text) : where) + "`");
}

}  // namespace tandem::middleware
