#include "control/keepalived/keepalived_file.h"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace tandem::keepalived {
namespace {

constexpr int kDeepestInclude = 20;
// A definition may hold itself, and twice so.
constexpr int kDeepestDefinition = 50;
constexpr int kMostExpansions = 10'000;  // of one line
constexpr std::int64_t kLongestSequence = 10'000;
constexpr std::string_view kSpace = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

bool is_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

std::size_t name_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && is_name(text[length])) ++length;
  return length;
}

/// The line without its comment. # and ! begin one anywhere but in quotes and behind a backslash.
std::string_view without_comment(std::string_view line) {
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\\') {
      ++i;
    } else if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '#' || c == '!') {
      return line.substr(0, i);
    }
  }
  return line;
}

base::Result<std::string> file_text(const std::string& path) {
  std::error_code code;
  if (std::filesystem::is_directory(path, code)) return base::Error::from_errno(EISDIR, path);
  std::ifstream file(path, std::ios::binary);
  if (!file) return base::Error::from_errno(errno, path);
  std::stringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

/// What an escape inside double quotes means.
char unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    default:
      return c;
  }
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.emplace_back(trimmed(text.substr(at, end - at)));
    at = end + 1;
  }
  return lines;
}

struct Line {
  std::string text;
  int number = 0;
};

class Reader {
 public:
  explicit Reader(const std::string& id) : id_(id) { open_.push_back(&file_.statements); }

  void read(std::string_view text, const std::string& path) {
    const std::string outer = std::exchange(path_, path);
    const int outer_line = line_;
    int number = 0;
    std::size_t at = 0;
    const auto next = [&]() -> std::string_view {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      const std::string_view line = trimmed(without_comment(text.substr(at, end - at)));
      at = end + 1;
      ++number;
      return line;
    };
    while (at < text.size()) {
      Line line{.text = std::string(next()), .number = number};
      while (line.text.ends_with('\\') && at < text.size()) {
        line.text.pop_back();
        line.text += '\n';
        line.text += next();
      }
      line_ = line.number;
      take_line(line.text);
    }
    path_ = outer;
    line_ = outer_line;
  }

  KeepalivedFile finish() && {
    if (open_.size() > 1) remark("a block is not closed at the end of the file");
    return std::move(file_);
  }

 private:
  void remark(std::string text) { file_.remarks.push_back({.place = place(), .text = std::move(text)}); }
  FilePlace place() const { return {.file = path_, .line = line_}; }

  void take_line(std::string text) {
    expansions_ = 0;
    // `@ID rest` counts for that ID only, `@^ID rest` for all others.
    if (text.starts_with('@')) {
      const std::string_view line(text);
      const std::size_t space = std::min(line.find_first_of(" \t\n"), line.size());
      std::string_view wanted = line.substr(1, space - 1);
      const bool others = wanted.starts_with('^');
      if (others) wanted.remove_prefix(1);
      if ((wanted == id_) == others) return;
      text = std::string(trimmed(line.substr(space)));
    }
    if (text.starts_with('$') && take_definition(text)) return;
    if (text.starts_with("~SEQ(")) return take_sequence(text);
    if (text.starts_with('~')) return remark(fmt::format("\"{}\" is not understood", text.substr(0, text.find('\n'))));
    std::ranges::replace(text, '\n', ' ');  // a continued line is one
    // A definition may stand for several lines.
    for (const std::string& line : lines_of(with_definitions(text, 0))) take_words(line);
  }

  bool take_definition(std::string_view text) {
    const std::size_t length = name_length(text.substr(1));
    const std::string_view rest = text.substr(1 + length);
    if (length == 0 || !trimmed(rest).starts_with('=')) return false;
    definitions_[std::string(text.substr(1, length))] = std::string(trimmed(trimmed(rest).substr(1)));
    return true;
  }

