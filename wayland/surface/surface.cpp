// SPDX-License-Identifier: MIT
#include "surface/surface.h"

#include <utility>

#include "output/output.h"
#include "surface/scale.h"

namespace oriel::wayland {

const wl_surface_listener Surface::kListener{
    .enter =
        [](void* data, wl_surface*, wl_output* output) {
            if (const auto global = Output::global_of(output)) {
                static_cast<Surface*>(data)->entered(*global);
            }
        },
    .leave =
        [](void* data, wl_surface*, wl_output* output) {
            if (const auto global = Output::global_of(output)) {
                static_cast<Surface*>(data)->left(*global);
            }
        },
#ifdef WL_SURFACE_PREFERRED_BUFFER_SCALE_SINCE_VERSION
    .preferred_buffer_scale =
        [](void* data, wl_surface*, int32_t scale) {
            auto& self = *static_cast<Surface*>(data);
            self.preferred_scale_ = limited_whole_scale(scale);
            self.listener_.surface_moved();
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
            self.listener_.surface_frame_done();
        },
};

Surface::Surface(const Globals& globals, SurfaceListener& listener)
    : globals_{globals},
      listener_{listener},
      surface_{wl_compositor_create_surface(globals.get<wl_compositor>())} {
    wl_surface_add_listener(surface_.get(), &kListener, this);
    if (globals.get<wp_viewporter>() != nullptr) {
        viewport_.reset(wp_viewporter_get_viewport(globals.get<wp_viewporter>(), surface_.get()));
    }
}

void Surface::entered(uint32_t output) {
    // One that leaves while it goes is never told to have left.
    constexpr size_t kMostOutputs = 64;
    std::erase(outputs_, output);
    if (outputs_.size() >= kMostOutputs) {
        outputs_.erase(outputs_.begin());
    }
    outputs_.push_back(output);
    listener_.surface_moved();
}

void Surface::left(uint32_t output) {
    if (std::erase(outputs_, output) != 0) {
        listener_.surface_moved();
    }
}

void Surface::set_size(Size size, uint32_t buffer_scale) {
    if (std::exchange(buffer_scale_, buffer_scale) != buffer_scale) {
        wl_surface_set_buffer_scale(surface_.get(), static_cast<int32_t>(buffer_scale));
        resized_ = true;
    }
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
    const Proxy<wl_region> opaque{wl_compositor_create_region(globals_.get<wl_compositor>())};
    wl_region_add(opaque.get(), 0, 0, width, height);
    wl_surface_set_opaque_region(surface_.get(), opaque.get());
}

void Surface::show_part(const Rect& part, RowOrder order) {
    turn(order);
    source_.set(viewport_.get(), part);
}

void Surface::show_all(RowOrder order) {
    turn(order);
    source_.set(viewport_.get(), std::nullopt);
}

void Surface::turn(RowOrder order) {
    if (std::exchange(order_, order) != order) {
        wl_surface_set_buffer_transform(surface_.get(), order == RowOrder::kTopFirst
                                                            ? WL_OUTPUT_TRANSFORM_NORMAL
                                                            : WL_OUTPUT_TRANSFORM_FLIPPED_180);
    }
}

void Surface::ignore_input() {
    const Proxy<wl_region> nothing{wl_compositor_create_region(globals_.get<wl_compositor>())};
    wl_surface_set_input_region(surface_.get(), nothing.get());
}

void Surface::request_frame() {
    frame_.reset(wl_surface_frame(surface_.get()));
    wl_callback_add_listener(frame_.get(), &kFrameListener, this);
}

}  // namespace oriel::wayland
