// SPDX-License-Identifier: MIT
#include "frames/upload_path.h"

#include <algorithm>
#include <utility>

#include "core/log.h"
#include "scanout/linear_pixels.h"
#include "scanout/magnified_pixels.h"

namespace oriel::wayland {

UploadPath::UploadPath(const Shared& shared, Imports imports, PathListener& listener)
    : egl_{shared.egl},
      renderer_{shared.renderer},
      imports_{imports},
      listener_{listener},
      copies_{shared.loop, [this] { listener_.path_ready(); }},
      reads_{shared.loop, *this} {
    renderer_.window_added();
}

UploadPath::~UploadPath() {
    renderer_.window_removed();
}

Readiness UploadPath::prepare(const FramebufferRef& framebuffer, const BufferShape& shape) {
    wanted_ = shape;
    too_large_.clear();
    const Size size = framebuffer->size();
    if (too_large(size) || too_large(shape.exact)) {
        // This one only: whatever else is shown goes on as before.
        const Size largest = too_large(size) ? size : shape.exact;
        too_large_ = fmt::format("gles: {}x{} exceeds textures of {} px a side", largest.width,
                                 largest.height, renderer_.max_side());
        return Readiness::kRefused;
    }
    if (framebuffer->dmabuf() == nullptr) {
        return Readiness::kReady;
    }
    if (imports_ == Imports::kWherePossible) {
        // Why not is asked for by refusal().
        static_cast<void>(renderer_.import(framebuffer));
    }
    if (renderer_.imported(*framebuffer)) {
        return Readiness::kReady;
    }
    if (!copies_.complete(*framebuffer)) {
        return Readiness::kLater;
    }
    return framebuffer->storage() ? Readiness::kReady : Readiness::kRefused;
}

std::string_view UploadPath::refusal(const Framebuffer& framebuffer) const {
    if (!too_large_.empty()) {
        return too_large_;
    }
    if (framebuffer.dmabuf() == nullptr) {
        return {};
    }
    return imports_ == Imports::kNever ? "a copy was asked for"
                                       : renderer_.import_refusal(framebuffer);
}

Size UploadPath::buffer_size(Size picture) const {
    if (!wanted_.exact.empty()) {
        return wanted_.exact;
    }
    const Size larger = magnified(picture, wanted_.times);
    // What can't be drawn is left to the compositor.
    return too_large(larger) ? picture : larger;
}

std::optional<ShownFrame> UploadPath::show(Surface& surface, const FramebufferRef& framebuffer,
                                           const Rect& source, const Region& damage) {
    const Size size = buffer_size(source.size());
    // What is on screen stays there until something else is.
    Target before;
    if (!target(surface, size, before)) {
        return std::nullopt;
    }
    surface.show_all();
    const uint64_t copied_before = renderer_.bytes_copied();
    auto drawn = renderer_.show(*target_.window, *framebuffer, source, damage, size);
    if (!drawn) {
        return std::nullopt;
    }
    shape_ = wanted_;
    const uint32_t times = whole_times(source.size(), size);
    ShownFrame shown{
        .way = drawn->imported ? "gles" : "upload",
        .times = std::max(times, 1U),
        .filtered = times == 0,
        .bytes_copied = renderer_.bytes_copied() - copied_before,
    };
    if (drawn->imported) {
        shown.committed = {CommittedFrame::Pixels::kRead, framebuffer->generation()};
        reads_.add(framebuffer->generation(), std::move(drawn->read));
    }
    return shown;
}

bool UploadPath::target(Surface& surface, Size size, Target& before) {
    const auto width = static_cast<int>(size.width);
    const auto height = static_cast<int>(size.height);
    if (target_.surface == &surface && !target_.window->may_wait()) {
        if (std::exchange(target_.size, size) != size) {
            wl_egl_window_resize(target_.native.get(), width, height, 0, 0);
        }
        return true;
    }
    before = std::exchange(target_, {});
    target_.native.reset(wl_egl_window_create(surface.proxy(), width, height));
    auto window = shaders::EglWindow::create(egl_, target_.native.get());
    if (!window) {
        log_error("wayland", "{}", window.error().message());
        target_ = {};
        return false;
    }
    target_.window = std::move(*window);
    target_.surface = &surface;
    target_.size = size;
    return true;
}

void UploadPath::leave(Surface& surface) {
    if (target_.surface == &surface) {
        target_ = {};
    }
}

}  // namespace oriel::wayland
