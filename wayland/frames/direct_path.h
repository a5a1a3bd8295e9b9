// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "connection/globals.h"
#include "core/event_loop.h"
#include "frames/dmabuf_feedback.h"
#include "frames/dmabuf_importer.h"
#include "frames/frame_path.h"
#include "protocol/core.h"
#include "protocol/linux_dmabuf.h"
#include "sync/release_points.h"

namespace oriel::wayland {

/// The guest's buffer is the compositor's buffer: a dma-buf becomes a wl_buffer once
/// (zwp_linux_dmabuf_v1), and each frame attaches it. Nothing is copied, nothing drawn.
///
/// A wl_buffer is made where a compositor may say no without harm (zwp_linux_buffer_params_v1.
/// create), so a framebuffer is ready only when the answer has come. What is refused goes another
/// way, until the compositor's formats change.
///
/// The same wl_buffer may be attached again while the compositor holds it: guests with one buffer
/// do that. A framebuffer stays alive as long as the compositor holds it, and wl_buffer.release or,
/// where there is explicit synchronisation, the commit's release point says how long that is.
///
/// A picture that isn't shown px by px is scaled by the compositor, with a filter of its choice
/// (linear, as a rule), also at a whole multiple, where the paths that copy magnify without one: no
/// protocol lets a client choose the filter of a viewport, and to magnify here were to copy.
class DirectPath final : public FramePath {
public:
    /// Lent, and must outlive the path.
    struct Lent {
        EventLoop& loop;
        /// Has a dmabuf().
        const Globals& globals;
        /// Of version 3; newer ones are asked.
        const AnnouncedFormats& announced;
        DmabufImporter& importer;
    };

    /// `points`: explicit synchronisation; null where there is none.
    DirectPath(const Lent& lent, PathEvents events, std::unique_ptr<ReleasePoints> points);
    ~DirectPath() override;

    [[nodiscard]] const char* name() const override { return "direct"; }
    Readiness prepare(const FramebufferRef& framebuffer) override;
    [[nodiscard]] bool in_place(const Framebuffer&) const override { return true; }
    [[nodiscard]] std::string_view refusal(const Framebuffer& framebuffer) const override;
    [[nodiscard]] std::string_view crop_refusal() const override;
    std::optional<CommittedFrame> show(Surface& surface, const FramebufferRef& framebuffer,
                                       const Rect& source, const Region& damage) override;
    [[nodiscard]] bool explicit_sync() const override { return explicit_; }
    void leave(Surface& surface) override;
    void trim() override { prune(); }
    void connection_lost() override;

private:
    struct Use;
    struct Import;
    static const wl_buffer_listener kListener;

    void follow(Surface* surface);
    void feedback_changed();
    [[nodiscard]] Import& import_of(const FramebufferRef& framebuffer);
    void check_format(Import& import, const PixelLayout& layout) const;
    void ask(Import& import, const DmabufPixels& pixels);
    void answered(Import& import, Proxy<wl_buffer> buffer);
    [[nodiscard]] Use& use_on(Import& import, const Surface& surface, const DmabufPixels& pixels);
    Use& add_use(Import& import, Proxy<wl_buffer> buffer);
    void released(Use& use);
    void prune();
    [[nodiscard]] bool overdue(TimePoint since) const;

    const Lent lent_;
    PathEvents events_;
    /// Says when a compositor has let the time for an answer pass.
    Timer patience_;

    // What the compositor takes.
    DmabufFormats formats_;
    std::string formats_problem_;
    bool formats_known_ = false;
    TimePoint formats_asked_;
    /// Counts changes: what was refused by an older one is tried again.
    uint64_t formats_serial_ = 1;
    std::unique_ptr<DmabufFeedback> feedback_;
    /// Whose feedback that is; null: nobody's in particular.
    const Surface* followed_ = nullptr;

    std::unique_ptr<ReleasePoints> points_;
    /// The last show() had points.
    bool explicit_ = false;
    /// By Framebuffer::generation().
    std::unordered_map<uint64_t, std::unique_ptr<Import>> imports_;
    /// Framebuffers that the compositor holds.
    size_t held_ = 0;
    /// Something was refused because of held_.
    bool starved_ = false;
    std::string starved_why_;
};

}  // namespace oriel::wayland
