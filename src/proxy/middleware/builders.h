#pragma once

// The builders of all middleware types, one a file: each takes its options and gives the handler around context.next.
// They are called through the table (all.cc) while a snapshot is built; what they build is immutable and shared by all
// cores. Where a comment names no error, none is possible.

#include "proxy/middleware/all.h"

namespace tandem::middleware {

using Built = base::Result<http::HandlerPtr>;

/// Errors: "prefix cannot be empty".
Built build_add_prefix(const model::AddPrefix& options, const BuildContext& context);
Built build_strip_prefix(const model::StripPrefix& options, const BuildContext& context);
/// Errors: an expression does not compile.
Built build_strip_prefix_regex(const model::StripPrefixRegex& options, const BuildContext& context);
/// A path that cannot be decoded is no error: requests are answered by 500.
Built build_replace_path(const model::ReplacePath& options, const BuildContext& context);
/// Errors: the expression does not compile.
Built build_replace_path_regex(const model::ReplacePathRegex& options, const BuildContext& context);
/// Builds the members by context.build_named, the last one first; an empty chain is context.next itself. Errors: those
/// of its members.
Built build_chain(const model::Chain& options, const BuildContext& context);
/// Errors: no option has an effect ("headers configuration not valid"), an expression of origins does not compile.
Built build_headers(const model::Headers& options, const BuildContext& context);
/// Errors: the expression does not compile.
Built build_redirect_regex(const model::RedirectRegex& options, const BuildContext& context);
/// Errors: "you must provide a target scheme".
Built build_redirect_scheme(const model::RedirectScheme& options, const BuildContext& context);
/// Reads the users file. Slow hashes are computed by the HashPool; what it found is remembered by each core for a
/// minute. Errors: the file cannot be read, an entry is not name:hash, there is no user at all.
Built build_basic_auth(const model::BasicAuth& options, const BuildContext& context);

}  // namespace tandem::middleware
