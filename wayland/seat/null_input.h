// SPDX-License-Identifier: MIT
#pragma once

#include "scanout/input.h"

namespace oriel::wayland {

/// Where input goes in a VM that has no input devices.
class NullInput final : public InputSink {
public:
    void key(uint32_t, bool) override {}
    void button(uint32_t, bool) override {}
    void pointer_at(const ScreenPoint&) override {}
    void pointer_moved(double, double) override {}
    [[nodiscard]] bool takes_positions() const override { return true; }
    void wheel(const WheelTurn&) override {}
    void touch_at(int32_t, const ScreenPoint&) override {}
    void touch_up(int32_t) override {}
    void touch_cancelled() override {}
    void frame() override {}
    void release_keys() override {}
    void release_buttons() override {}
};

}  // namespace oriel::wayland
