// SPDX-License-Identifier: MIT
#pragma once

#include <wayland-egl.h>

#include <memory>
#include <string_view>
#include <utility>

#include "core/unique_handle.h"
#include "frames/frame_path.h"
#include "shaders/renderer.h"
#include "sync/buffer_reads.h"

namespace oriel::wayland {

/// Whether OpenGL ES may draw a guest's own pixels where they are.
enum class Imports : uint8_t { kNever, kWherePossible };

/// Textures that OpenGL ES draws: for a compositor whose GPU must get the pixels anyway. A guest's
/// dma-buf that EGL imports is drawn without a copy ("gles"), all else is uploaded ("upload").
///
/// Who commits, and who paces: eglSwapBuffers commits the wl_surface, and takes with it what the
/// window has requested before, the frame callback, the presentation feedback and the viewport.
/// With a swap interval of 0 EGL asks for no frame callback of its own. It does keep its own count
/// of buffers, and would wait if the compositor held all of them (four in Mesa); the window never
/// commits before the frame callback of the commit before, so the compositor has at most three.
class UploadPath final : public FramePath, private BufferReadsListener {
public:
    /// What all upload paths share; lent, must outlive them.
    struct Shared {
        EventLoop& loop;
        const shaders::Egl& egl;
        shaders::Renderer& renderer;
    };

    /// `listener` is lent and must outlive this.
    UploadPath(const Shared& shared, Imports imports, PathListener& listener);
    ~UploadPath() override;

    [[nodiscard]] bool times_changed() const override { return times_ != wanted_times_; }
    /// What can't be imported is uploaded; refuses what can't be read either.
    Readiness prepare(const FramebufferRef& framebuffer, uint32_t times) override;
    [[nodiscard]] bool in_place(const Framebuffer& framebuffer) const override {
        return renderer_.imported(framebuffer);
    }
    [[nodiscard]] std::string_view refusal(const Framebuffer& framebuffer) const override;
    std::optional<ShownFrame> show(Surface& surface, const FramebufferRef& framebuffer,
                                   const Rect& source, const Region& damage) override;
    void leave(Surface& surface) override;
    void trim() override { renderer_.trim(); }
    [[nodiscard]] bool holds_buffers() const override { return reads_.count() != 0; }

private:
    using NativeWindow = UniqueHandle<wl_egl_window, wl_egl_window_destroy>;

    void buffer_read(uint64_t buffer) override { listener_.path_released(buffer); }
    [[nodiscard]] bool target(Surface& surface, Size size);

    const shaders::Egl& egl_;
    shaders::Renderer& renderer_;
    const Imports imports_;
    PathListener& listener_;
    BufferReads reads_;
    uint32_t wanted_times_ = 1;
    /// What was shown last.
    uint32_t times_ = 1;
    /// What the EGL window draws to; null without one.
    const Surface* surface_ = nullptr;
    Size size_;
    NativeWindow native_;
    std::unique_ptr<shaders::EglWindow> window_;
};

}  // namespace oriel::wayland
