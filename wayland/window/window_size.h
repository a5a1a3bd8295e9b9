// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "core/geometry.h"
#include "shell/shell_xdg.h"

namespace oriel::wayland {

/// Who decides how large a window is. Sizes in logical px.
///
/// Until the user resizes a floating window, it follows the guest's mode; afterwards its size is
/// the user's and the picture is scaled inside. A maximised, fullscreen or tiled window has the
/// size that the compositor imposes, and its floating size again afterwards.
class WindowSize {
public:
    explicit WindowSize(Size guest) : guest_{guest} {}

    /// The guest's picture, in logical px.
    void set_guest(Size guest);
    /// The user wants the window as large as the guest again, which is `guest` now.
    void follow(Size guest);
    void configured(const ToplevelState& state);
    /// Another window in place of one that the user had resized so, or had not (nothing).
    void restore(std::optional<Size> user) { user_ = user; }
    /// There is no window: nobody imposes anything on it.
    void unmapped() { imposed_.reset(); }

    /// The size of a window that nobody has resized.
    [[nodiscard]] Size guest() const { return guest_; }
    [[nodiscard]] Size current() const;
    /// The user's choice for a floating window.
    [[nodiscard]] std::optional<Size> user() const { return user_; }
    /// By the user or the compositor; not the guest's.
    [[nodiscard]] bool chosen() const { return imposed_ || user_; }

private:
    Size guest_;
    /// The guest's size before: a configure that crosses our change names it.
    Size guest_before_;
    std::optional<Size> user_;
    std::optional<Size> imposed_;
};

}  // namespace oriel::wayland
