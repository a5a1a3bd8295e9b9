// SPDX-License-Identifier: MIT
// How QEMU writes things on its command line and in its files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oriel::app {

/// Keys and values in their order. A key may be there more than once: the last one counts, as for
/// QEMU. The keys of nested objects have dots: "socket.path".
class QemuProperties {
public:
    /// "value,key=value,…": the first key may be left out (it is `implied` then), a comma in a
    /// value is doubled, a key without a value is on. Or a JSON object, whose strings may be in
    /// single quotes, too. What is neither has no properties.
    [[nodiscard]] static QemuProperties parse(std::string_view text, std::string_view implied);

    [[nodiscard]] std::optional<std::string> get(std::string_view key) const;
    /// Empty where there is none.
    [[nodiscard]] std::string text(std::string_view key) const { return get(key).value_or(""); }
    /// Whether it is there, and on, yes or true.
    [[nodiscard]] bool on(std::string_view key) const;
    void set(std::string key, std::string value);
    /// What `later` says counts.
    void merge(const QemuProperties& later);

private:
    std::vector<std::pair<std::string, std::string>> all_;
};

/// "on", "yes", "true" or "y".
[[nodiscard]] bool is_on(std::string_view value);

/// A size in bytes: a number, perhaps with decimals and one of the suffixes b, k, M, G, T, P and E
/// (in either case); without a suffix it is `unit` bytes. Nothing where QEMU refuses it, too.
[[nodiscard]] std::optional<uint64_t> parse_size(std::string_view text, uint64_t unit = 1);

/// "512M": in the largest unit that needs no decimals.
[[nodiscard]] std::string format_size(uint64_t bytes);

/// `text` as a value in a list: a comma is doubled.
[[nodiscard]] std::string in_list(std::string_view text);

}  // namespace oriel::app