  /// ~SEQ(var, start, step, end) text: the text once for each number; step and start may be missing.
  void take_sequence(std::string_view text) {
    const std::size_t close = text.find(')');
    std::vector<std::string> arguments;
    const std::string inside = with_definitions(text.substr(5, close == std::string_view::npos ? 0 : close - 5), 0);
    for (std::size_t at = 0; at <= inside.size();) {
      const std::size_t comma = std::min(inside.find(',', at), inside.size());
      arguments.emplace_back(trimmed(std::string_view(inside).substr(at, comma - at)));
      at = comma + 1;
    }
    std::vector<std::int64_t> numbers;
    for (std::size_t i = 1; i < arguments.size(); ++i) {
      std::int64_t number = 0;
      const char* end = arguments[i].data() + arguments[i].size();
      if (std::from_chars(arguments[i].data(), end, number).ptr != end || arguments[i].empty()) break;
      numbers.push_back(number);
    }
    const bool complete = numbers.size() + 1 == arguments.size() && !numbers.empty() && numbers.size() <= 3;
    const std::int64_t start = numbers.size() > 1 ? numbers.front() : 1;
    const std::int64_t last = complete ? numbers.back() : 0;
    const std::int64_t step = numbers.size() == 3 ? numbers[1] : last < start ? -1 : 1;
    if (close == std::string_view::npos || !complete || step == 0 || (last - start) / step < 0 ||
        (last - start) / step > kLongestSequence) {
      return remark(fmt::format("\"{}\" is no sequence: ~SEQ(NAME, START, STEP, END)", text.substr(0, close)));
    }
    const std::string_view body = trimmed(text.substr(close + 1));
    const auto outer =
        definitions_.find(arguments.front()) == definitions_.end() ? std::string() : definitions_.at(arguments.front());
    for (std::int64_t number = start; step > 0 ? number <= last : number >= last; number += step) {
      definitions_[arguments.front()] = std::to_string(number);
      for (const std::string& line : lines_of(body)) take_line(line);
    }
    definitions_[arguments.front()] = outer;
  }

  std::string value_of(std::string_view name, bool& known) {
    known = true;
    if (name == "_PWD") return std::filesystem::path(path_).parent_path().string();
    if (name == "_INSTANCE") return id_;
    if (name == "_RANDOM") return "0";
    if (name == "_HASH") return "#";
    if (name == "_BANG") return "!";
    const auto found = definitions_.find(std::string(name));
    known = found != definitions_.end();
    return known ? found->second : std::string();
  }

  std::string with_definitions(std::string_view text, int depth) {
    std::string out;
    while (!text.empty()) {
      const std::size_t dollar = text.find('$');
      out += text.substr(0, dollar);
      if (dollar == std::string_view::npos) break;
      text.remove_prefix(dollar + 1);
      const bool braced = text.starts_with('{');
      const std::size_t length = name_length(text.substr(braced ? 1 : 0));
      const std::string_view name = text.substr(braced ? 1 : 0, length);
      const std::size_t whole = length + (braced ? 2 : 0);
      bool known = false;
      if (length > 0 && whole <= text.size() && (!braced || text[whole - 1] == '}') && depth < kDeepestDefinition &&
          ++expansions_ < kMostExpansions) {
        const std::string value = value_of(name, known);
        if (known) out += with_definitions(value, depth + 1);
      }
      if (known) {
        text.remove_prefix(whole);
      } else {
        out += '$';  // in a script's arguments, say
        if (braced && length > 0) remark(fmt::format("${{{}}} is not defined", name));
      }
    }
    return out;
  }

  /// Splits a line into words and braces.
  void take_words(std::string_view line) {
    std::vector<KeepalivedWord> words;
    const auto end_statement = [&] {
      if (!words.empty()) add_statement(std::move(words));
      words.clear();
    };
    for (std::size_t i = 0; i < line.size();) {
      const char c = line[i];
      if (kSpace.contains(c) || c == '\n') {
        ++i;
      } else if (c == '{') {
        open_block(std::move(words));
        words.clear();
        ++i;
      } else if (c == '}') {
        end_statement();
        close_block();
        ++i;
      } else {
        words.push_back(take_word(line, i));
      }
    }
    end_statement();
  }

