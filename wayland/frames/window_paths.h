// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "frames/frame_path.h"

namespace oriel::wayland {

/// The ways that one window's pictures can take, best first, and the one that they take.
class WindowPaths {
public:
    using List = std::vector<std::unique_ptr<FramePath>>;

    /// From now on only these; the last one refuses nothing. `reason` says why there is no better
    /// one among them, empty if nothing is missing: it holds until a picture is shown. `shown_on`
    /// is the surface that has a picture now, or null: that stays on screen until the next show().
    void replace(List paths, std::string reason, Surface* shown_on);
    [[nodiscard]] bool empty() const { return paths_.empty(); }

    /// Chooses the best path that doesn't refuse the `source` part of the framebuffer; never
    /// kRefused. `times` as FramePath::magnify() has it.
    [[nodiscard]] Readiness prepare(const FramebufferRef& framebuffer, const Rect& source,
                                    uint32_t times);
    /// The picture shown last would have another size in its buffer now, by the last prepare().
    [[nodiscard]] bool times_changed() const {
        return chosen_ != nullptr && chosen_->times_changed();
    }
    /// FramePath::times() of the picture shown last.
    [[nodiscard]] uint32_t times() const { return used_ != nullptr ? used_->times() : 1; }
    /// Whether the path that the last prepare() chose leaves the guest's pixels where they are.
    [[nodiscard]] bool in_place(const Framebuffer& framebuffer) const {
        return chosen_ != nullptr && chosen_->in_place(framebuffer);
    }
    /// FramePath::show() by the path that the last prepare() chose.
    [[nodiscard]] std::optional<CommittedFrame> show(Surface& surface,
                                                     const FramebufferRef& framebuffer,
                                                     const Rect& source, const Region& damage);
    void latched();
    void leave(Surface& surface);
    void trim();
    void connection_lost();

    /// Of the picture shown last, for the statistics.
    [[nodiscard]] const char* name() const { return used_ != nullptr ? used_->name() : "none"; }
    [[nodiscard]] bool explicit_sync() const { return used_ != nullptr && used_->explicit_sync(); }
    /// Why it doesn't take a better path; empty for the best.
    [[nodiscard]] const std::string& reason() const { return reason_; }
    /// Bytes that paths have copied since the last call.
    [[nodiscard]] uint64_t take_bytes_copied();

private:
    /// Why none of the paths before chosen_ is taken, as they say it. Returns whether they say
    /// something else than with the frame before.
    bool update_refusals(const Framebuffer& framebuffer, const Rect& source);
    void log_way(const char* name);

    List paths_;
    /// Into paths_: what the last prepare() chose.
    FramePath* chosen_ = nullptr;
    /// Into paths_: what has shown something last.
    FramePath* used_ = nullptr;
    std::string reason_;
    /// What reason_ was made of, as it is made anew only when that changes: frames are many.
    std::vector<std::string> refusals_;
    std::vector<std::string_view> refusals_now_;  ///< only inside update_refusals()
    /// What the log has been told so far.
    std::set<std::string> logged_;
    List retired_;
    uint64_t bytes_taken_ = 0;
};

}  // namespace oriel::wayland
