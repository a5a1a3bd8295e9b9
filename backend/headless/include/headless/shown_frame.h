// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "core/clock.h"
#include "core/geometry.h"
#include "scanout/scanout_id.h"
#include "scanout/screen_feed.h"

namespace oriel::headless {

/// A picture that has become what a screen shows. It lives as long as the call that tells of it,
/// and the guest waits for that.
struct ShownFrame {
    ScanoutId scanout = 0;
    uint64_t number = 0;           ///< of this screen's frames, from 1
    Nanoseconds time{};            ///< by the display's clock, which begins at 0
    const ScreenPicture* picture;  ///< null: black
    const Region& damage;          ///< where it differs from the one before; buffer px
};

/// Who wants to see every frame.
class ShownFrameListener {
public:
    ShownFrameListener() = default;
    ShownFrameListener(const ShownFrameListener&) = delete;
    ShownFrameListener& operator=(const ShownFrameListener&) = delete;

    /// Must not change what the screens show.
    virtual void frame_shown(const ShownFrame& frame) = 0;

protected:
    ~ShownFrameListener() = default;
};

}  // namespace oriel::headless
