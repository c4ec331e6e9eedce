// Words: upper and lower case, camelCase and snake_case, initials, wrapping.

#include <algorithm>

#include "config/template/functions.h"
#include "config/template/print.h"
#include "config/template/runes.h"

namespace tandem::templates {
namespace {

bool is_connector(char32_t rune) { return rune == '-' || rune == '_' || is_space(rune); }

bool is_punctuation(char32_t rune) {
  if (rune < 0x80)
    return rune > ' ' && rune < 0x7F && !std::string_view("$+<=>^`|~").contains(static_cast<char>(rune)) &&
           !is_letter(rune) && !is_digit(rune);
  return is_print(rune) && !is_letter(rune) && !is_number(rune) && rune != 0xD7 && rune != 0xF7;
}

/// The words of a name in camelCase, as the library xstrings takes it apart.
class Words {
 public:
  enum class Kind : std::uint8_t { kNone, kNumber, kUpper, kLower, kConnector, kPunctuation, kOther };
  struct Word {
    Kind kind = Kind::kNone;
    std::u32string_view text;
  };

  explicit Words(std::u32string_view rest) : rest_(rest) {}

  bool empty() const { return rest_.empty(); }

  Word next() {
    if (rest_.empty()) return {};
    const Kind kind = kind_of(rest_.front());
    std::size_t end = kind == Kind::kUpper ? end_of_upper() : run(1, kind);
    Word word{kind, rest_.substr(0, end)};
    rest_.remove_prefix(end);
    return word;
  }

 private:
  static Kind kind_of(char32_t rune) {
    if (is_connector(rune)) return Kind::kConnector;
    if (is_punctuation(rune)) return Kind::kPunctuation;
    if (is_upper(rune)) return Kind::kUpper;
    if (is_letter(rune)) return Kind::kLower;
    return is_number(rune) ? Kind::kNumber : Kind::kOther;
  }

  std::size_t run(std::size_t from, Kind kind) const {
    while (from < rest_.size() && kind_of(rest_[from]) == kind) ++from;
    return from;
  }

  /// "HTTPStatus" begins with HTTP, "Status" is one word.
  std::size_t end_of_upper() const {
    if (rest_.size() > 1 && kind_of(rest_[1]) == Kind::kLower) return run(1, Kind::kLower);
    const std::size_t end = run(1, Kind::kUpper);
    return end > 1 && end < rest_.size() && kind_of(rest_[end]) == Kind::kLower ? end - 1 : end;
  }

  std::u32string_view rest_;
};

/// first_name or first-name out of FirstName.
class Connected {
 public:
  Connected(std::u32string_view text, char32_t connector) : words_(text), connector_(connector) {}

  std::string run() {
    Words::Word word = words_.next();
    while (!words_.empty()) {
      const Words::Word last = word;
      if (last.kind != Kind::kConnector) add(last);
      word = words_.next();
      switch (last.kind) {
        case Kind::kNumber:
          word = add_alphanumerics(word);
          break;
        case Kind::kConnector:
          add(last);
          break;
        case Kind::kPunctuation:
          break;
        default:
          word = after_letters(word);
      }
    }
    add(word);
    return text_of(out_);
  }

 private:
  using Kind = Words::Kind;

  static bool separates(Kind kind) { return kind == Kind::kConnector || kind == Kind::kPunctuation; }

  void add(const Words::Word& word) {
    for (const char32_t rune : word.text) {
      if (word.kind == Kind::kConnector) {
        out_ += connector_;
      } else {
        out_ += word.kind == Kind::kUpper ? to_lower(rune) : rune;
      }
    }
  }

  /// Lower case letters and numbers belong to the number before them.
  Words::Word add_alphanumerics(Words::Word word) {
    while (word.kind == Kind::kLower || word.kind == Kind::kNumber) {
      add(word);
      word = words_.next();
    }
    if (word.kind != Kind::kNone && !separates(word.kind)) out_ += connector_;
    return word;
  }

  Words::Word after_letters(Words::Word word) {
    if (word.kind != Kind::kNumber) {
      if (!separates(word.kind)) out_ += connector_;
      return word;
    }
    if (words_.empty()) return word;
    const Words::Word number = word;
    word = words_.next();
    if (word.kind != Kind::kLower) {
      // A number belongs to the word before it: Bld4Floor is bld4_floor.
      add(number);
      if (!separates(word.kind)) out_ += connector_;
      return word;
    }
    // With lower case letters behind it it begins a word: HTTP2xx is http_2xx.
    out_ += connector_;
    add(number);
    return add_alphanumerics(word);
  }

