// SPDX-License-Identifier: MIT
#include "surface/surface.h"

#include <algorithm>
#include <utility>

namespace oriel::wayland {

const wl_surface_listener Surface::kListener{
    .enter =
        [](void* data, wl_surface*, wl_output* output) {
            // Null: an output that we have released while the event was under way.
            if (output != nullptr) {
                auto& self = *static_cast<Surface*>(data);
                self.outputs_.push_back(output);
                self.events_.outputs_changed();
            }
        },
    .leave =
        [](void* data, wl_surface*, wl_output* output) {
            auto& self = *static_cast<Surface*>(data);
            std::erase(self.outputs_, output);
            self.events_.outputs_changed();
        },
#ifdef WL_SURFACE_PREFERRED_BUFFER_SCALE_SINCE_VERSION
    .preferred_buffer_scale =
        [](void* data, wl_surface*, int32_t scale) {
            auto& self = *static_cast<Surface*>(data);
            self.preferred_scale_ = static_cast<uint32_t>(std::max(scale, 1));
            self.events_.outputs_changed();
        },
    // See the class.
    .preferred_buffer_transform = [](void*, wl_surface*, uint32_t) {},
#endif
};

const wl_callback_listener Surface::kFrameListener{
    .done =
        [](void* data, wl_callback*, uint32_t) {
            auto& self = *static_cast<Surface*>(data);
            self.frame_.reset();
            self.events_.frame_done();
        },
};

Surface::Surface(const Globals& globals, Events events)
    : globals_{globals},
      events_{std::move(events)},
      surface_{wl_compositor_create_surface(globals.compositor())} {
    wl_surface_add_listener(surface_.get(), &kListener, this);
    if (globals.viewporter() != nullptr) {
        viewport_.reset(wp_viewporter_get_viewport(globals.viewporter(), surface_.get()));
    }
}

void Surface::set_size(Size size) {
    if (size == size_) {
        return;
    }
    size_ = size;
    resized_ = true;
    const auto width = static_cast<int32_t>(size.width);
    const auto height = static_cast<int32_t>(size.height);
    if (viewport_) {
        wp_viewport_set_destination(viewport_.get(), width, height);
    }
    const Proxy<wl_region> opaque{wl_compositor_create_region(globals_.compositor())};
    wl_region_add(opaque.get(), 0, 0, width, height);
    wl_surface_set_opaque_region(surface_.get(), opaque.get());
}

void Surface::show_part(const Rect& part) {
    source_.set(viewport_.get(), part);
}

void Surface::show_all() {
    source_.set(viewport_.get(), std::nullopt);
}

void Surface::ignore_input() {
    const Proxy<wl_region> nothing{wl_compositor_create_region(globals_.compositor())};
    wl_surface_set_input_region(surface_.get(), nothing.get());
}

void Surface::request_frame() {
    frame_.reset(wl_surface_frame(surface_.get()));
    wl_callback_add_listener(frame_.get(), &kFrameListener, this);
}

}  // namespace oriel::wayland
