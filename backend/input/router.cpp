// SPDX-License-Identifier: MIT
#include "input/router.h"

#include <linux/input-event-codes.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "touches.h"

namespace oriel::input {
namespace {

constexpr int32_t kNotch = 120;
/// More than any device moves in a moment: what is beyond is nonsense of somebody's.
constexpr double kMaxMotion = 1 << 20;

Hearing hearing(const EventTarget* target) {
    return target != nullptr ? target->hearing() : Hearing::kNobody;
}

/// The first one that hears best, or null if nobody does; `other` counts as the first.
EventTarget* best(const std::vector<EventTarget*>& targets, EventTarget* other = nullptr) {
    EventTarget* found = hearing(other) == Hearing::kNobody ? nullptr : other;
    for (EventTarget* target : targets) {
        found = hearing(target) > hearing(found) ? target : found;
    }
    return found;
}

bool heard(const EventTarget* target) {
    return hearing(target) >= Hearing::kDriver;
}

/// The whole part of what has come together; the rest stays.
int32_t take_whole(double& rest, double by) {
    if (!std::isfinite(by)) {
        return 0;
    }
    const double sum = rest + std::clamp(by, -kMaxMotion, kMaxMotion);
    const double whole = std::trunc(sum);
    rest = sum - whole;
    return static_cast<int32_t>(whole);
}

}  // namespace

InputRouter::InputRouter(const Clock& clock, Screens screens, Targets targets)
    : clock_{clock},
      desktop_{std::move(screens)},
      targets_{std::move(targets)},
      touches_{std::make_unique<Touches>()} {}

InputRouter::~InputRouter() = default;

void InputRouter::begin() {
    ++stats_.calls;
    if (!since_) {
        since_ = clock_.now();
    }
}

void InputRouter::touched(EventTarget& target) {
    if (std::find(in_frame_.begin(), in_frame_.end(), &target) == in_frame_.end()) {
        in_frame_.push_back(&target);
    }
}

void InputRouter::send(EventTarget& target, const Event& event) {
    touched(target);
    target.event(event);
}

void InputRouter::frame() {
    for (EventTarget* target : std::exchange(in_frame_, {})) {
        target->sync(since_.value_or(clock_.now()));
    }
    since_.reset();
}

void InputRouter::press(Pressed& pressed, uint32_t code, bool down, EventTarget* target) {
    auto it = pressed.find(code);
    if (down && it != pressed.end() && it->second.life != it->second.target->life()) {
        pressed.erase(it);
        it = pressed.end();
    }
    if (code > KEY_MAX || down == (it != pressed.end())) {
        return;
    }
    begin();
    const auto event = [code](int32_t value) {
        return Event{EV_KEY, static_cast<uint16_t>(code), value};
    };
    if (!down) {
        send(*it->second.target, event(0));
        pressed.erase(it);
    } else if (target == nullptr) {
        ++stats_.undelivered;
    } else {
        pressed[code] = {target, target->life()};
        send(*target, event(1));
    }
}

void InputRouter::release(Pressed& pressed) {
    while (!pressed.empty()) {
        press(pressed, pressed.begin()->first, false, nullptr);
    }
    frame();
}

void InputRouter::key(uint32_t code, bool pressed) {
    press(keys_, code, pressed, best(targets_.keyboards));
}

void InputRouter::button(uint32_t code, bool pressed) {
    press(buttons_, code, pressed, pointing());
}

void InputRouter::release_keys() {
    release(keys_);
}

void InputRouter::release_buttons() {
    release(buttons_);
}

EventTarget* InputRouter::pointing() const {
    return best(targets_.mice, best(targets_.pointers, last_moved_));
}

void InputRouter::move_to(EventTarget& target, const DesktopPoint& point) {
    position_ = point;
    last_moved_ = &target;
    send(target, {EV_ABS, ABS_X, desktop_.axis_x(point.x)});
    send(target, {EV_ABS, ABS_Y, desktop_.axis_y(point.y)});
}

void InputRouter::pointer_at(const ScreenPoint& point) {
    const auto place = desktop_.point(point);
    if (!place) {
        return;
    }
    begin();
    if (EventTarget* target = best(targets_.pointers); target != nullptr) {
        move_to(*target, *place);
    } else {
        ++stats_.undelivered;
    }
}

void InputRouter::pointer_moved(double dx, double dy) {
    begin();
    if (EventTarget* mouse = best(targets_.mice); mouse != nullptr) {
        last_moved_ = mouse;
        const int32_t x = take_whole(rest_x_, dx);
        const int32_t y = take_whole(rest_y_, dy);
        if (x != 0) {
            send(*mouse, {EV_REL, REL_X, x});
        }
        if (y != 0) {
            send(*mouse, {EV_REL, REL_Y, y});
        }
    } else if (EventTarget* pointer = best(targets_.pointers); pointer != nullptr) {
        const DesktopPoint from = position_.value_or(DesktopPoint{});
        move_to(*pointer, desktop_.clamped({from.x + dx, from.y + dy}));
    } else {
        ++stats_.undelivered;
    }
}

bool InputRouter::takes_positions() const {
    return best(targets_.pointers) != nullptr || best(targets_.mice) == nullptr;
}

bool InputRouter::takes_keys() const {
    return heard(best(targets_.keyboards));
}

bool InputRouter::takes_buttons() const {
    return heard(pointing());
}

bool InputRouter::takes_motion() const {
    return heard(best(targets_.mice, best(targets_.pointers)));
}

bool InputRouter::takes_touch() const {
    return heard(touch_hears_best() ? targets_.touch : best(targets_.pointers));
}

void InputRouter::Wheel::turn(EventTarget& target, int32_t by, uint16_t high_resolution,
                              uint16_t notches) {
    if (by == 0) {
        return;
    }
    target.event({EV_REL, high_resolution, by});
    // What is left of a notch counts for nothing once the wheel turns back.
    if ((by > 0) != (rest > 0)) {
        rest = 0;
    }
    rest += by;
    if (const int32_t whole = rest / kNotch; whole != 0) {
        target.event({EV_REL, notches, whole});
        rest %= kNotch;
    }
}

void InputRouter::wheel(const WheelTurn& turn) {
    begin();
    EventTarget* target = pointing();
    if (target == nullptr) {
        ++stats_.undelivered;
        return;
    }
    constexpr int32_t kMost = 1 << 20;
    touched(*target);
    // Linux counts a wheel that turns away from the user up.
    vertical_.turn(*target, -std::clamp(turn.vertical, -kMost, kMost), REL_WHEEL_HI_RES, REL_WHEEL);
    horizontal_.turn(*target, std::clamp(turn.horizontal, -kMost, kMost), REL_HWHEEL_HI_RES,
                     REL_HWHEEL);
}

bool InputRouter::touch_hears_best() const {
    return hearing(targets_.touch) != Hearing::kNobody &&
           hearing(targets_.touch) >= hearing(pointing());
}

void InputRouter::touch_at(int32_t contact, const ScreenPoint& point) {
    if (targets_.touch != nullptr) {
        touches_->follow(targets_.touch->life());
    }
    // What a finger has begun as it stays, whatever comes or goes meanwhile.
    if (finger_ == contact || (!touches_->has(contact) && !touch_hears_best())) {
        if (finger_.value_or(contact) != contact) {
            return;
        }
        pointer_at(point);
        if (!finger_) {
            finger_ = contact;
            button(BTN_LEFT, true);
        }
        return;
    }
    if (const auto place = desktop_.point(point)) {
        begin();
        touched(*targets_.touch);
        touches_->at(*targets_.touch, contact, desktop_.axis_x(place->x),
                     desktop_.axis_y(place->y));
    }
}

void InputRouter::touch_up(int32_t contact) {
    if (finger_ == contact) {
        finger_.reset();
        button(BTN_LEFT, false);
    }
    if (targets_.touch == nullptr) {
        return;
    }
    touches_->follow(targets_.touch->life());
    if (touches_->any()) {
        begin();
        touched(*targets_.touch);
    }
    touches_->up(*targets_.touch, contact);
}

void InputRouter::touch_cancelled() {
    if (finger_) {
        finger_.reset();
        button(BTN_LEFT, false);
    }
    if (targets_.touch != nullptr) {
        touches_->follow(targets_.touch->life());
        if (touches_->any()) {
            begin();
            touched(*targets_.touch);
        }
        touches_->cancel(*targets_.touch, since_.value_or(clock_.now()));
    }
    frame();
}

}  // namespace oriel::input