  Words words_;
  std::u32string out_;
  char32_t connector_;
};

Outcome connected(Call& call, char32_t connector) {
  return Value::of(Connected(runes_of(call.text(0)), connector).run());
}

/// xstrings.ToCamelCase.
Outcome camel_case(Call& call) {
  const std::u32string text = runes_of(call.text(0));
  std::u32string out;
  std::size_t at = 0;
  while (at < text.size() && is_connector(text[at])) out += text[at++];
  if (at >= text.size()) {
    // Of nothing but connectors, the last counts twice.
    if (!text.empty()) out += text.back();
    return Value::of(text_of(out));
  }
  bool upper_run = is_upper(text[at]);
  char32_t current = to_lower(text[at++]);
  if (at >= text.size()) {
    out += current;
    return Value::of(text_of(out));
  }
  while (at < text.size()) {
    const char32_t before = std::exchange(current, text[at++]);
    if (is_connector(current) && is_connector(before)) {
      out += before;
    } else if (is_connector(before)) {
      upper_run = is_upper(current);
      current = to_upper(current);
    } else {
      if (upper_run && is_upper(current)) {
        current = to_lower(current);
      } else {
        upper_run = false;
      }
      out += before;
    }
  }
  out += upper_run ? to_lower(current) : current;
  return Value::of(text_of(out));
}

Outcome title(Call& call) {
  std::u32string text = runes_of(call.text(0));
  char32_t before = ' ';
  for (char32_t& rune : text) {
    const char32_t original = rune;
    const bool separator = before < 0x80 ? !is_letter(before) && !is_digit(before) && before != '_'
                                         : !is_letter(before) && !is_digit(before) && is_space(before);
    if (separator) rune = to_upper(rune);
    before = original;
  }
  return Value::of(text_of(text));
}

Outcome untitle(Call& call) {
  std::u32string text = runes_of(call.text(0));
  bool next = true;
  for (char32_t& rune : text) {
    if (is_space(rune)) {
      next = true;
    } else if (std::exchange(next, false)) {
      rune = to_lower(rune);
    }
  }
  return Value::of(text_of(text));
}

Outcome swap_case(Call& call) {
  std::u32string text = runes_of(call.text(0));
  for (char32_t& rune : text) {
    if (is_upper(rune)) {
      rune = to_lower(rune);
    } else if (is_lower(rune)) {
      rune = to_upper(rune);
    }
  }
  return Value::of(text_of(text));
}

/// The first byte of each word, as goutils has it.
Outcome initials(Call& call) {
  std::string result;
  bool gap = true;
  for (const char c : call.text(0)) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_space(byte)) {
      gap = true;
    } else if (std::exchange(gap, false)) {
      append_rune(result, byte);
    }
  }
  return Value::of(std::move(result));
}

Outcome no_space(Call& call) {
  std::string result;
  for (const char32_t rune : runes_of(call.text(0))) {
    if (!is_space(rune)) append_rune(result, rune);
  }
  return Value::of(std::move(result));
}

/// goutils.WrapCustom: lines of at most `width` bytes; longer words are cut when `cuts` says so.
Outcome wrapped(std::string_view text, std::int64_t wanted, std::string_view new_line, bool cuts) {
  std::string result;
  const auto width = static_cast<std::size_t>(std::clamp<std::int64_t>(wanted, 1, std::int64_t{1} << 40));
  if (new_line.empty()) new_line = "\n";
  while (text.size() > width) {
    if (text.front() == ' ') {
      text.remove_prefix(1);
      continue;
    }
    std::size_t space = text.substr(0, width + 1).rfind(' ');
    if (space == std::string_view::npos && !cuts) {
      space = text.find(' ', width);
      if (space == std::string_view::npos) break;
    }
    const std::size_t end = space == std::string_view::npos ? width : space;
    result.append(text.substr(0, end)).append(new_line);
    if (result.size() > kLargestText) return too_large();
    text.remove_prefix(space == std::string_view::npos ? end : end + 1);
  }
  return Value::of(result.append(text));
}

constexpr BuiltIn kFunctions[] = {
    {"camelcase", "s", camel_case},
    {"initials", "s", initials},
    {"kebabcase", "s", [](Call& call) { return connected(call, '-'); }},
    {"lower", "s", [](Call& call) -> Outcome { return Value::of(to_lower(call.text(0))); }},
    {"nospace", "s", no_space},
    {"snakecase", "s", [](Call& call) { return connected(call, '_'); }},
    {"swapcase", "s", swap_case},
    {"title", "s", title},
    {"untitle", "s", untitle},
    {"upper", "s", [](Call& call) -> Outcome { return Value::of(to_upper(call.text(0))); }},
    {"wrap", "is", [](Call& call) { return wrapped(call.text(1), call.integer(0), "\n", false); }},
    {"wrapWith", "iss", [](Call& call) { return wrapped(call.text(2), call.integer(0), call.text(1), true); }},
};

}  // namespace

std::span<const BuiltIn> word_functions() { return kFunctions; }

}  // namespace tandem::templates
