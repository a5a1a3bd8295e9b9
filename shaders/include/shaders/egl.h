// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/geometry.h"
#include "core/result.h"

namespace oriel::shaders {

struct EglApi;
struct GlApi;

/// Whether a GL_RENDERER string names one that draws with the CPU.
[[nodiscard]] bool is_software_renderer(std::string_view renderer);

/// EGL and one OpenGL ES 2.0 context for all surfaces. The libraries are loaded when this is made
/// and not before: a process that never draws doesn't have a GL driver in its memory.
class Egl {
public:
    /// `platform` is an EGL platform (EGL_PLATFORM_WAYLAND_KHR), `native_display` its display
    /// (wl_display*), lent: it must outlive this. Waits for the compositor, as EGL does. On any
    /// other platform (EGL_PLATFORM_SURFACELESS_MESA, whose display is null; a device) there are no
    /// windows: what is drawn goes into framebuffer objects.
    [[nodiscard]] static Result<std::unique_ptr<Egl>> open(uint32_t platform, void* native_display);
    Egl(const Egl&) = delete;
    Egl& operator=(const Egl&) = delete;
    ~Egl();

    /// GL_RENDERER.
    [[nodiscard]] const std::string& renderer() const { return renderer_; }
    [[nodiscard]] const GlApi& gl() const { return *gl_; }
    [[nodiscard]] const EglApi& api() const { return *egl_; }
    /// The EGLDisplay.
    [[nodiscard]] void* display() const { return display_; }
    [[nodiscard]] bool has_extension(std::string_view name) const;
    [[nodiscard]] bool has_gl_extension(std::string_view name) const;

    /// Makes the context current without a surface: for making and deleting GL objects.
    [[nodiscard]] bool make_current() const;

private:
    friend class EglWindow;
    Egl();
    [[nodiscard]] Result<void> initialise(uint32_t platform, void* native_display);
    [[nodiscard]] Result<void> choose_config(bool windows);
    [[nodiscard]] Result<void> create_context();

    std::unique_ptr<EglApi> egl_;
    std::unique_ptr<GlApi> gl_;
    void* display_ = nullptr;
    void* config_ = nullptr;
    void* context_ = nullptr;
    std::string extensions_;
    std::string gl_extensions_;
    std::string renderer_;
};

/// What is drawn into and swapped to a native window.
///
/// EGL has a few buffers, and doesn't say which of them the compositor has given back. Where it
/// needs one and has none, Mesa waits for the compositor (GPUs, software from Mesa 23 on), or
/// crashes (older software). Only the age of a buffer says anything, afterwards: what was shown so
/// many swaps ago has come back. So it is counted here what may be out (may_wait()), and drawing
/// stops in time.
class EglWindow {
public:
    /// `native_window` (wl_egl_window*) is lent; it and `egl` must outlive this.
    [[nodiscard]] static Result<std::unique_ptr<EglWindow>> create(const Egl& egl,
                                                                   void* native_window);
    EglWindow(const EglWindow&) = delete;
    EglWindow& operator=(const EglWindow&) = delete;
    ~EglWindow();

    [[nodiscard]] bool make_current() const;

    /// The compositor may have all buffers: the next frame must not be drawn here, but in another
    /// window, which begins with buffers of its own.
    [[nodiscard]] bool may_wait() const { return out_.size() >= kBuffers; }

    /// What must be drawn so that the back buffer, which may be some frames old, becomes complete:
    /// `damage` and what it has missed. `size` is the window's; coordinates from the top left.
    /// Nothing if there is no back buffer.
    [[nodiscard]] std::optional<Region> to_repaint(const Region& damage, Size size);

    /// Shows the back buffer, whose contents differ from the frame before in `damage`. Never waits
    /// for the screen (swap interval 0). False if the window can't be drawn to any more.
    [[nodiscard]] bool swap(const Region& damage, Size size);

private:
    /// As many as Mesa has for a window.
    static constexpr size_t kBuffers = 4;

    EglWindow(const Egl& egl, void* surface);
    /// How many swaps ago the back buffer was shown, 0: never, or nobody knows. Nothing if there is
    /// no back buffer.
    [[nodiscard]] std::optional<size_t> take_buffer();

    const Egl& egl_;
    void* surface_;
    Size size_;
    bool has_age_;
    /// A software rasteriser draws into memory of its own and copies from there. An age of 1 is
    /// that memory's (Mesa 23 and newer), and says nothing of the compositor's buffers; Debian 12's
    /// tells no age. So it begins anew all the time rather than wait or crash.
    bool software_;
    /// The swaps so far, and the numbers of those whose buffers the compositor may have: of all,
    /// where ages aren't told.
    uint64_t swaps_ = 0;
    std::deque<uint64_t> out_;
    /// Damage of the last frames, newest first.
    std::deque<Region> history_;
};

}  // namespace oriel::shaders
