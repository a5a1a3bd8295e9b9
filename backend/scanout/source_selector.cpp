// SPDX-License-Identifier: MIT
#include "scanout/source_selector.h"

#include <utility>

namespace oriel {

const char* to_string(PictureSource source) {
    switch (source) {
        case PictureSource::kNone:
            return "none";
        case PictureSource::kVga:
            return "vga";
        case PictureSource::kVirtio:
            return "virtio";
    }
    return "?";
}

/// The Display that one of the two sources sees.
class SourceSelector::Port final : public Display {
public:
    Port(SourceSelector& selector, PictureSource source) : selector_{selector}, source_{source} {}

    void attach(ScanoutId scanout, FramebufferRef framebuffer, const Rect& source) override {
        selector_.attach(source_, scanout, std::move(framebuffer), source);
    }
    void flush(ScanoutId scanout, const Region& damage, FlushDone done) override {
        if (active(scanout)) {
            selector_.target_.flush(scanout, damage, std::move(done));
        }
    }
    [[nodiscard]] bool frame_pending(ScanoutId scanout) const override {
        return active(scanout) && selector_.target_.frame_pending(scanout);
    }
    void detach(ScanoutId scanout) override { selector_.detach(source_, scanout); }
    void set_cursor(ScanoutId scanout, std::shared_ptr<const CursorImage> image) override {
        selector_.target_.set_cursor(scanout, std::move(image));
    }
    void move_cursor(ScanoutId scanout, Point position) override {
        selector_.target_.move_cursor(scanout, position);
    }
    [[nodiscard]] bool visible(ScanoutId scanout) const override {
        return active(scanout) && selector_.target_.visible(scanout);
    }
    [[nodiscard]] uint32_t scanout_count() const override {
        return source_ == PictureSource::kVga ? 1 : selector_.target_.scanout_count();
    }
    [[nodiscard]] ScreenInfo screen(ScanoutId scanout) const override {
        return selector_.target_.screen(scanout);
    }
    [[nodiscard]] const ScanoutStats& stats(ScanoutId scanout) const override {
        return selector_.target_.stats(scanout);
    }

private:
    [[nodiscard]] bool active(ScanoutId scanout) const {
        return scanout < kMaxScanouts && selector_.screens_[scanout].active == source_;
    }

    SourceSelector& selector_;  // owns this port
    PictureSource source_;
};

SourceSelector::SourceSelector(Display& target)
    : target_{target},
      vga_port_{std::make_unique<Port>(*this, PictureSource::kVga)},
      virtio_port_{std::make_unique<Port>(*this, PictureSource::kVirtio)} {}

SourceSelector::~SourceSelector() = default;

Display& SourceSelector::vga() {
    return *vga_port_;
}

Display& SourceSelector::virtio() {
    return *virtio_port_;
}

void SourceSelector::attach(PictureSource from, ScanoutId scanout, FramebufferRef framebuffer,
                            const Rect& source) {
    if (scanout >= kMaxScanouts) {
        return;
    }
    Screen& screen = screens_[scanout];
    Attached attached{std::move(framebuffer), source};
    if (from == PictureSource::kVga) {
        screen.vga = std::move(attached);
        if (!screen.virtio_owns) {
            show(scanout, PictureSource::kVga);
        }
        return;
    }
    const bool took_over = !std::exchange(screen.virtio_owns, true);
    screen.virtio = std::move(attached);
    show(scanout, PictureSource::kVirtio);
    if (took_over && scanout == 0 && vga_active_) {
        vga_active_(false);
    }
}

void SourceSelector::detach(PictureSource from, ScanoutId scanout) {
    if (scanout >= kMaxScanouts) {
        return;
    }
    Screen& screen = screens_[scanout];
    (from == PictureSource::kVga ? screen.vga : screen.virtio).reset();
    if (screen.active == from) {
        show(scanout, PictureSource::kNone);
    }
}

void SourceSelector::show(ScanoutId scanout, PictureSource source) {
    Screen& screen = screens_[scanout];
    const bool was_dark = screen.active == PictureSource::kNone;
    screen.active = source;
    if (source == PictureSource::kNone) {
        if (!was_dark) {
            target_.detach(scanout);
        }
        return;
    }
    const auto& shown = source == PictureSource::kVga ? screen.vga : screen.virtio;
    target_.attach(scanout, shown->framebuffer, shown->source);
}

void SourceSelector::reset() {
    bool vga_regains = false;
    for (ScanoutId scanout = 0; scanout < kMaxScanouts; ++scanout) {
        Screen& screen = screens_[scanout];
        screen.virtio.reset();
        if (!std::exchange(screen.virtio_owns, false)) {
            continue;
        }
        target_.set_cursor(scanout, nullptr);
        // The VGA side redraws what it has; until it attaches again nothing stale is shown as new.
        show(scanout, screen.vga ? PictureSource::kVga : PictureSource::kNone);
        vga_regains |= scanout == 0;
    }
    if (vga_regains && vga_active_) {
        vga_active_(true);
    }
}

PictureSource SourceSelector::source(ScanoutId scanout) const {
    return scanout < kMaxScanouts ? screens_[scanout].active : PictureSource::kNone;
}

const SourceSelector::Attached* SourceSelector::attached(ScanoutId scanout) const {
    switch (source(scanout)) {
        case PictureSource::kNone:
            return nullptr;
        case PictureSource::kVga:
            return &*screens_[scanout].vga;
        case PictureSource::kVirtio:
            return &*screens_[scanout].virtio;
    }
    return nullptr;
}

}  // namespace oriel
