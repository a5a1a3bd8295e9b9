// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string>
#include <utility>

#include "edid/edid.h"
#include "scanout/display.h"

namespace oriel::gpu {

/// The EDIDs of a display's screens, each made once for what its screen is like: firmware reads one
/// byte by byte.
class EdidCache {
public:
    /// `display` is lent and must outlive this.
    EdidCache(const Display& display, std::string monitor_name)
        : display_{display}, monitor_name_{std::move(monitor_name)} {}

    /// As it is now; valid until the next call. `scanout` is one of the display's.
    [[nodiscard]] const edid::Blob& of(ScanoutId scanout);

private:
    struct Entry {
        ScreenInfo made_of;
        edid::Blob blob;  // empty: not made yet
    };
    const Display& display_;
    const std::string monitor_name_;
    std::array<Entry, kMaxScanouts> entries_;
};

}  // namespace oriel::gpu
