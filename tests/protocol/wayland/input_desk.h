// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "presenter_desk.h"
#include "support/compositor/seat.h"
#include "support/compositor/server.h"
#include "support/recording_input.h"

namespace oriel::test {

/// A compositor that has everything a user's hands need.
[[nodiscard]] CompositorOptions with_input(CompositorOptions options = {});

/// One window with a picture, a user before it, and a VM that takes its input.
struct InputDesk {
    static constexpr Size kSize{320, 200};

    explicit InputDesk(CompositorOptions compositor = with_input(),
                       wayland::PresenterOptions options = presenter_options(kSize));

    /// Calls `act(seat, window's surface)` and lets the presenter hear of it.
    void user(const std::function<void(SeatGlobal&, Surface&)>& act, size_t window = 0);
    /// Of another user.
    void other_user(const std::function<void(SeatGlobal&, Surface&)>& act, size_t window = 0);
    void server(const std::function<void(Server&)>& call);

    void focus(const std::vector<uint32_t>& down = {}, size_t window = 0);
    void blur();
    void press(uint32_t code) { key(code, true); }
    void release(uint32_t code) { key(code, false); }
    void key(uint32_t code, bool pressed);
    void point(double x, double y, size_t window = 0);
    void move(double x, double y);
    void button(uint32_t code, bool pressed);
    void click(uint32_t code);
    /// The window as large as that, and the guest's picture in it.
    void resize(Size window);

    [[nodiscard]] State state() const { return desk.state(); }
    [[nodiscard]] std::string title() const { return state().windows.at(0).title; }
    [[nodiscard]] bool inhibited() const { return !state().shortcuts_inhibited.empty(); }
    /// The pointer is locked, as the compositor has it.
    [[nodiscard]] bool locked() const;
    [[nodiscard]] std::vector<std::string> take() { return input.take(); }

    // Outlives the presenter.
    RecordingInput input;
    PresenterDesk desk;
    GuestPicture picture{kSize};
};

using Lines = std::vector<std::string>;

}  // namespace oriel::test
