// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <utility>

#include "core/geometry.h"
#include "protocol/viewporter.h"

namespace oriel::wayland {

/// wp_viewport.set_source with whole buffer px, sent when it changes.
class ViewportSource {
public:
    /// Null: the whole buffer is shown. `viewport` is the same in each call; it may be null as long
    /// as that is all that is asked for.
    void set(wp_viewport* viewport, std::optional<Rect> part) {
        if (std::exchange(part_, part) == part) {
            return;
        }
        const auto fixed = [](uint32_t px) { return wl_fixed_from_int(static_cast<int>(px)); };
        const wl_fixed_t unset = wl_fixed_from_int(-1);
        if (part) {
            wp_viewport_set_source(viewport, fixed(part->x), fixed(part->y), fixed(part->width),
                                   fixed(part->height));
        } else {
            wp_viewport_set_source(viewport, unset, unset, unset, unset);
        }
    }

private:
    std::optional<Rect> part_;
};

}  // namespace oriel::wayland
