// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "core/clock.h"
#include "core/geometry.h"
#include "scanout/display.h"

namespace oriel::test {

/// A presenter whose frames the test controls: what the pacing cases (pacing_cases.cpp) run on. A
/// program that has them defines make_paced_screens().
class PacedScreens {
public:
    struct Options {
        uint32_t refresh_mhz = 60'000;
        size_t screens = 1;
    };

    PacedScreens() = default;
    PacedScreens(const PacedScreens&) = delete;
    PacedScreens& operator=(const PacedScreens&) = delete;
    virtual ~PacedScreens() = default;

    [[nodiscard]] virtual Display& display() = 0;
    /// Lets happen what is due now.
    virtual void settle() = 0;
    /// The frames that are on their way get to the screens.
    virtual void next_frame() = 0;
    virtual void advance(Nanoseconds time) = 0;
    /// Nothing is due now, or will ever be of its own accord.
    [[nodiscard]] virtual bool at_rest() = 0;
    /// Calls `call` at DisplayEvents::frame_done() of screen 0; empty: nothing.
    virtual void on_frame_done(std::function<void()> call) = 0;
    /// How often DisplayEvents::visibility_changed() came.
    [[nodiscard]] virtual size_t visibility_changes() const = 0;
    /// How many pictures screen 0's viewer was given; nothing where nobody counts.
    [[nodiscard]] virtual std::optional<uint64_t> frames() = 0;
    /// The damage of the newest picture of screen 0; nothing where nobody is told of it.
    [[nodiscard]] virtual std::optional<Region> damage() = 0;
    /// Whether screen 0 shows that framebuffer's pixels, all of them; nothing where nobody can see.
    [[nodiscard]] virtual std::optional<bool> shows(const Framebuffer& framebuffer) = 0;
    /// Whether screen 0 is black; nothing where nobody can see.
    [[nodiscard]] virtual std::optional<bool> black() = 0;
};

/// The presenter that this program tests.
[[nodiscard]] std::unique_ptr<PacedScreens> make_paced_screens(
    const PacedScreens::Options& options);

}  // namespace oriel::test
