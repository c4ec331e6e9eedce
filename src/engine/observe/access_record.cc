#include "engine/observe/access_record.h"

#include <algorithm>
#include <cstring>

namespace tandem::observe {
namespace {

using Size = std::uint32_t;

/// Where the sizes stand: numbers, count of headers, sizes of texts, then for each header its kind and two sizes.
struct Sizes {
  Size headers;
  std::array<Size, kAccessTexts> texts;
};
struct HeaderSizes {
  Size of_request;
  Size name;
  Size value;
};

template <class T>
char* put(char* at, const T& value) {
  std::memcpy(at, &value, sizeof value);
  return at + sizeof value;
}

char* put_text(char* at, std::string_view text) {
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

template <class T>
T take(const char*& at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  at += sizeof value;
  return value;
}

std::string_view take_text(const char*& at, Size size) { return {std::exchange(at, at + size), size}; }

}  // namespace

std::size_t packed_size(const AccessRecord& record) {
  std::size_t size = sizeof(AccessNumbers) + sizeof(Sizes) + record.headers.size() * sizeof(HeaderSizes);
  for (const std::string_view text : record.texts) size += text.size();
  for (const AccessHeader& header : record.headers) size += header.name.size() + header.value.size();
  return size;
}

void pack(const AccessRecord& record, std::span<char> into) {
  char* at = put(into.data(), record.numbers);
  Sizes sizes{.headers = static_cast<Size>(record.headers.size()), .texts = {}};
  std::ranges::transform(record.texts, sizes.texts.begin(), [](auto text) { return static_cast<Size>(text.size()); });
  at = put(at, sizes);
  for (const AccessHeader& header : record.headers) {
    at = put(at, HeaderSizes{.of_request = header.of_request ? 1U : 0U,
                             .name = static_cast<Size>(header.name.size()),
                             .value = static_cast<Size>(header.value.size())});
  }
  for (const std::string_view text : record.texts) at = put_text(at, text);
  for (const AccessHeader& header : record.headers) at = put_text(put_text(at, header.name), header.value);
}

const AccessRecord& UnpackedRecord::unpack(std::span<const char> packed) {
  const char* at = packed.data();
  record_.numbers = take<AccessNumbers>(at);
  const auto sizes = take<Sizes>(at);
  const char* header_sizes = at;
  at += sizes.headers * sizeof(HeaderSizes);
  for (std::size_t i = 0; i < kAccessTexts; ++i) record_.texts[i] = take_text(at, sizes.texts[i]);
  const std::size_t count = std::min<std::size_t>(sizes.headers, headers_.size());
  for (std::size_t i = 0; i < count; ++i) {
    const auto header = take<HeaderSizes>(header_sizes);
    headers_[i].of_request = header.of_request != 0;
    headers_[i].name = take_text(at, header.name);
    headers_[i].value = take_text(at, header.value);
  }
  record_.headers = {headers_.data(), count};
  return record_;
}

}  // namespace tandem::observe
