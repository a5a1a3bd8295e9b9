// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "core/geometry.h"

namespace oriel::wayland {

/// A window's title: whose it is, the mode that the guest shows, and how to get out of a grab.
class WindowTitle {
public:
    explicit WindowTitle(std::string name) : name_{std::move(name)} {}

    /// Nothing: the guest shows none. Returns whether text() is another one now.
    [[nodiscard]] bool set_mode(std::optional<Size> mode) {
        return std::exchange(mode_, mode) != mode;
    }
    /// Empty: there is nothing to get out of. Returns whether text() is another one now.
    [[nodiscard]] bool set_hint(const std::string& hint) {
        return std::exchange(hint_, hint) != hint;
    }

    [[nodiscard]] std::string text() const {
        constexpr const char* kBetween = " \u2014 ";
        std::string text = name_;
        if (mode_) {
            text += fmt::format("{}{}x{}", kBetween, mode_->width, mode_->height);
        }
        if (!hint_.empty()) {
            text += kBetween + hint_;
        }
        return text;
    }

private:
    std::string name_;
    std::optional<Size> mode_;
    std::string hint_;
};

}  // namespace oriel::wayland
