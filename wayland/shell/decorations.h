// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "connection/connection.h"
#include "connection/globals.h"
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

    /// `surface` is lent and must outlive the role, and so must this.
    [[nodiscard]] virtual std::unique_ptr<ToplevelRole> decorate(wl_surface* surface,
                                                                 ToplevelEvents events) = 0;
};

/// Null where there is no need (the compositor decorates, or nobody wants a frame) and where there
/// is no way; then one line of the log says what is missing. All that is passed is lent and must
/// outlive the result. At start-up only: waits for the compositor. Throws StartupError as
/// Connection::roundtrip() does, and for nothing else.
[[nodiscard]] std::unique_ptr<Decorations> make_decorations(EventLoop& loop, Connection& connection,
                                                            const Globals& globals,
                                                            DecorationsChoice choice,
                                                            const OpenLibrary& open);

}  // namespace oriel::wayland
