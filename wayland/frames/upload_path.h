// SPDX-License-Identifier: MIT
#pragma once

#include <wayland-egl.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/unique_handle.h"
#include "frames/frame_path.h"
#include "scanout/copy_in_turns.h"
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
/// of buffers, and would wait, or crash, if the compositor held all of them: before that can be,
/// the EGL window is made anew (shaders::EglWindow::may_wait()). A compositor that gives buffers
/// back while it still sends frame callbacks never brings that about.
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

    [[nodiscard]] bool shape_changed() const override { return shape_ != wanted_; }
    /// What can't be imported is uploaded; refuses what can't be read either, or is too large for
    /// the GPU.
    Readiness prepare(const FramebufferRef& framebuffer, const BufferShape& shape) override;
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
    /// An EGL window, and the surface that it draws to; null without one.
    struct Target {
        const Surface* surface = nullptr;
        Size size{};
        NativeWindow native{};
        std::unique_ptr<shaders::EglWindow> window{};
    };

    void buffer_read(uint64_t buffer) override { listener_.path_released(buffer); }
    /// Makes target_ what a picture of that size can be drawn to now; what it was goes to `before`
    /// if that can't be.
    [[nodiscard]] bool target(Surface& surface, Size size, Target& before);
    [[nodiscard]] bool too_large(Size size) const {
        return size.width > renderer_.max_side() || size.height > renderer_.max_side();
    }
    /// What the buffer of a picture of that size is to be, of what was wanted last.
    [[nodiscard]] Size buffer_size(Size picture) const;

    const shaders::Egl& egl_;
    shaders::Renderer& renderer_;
    const Imports imports_;
    PathListener& listener_;
    CopyInTurns copies_;
    BufferReads reads_;
    BufferShape wanted_;
    /// That of the picture shown last.
    BufferShape shape_;
    std::string too_large_;
    Target target_;
};

}  // namespace oriel::wayland
