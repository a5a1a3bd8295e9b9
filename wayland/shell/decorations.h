// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "connection/connection.h"
#include "connection/globals.h"
#include "core/result.h"
#include "shell/toplevel_role.h"
#include "wayland/choices.h"

namespace oriel::wayland {

/// Draws windows' frames in this process, for compositors that draw none (GNOME, Weston).
class Decorations {
public:
    Decorations() = default;
    Decorations(const Decorations&) = delete;
    Decorations& operator=(const Decorations&) = delete;
    virtual ~Decorations() = default;

    /// How many answers of the compositor (wl_display.sync) must come before check().
    [[nodiscard]] virtual uint32_t answers_needed() const = 0;
    /// When they have come: the error says why these can't be used, for the user.
    [[nodiscard]] virtual Result<void> check() const = 0;

    /// Once check() has passed. `surface` and `listener` are lent and must outlive the role, and so
    /// must this.
    [[nodiscard]] virtual std::unique_ptr<ToplevelRole> decorate(wl_surface* surface,
                                                                 ToplevelListener& listener) = 0;
};

/// Null where there is no need (the compositor decorates, or nobody wants a frame) and where there
/// is no way; then one line of the log says what is missing. All that is passed is lent and must
/// outlive the result.
[[nodiscard]] std::unique_ptr<Decorations> make_decorations(EventLoop& loop, Connection& connection,
                                                            const Globals& globals,
                                                            DecorationsChoice choice,
                                                            const OpenLibrary& open);

/// Why windows have no frame: one line of the log.
void log_missing_frames(const Globals& globals, const std::string& why);

}  // namespace oriel::wayland
