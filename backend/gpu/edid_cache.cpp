// SPDX-License-Identifier: MIT
#include "edid_cache.h"

namespace oriel::gpu {

const edid::Blob& EdidCache::of(ScanoutId scanout) {
    Entry& entry = entries_.at(scanout);
    const ScreenInfo screen = display_.screen(scanout);
    if (entry.blob.empty() || entry.made_of != screen) {
        entry = {screen,
                 edid::build({.preferred = screen.preferred,
                              .refresh_mhz = screen.refresh_mhz,
                              .physical_mm = screen.physical_mm,
                              .name = monitor_name_,
                              .serial = scanout + 1}),
                 false};
    }
    return entry.blob;
}

void EdidCache::driver_is_gone() {
    for (Entry& entry : entries_) {
        entry.driver_has_it = false;
    }
}

bool EdidCache::driver_has(ScanoutId scanout) {
    // It may have changed since.
    static_cast<void>(of(scanout));
    return entries_.at(scanout).driver_has_it;
}

}  // namespace oriel::gpu
