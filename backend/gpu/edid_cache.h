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
    /// The driver has got it as it is now.
    void given(ScanoutId scanout) { entries_.at(scanout).driver_has_it = true; }
    [[nodiscard]] bool driver_has(ScanoutId scanout);
    /// The next driver has not read any.
    void driver_is_gone();

private:
    struct Entry {
        ScreenInfo made_of;
        edid::Blob blob;  // empty: not made yet
        bool driver_has_it = false;
    };
    const Display& display_;
    const std::string monitor_name_;
    std::array<Entry, kMaxScanouts> entries_;
};

}  // namespace oriel::gpu
