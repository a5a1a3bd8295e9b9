// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "core/geometry.h"
#include "frames/window_paths.h"
#include "hints/content_type.h"
#include "hints/tearing_control.h"
#include "output/output.h"
#include "surface/black.h"
#include "surface/fractional_scale.h"
#include "surface/scale.h"
#include "surface/surface.h"
#include "wayland/choices.h"

namespace oriel::wayland {

/// Where a window's picture is.
struct Layout {
    Size window;   ///< logical px
    Rect picture;  ///< logical px, in the window
    BufferShape buffer;
    /// Px of the picture's buffer per logical px, where the compositor can't be told otherwise how
    /// large it is: 1 with viewports.
    uint32_t buffer_scale = 1;
    friend bool operator==(const Layout&, const Layout&) = default;
};

/// A window's surfaces, and what is on them. Nothing of the content takes effect before the commit
/// of the surface that prepare() returns, or of main().
///
/// A picture of the window's shape is the window's only surface, so that a compositor can scan it
/// out directly. One of another shape is a subsurface on a black window.
class WindowSurfaces {
public:
    enum class Content : uint8_t {
        kNothing,    ///< not mapped
        kBlack,      ///< the window's surface is black
        kPicture,    ///< the window's surface is the picture
        kLetterbox,  ///< the window's surface is black and has the picture as a subsurface
    };
    /// `globals` and `listener` are lent and must outlive this.
    WindowSurfaces(const Globals& globals, LatencyChoice latency, SurfaceListener& listener);
    WindowSurfaces(const WindowSurfaces&) = delete;
    WindowSurfaces& operator=(const WindowSurfaces&) = delete;

    /// The window's own surface, the one that takes input.
    [[nodiscard]] Surface& main() { return main_; }
    [[nodiscard]] const Surface& main() const { return main_; }
    /// The surface that has the picture; null while none is shown.
    [[nodiscard]] Surface* picture();
    /// `surface` is one of these.
    [[nodiscard]] bool owns(const wl_surface* surface) const;

    /// The compositor scales pictures. Without, they are scaled here.
    [[nodiscard]] bool has_viewports() const { return main_.can_scale(); }
    /// A picture may be smaller than the window.
    [[nodiscard]] bool can_letterbox() const { return globals_.get<wl_subcompositor>() != nullptr; }
    /// As the compositor says; where it doesn't, as the output has it that the window is on (which
    /// may be null).
    [[nodiscard]] Scale scale(const Output* output) const;

    [[nodiscard]] Content content() const { return content_; }
    [[nodiscard]] bool shows_picture() const {
        return content_ == Content::kPicture || content_ == Content::kLetterbox;
    }
    /// What the surfaces must have to show a picture there.
    [[nodiscard]] static Content wanted(const Layout& layout);
    [[nodiscard]] const Layout& layout() const { return layout_; }
    /// Whether that is another one.
    bool set_layout(const Layout& layout);

    /// Makes the surfaces ready to take a picture, or to show theirs elsewhere. `content` is
    /// kPicture or kLetterbox; paths leave surfaces that lose theirs.
    Surface& prepare(Content content, const Layout& layout, WindowPaths& paths);
    /// The picture is committed.
    void picture_committed(Content content) { content_ = content; }
    /// Commits black. Whether the picture was on a surface of its own: the frame callback that was
    /// asked for there will not come.
    bool show_black(const Layout& layout, WindowPaths& paths);
    /// Nothing is shown any more, not even black. The window's role objects are gone already.
    void unmap(WindowPaths& paths);
    /// The connection is gone: no frame callback will come.
    void forget_frames();

private:
    /// What a surface tells the compositor about its frames.
    struct LowLatency {
        LowLatency(const Globals& globals, wl_surface* surface)
            : content{globals, surface}, tearing{globals, surface} {}
        ContentType content;
        TearingControl tearing;
    };

    /// Where the child is says nothing that the window's own surface doesn't say.
    struct ChildListener final : SurfaceListener {
        explicit ChildListener(SurfaceListener& window) : listener{window} {}
        void surface_frame_done() override { listener.surface_frame_done(); }
        void surface_moved() override {}
        SurfaceListener& listener;
    };

    void make_child();
    void hide_child();
    void attach_black(Size size);

    const Globals& globals_;
    LatencyChoice latency_;
    SurfaceListener& listener_;
    ChildListener child_listener_{listener_};
    Content content_ = Content::kNothing;
    Layout layout_;
    // Bottom up: roles go before surfaces.
    BlackBuffer black_;
    Surface main_;
    FractionalScale fractional_;
    std::optional<LowLatency> main_hints_;
    std::unique_ptr<Surface> child_;
    std::optional<LowLatency> child_hints_;
    Proxy<wl_subsurface> subsurface_;
};

}  // namespace oriel::wayland
