// SPDX-License-Identifier: MIT
#pragma once

#include <wayland-egl.h>

#include <memory>
#include <utility>

#include "core/unique_handle.h"
#include "frame_path.h"
#include "shaders/renderer.h"

namespace oriel::wayland {

/// Textures that OpenGL ES draws: for a compositor whose GPU must get the pixels anyway.
///
/// Who commits, and who paces: eglSwapBuffers commits the wl_surface, and takes with it what the
/// window has requested before, the frame callback, the presentation feedback and the viewport.
/// With a swap interval of 0 EGL asks for no frame callback of its own. It does keep its own count
/// of buffers, and would wait if the compositor held all of them (four in Mesa); the window never
/// commits before the frame callback of the commit before, so the compositor has at most three.
class UploadPath final : public FramePath {
public:
    /// Both are lent, shared by all windows, and must outlive this.
    UploadPath(const shaders::Egl& egl, shaders::Renderer& renderer)
        : egl_{egl}, renderer_{renderer} {}

    [[nodiscard]] const char* name() const override { return "upload"; }
    Readiness prepare(const FramebufferRef&) override { return Readiness::kReady; }
    std::optional<CommittedFrame> show(Surface& surface, const FramebufferRef& framebuffer,
                                       const Rect& source, const Region& damage) override;
    void leave(Surface& surface) override;
    [[nodiscard]] uint64_t bytes_copied() const override { return bytes_copied_; }

private:
    using NativeWindow = UniqueHandle<wl_egl_window, wl_egl_window_destroy>;

    [[nodiscard]] bool target(Surface& surface, Size size);

    const shaders::Egl& egl_;
    shaders::Renderer& renderer_;
    uint64_t bytes_copied_ = 0;
    /// What the EGL window draws to; null without one.
    const Surface* surface_ = nullptr;
    Size size_;
    NativeWindow native_;
    std::unique_ptr<shaders::EglWindow> window_;
};

}  // namespace oriel::wayland
