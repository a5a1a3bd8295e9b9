// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "frame_path.h"
#include "globals.h"
#include "wayland/presenter.h"

namespace oriel::wayland {

/// Decides which path frames take, and makes the windows' path objects.
class PathSelector {
public:
    /// `globals` is lent and must outlive this.
    PathSelector(const Globals& globals, PathChoice choice);
    PathSelector(const PathSelector&) = delete;
    PathSelector& operator=(const PathSelector&) = delete;
    ~PathSelector();

    /// Called on the loop when windows should ask for another path.
    void on_changed(std::function<void()> changed) { changed_ = std::move(changed); }

    /// A path for one window. `released` is called when a buffer has come back.
    [[nodiscard]] std::unique_ptr<FramePath> make_path(std::function<void()> released);
    /// The path failed while it was in use: wl_shm from now on.
    void give_up();
    /// Why not a better path, in a few words; empty for the best one.
    [[nodiscard]] const std::string& reason() const { return reason_; }

private:
    const Globals& globals_;
    std::function<void()> changed_;
    std::string reason_;
};

}  // namespace oriel::wayland
