// SPDX-License-Identifier: MIT
#include "overlay/overlay_layer.h"

#include <utility>

namespace oriel::wayland {

OverlayLayer::OverlayLayer(const Globals& globals, wl_surface* window, Timing timing)
    : timing_{timing},
      surface_{wl_compositor_create_surface(globals.get<wl_compositor>())},
      subsurface_{wl_subcompositor_get_subsurface(globals.get<wl_subcompositor>(), surface_.get(),
                                                  window)} {
    if (globals.get<wp_viewporter>() != nullptr) {
        viewport_.reset(wp_viewporter_get_viewport(globals.get<wp_viewporter>(), surface_.get()));
    }
    if (timing == Timing::kAtOnce) {
        wl_subsurface_set_desync(subsurface_.get());
    }
    const Proxy<wl_region> nothing{wl_compositor_create_region(globals.get<wl_compositor>())};
    wl_surface_set_input_region(surface_.get(), nothing.get());
}

bool OverlayLayer::show(wl_buffer* buffer, const Rect& place, uint32_t buffer_scale) {
    if (buffer == nullptr) {
        return hide();
    }
    if (buffer == buffer_ && place == place_ && buffer_scale == buffer_scale_) {
        return false;
    }
    const bool moved = !std::exchange(placed_, true) || place.x != place_.x || place.y != place_.y;
    if (moved) {
        // The window's state, not the surface's.
        wl_subsurface_set_position(subsurface_.get(), static_cast<int32_t>(place.x),
                                   static_cast<int32_t>(place.y));
    }
    const bool same_content =
        buffer == buffer_ && place.size() == place_.size() && buffer_scale == buffer_scale_;
    if (viewport_ && place.size() != place_.size()) {
        wp_viewport_set_destination(viewport_.get(), static_cast<int32_t>(place.width),
                                    static_cast<int32_t>(place.height));
    }
    if (std::exchange(buffer_scale_, buffer_scale) != buffer_scale) {
        wl_surface_set_buffer_scale(surface_.get(), static_cast<int32_t>(buffer_scale));
    }
    if (std::exchange(buffer_, buffer) != buffer) {
        wl_surface_attach(surface_.get(), buffer, 0, 0);
        wl_surface_damage_buffer(surface_.get(), 0, 0, INT32_MAX, INT32_MAX);
    }
    place_ = place;
    if (!same_content) {
        wl_surface_commit(surface_.get());
    }
    return moved || timing_ == Timing::kWithWindow;
}

bool OverlayLayer::hide() {
    if (std::exchange(buffer_, nullptr) == nullptr) {
        return false;
    }
    wl_surface_attach(surface_.get(), nullptr, 0, 0);
    wl_surface_commit(surface_.get());
    return timing_ == Timing::kWithWindow;
}

}  // namespace oriel::wayland
