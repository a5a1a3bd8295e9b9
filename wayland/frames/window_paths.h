// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/log.h"
#include "frames/frame_path.h"
#include "scanout/framebuffer_cache.h"

namespace oriel::wayland {

/// The ways that one window's pictures can take, best first, and the one that they take. Which one
/// that is, and why no better one, is decided once for each framebuffer, and again when a path says
/// that it may decide otherwise.
class WindowPaths {
public:
    using List = std::vector<std::unique_ptr<FramePath>>;

    /// `describes`: the level of a line about a path, see PresenterOptions.
    explicit WindowPaths(LogLevel describes = LogLevel::kInfo) : describes_{describes} {}

    /// From now on only these. `reason` says why there is no better one among them, empty if
    /// nothing is missing: it holds until a picture is shown. `shown_on` is the surface that has a
    /// picture now, or null. What is on screen stays there until the next show(), and a path whose
    /// buffers somebody still reads lives on until nobody does.
    void replace(List paths, std::string reason, Surface* shown_on);
    [[nodiscard]] bool empty() const { return paths_.empty(); }
    /// PathListener::path_choice_changed().
    void choose_again();

    /// Chooses the best path that doesn't refuse the `source` part of the framebuffer; kRefused if
    /// all do. `shape` as FramePath::prepare() has it.
    [[nodiscard]] Readiness prepare(const FramebufferRef& framebuffer, const Rect& source,
                                    const BufferShape& shape);
    /// The picture shown last would be in a buffer of another shape now, by the last prepare().
    [[nodiscard]] bool shape_changed() const {
        return chosen_ != nullptr && (chosen_ != used_ || chosen_->shape_changed());
    }
    /// Whether the path that the last prepare() chose leaves the guest's pixels where they are.
    [[nodiscard]] bool in_place(const Framebuffer& framebuffer) const {
        return chosen_ != nullptr && chosen_->in_place(framebuffer);
    }
    /// FramePath::show() by the path that the last prepare() chose.
    [[nodiscard]] std::optional<CommittedFrame> show(Surface& surface,
                                                     const FramebufferRef& framebuffer,
                                                     const Rect& source, const Region& damage);
    /// About the picture that was shown last.
    [[nodiscard]] const ShownFrame& shown() const { return shown_; }
    /// Why it doesn't take a better path; empty for the best.
    [[nodiscard]] const std::string& reason() const { return reason_; }
    /// Counts changes of reason() and shown().way.
    [[nodiscard]] uint64_t reason_serial() const { return reason_serial_; }

    void latched();
    void leave(Surface& surface);
    void trim();
    void connection_lost();

private:
    /// Which path a framebuffer takes, and why no better one.
    struct Decision {
        explicit Decision(FramePath* its_path) : path{its_path} {}
        [[nodiscard]] static bool held() { return false; }

        FramePath* path;  ///< into paths_
        /// Known since it was shown.
        bool explained = false;
        std::string reason;
    };

    /// Why none of the paths before `taken` (null: before the end) is taken, as they say it now.
    [[nodiscard]] std::string explain(const Framebuffer& framebuffer, const Rect& source,
                                      const FramePath* taken) const;
    void set_reason(const std::string& reason, const char* way);
    void prune_retired();

    const LogLevel describes_;
    List paths_;
    /// By the framebuffer's generation, whether it is shown as a whole, and whether its buffer must
    /// have an exact size.
    FramebufferCache<Decision> decisions_;
    /// The last prepare()'s: into decisions_, lent until they change.
    Decision* decision_ = nullptr;
    /// What the last prepare() chose; into paths_.
    FramePath* chosen_ = nullptr;
    /// Into paths_: what has shown something last, and what it made of it.
    FramePath* used_ = nullptr;
    ShownFrame shown_;
    std::string reason_;
    std::string_view told_way_;
    uint64_t reason_serial_ = 0;
    /// What the log has been told so far.
    std::set<std::string> logged_;
    /// Replaced, but what they gave the compositor is still read, or on screen.
    List retired_;
    const FramePath* on_screen_ = nullptr;  ///< of retired_
};

}  // namespace oriel::wayland
