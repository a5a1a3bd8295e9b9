// SPDX-License-Identifier: MIT
#include "vga/scanner.h"

#include <drm_fourcc.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "core/log.h"

namespace oriel::vga {
namespace {

constexpr ScanoutId kScanout = 0;

}  // namespace

/// Video memory as the rows of a 32 bpp linear mode. The guest writes it meanwhile.
class Scanner::MemoryRows final : public RowSource {
public:
    MemoryRows(std::span<const std::byte> memory, const DispiMode& mode)
        : start_{memory.data() + mode.offset}, stride_{mode.stride} {
        assert(mode.offset + (mode.size.height - 1) * mode.stride + size_t{mode.size.width} * 4 <=
               memory.size());
    }
    const std::byte* row(uint32_t x, uint32_t y, uint32_t, std::byte*) override {
        return start_ + y * stride_ + size_t{x} * 4;
    }

private:
    const std::byte* start_;
    uint64_t stride_;
};

Scanner::Scanner(EventLoop& loop, Display& display, std::span<const std::byte> memory)
    : loop_{loop}, display_{display}, memory_{memory}, timer_{loop, [this] { scan(); }} {}

void Scanner::show(const DispiMode& mode) {
    assert(mode.bpp == 32);
    const bool same_size = mode_ && mode_->size == mode.size;
    mode_ = mode;
    if (!same_size) {
        auto pixels = MemoryPixels::create(mode.size);
        if (!pixels) {
            log_error("vga", "no picture: {}", pixels.error().message());
            hide();
            return;
        }
        framebuffer_ = std::make_shared<Framebuffer>(std::move(*pixels), DRM_FORMAT_XRGB8888);
        ++attachment_;
        awaiting_answer_ = false;
        unflushed_ = Region{Rect::of(mode.size)};
        display_.attach(kScanout, framebuffer_, Rect::of(mode.size));
    }
    wake();
}

void Scanner::hide() {
    if (!mode_) {
        return;
    }
    mode_.reset();
    framebuffer_.reset();
    ++attachment_;
    awaiting_answer_ = false;
    timer_.disarm();
    display_.detach(kScanout);
}

void Scanner::set_active(bool active) {
    active_ = active;
    if (active && framebuffer_) {
        // Whatever was on the screen meanwhile, nothing of this picture is any more.
        ++attachment_;
        awaiting_answer_ = false;
        unflushed_ = Region{Rect::of(mode_->size)};
        display_.attach(kScanout, framebuffer_, Rect::of(mode_->size));
    }
    wake();
}

void Scanner::visibility_changed() {
    wake();
}

void Scanner::wake() {
    last_change_ = loop_.clock().now();
    interval_ = refresh_period();
    schedule();
}

bool Scanner::watching() const {
    return mode_ && active_ && display_.visible(kScanout);
}

Nanoseconds Scanner::refresh_period() const {
    const uint32_t refresh_mhz = display_.screen(kScanout).refresh_mhz;
    return Nanoseconds{1'000'000'000'000 / std::clamp<uint32_t>(refresh_mhz, 1'000, 1'000'000)};
}

void Scanner::schedule() {
    if (!watching() || awaiting_answer_) {
        timer_.disarm();
        return;
    }
    // Never above the refresh rate, however fast a guest writes registers.
    timer_.arm_at(std::max(loop_.clock().now(), last_scan_ + interval_));
}

void Scanner::scan() {
    if (!watching()) {
        return;
    }
    const TimePoint now = loop_.clock().now();
    last_scan_ = now;
    update_picture();
    if (unflushed_.empty()) {
        if (now - last_change_ >= kFullRateFor) {
            interval_ = std::min(interval_ * 2, kSlowest);
        }
        schedule();
        return;
    }
    last_change_ = now;
    interval_ = refresh_period();
    awaiting_answer_ = true;
    const Region damage = std::exchange(unflushed_, {});
    // The mode may have changed before the answer comes.
    display_.flush(kScanout, damage, [this, attachment = attachment_] { flushed(attachment); });
}

void Scanner::update_picture() {
    if (!mode_) {
        return;
    }
    MemoryRows rows{memory_, *mode_};
    unflushed_.add(framebuffer_->memory()->update(Rect::of(mode_->size), rows, Damage::kFind));
}

void Scanner::flushed(uint64_t attachment) {
    if (attachment != attachment_) {
        return;
    }
    awaiting_answer_ = false;
    schedule();
}

}  // namespace oriel::vga
