// SPDX-License-Identifier: MIT
// Typed values out of a TOML table, and a list of what is wrong in it. For files that read such a
// table only: toml++ is slow to compile.
#pragma once

#include <toml++/toml.h>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "toml_file/mistake.h"

namespace oriel::app {

class MistakeList {
public:
    explicit MistakeList(std::vector<Mistake>& list) : list_{list} {}

    void add(const toml::source_region& where, std::string_view text);
    /// An unknown word, with the nearest of `words`.
    void add_unknown(const toml::source_region& where, std::string_view what, std::string_view word,
                     std::span<const std::string_view> words);
    [[nodiscard]] size_t count() const { return list_.size(); }

private:
    std::vector<Mistake>& list_;  // lent, must outlive this
};

/// One table of the file. What has another type than it should is a mistake, and counts as not
/// given.
class TomlTable {
public:
    /// Both are lent and must outlive this.
    TomlTable(const toml::table& table, MistakeList& mistakes)
        : table_{table}, mistakes_{mistakes} {}

    /// Each key that isn't one of `known` is a mistake.
    void check_keys(std::span<const std::string_view> known) const;
    [[nodiscard]] const toml::node* node(std::string_view key) const { return table_.get(key); }
    [[nodiscard]] bool has(std::string_view key) const { return node(key) != nullptr; }
    /// Where the key's value is, or the table.
    [[nodiscard]] const toml::source_region& where(std::string_view key) const;

    [[nodiscard]] std::optional<std::string> text(std::string_view key) const;
    [[nodiscard]] std::optional<bool> yes_or_no(std::string_view key) const;
    [[nodiscard]] std::optional<int64_t> number(std::string_view key, int64_t least,
                                                int64_t most) const;
    /// A number, also one with a fraction.
    [[nodiscard]] std::optional<Nanoseconds> seconds(std::string_view key, double least,
                                                     double most) const;
    /// A list of texts, none of them empty, at most `most`.
    [[nodiscard]] std::optional<std::vector<std::string>> texts(std::string_view key,
                                                                size_t most) const;
    /// A text, or such a list.
    [[nodiscard]] std::optional<std::vector<std::string>> text_or_texts(std::string_view key,
                                                                        size_t most) const;
    /// A number, also one with a fraction.
    [[nodiscard]] std::optional<double> fraction(std::string_view key, double least,
                                                 double most) const;
    /// A list of `count` whole numbers.
    [[nodiscard]] std::optional<std::vector<int64_t>> numbers(std::string_view key, size_t count,
                                                              int64_t least, int64_t most) const;
    /// A list of at most `most_lists` such lists; empty where there is none.
    [[nodiscard]] std::vector<std::vector<int64_t>> lists(std::string_view key, size_t count,
                                                          size_t most_lists, int64_t least,
                                                          int64_t most) const;
    /// The number of one of `words`.
    [[nodiscard]] std::optional<size_t> word(std::string_view key,
                                             std::span<const std::string_view> words) const;

private:
    void expected(std::string_view key, std::string_view what) const;
    /// A number, also one with a fraction. `what` it is: "a number".
    [[nodiscard]] std::optional<double> real_number(std::string_view key, std::string_view what,
                                                    double least, double most) const;
    [[nodiscard]] std::optional<std::vector<int64_t>> numbers_of(const toml::node& node,
                                                                 std::string_view key, size_t count,
                                                                 int64_t least, int64_t most) const;
    [[nodiscard]] std::optional<std::string> checked(const toml::node& node,
                                                     std::string_view key) const;

    const toml::table& table_;
    MistakeList& mistakes_;
};

}  // namespace oriel::app
