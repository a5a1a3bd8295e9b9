// SPDX-License-Identifier: MIT
#include "toml_file/toml_values.h"

#include <cmath>
#include <utility>

#include "cli/nearest_word.h"
#include "cli/option_table.h"
#include "core/text.h"

namespace oriel::app {
namespace {

// More words are no help.
constexpr size_t kMostListed = 8;

}  // namespace

void MistakeList::add(const toml::source_region& where, std::string_view text) {
    if (list_.size() < kMaxMistakes) {
        // One line: toml++ quotes what it saw, a line's end too.
        list_.push_back({where.begin.line, where.begin.column, printable(text)});
    }
}

void MistakeList::add_unknown(const toml::source_region& where, std::string_view what,
                              std::string_view word, std::span<const std::string_view> words) {
    std::string hint = suggestion(word, words);
    if (hint.empty() && words.size() <= kMostListed) {
        hint = fmt::format(": expected {}", join_words(words));
    }
    add(where, fmt::format("{} '{}'{}", what, word, hint));
}

void TomlTable::check_keys(std::span<const std::string_view> known) const {
    for (const auto& [key, value] : table_) {
        const std::string_view name = key.str();
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            mistakes_.add_unknown(key.source(), "unknown key", name, known);
        }
    }
}

const toml::source_region& TomlTable::where(std::string_view key) const {
    const toml::node* value = node(key);
    return value != nullptr ? value->source() : table_.source();
}

void TomlTable::expected(std::string_view key, std::string_view what) const {
    mistakes_.add(where(key), fmt::format("{}: expected {}", key, what));
}

std::optional<std::string> TomlTable::checked(const toml::node& node, std::string_view key) const {
    auto text = node.value_exact<std::string>();
    if (!text) {
        return std::nullopt;
    }
    if (text->empty() || text->find('\0') != std::string::npos) {
        mistakes_.add(node.source(), fmt::format("{}: the text {}", key,
                                                 text->empty() ? "is empty" : "has a NUL in it"));
        return std::nullopt;
    }
    return text;
}

std::optional<std::string> TomlTable::text(std::string_view key) const {
    const toml::node* value = node(key);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (!value->is_string()) {
        expected(key, "a text in quotes");
        return std::nullopt;
    }
    return checked(*value, key);
}

std::optional<bool> TomlTable::yes_or_no(std::string_view key) const {
    const toml::node* value = node(key);
    if (value != nullptr && !value->is_boolean()) {
        expected(key, "true or false");
        return std::nullopt;
    }
    return value != nullptr ? value->value_exact<bool>() : std::nullopt;
}

std::optional<int64_t> TomlTable::number(std::string_view key, int64_t least, int64_t most) const {
    const toml::node* value = node(key);
    if (value == nullptr) {
        return std::nullopt;
    }
    const auto number = value->value_exact<int64_t>();
    if (!number || *number < least || *number > most) {
        expected(key, fmt::format("a whole number from {} to {}", least, most));
        return std::nullopt;
    }
    return number;
}

std::optional<double> TomlTable::real_number(std::string_view key, std::string_view what,
                                             double least, double most) const {
    const toml::node* value = node(key);
    if (value == nullptr) {
        return std::nullopt;
    }
    const auto number = value->is_number() ? value->value<double>() : std::nullopt;
    // Written so that a NaN is none of them.
    if (!number || !(*number >= least && *number <= most)) {
        expected(key, fmt::format("{} from {} to {}", what, least, most));
        return std::nullopt;
    }
    return number;
}

std::optional<double> TomlTable::fraction(std::string_view key, double least, double most) const {
    return real_number(key, "a number", least, most);
}

std::optional<Nanoseconds> TomlTable::seconds(std::string_view key, double least,
                                              double most) const {
    const auto number = real_number(key, "a number of seconds", least, most);
    return number ? std::optional{Nanoseconds{std::llround(*number * 1e9)}} : std::nullopt;
}

std::optional<std::vector<std::string>> TomlTable::texts(std::string_view key, size_t most) const {
    const toml::node* value = node(key);
    if (value == nullptr) {
        return std::nullopt;
    }
    const toml::array* array = value->as_array();
    if (array == nullptr || array->empty() || array->size() > most) {
        expected(key, fmt::format("a list of 1 to {} texts, for example [\"one\", \"two\"]", most));
        return std::nullopt;
    }
    std::vector<std::string> texts;
    texts.reserve(array->size());
    for (const toml::node& element : *array) {
        if (!element.is_string()) {
            mistakes_.add(element.source(), fmt::format("{}: expected a text in quotes", key));
            return std::nullopt;
        }
        auto text = checked(element, key);
        if (!text) {
            return std::nullopt;
        }
        texts.push_back(std::move(*text));
    }
    return texts;
}

std::optional<std::vector<std::string>> TomlTable::text_or_texts(std::string_view key,
                                                                 size_t most) const {
    const toml::node* value = node(key);
    if (value == nullptr || !value->is_string()) {
        return texts(key, most);
    }
    const auto one = checked(*value, key);
    return one ? std::optional{std::vector<std::string>{*one}} : std::nullopt;
}

std::optional<std::vector<int64_t>> TomlTable::numbers_of(const toml::node& node,
                                                          std::string_view key, size_t count,
                                                          int64_t least, int64_t most) const {
    std::vector<int64_t> numbers;
    numbers.reserve(count);
    if (const toml::array* array = node.as_array(); array != nullptr && array->size() == count) {
        for (const toml::node& element : *array) {
            const auto number = element.value_exact<int64_t>();
            if (number && *number >= least && *number <= most) {
                numbers.push_back(*number);
            }
        }
    }
    if (numbers.size() != count) {
        mistakes_.add(node.source(), fmt::format("{}: expected a list of {} whole numbers from {} "
                                                 "to {}",
                                                 key, count, least, most));
        return std::nullopt;
    }
    return numbers;
}

std::optional<std::vector<int64_t>> TomlTable::numbers(std::string_view key, size_t count,
                                                       int64_t least, int64_t most) const {
    const toml::node* value = node(key);
    return value != nullptr ? numbers_of(*value, key, count, least, most) : std::nullopt;
}

std::vector<std::vector<int64_t>> TomlTable::lists(std::string_view key, size_t count,
                                                   size_t most_lists, int64_t least,
                                                   int64_t most) const {
    std::vector<std::vector<int64_t>> all;
    const toml::node* value = node(key);
    if (value == nullptr) {
        return all;
    }
    const toml::array* array = value->as_array();
    if (array == nullptr || array->size() > most_lists) {
        expected(key, fmt::format("a list of at most {} lists of {} numbers", most_lists, count));
        return all;
    }
    all.reserve(array->size());
    for (const toml::node& element : *array) {
        if (auto numbers = numbers_of(element, key, count, least, most)) {
            all.push_back(std::move(*numbers));
        }
    }
    return all;
}

std::optional<size_t> TomlTable::word(std::string_view key,
                                      std::span<const std::string_view> words) const {
    const auto given = text(key);
    if (!given) {
        return std::nullopt;
    }
    const auto it = std::find(words.begin(), words.end(), *given);
    if (it == words.end()) {
        mistakes_.add_unknown(where(key), fmt::format("{}:", key), *given, words);
        return std::nullopt;
    }
    return static_cast<size_t>(it - words.begin());
}

}  // namespace oriel::app
