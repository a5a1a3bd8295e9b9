// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "scanout/display.h"

namespace oriel {

/// Who draws a scanout's picture.
enum class PictureSource : uint8_t { kNone, kVga, kVirtio };

[[nodiscard]] const char* to_string(PictureSource source);

/// The card has one connector and two picture sources. It is VGA until the driver sets a virtio
/// scanout, and VGA again after a reset; a virtio scanout that is switched off is a dark screen,
/// not VGA. VGA has scanout 0 only.
///
/// Gives each source a Display of its own and passes on what the active one does. Remembers what is
/// attached, so that a screenshot never needs the presenter.
class SourceSelector {
public:
    struct Attached {
        FramebufferRef framebuffer;
        Rect source;
    };

    /// `target` is lent and must outlive the selector.
    explicit SourceSelector(Display& target);
    SourceSelector(const SourceSelector&) = delete;
    SourceSelector& operator=(const SourceSelector&) = delete;
    ~SourceSelector();

    /// Valid as long as the selector.
    [[nodiscard]] Display& vga();
    [[nodiscard]] Display& virtio();

    /// The device was reset: VGA has the screen again, the other scanouts go dark, no cursor.
    void reset();

    [[nodiscard]] PictureSource source(ScanoutId scanout) const;
    /// What the scanout shows now; null when it is dark.
    [[nodiscard]] const Attached* attached(ScanoutId scanout) const;

    /// Called when VGA gains (true) or loses (false) the screen.
    void on_vga_active(std::function<void(bool)> callback) { vga_active_ = std::move(callback); }

private:
    class Port;

    void attach(PictureSource from, ScanoutId scanout, FramebufferRef framebuffer,
                const Rect& source);
    void detach(PictureSource from, ScanoutId scanout);
    void show(ScanoutId scanout, PictureSource source);

    struct Screen {
        PictureSource active = PictureSource::kNone;
        std::optional<Attached> vga;
        std::optional<Attached> virtio;
        bool virtio_owns = false;
    };

    Display& target_;
    std::array<Screen, kMaxScanouts> screens_;
    std::unique_ptr<Port> vga_port_;
    std::unique_ptr<Port> virtio_port_;
    std::function<void(bool)> vga_active_;
};

}  // namespace oriel
