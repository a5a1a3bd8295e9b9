// SPDX-License-Identifier: MIT
#include "edid_cache.h"

namespace oriel::gpu {

const edid::Blob& EdidCache::of(ScanoutId scanout) {
    Entry& entry = entries_.at(scanout);
    const ScreenInfo screen = display_.screen(scanout);
    if (entry.blob.empty() || entry.made_of != screen) {
        entry = {screen, edid::build({.preferred = screen.preferred,
                                      .refresh_mhz = screen.refresh_mhz,
                                      .physical_mm = screen.physical_mm,
                                      .name = monitor_name_,
                                      .serial = scanout + 1})};
    }
    return entry.blob;
}

}  // namespace oriel::gpu
