#include "app/command/command_arguments.h"

#include <fmt/format.h>

#include <cstdio>
#include <string_view>

#include "base/text.h"

namespace tandem::command {
namespace {

bool is_url(std::string_view word) { return word.starts_with("http://") || word.starts_with("https://"); }

class Parser {
 public:
  explicit Parser(const std::vector<std::string>& arguments) : words_(arguments) {}

  base::Result<CommandArguments> parse() && {
    while (at_ < words_.size()) {
      const std::string& word = words_[at_++];
      if (word.size() < 2 || word.front() != '-') {
        into_.words.push_back(word);
      } else if (word == "--") {
        while (at_ < words_.size()) into_.words.push_back(words_[at_++]);
      } else {
        option(word);
      }
      if (!error_.empty()) return base::Error(base::ErrorKind::kInvalid, error_);
    }
    return std::move(into_);
  }

 private:
  void option(const std::string& word) {
    std::string_view name = word;
    while (name.starts_with('-')) name.remove_prefix(1);
    const std::size_t equals = name.find('=');
    const bool has_value = equals != std::string_view::npos;
    value_ = has_value ? std::string(name.substr(equals + 1)) : std::string();
    name = name.substr(0, equals);
    if (name == "json" && !has_value) {
      into_.json = true;
    } else if (name == "all" && !has_value) {
      into_.all = true;
    } else if (name == "api") {
      // Its value may be missing: only what looks like a URL is one.
      if (!has_value && at_ < words_.size() && is_url(words_[at_])) value_ = words_[at_++];
      into_.api = value_;
    } else if (name == "entry-point") {
      into_.entry_point = value(word, has_value);
    } else if (name == "from") {
      into_.from = value(word, has_value);
    } else if (name == "H" || name == "header") {
      into_.headers.push_back(value(word, has_value));
    } else if (word.starts_with("-H") && !has_value) {
      into_.headers.push_back(word.substr(2));
    } else if (base::equal_ignoring_case(name, "configfile")) {
      into_.static_flags.push_back("--configFile=" + value(word, has_value));
    } else {
      into_.static_flags.push_back(word);
    }
  }

  std::string value(const std::string& word, bool has_value) {
    if (has_value) return value_;
    if (at_ < words_.size()) return words_[at_++];
    error_ = fmt::format("option needs a value: {}", word);
    return {};
  }

  const std::vector<std::string>& words_;
  std::size_t at_ = 0;
  std::string value_;
  std::string error_;
  CommandArguments into_;
};

}  // namespace

base::Result<CommandArguments> parse_command_arguments(const std::vector<std::string>& arguments) {
  return Parser(arguments).parse();
}

int command_failed(std::string_view sentence) {
  fmt::print(stderr, "tandem: {}\n", sentence);
  return 2;
}

}  // namespace tandem::command
