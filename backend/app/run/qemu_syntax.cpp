// SPDX-License-Identifier: MIT
#include "run/qemu_syntax.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace oriel::app {
namespace {

using nlohmann::ordered_json;

/// QEMU takes strings in single quotes as well, which JSON doesn't have.
std::string in_double_quotes(std::string_view text) {
    std::string strict;
    char quote = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quote == 0) {
            if (c == '\'' || c == '"') {
                quote = c;
            }
            strict.push_back(c == '\'' ? '"' : c);
        } else if (c == '\\' && i + 1 < text.size()) {
            ++i;
            if (text[i] != '\'') {
                strict.push_back(c);
            }
            strict.push_back(text[i]);
        } else if (c == quote) {
            quote = 0;
            strict.push_back('"');
        } else {
            strict.append(c == '"' ? "\\\"" : std::string_view{&c, 1});
        }
    }
    return strict;
}

/// Leaves of an object or an array, with the way to them.
void flatten(const std::string& key, const ordered_json& value, QemuProperties& into) {
    const auto below = [&key](const std::string& next) {
        return key.empty() ? next : key + '.' + next;
    };
    if (value.is_object()) {
        for (const auto& [name, member] : value.items()) {
            flatten(below(name), member, into);
        }
    } else if (value.is_array()) {
        for (size_t i = 0; i < value.size(); ++i) {
            flatten(below(std::to_string(i)), value[i], into);
        }
    } else if (value.is_string()) {
        into.set(key, value.get<std::string>());
    } else if (value.is_boolean()) {
        into.set(key, value.get<bool>() ? "on" : "off");
    } else {
        into.set(key, value.dump());
    }
}

/// Up to the comma that ends it; `text` is behind it then.
std::string take_word(std::string_view& text) {
    std::string word;
    while (!text.empty()) {
        const char c = text.front();
        text.remove_prefix(1);
        if (c == ',') {
            if (text.empty() || text.front() != ',') {
                break;
            }
            text.remove_prefix(1);
        }
        word.push_back(c);
    }
    return word;
}

constexpr std::string_view kUnits = "bkmgtpe";

/// What the suffix multiplies by.
std::optional<uint64_t> unit_of(char suffix) {
    const char small = suffix >= 'A' && suffix <= 'Z' ? static_cast<char>(suffix + 32) : suffix;
    const size_t index = kUnits.find(small);
    if (index == std::string_view::npos) {
        return std::nullopt;
    }
    return uint64_t{1} << (10 * index);
}

}  // namespace

QemuProperties QemuProperties::parse(std::string_view text, std::string_view implied) {
    QemuProperties properties;
    if (text.starts_with('{')) {
        const auto json = ordered_json::parse(in_double_quotes(text), nullptr, false);
        if (json.is_object()) {
            flatten({}, json, properties);
        }
        return properties;
    }
    for (bool first = true; !text.empty(); first = false) {
        std::string word = take_word(text);
        const size_t equals = word.find('=');
        if (equals != std::string::npos) {
            properties.set(word.substr(0, equals), word.substr(equals + 1));
        } else if (first && !implied.empty() && !word.empty()) {
            properties.set(std::string{implied}, std::move(word));
        } else if (!word.empty()) {
            properties.set(std::move(word), "on");
        }
    }
    return properties;
}

std::optional<std::string> QemuProperties::get(std::string_view key) const {
    const auto it = std::find_if(all_.rbegin(), all_.rend(),
                                 [key](const auto& property) { return property.first == key; });
    return it == all_.rend() ? std::nullopt : std::optional{it->second};
}

bool QemuProperties::on(std::string_view key) const {
    const auto value = get(key);
    return value && is_on(*value);
}

void QemuProperties::set(std::string key, std::string value) {
    all_.emplace_back(std::move(key), std::move(value));
}

void QemuProperties::merge(const QemuProperties& later) {
    all_.insert(all_.end(), later.all_.begin(), later.all_.end());
}

bool is_on(std::string_view value) {
    constexpr std::array<std::string_view, 4> kWords{"on", "yes", "true", "y"};
    return std::find(kWords.begin(), kWords.end(), value) != kWords.end();
}

std::optional<uint64_t> parse_size(std::string_view text, uint64_t unit) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    const char* const end = text.data() + text.size();
    uint64_t whole = 0;
    auto [at, error] = std::from_chars(text.data(), end, whole);
    if (error != std::errc{}) {
        return std::nullopt;
    }
    double part = 0;
    if (at != end && *at == '.') {
        double digit = 0.1;
        for (++at; at != end && *at >= '0' && *at <= '9'; ++at, digit /= 10) {
            part += digit * (*at - '0');
        }
    }
    if (at != end) {
        const auto suffix = unit_of(*at++);
        if (!suffix || at != end) {
            return std::nullopt;
        }
        unit = *suffix;
    }
    if (whole > std::numeric_limits<uint64_t>::max() / unit) {
        return std::nullopt;
    }
    return whole * unit + static_cast<uint64_t>(std::llround(part * static_cast<double>(unit)));
}

std::string format_size(uint64_t bytes) {
    size_t index = 0;
    while (bytes != 0 && bytes % 1024 == 0 && index + 1 < kUnits.size()) {
        bytes /= 1024;
        ++index;
    }
    constexpr std::string_view kNames = " KMGTPE";
    return index == 0 ? std::to_string(bytes) : fmt::format("{}{}", bytes, kNames[index]);
}

std::string in_list(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        escaped.append(c == ',' ? 2 : 1, c);
    }
    return escaped;
}

}  // namespace oriel::app
