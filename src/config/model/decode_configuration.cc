#include "config/model/decode_configuration.h"

#include "config/format/schema.h"

namespace tandem::model {
namespace {

template <class T>
T decode_known(const format::Value& root, format::Problems& problems, std::vector<std::string>& ignored) {
  T configuration;
  const format::Value known = format::only_known_roots(root, format::schema_of<T>(), ignored);
  if (known.object() && !known.object()->empty()) format::decode(known, configuration, problems);
  return configuration;
}

}  // namespace

StaticConfiguration decode_static(const format::Value& root, format::Problems& problems,
                                  std::vector<std::string>& ignored) {
  const std::size_t before = ignored.size();
  const format::Object* members = root.object();
  auto configuration = decode_known<StaticConfiguration>(root, problems, ignored);
  if (members == nullptr || members->size() == ignored.size() - before) {
    problems.push_back(
        {.position = root.position(), .path = {}, .message = "no valid configuration found", .suggestion = {}});
  }
  return configuration;
}

DynamicConfiguration decode_dynamic(const format::Value& root, format::Problems& problems,
                                    std::vector<std::string>& ignored) {
  return decode_known<DynamicConfiguration>(root, problems, ignored);
}

}  // namespace tandem::model
