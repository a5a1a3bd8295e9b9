// SPDX-License-Identifier: MIT
#include "scanouts.h"

#include <algorithm>
#include <utility>

namespace oriel::gpu {

Scanouts::Scanouts(Display& display)
    : display_{display}, count_{std::clamp<uint32_t>(display.scanout_count(), 1, kMaxScanouts)} {}

void Scanouts::show(ScanoutId scanout, Resource& resource, FramebufferRef framebuffer,
                    std::shared_ptr<BlobPixels> blob, const Rect& source) {
    scanouts_[scanout] = {&resource, std::move(blob), source, true};
    display_.attach(scanout, std::move(framebuffer), source);
}

void Scanouts::switch_off(ScanoutId scanout) {
    if (std::exchange(scanouts_[scanout], {}).resource != nullptr) {
        display_.detach(scanout);
    }
}

void Scanouts::forget(const Resource& resource) {
    for (ScanoutId scanout = 0; scanout < count_; ++scanout) {
        if (scanouts_[scanout].resource == &resource) {
            switch_off(scanout);
        }
    }
}

void Scanouts::switch_all_off() {
    for (ScanoutId scanout = 0; scanout < count_; ++scanout) {
        switch_off(scanout);
    }
}

size_t Scanouts::shown_count() const {
    return static_cast<size_t>(
        std::count_if(scanouts_.begin(), scanouts_.end(),
                      [](const Scanout& scanout) { return scanout.resource != nullptr; }));
}

bool Scanouts::shows(const Resource& resource) const {
    return std::any_of(scanouts_.begin(), scanouts_.end(),
                       [&](const Scanout& scanout) { return scanout.resource == &resource; });
}

bool Scanouts::frame_pending(const Resource& resource) const {
    bool shown = false;
    for (ScanoutId id = 0; id < count_; ++id) {
        if (scanouts_[id].resource != &resource) {
            continue;
        }
        if (!display_.frame_pending(id)) {
            return false;
        }
        shown = true;
    }
    return shown;
}

size_t Scanouts::flush(Resource& resource, const Region& part, FlushHolder& holder) {
    const Region dirty = resource.take_dirty(part);
    size_t flushed = 0;
    for (ScanoutId id = 0; id < count_; ++id) {
        Scanout& scanout = scanouts_[id];
        if (scanout.resource != &resource) {
            continue;
        }
        Region damage = dirty;
        damage.intersect(scanout.source);
        if (std::exchange(scanout.fresh, false)) {
            damage = Region{scanout.source};
        }
        if (damage.empty()) {
            continue;
        }
        ++flushed;
        if (scanout.blob) {
            scanout.blob->flushed(damage);
        }
        display_.flush(id, damage, holder.hold());
    }
    return flushed;
}

}  // namespace oriel::gpu