  KeepalivedWord take_word(std::string_view line, std::size_t& i) {
    KeepalivedWord word;
    if (line[i] == '"') {
      word.quoted = true;
      for (++i; i < line.size() && line[i] != '"'; ++i) {
        if (line[i] == '\\' && i + 1 < line.size())
          word.text += unescaped(line[++i]);
        else
          word.text += line[i];
      }
      if (i == line.size()) remark("a quote is not closed");
      ++i;
      return word;
    }
    while (i < line.size() && !kSpace.contains(line[i]) && line[i] != '\n' && line[i] != '{' && line[i] != '}') {
      if (line[i] == '\\' && i + 1 < line.size()) ++i;
      word.text += line[i++];
    }
    return word;
  }

  void add_statement(std::vector<KeepalivedWord> words) {
    const std::string& keyword = words.front().text;
    if (keyword == "include" || (keyword.starts_with("include") && keyword.size() == 8 && words.size() == 2)) {
      return include(words.size() > 1 ? words[1].text : "");
    }
    open_.back()->push_back({.words = std::move(words), .block = {}, .has_block = false, .place = place()});
  }

  void open_block(std::vector<KeepalivedWord> words) {
    if (!words.empty()) {
      open_.back()->push_back({.words = std::move(words), .block = {}, .has_block = false, .place = place()});
    }
    if (open_.back()->empty() || open_.back()->back().has_block) {
      remark("a block without a name");
      open_.back()->push_back(
          {.words = {{.text = "{", .quoted = false}}, .block = {}, .has_block = false, .place = place()});
    }
    KeepalivedStatement& statement = open_.back()->back();
    statement.has_block = true;
    open_.push_back(&statement.block);
  }

  void close_block() {
    if (open_.size() == 1) return remark("a brace closes nothing");
    open_.pop_back();
  }

  void include(const std::string& pattern) {
    if (depth_ >= kDeepestInclude) return remark("includes are too deep");
    const std::filesystem::path beside = std::filesystem::path(path_).parent_path() / pattern;
    glob_t found{};
    const int code = glob(beside.c_str(), GLOB_BRACE, nullptr, &found);
    const std::vector<std::string> paths(found.gl_pathv, found.gl_pathv + (code == 0 ? found.gl_pathc : 0));
    globfree(&found);
    if (paths.empty()) remark(fmt::format("include: no such file: {}", beside.string()));
    ++depth_;
    for (const std::string& path : paths) {
      const auto text = file_text(path);
      if (text)
        read(*text, path);
      else
        remark("include: " + text.error().text());
    }
    --depth_;
  }

  std::string id_;
  KeepalivedFile file_;
  std::vector<std::vector<KeepalivedStatement>*> open_;  // the blocks that statements go to; the innermost is last
  std::map<std::string, std::string> definitions_;
  std::string path_;
  int line_ = 0;
  int depth_ = 0;
  int expansions_ = 0;
};

}  // namespace

std::string FilePlace::text() const { return fmt::format("{}:{}", file, line); }

std::string_view KeepalivedStatement::word(std::size_t index) const {
  return index < words.size() ? std::string_view(words[index].text) : std::string_view();
}

KeepalivedFile parse_keepalived(std::string_view text, const std::string& path, const std::string& id) {
  Reader reader(id);
  reader.read(text, path);
  return std::move(reader).finish();
}

base::Result<KeepalivedFile> read_keepalived_file(const std::string& path, const std::string& id) {
  auto text = file_text(path);
  if (!text) return text.error();
  return parse_keepalived(*text, path, id);
}

}  // namespace tandem::keepalived
