// SPDX-License-Identifier: MIT
#include "scanout/null_display.h"

#include <utility>

namespace oriel {

NullDisplay::NullDisplay(std::vector<ScreenInfo> screens)
    : screens_{std::move(screens)}, stats_(screens_.size()) {}

void NullDisplay::attach(ScanoutId, FramebufferRef, const Rect&) {}

void NullDisplay::flush(ScanoutId scanout, const Region&, FlushDone done) {
    if (scanout < stats_.size()) {
        ++stats_[scanout].flushed;
    }
    done.answer();
}

void NullDisplay::detach(ScanoutId) {}

void NullDisplay::set_cursor(ScanoutId, std::shared_ptr<const CursorImage>) {}

void NullDisplay::move_cursor(ScanoutId, Point) {}

bool NullDisplay::visible(ScanoutId) const {
    return true;
}

uint32_t NullDisplay::scanout_count() const {
    return static_cast<uint32_t>(screens_.size());
}

ScreenInfo NullDisplay::screen(ScanoutId scanout) const {
    return scanout < screens_.size() ? screens_[scanout] : ScreenInfo{.connected = false};
}

const ScanoutStats& NullDisplay::stats(ScanoutId scanout) const {
    static const ScanoutStats nothing;
    return scanout < stats_.size() ? stats_[scanout] : nothing;
}

}  // namespace oriel
