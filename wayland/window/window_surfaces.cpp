// SPDX-License-Identifier: MIT
#include "window/window_surfaces.h"

#include <utility>

namespace oriel::wayland {

WindowSurfaces::WindowSurfaces(const Globals& globals, LatencyChoice latency,
                               SurfaceListener& listener)
    : globals_{globals},
      latency_{latency},
      listener_{listener},
      black_{globals},
      main_{globals, listener},
      fractional_{globals, main_.proxy(), listener} {
    if (latency == LatencyChoice::kLow) {
        main_hints_.emplace(globals, main_.proxy());
    }
}

Surface* WindowSurfaces::picture() {
    switch (content_) {
        case Content::kPicture:
            return &main_;
        case Content::kLetterbox:
            return child_.get();
        case Content::kNothing:
        case Content::kBlack:
            break;
    }
    return nullptr;
}

bool WindowSurfaces::owns(const wl_surface* surface) const {
    return surface == main_.proxy() || (child_ && surface == child_->proxy());
}

Scale WindowSurfaces::scale(const Output* output) const {
    if (const auto exact = fractional_.preferred()) {
        return *exact;
    }
    if (main_.preferred_scale() != 0) {
        return Scale{120 * main_.preferred_scale()};
    }
    return Scale{120 * (output != nullptr ? output->state().scale : 1)};
}

WindowSurfaces::Content WindowSurfaces::wanted(const Layout& layout) {
    return layout.picture == Rect::of(layout.window) ? Content::kPicture : Content::kLetterbox;
}

bool WindowSurfaces::set_layout(const Layout& layout) {
    const bool changed = layout_ != layout;
    layout_ = layout;
    return changed;
}

Surface& WindowSurfaces::prepare(Content content, const Layout& layout, WindowPaths& paths) {
    if (content == Content::kPicture) {
        if (content_ == Content::kLetterbox) {
            paths.leave(*child_);
            hide_child();
        }
        main_.set_size(layout.window, layout.buffer_scale);
        return main_;
    }
    make_child();
    if (content_ == Content::kPicture) {
        paths.leave(main_);
        main_.forget_frame();
    }
    // Black has a px for each logical px where no viewport stretches it.
    if (content_ != Content::kLetterbox || (!has_viewports() && layout.window != layout_.window)) {
        attach_black(layout.window);
    }
    main_.set_size(layout.window);
    child_->set_size(layout.picture.size(), layout.buffer_scale);
    if (content_ != Content::kLetterbox || layout != layout_) {
        wl_subsurface_set_position(subsurface_.get(), static_cast<int32_t>(layout.picture.x),
                                   static_cast<int32_t>(layout.picture.y));
    }
    return *child_;
}

bool WindowSurfaces::show_black(const Layout& layout, WindowPaths& paths) {
    const bool had_child = content_ == Content::kLetterbox;
    if (had_child) {
        paths.leave(*child_);
        hide_child();
    } else if (content_ == Content::kPicture) {
        paths.leave(main_);
    }
    attach_black(layout.window);
    main_.set_size(layout.window);
    main_.commit();
    content_ = Content::kBlack;
    return had_child;
}

void WindowSurfaces::unmap(WindowPaths& paths) {
    if (Surface* const shown = picture()) {
        paths.leave(*shown);
    }
    if (content_ == Content::kLetterbox) {
        hide_child();
    }
    main_.forget_frame();
    if (std::exchange(content_, Content::kNothing) != Content::kNothing) {
        wl_surface_attach(main_.proxy(), nullptr, 0, 0);
        main_.commit();
    }
}

void WindowSurfaces::forget_frames() {
    main_.forget_frame();
    if (child_) {
        child_->forget_frame();
    }
}

void WindowSurfaces::make_child() {
    if (child_) {
        return;
    }
    child_ = std::make_unique<Surface>(globals_, child_listener_);
    child_->ignore_input();
    if (latency_ == LatencyChoice::kLow) {
        child_hints_.emplace(globals_, child_->proxy());
    }
    // Stays synchronised: picture and window change in one step, with the commit of the window.
    subsurface_.reset(wl_subcompositor_get_subsurface(globals_.get<wl_subcompositor>(),
                                                      child_->proxy(), main_.proxy()));
    // Below an overlay that is there already.
    wl_subsurface_place_above(subsurface_.get(), main_.proxy());
}

void WindowSurfaces::hide_child() {
    child_->forget_frame();
    wl_surface_attach(child_->proxy(), nullptr, 0, 0);
    child_->commit();
}

void WindowSurfaces::attach_black(Size size) {
    main_.show_all();
    wl_surface_attach(main_.proxy(), black_.get(size), 0, 0);
    wl_surface_damage_buffer(main_.proxy(), 0, 0, INT32_MAX, INT32_MAX);
}

}  // namespace oriel::wayland
