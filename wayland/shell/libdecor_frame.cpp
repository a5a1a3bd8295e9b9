// SPDX-License-Identifier: MIT
#include "shell/libdecor_frame.h"

#include <algorithm>
#include <utility>

namespace oriel::wayland {
namespace {

// Newer than libdecor 0.1.
constexpr uint32_t kSuspended = 1U << 7U;
constexpr uint32_t kResizing = 1U << 8U;

constexpr uint32_t kImposed = LIBDECOR_WINDOW_STATE_MAXIMIZED | LIBDECOR_WINDOW_STATE_FULLSCREEN |
                              LIBDECOR_WINDOW_STATE_TILED_LEFT | LIBDECOR_WINDOW_STATE_TILED_RIGHT |
                              LIBDECOR_WINDOW_STATE_TILED_TOP | LIBDECOR_WINDOW_STATE_TILED_BOTTOM;

int to_int(uint32_t px) {
    return static_cast<int>(px);
}

}  // namespace

libdecor_frame_interface LibdecorFrame::kEvents{
    .configure = [](libdecor_frame*, libdecor_configuration* configuration,
                    void* data) { static_cast<LibdecorFrame*>(data)->configure(configuration); },
    .close = [](libdecor_frame*,
                void* data) { static_cast<LibdecorFrame*>(data)->listener_.close_asked(); },
    // The frame's surfaces are synchronised subsurfaces: what changed in it shows with ours.
    .commit = [](libdecor_frame*,
                 void* data) { wl_surface_commit(static_cast<LibdecorFrame*>(data)->surface_); },
    .dismiss_popup = [](libdecor_frame*, const char*, void*) {},
};

LibdecorFrame::LibdecorFrame(LibdecorContext& context, wl_surface* surface,
                             ToplevelListener& listener)
    : library_{context.library()},
      surface_{surface},
      listener_{listener},
      frame_{library_.decorate(context.get(), surface, &kEvents, this)},
      map_{context.loop(), [this] { library_.frame_map(frame_); }} {
    if (xdg_toplevel* toplevel = library_.get_xdg_toplevel(frame_)) {
        icon_.emplace(context.globals(), toplevel);
    }
    map_.schedule();
}

LibdecorFrame::~LibdecorFrame() {
    icon_.reset();
    library_.frame_unref(frame_);
}

void LibdecorFrame::configure(libdecor_configuration* configuration) {
    ToplevelState state;
    int width = 0;
    int height = 0;
    // False where the window is to choose.
    if (library_.get_content_size(configuration, frame_, &width, &height)) {
        state.size = {limited_side(std::max(width, 1)), limited_side(std::max(height, 1))};
    }
    libdecor_window_state flags = LIBDECOR_WINDOW_STATE_NONE;
    if (library_.get_window_state(configuration, &flags)) {
        const auto bits = static_cast<uint32_t>(flags);
        state.imposed = (bits & kImposed) != 0;
        state.fullscreen = (bits & LIBDECOR_WINDOW_STATE_FULLSCREEN) != 0;
        state.maximized = (bits & LIBDECOR_WINDOW_STATE_MAXIMIZED) != 0;
        state.resizing = (bits & kResizing) != 0;
        state.suspended = (bits & kSuspended) != 0;
    }
    if (!committed_) {
        committed_.emplace();
    }
    pending_ = configuration;
    listener_.configured(state);
    if (std::exchange(pending_, nullptr) != nullptr) {
        // Nothing was committed. The answer is due all the same.
        commit(committed_->empty() ? state.size : *committed_, configuration);
    }
}

void LibdecorFrame::prepare_commit(Size content) {
    if (committed_ && !content.empty() && (pending_ != nullptr || content != *committed_)) {
        commit(content, std::exchange(pending_, nullptr));
    }
}

void LibdecorFrame::commit(Size content, libdecor_configuration* configuration) {
    libdecor_state* state = library_.state_new(to_int(std::max(content.width, 1U)),
                                               to_int(std::max(content.height, 1U)));
    library_.frame_commit(frame_, state, configuration);
    library_.state_free(state);
    committed_ = content;
}

void LibdecorFrame::set_title(const std::string& title) {
    library_.set_title(frame_, title.c_str());
}

void LibdecorFrame::set_app_id(const std::string& app_id) {
    library_.set_app_id(frame_, app_id.c_str());
}

void LibdecorFrame::set_fullscreen(wl_output* output) {
    library_.set_fullscreen(frame_, output);
}

void LibdecorFrame::unset_fullscreen() {
    library_.unset_fullscreen(frame_);
}

void LibdecorFrame::set_maximized() {
    library_.set_maximized(frame_);
}

void LibdecorFrame::set_min_size(Size size) {
    library_.set_min_content_size(frame_, to_int(size.width), to_int(size.height));
}

void LibdecorFrame::set_max_size(Size size) {
    library_.set_max_content_size(frame_, to_int(size.width), to_int(size.height));
}

}  // namespace oriel::wayland
