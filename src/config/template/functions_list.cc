// Lists.

#include <fmt/format.h>

#include <algorithm>

#include "config/template/cast.h"
#include "config/template/functions.h"
#include "config/template/print.h"

namespace tandem::templates {
namespace {

constexpr std::int64_t kMostElements = 1'000'000;

base::Error no_pointer() { return failure("runtime error: invalid memory address or nil pointer dereference"); }
base::Error too_long() { return {base::ErrorKind::kLimit, "the list would be too long"}; }

/// Runs `use` on a sequence; other values are errors that begin with `complaint`.
template <class Use>
Outcome with_list(const Value& list, std::string_view complaint, Use use) {
  if (list.absent()) return no_pointer();
  if (!list.is_sequence()) return failure(fmt::format("{} {}", complaint, kind_name(list)));
  return use(list);
}

List elements(const Value& list, std::size_t from, std::size_t to) {
  List items;
  items.reserve(to > from ? to - from : 0);
  for (std::size_t i = from; i < to; ++i) items.push_back(list.at(i));
  return items;
}

Outcome appended(Call& call) {
  return with_list(call[0], "Cannot push on type", [&call](const Value& list) -> Outcome {
    List items = elements(list, 0, list.size());
    items.push_back(call[1]);
    return Value::list(std::move(items));
  });
}

Outcome prepended(Call& call) {
  return with_list(call[0], "Cannot prepend on type", [&call](const Value& list) -> Outcome {
    List items{call[1]};
    for (std::size_t i = 0; i < list.size(); ++i) items.push_back(list.at(i));
    return Value::list(std::move(items));
  });
}

Outcome first(Call& call) {
  return with_list(call[0], "Cannot find first on type",
                   [](const Value& list) -> Outcome { return list.size() == 0 ? Value::nil() : list.at(0); });
}

Outcome last(Call& call) {
  return with_list(call[0], "Cannot find last on type", [](const Value& list) -> Outcome {
    return list.size() == 0 ? Value::nil() : list.at(list.size() - 1);
  });
}

/// Go's nil slice where there is nothing left.
Outcome rest(Call& call) {
  return with_list(call[0], "Cannot find rest on type", [](const Value& list) -> Outcome {
    return Value::list(elements(list, std::min<std::size_t>(1, list.size()), list.size()));
  });
}

Outcome initial(Call& call) {
  return with_list(call[0], "Cannot find initial on type", [](const Value& list) -> Outcome {
    return Value::list(elements(list, 0, list.size() == 0 ? 0 : list.size() - 1));
  });
}

Outcome reversed(Call& call) {
  return with_list(call[0], "Cannot find reverse on type", [](const Value& list) -> Outcome {
    List items = elements(list, 0, list.size());
    std::ranges::reverse(items);
    return Value::list(std::move(items));
  });
}

Outcome compacted(Call& call) {
  return with_list(call[0], "Cannot compact on type", [](const Value& list) -> Outcome {
    List items = elements(list, 0, list.size());
    std::erase_if(items, [](const Value& each) { return is_empty(each); });
    return Value::list(std::move(items));
  });
}

/// Whether `items` holds `wanted`; counts what the search costs.
base::Result<bool> holds(Call& call, const List& items, const Value& wanted) {
  if (!call.rendering.spend_steps(items.size() / 8)) {
    return base::Error(base::ErrorKind::kLimit, "the template takes too long");
  }
  for (const Value& each : items) {
    const auto same = deep_equal(each, wanted);
    if (!same) return failure("values are too large to compare");
    if (*same) return true;
  }
  return false;
}

Outcome unique(Call& call) {
  return with_list(call[0], "Cannot find uniq on type", [&call](const Value& list) -> Outcome {
    List items;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto known = holds(call, items, list.at(i));
      if (!known) return known.error();
      if (!*known) items.push_back(list.at(i));
    }
    return Value::list(std::move(items));
  });
}

Outcome without(Call& call) {
  return with_list(call[0], "Cannot find without on type", [&call](const Value& list) -> Outcome {
    const List omitted(call.arguments.begin() + 1, call.arguments.end());
    List items;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto known = holds(call, omitted, list.at(i));
      if (!known) return known.error();
      if (!*known) items.push_back(list.at(i));
    }
    return Value::list(std::move(items));
  });
}

Outcome has(Call& call) {
  if (call[1].absent()) return Value::of(false);
  return with_list(call[1], "Cannot find has on type", [&call](const Value& list) -> Outcome {
    const auto found = holds(call, elements(list, 0, list.size()), call[0]);
    if (!found) return found.error();
    return Value::of(*found);
  });
}

Outcome slice(Call& call) {
  return with_list(call[0], "list should be type of slice or array but", [&call](const Value& list) -> Outcome {
    const auto size = static_cast<std::int64_t>(list.size());
    if (size == 0) return Value::nil();
    const std::int64_t from = call.size() > 1 ? to_integer(call[1]) : 0;
    const std::int64_t to = call.size() > 2 ? to_integer(call[2]) : size;
    if (from < 0 || to > size || from > to) return failure("reflect.Value.Slice: slice index out of bounds");
    if (list.is(Type::kBytes)) {
      return Value::bytes(list.text().substr(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from)));
    }
    return Value::list(elements(list, static_cast<std::size_t>(from), static_cast<std::size_t>(to)), list.type());
  });
}

