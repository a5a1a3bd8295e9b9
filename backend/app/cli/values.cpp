// SPDX-License-Identifier: MIT
#include "cli/values.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace oriel::app {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// "60" or "59.94", up to three decimals.
std::optional<uint32_t> parse_mhz(std::string_view text) {
    constexpr size_t kDecimals = 3;
    const size_t point = text.find('.');
    const auto whole = parse_number(text.substr(0, point));
    if (!whole || *whole > ModeOption::kMaxRefreshMhz / 1000) {
        return std::nullopt;
    }
    uint32_t thousandths = 0;
    if (point != std::string_view::npos) {
        std::string digits{text.substr(point + 1)};
        if (digits.empty() || digits.size() > kDecimals) {
            return std::nullopt;
        }
        digits.resize(kDecimals, '0');
        const auto parsed = parse_number(digits);
        if (!parsed) {
            return std::nullopt;
        }
        thousandths = *parsed;
    }
    return *whole * 1000 + thousandths;
}

}  // namespace

std::optional<uint32_t> parse_number(std::string_view text) {
    uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || !is_digit(text.front()) || error != std::errc{} ||
        end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

Result<ModeOption> parse_mode(std::string_view text, std::string_view what) {
    const auto bad = [&](const char* why) { return host_error("{} {}: {}", what, text, why); };
    const size_t at = text.find('@');
    const std::string_view size = text.substr(0, at);
    const size_t cross = size.find('x');
    // 0 is no size either way.
    const uint32_t width = parse_number(size.substr(0, cross)).value_or(0);
    const uint32_t height =
        cross == std::string_view::npos ? 0 : parse_number(size.substr(cross + 1)).value_or(0);
    if (width == 0 || height == 0) {
        return bad("expected WIDTHxHEIGHT or WIDTHxHEIGHT@HZ, for example 1920x1080@60");
    }
    const auto sensible = [](uint32_t side) {
        return side >= ModeOption::kMinSide && side <= ModeOption::kMaxSide;
    };
    if (!sensible(width) || !sensible(height)) {
        return bad("width and height must be 64 to 16384");
    }
    ModeOption mode{{width, height}, std::nullopt};
    if (at != std::string_view::npos) {
        mode.refresh_mhz = parse_mhz(text.substr(at + 1));
        if (!mode.refresh_mhz || *mode.refresh_mhz < ModeOption::kMinRefreshMhz ||
            *mode.refresh_mhz > ModeOption::kMaxRefreshMhz) {
            return bad("the refresh rate must be 20 to 500 Hz, with up to three decimals");
        }
    }
    return mode;
}

bool valid_name(std::string_view name) {
    return !name.empty() && name.size() <= kMaxName && name.front() != '.' &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
                      c == '_' || c == '-';
           });
}

}  // namespace oriel::app
