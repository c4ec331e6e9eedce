#pragma once

// The part of the codec that does not depend on the type of a struct: tables of members and the functions that walk
// them. Used by decode_impl.h only. Tables are built once and immutable; a Cursor belongs to one call of decode.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/format/decode.h"
#include "config/format/schema.h"

namespace tandem::format {

/// Where the decoder is, and where problems go.
class Cursor {
 public:
  Cursor(Problems& list, std::string path) : problems(list), path_(std::move(path)) {}

  /// Leaves the member again when it ends.
  class Scope {
   public:
    Scope(Cursor& at, std::size_t length, std::string name) : at_(at), length_(length), name_(std::move(name)) {}
    ~Scope() {
      at_.path_.resize(length_);
      at_.name_ = std::move(name_);
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Cursor& at_;
    std::size_t length_;
    std::string name_;
  };
  [[nodiscard]] Scope enter(std::string_view name);
  [[nodiscard]] Scope enter_index(std::size_t index);

  void problem(const Value& where, std::string message, std::string suggestion = {});
  const std::string& path() const { return path_; }
  /// The key as the user wrote it.
  const std::string& name() const { return name_; }

  Problems& problems;

 private:
  std::string path_;
  std::string name_;
};

struct FieldCodec {
  std::string_view name;
  bool optional = false;
  bool stand_alone = false;
  bool built = true;
  bool always_encoded = false;
  const Schema& (*schema)() = nullptr;
  void (*decode)(const Value&, void* owner, bool stand_alone, Cursor&) = nullptr;
  Value (*encode)(const void* owner, bool redact) = nullptr;
  bool (*omitted)(const void* owner) = nullptr;
  bool (*equal)(const void* a, const void* b) = nullptr;
  void (*not_built)(const void* owner, const std::string& path, std::vector<std::string>& out) = nullptr;
};

struct StructCodec {
  struct Alias {
    std::string_view other;
    std::string_view name;
    bool single = false;  ///< the value is the only element of the list `name` (untyped sources only)
  };
  std::string_view type_name;
  std::vector<FieldCodec> fields;
  std::vector<Alias> aliases;
};

/// The option's spelling of a C++ member: without the trailing "_" of keywords.
std::string_view option_name(std::string_view member);
/// "a::b::C" → "C".
std::string_view unqualified(std::string_view type_name);
template <class T>
constexpr std::string_view type_name_of() {
  constexpr std::string_view kSignature = __PRETTY_FUNCTION__;  // "… [T = a::b::C]" or "… [with T = a::b::C; …]"
  constexpr auto kStart = kSignature.find("T = ") + 4;
  return kSignature.substr(kStart, kSignature.find_first_of(";]", kStart) - kStart);
}

enum class Given : std::uint8_t { kAbsent, kEnabled, kDisabled };

/// Decodes the members of an object into a struct; a value that is no object is ignored (its parent has judged it).
void decode_members(const StructCodec& codec, const Value& value, void* owner, Cursor& at);
Value encode_members(const StructCodec& codec, const void* owner, bool redact);
struct NotBuiltList {
  const std::string& path;
  std::vector<std::string>& out;
};
void members_not_built(const StructCodec& codec, const void* owner, const void* defaults, NotBuiltList list);
Schema section_schema(const StructCodec& codec, const void* defaults);

/// What a value says about a section: nothing, members or "true", or "not at all". Reports sections that stand alone.
Given section_given(const Value& value, std::string_view type_name, bool stand_alone, Cursor& at);
/// The same for a section in a map, which needs no members.
bool map_section_given(const Value& value, std::string_view type_name, Cursor& at);
bool root_given(const Value& value, Cursor& at);
/// The elements of a list as any source writes it; nullopt (with a problem) when it is none.
std::optional<Array> list_elements(const Value& value, bool of_sections, Cursor& at);
/// The members of a map; a list becomes members "[0]", "[1]"… in `from_list`. Null (with a problem) when it is none.
const Object* map_members(const Value& value, Object& from_list, Cursor& at);

void decode_scalar(const Value& value, bool& out, Cursor& at);
void decode_scalar(const Value& value, std::int64_t& out, int bits, Cursor& at);
void decode_scalar(const Value& value, std::uint64_t& out, int bits, Cursor& at);
void decode_scalar(const Value& value, double& out, Cursor& at);
void decode_scalar(const Value& value, std::string& out, Cursor& at);
void decode_scalar(const Value& value, Duration& out, Cursor& at);
void decode_scalar(const Value& value, Secret& out, Cursor& at);

Value encode_scalar(bool value, bool redact);
Value encode_integer(std::int64_t value);
Value encode_scalar(double value, bool redact);
Value encode_scalar(const std::string& value, bool redact);
Value encode_scalar(const Duration& value, bool redact);
Value encode_scalar(const Secret& value, bool redact);

/// A scalar as Go would print it ("7.5", "true"); nullopt for lists, objects and null.
std::optional<std::string> scalar_text(const Value& value);

}  // namespace tandem::format
