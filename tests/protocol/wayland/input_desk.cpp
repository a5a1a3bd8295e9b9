// SPDX-License-Identifier: MIT
#include "input_desk.h"

#include <algorithm>
#include <utility>

namespace oriel::test {
namespace {

wayland::PresenterOptions lend(wayland::PresenterOptions options, RecordingInput& input) {
    options.input = &input;
    return options;
}

}  // namespace

CompositorOptions with_input(CompositorOptions options) {
    options.seat_capabilities = 7;
    options.fractional_scale = 1;
    options.shortcuts_inhibit = 1;
    options.pointer_constraints = 1;
    options.relative_pointer = 1;
    return options;
}

InputDesk::InputDesk(CompositorOptions compositor, wayland::PresenterOptions options)
    : desk{std::move(compositor), lend(std::move(options), input)} {
    desk.show(picture);
}

void InputDesk::server(const std::function<void(Server&)>& call) {
    desk.compositor.with(call);
    desk.settle();
}

void InputDesk::user(const std::function<void(SeatGlobal&, Surface&)>& act, size_t window) {
    server([&](Server& server) { act(*server.seat, server.input_surface(window)); });
}

void InputDesk::other_user(const std::function<void(SeatGlobal&, Surface&)>& act, size_t window) {
    desk.compositor.with([&](Server& server) {
        if (!server.other_seat) {
            server.other_seat = std::make_shared<SeatGlobal>(server);
        }
    });
    desk.settle();
    server([&](Server& server) { act(*server.other_seat, server.input_surface(window)); });
}

void InputDesk::focus(const std::vector<uint32_t>& down, size_t window) {
    user([&](SeatGlobal& seat, Surface& surface) { seat.keyboard_enter(surface, down); }, window);
}

void InputDesk::blur() {
    user([](SeatGlobal& seat, Surface&) { seat.keyboard_leave(); });
}

void InputDesk::key(uint32_t code, bool pressed) {
    user([&](SeatGlobal& seat, Surface&) { seat.key(code, pressed); });
}

void InputDesk::point(double x, double y, size_t window) {
    user([&](SeatGlobal& seat, Surface& surface) { seat.enter(surface, x, y); }, window);
}

void InputDesk::move(double x, double y) {
    user([&](SeatGlobal& seat, Surface&) { seat.motion(x, y); });
}

void InputDesk::button(uint32_t code, bool pressed) {
    user([&](SeatGlobal& seat, Surface&) { seat.button(code, pressed); });
}

void InputDesk::click(uint32_t code) {
    button(code, true);
    button(code, false);
}

void InputDesk::resize(Size window) {
    desk.compositor.configure({.size = window, .flags = {WindowFlag::kMaximized}});
    desk.settle();
}

bool InputDesk::locked() const {
    const auto constraints = state().constraints;
    return std::any_of(constraints.begin(), constraints.end(),
                       [](const ConstraintState& c) { return c.alive && c.lock && c.active; });
}

}  // namespace oriel::test
