// SPDX-License-Identifier: MIT
#include "frames/upload_path.h"

#include "core/log.h"
#include "scanout/magnified_pixels.h"

namespace oriel::wayland {

UploadPath::UploadPath(const Shared& shared, Imports imports, PathListener& listener)
    : egl_{shared.egl},
      renderer_{shared.renderer},
      imports_{imports},
      listener_{listener},
      reads_{shared.loop, *this} {
    renderer_.window_added();
}

UploadPath::~UploadPath() {
    renderer_.window_removed();
}

Readiness UploadPath::prepare(const FramebufferRef& framebuffer, uint32_t times) {
    wanted_times_ = times;
    if (framebuffer->dmabuf() == nullptr) {
        return Readiness::kReady;
    }
    if (imports_ == Imports::kWherePossible) {
        // Why not is asked for by refusal().
        static_cast<void>(renderer_.import(framebuffer));
    }
    return renderer_.imported(*framebuffer) || framebuffer->memory() ? Readiness::kReady
                                                                     : Readiness::kRefused;
}

std::string_view UploadPath::refusal(const Framebuffer& framebuffer) const {
    if (framebuffer.dmabuf() == nullptr) {
        return {};
    }
    return imports_ == Imports::kNever ? "a copy was asked for"
                                       : renderer_.import_refusal(framebuffer);
}

std::optional<ShownFrame> UploadPath::show(Surface& surface, const FramebufferRef& framebuffer,
                                           const Rect& source, const Region& damage) {
    const Size larger = magnified(source.size(), wanted_times_);
    // What can't be drawn is left to the compositor.
    const bool fits = larger.width <= renderer_.max_side() && larger.height <= renderer_.max_side();
    const uint32_t times = fits ? wanted_times_ : 1;
    if (!target(surface, magnified(source.size(), times))) {
        return std::nullopt;
    }
    surface.show_all();
    const uint64_t before = renderer_.bytes_copied();
    auto drawn = renderer_.show(*window_, *framebuffer, source, damage, times);
    if (!drawn) {
        return std::nullopt;
    }
    times_ = times;
    ShownFrame shown{
        .way = drawn->imported ? "gles" : "upload",
        .times = times,
        .bytes_copied = renderer_.bytes_copied() - before,
    };
    if (drawn->imported) {
        shown.committed = {CommittedFrame::Pixels::kRead, framebuffer->generation()};
        reads_.add(framebuffer->generation(), std::move(drawn->read));
    }
    return shown;
}

bool UploadPath::target(Surface& surface, Size size) {
    const auto width = static_cast<int>(size.width);
    const auto height = static_cast<int>(size.height);
    if (surface_ == &surface) {
        if (size_ != size) {
            wl_egl_window_resize(native_.get(), width, height, 0, 0);
            size_ = size;
        }
        return true;
    }
    window_.reset();
    native_.reset(wl_egl_window_create(surface.proxy(), width, height));
    auto window = shaders::EglWindow::create(egl_, native_.get());
    if (!window) {
        log_error("wayland", "{}", window.error().message());
        native_.reset();
        surface_ = nullptr;
        return false;
    }
    window_ = std::move(*window);
    surface_ = &surface;
    size_ = size;
    return true;
}

void UploadPath::leave(Surface& surface) {
    if (surface_ == &surface) {
        window_.reset();
        native_.reset();
        surface_ = nullptr;
    }
}

}  // namespace oriel::wayland
