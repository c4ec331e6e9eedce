#include "config/model/command_words.h"

namespace tandem::model {

base::Result<std::vector<std::string>> command_words(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;  // in a word, which may be empty when it was quoted
  char quote = 0;
  std::string word;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
      if (inside) words.push_back(std::move(word));
      word.clear();
      inside = false;
      continue;
    }
    inside = true;
    if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else if (c == '\\' && quote != '\'' && i + 1 < text.size() &&
               (quote == 0 || text[i + 1] == '"' || text[i + 1] == '\\')) {
      word += text[++i];
    } else {
      word += c;
    }
  }
  if (quote != 0) return base::Error(base::ErrorKind::kInvalid, std::string("a quote is not closed: ") + quote);
  if (inside) words.push_back(std::move(word));
  if (words.empty()) return base::Error(base::ErrorKind::kInvalid, "a command is missing");
  return words;
}

}  // namespace tandem::model
