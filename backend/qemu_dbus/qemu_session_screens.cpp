// SPDX-License-Identifier: MIT
// QemuSession: what its screens are like, and where on them input goes.
#include <linux/input-event-codes.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "qemu_session.h"

namespace oriel::qemu_dbus {

void QemuSession::screen_changed(ScanoutId screen) {
    if (screen < kMaxScanouts && shown_.at(screen) != nullptr) {
        modes_.arm_after(kModeSettles);
    }
}

void QemuSession::tell_modes() {
    for (ScanoutId screen = 0; screen < kMaxScanouts; ++screen) {
        Console* const console = shown_.at(screen);
        const ScreenInfo now = display_.screen(screen);
        ScreenInfo& told = told_.at(screen);
        // Not of an output's size and rate alone: a running guest keeps its mode.
        if (console != nullptr &&
            (now.connected != told.connected || now.preferred != told.preferred)) {
            told = now;
            console->set_ui_info(now);
        }
    }
}

bool QemuSession::has_screen(ScanoutId screen) const {
    return attached() && screen < kMaxScanouts && shown_.at(screen) != nullptr;
}

std::optional<input::ScreenArea> QemuSession::area(ScanoutId screen) const {
    if (!has_screen(screen)) {
        return std::nullopt;
    }
    int32_t x = 0;
    for (ScanoutId left = 0; left < screen; ++left) {
        if (has_screen(left)) {
            x += static_cast<int32_t>(shown_.at(left)->size().width);
        }
    }
    return input::ScreenArea{{x, 0}, shown_.at(screen)->size()};
}

uint32_t QemuSession::leds() const {
    constexpr uint32_t kScroll = 1;
    constexpr uint32_t kNum = 2;
    constexpr uint32_t kCaps = 4;
    const uint32_t qemu = has_screen(0) ? shown_.at(0)->leds() : 0;
    return ((qemu & kNum) != 0 ? 1U << LED_NUML : 0) | ((qemu & kCaps) != 0 ? 1U << LED_CAPSL : 0) |
           ((qemu & kScroll) != 0 ? 1U << LED_SCROLLL : 0);
}

// --- input ---------------------------------------------------------------------------------------

Console* QemuSession::input_console() {
    return attached() ? shown_.at(0) : nullptr;
}

/// QEMU's pointer is one for all consoles, unless somebody has bound it to one: the guest takes its
/// range for the whole desktop, and QEMU takes a console's size for the range.
std::optional<ConsoleChooser::Place> QemuSession::place(int32_t x, int32_t y) {
    Console* const console = input_console();
    if (console == nullptr || console->size().empty()) {
        return std::nullopt;
    }
    double width = 0;
    double height = 0;
    for (ScanoutId screen = 0; screen < kMaxScanouts; ++screen) {
        if (const auto here = area(screen)) {
            width += here->size.width;
            height = std::max<double>(height, here->size.height);
        }
    }
    const double steps = input::kAxisMax + 1.0;
    const Size size = console->size();
    // One console: exactly the px that was meant, see input::Desktop::axis_x().
    return Place{console, std::floor(x * width / steps) * size.width / width,
                 std::floor(y * height / steps) * size.height / height};
}

bool QemuSession::has_touch_screen() {
    return has_screen(0) && (touch_screen_ || options_.has_touch_screen) &&
           shown_.at(0)->has_touch();
}

}  // namespace oriel::qemu_dbus
