#include "config/template/functions.h"
namespace tandem::templates {
std::span<const BuiltIn> certificate_functions() { return {}; }
}  // namespace tandem::templates
