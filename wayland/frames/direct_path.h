// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "connection/globals.h"
#include "core/event_loop.h"
#include "frames/compositor_formats.h"
#include "frames/dmabuf_import.h"
#include "frames/dmabuf_importer.h"
#include "frames/frame_path.h"
#include "protocol/core.h"
#include "protocol/linux_dmabuf_v1.h"
#include "scanout/framebuffer_cache.h"
#include "sync/release_points.h"

namespace oriel::wayland {

/// The guest's buffer is the compositor's buffer: a dma-buf becomes a wl_buffer once
/// (zwp_linux_dmabuf_v1), and each frame attaches it. Nothing is copied, nothing drawn.
///
/// A wl_buffer is made where a compositor may say no without harm (zwp_linux_buffer_params_v1.
/// create), so a framebuffer is ready only when the answer has come (DmabufImport). What is refused
/// goes another way, until the compositor's formats change. So many imports are kept as a
/// FramebufferCache has room for.
///
/// The same wl_buffer may be attached again while the compositor holds it: guests with one buffer
/// do that. A framebuffer stays alive as long as the compositor holds it, and wl_buffer.release or,
/// where there is explicit synchronisation, the commit's release point says how long that is.
///
/// A picture that isn't shown px by px is scaled by the compositor, with a filter of its choice
/// (linear, as a rule), also at a whole multiple, where the paths that copy magnify without one: no
/// protocol lets a client choose the filter of a viewport, and to magnify here were to copy.
class DirectPath final : public FramePath, private ImportOwner, private FormatsListener {
public:
    /// What all direct paths share; lent, must outlive them.
    struct Shared {
        EventLoop& loop;
        /// Has a zwp_linux_dmabuf_v1.
        const Globals& globals;
        /// What version 3 of the protocol announced; newer versions are asked.
        const AnnouncedFormats& announced;
        DmabufImporter& importer;
    };

    /// `listener` is lent and must outlive the path. `points`: explicit synchronisation; null where
    /// there is none.
    DirectPath(const Shared& shared, PathListener& listener, std::unique_ptr<ReleasePoints> points);
    ~DirectPath() override;

    Readiness prepare(const FramebufferRef& framebuffer, const BufferShape& shape) override;
    [[nodiscard]] bool in_place(const Framebuffer&) const override { return true; }
    [[nodiscard]] std::string_view refusal(const Framebuffer& framebuffer) const override;
    [[nodiscard]] std::string_view crop_refusal() const override;
    std::optional<ShownFrame> show(Surface& surface, const FramebufferRef& framebuffer,
                                   const Rect& source, const Region& damage) override;
    void leave(Surface& surface) override;
    [[nodiscard]] bool holds_buffers() const override;
    void trim() override;
    void connection_lost() override;

private:
    // ImportOwner:
    void import_answered() override { listener_.path_choice_changed(); }
    void import_released(DmabufImport& import) override;
    // FormatsListener:
    void formats_changed() override { listener_.path_choice_changed(); }

    const Shared shared_;
    PathListener& listener_;
    /// Says when a compositor has let the time for an answer pass.
    Timer patience_;
    std::unique_ptr<ReleasePoints> points_;
    CompositorFormats formats_;
    /// By Framebuffer::generation().
    FramebufferCache<DmabufImport> imports_;
    /// Something was refused because the compositor holds all of imports_.
    bool starved_ = false;
    std::string starved_why_;
    /// The last prepare() was asked for a buffer of another size than the guest's.
    bool exact_wanted_ = false;
};

}  // namespace oriel::wayland