Outcome concat(Call& call) {
  List items;
  for (const Value& each : call.arguments) {
    if (each.absent()) return no_pointer();
    if (!each.is_sequence()) return failure(fmt::format("Cannot concat type {} as list", kind_name(each)));
    if (!call.rendering.spend_bytes(each.size() * sizeof(Value))) return too_long();
    for (std::size_t i = 0; i < each.size(); ++i) items.push_back(each.at(i));
  }
  return Value::list(std::move(items));
}

Outcome chunk(Call& call) {
  return with_list(call[1], "Cannot chunk type", [&call](const Value& list) -> Outcome {
    const std::int64_t size = call.integer(0);
    List chunks;
    if (list.size() == 0) return Value::list({}, Type::kLists);
    if (size <= 0) return failure("runtime error: makeslice: len out of range");
    const auto step = static_cast<std::size_t>(std::min<std::int64_t>(size, kMostElements));
    if (!call.rendering.spend_bytes(list.size() * 2 * sizeof(Value))) return too_long();
    for (std::size_t at = 0; at < list.size(); at += step) {
      chunks.push_back(Value::list(elements(list, at, std::min(at + step, list.size()))));
    }
    return Value::list(std::move(chunks), Type::kLists);
  });
}

Outcome sort_alpha(Call& call) {
  auto texts = texts_of(call[0]);
  if (!texts) return texts.error();
  std::ranges::sort(*texts);
  return Value::strings(*texts);
}

/// Numbers from `start` towards `stop`, which is left out; nothing when the step leads away.
base::Result<std::vector<std::int64_t>> counted(std::int64_t start, std::int64_t stop, std::int64_t step) {
  std::vector<std::int64_t> numbers;
  if (stop < start ? step >= 0 : step <= 0) return numbers;
  for (std::int64_t i = start; stop < start ? i > stop : i < stop;) {
    if (numbers.size() >= kMostElements) return too_long();
    numbers.push_back(i);
    if (__builtin_add_overflow(i, step, &i)) break;
  }
  return numbers;
}

Outcome until(std::int64_t start, std::int64_t stop, std::int64_t step) {
  const auto numbers = counted(start, stop, step);
  if (!numbers) return numbers.error();
  List items;
  items.reserve(numbers->size());
  for (const std::int64_t each : *numbers) items.push_back(Value::of_int(each));
  return Value::list(std::move(items), Type::kInts);
}

/// As the program seq: the end belongs to it.
Outcome sequence(Call& call) {
  for (const Value& each : call.arguments) {
    // Nobody wants the ends of the range, and one more must fit.
    if (each.integer() > (std::int64_t{1} << 60) || each.integer() < -(std::int64_t{1} << 60)) return too_long();
  }
  if (call.size() == 0 || call.size() > 3) return Value::of("");
  const std::int64_t start = call.size() == 1 ? 1 : call.integer(0);
  const std::int64_t end = call.integer(call.size() - 1);
  const std::int64_t increment = end < start ? -1 : 1;
  const std::int64_t step = call.size() == 3 ? call.integer(1) : increment;
  if (increment < 0 && step > 0) return Value::of("");
  const auto numbers = counted(start, end + increment, step);
  if (!numbers) return numbers.error();
  return Value::of(fmt::format("{}", fmt::join(*numbers, " ")));
}

Outcome all_texts(Call& call) {
  const auto texts = texts_of(call[0]);
  if (!texts) return texts.error();
  return Value::strings(*texts);
}

Outcome list_of(Call& call) { return Value::list(List(call.arguments.begin(), call.arguments.end())); }

constexpr BuiltIn kFunctions[] = {
    {"append", "aa", appended},
    {"chunk", "ia", chunk},
    {"compact", "a", compacted},
    {"concat", "a*", concat},
    {"first", "a", first},
    {"has", "aa", has},
    {"initial", "a", initial},
    {"last", "a", last},
    {"list", "a*", list_of},
    {"mustAppend", "aa", appended},
    {"mustChunk", "ia", chunk},
    {"mustCompact", "a", compacted},
    {"mustFirst", "a", first},
    {"mustHas", "aa", has},
    {"mustInitial", "a", initial},
    {"mustLast", "a", last},
    {"mustPrepend", "aa", prepended},
    {"mustPush", "aa", appended},
    {"mustRest", "a", rest},
    {"mustReverse", "a", reversed},
    {"mustSlice", "aa*", slice},
    {"mustUniq", "a", unique},
    {"mustWithout", "aa*", without},
    {"prepend", "aa", prepended},
    {"push", "aa", appended},
    {"rest", "a", rest},
    {"reverse", "a", reversed},
    {"seq", "i*", sequence},
    {"slice", "aa*", slice},
    {"sortAlpha", "a", sort_alpha},
    {"toStrings", "a", all_texts},
    {"tuple", "a*", list_of},
    {"uniq", "a", unique},
    {"until", "i", [](Call& call) { return until(0, call.integer(0), call.integer(0) < 0 ? -1 : 1); }},
    {"untilStep", "iii", [](Call& call) { return until(call.integer(0), call.integer(1), call.integer(2)); }},
    {"without", "aa*", without},
};

}  // namespace

std::span<const BuiltIn> list_functions() { return kFunctions; }

}  // namespace tandem::templates
