#include "control/provider/all.h"

#include "control/provider/file.h"

namespace tandem::provider {

std::vector<std::unique_ptr<Provider>> make_all(const model::Providers& options, Memory* memory) {
  std::vector<std::unique_ptr<Provider>> all;
  // The file provider answers at once; those that ask the network follow.
  if (options.file) all.push_back(std::make_unique<File>(*options.file, memory));
  return all;
}

}  // namespace tandem::provider
