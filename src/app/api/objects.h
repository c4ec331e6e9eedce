#pragma once

// The routers, services and middlewares of the API: lists that are filtered, sorted and cut into pages
// (/api/http|tcp|udp/routers|services|middlewares), single objects, and all of them at once (/api/rawdata). Any core.

#include <string_view>

#include "app/api/listing.h"
#include "config/format/value.h"
#include "protocol/http/exchange.h"
#include "proxy/routing/snapshot.h"

namespace tandem::api {

/// Which objects are meant.
struct ObjectPath {
  std::string_view protocol;  ///< http, tcp or udp
  std::string_view kind;      ///< routers, services or middlewares
  std::string_view escaped;   ///< name as it stands in the path; empty for the list
};
/// Reads "http/routers" and "http/routers/NAME"; no protocol when there is no such path.
ObjectPath object_path(std::string_view path);

http::Response answer_objects(const routing::Snapshot& snapshot, const ObjectPath& path, const Parameters& parameters,
                              http::Exchange& exchange);

format::Value raw_data(const routing::Snapshot& snapshot);

}  // namespace tandem::api
