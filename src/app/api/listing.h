#pragma once

// Lists of the API: filtered, sorted, in pages (Traefik: page, per_page, search, status, serviceName, middlewareName,
// sortBy, direction). Any core.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/http/exchange.h"
#include "protocol/http/message.h"

namespace tandem::api {

/// The decoded parameters of a query; the first of each name counts.
class Parameters {
 public:
  explicit Parameters(std::string_view query);
  std::optional<std::string_view> get(std::string_view name) const;
  std::string_view text(std::string_view name) const { return get(name).value_or(""); }

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

/// The part of a list that was asked for.
struct Page {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t next = 1;  ///< X-Next-Page
};
/// Nothing but an error text when the page cannot exist.
struct PageOrError {
  Page page;
  std::string error;
};
PageOrError page_of(const Parameters& parameters, std::size_t total);

bool contains_ignoring_case(std::string_view text, std::string_view part);

}  // namespace tandem::api
