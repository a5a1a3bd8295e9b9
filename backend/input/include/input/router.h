// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/clock.h"
#include "input/desktop.h"
#include "input/event_target.h"
#include "scanout/input.h"

namespace oriel::input {

class Touches;

/// What the VM has, best first: of each kind the first one that hears best gets the events.
/// All lent; they must outlive the router.
struct Targets {
    std::vector<EventTarget*> keyboards;
    std::vector<EventTarget*> pointers;  ///< absolute
    std::vector<EventTarget*> mice;      ///< relative
    EventTarget* touch = nullptr;
};

struct RouterStats {
    uint64_t calls = 0;        ///< of the InputSink that meant something
    uint64_t undelivered = 0;  ///< of those, that no device was there for
};

/// Passes what users do on to the input devices that the guest has a driver for.
///
/// What is missing is made up for: without an absolute pointer there are relative ones; a locked
/// pointer also moves an absolute one; without a touch screen the first finger is the left button.
/// A release goes to the device that got the press, whatever came or went meanwhile; of a press, or
/// a finger, that was there before its driver was reset the guest hears no more.
class InputRouter final : public InputSink {
public:
    /// `clock` is lent and must outlive the router.
    InputRouter(const Clock& clock, Screens screens, Targets targets);
    ~InputRouter() override;

    void key(uint32_t code, bool pressed) override;
    void button(uint32_t code, bool pressed) override;
    void pointer_at(const ScreenPoint& point) override;
    void pointer_moved(double dx, double dy) override;
    /// Also true while there is nothing that takes pointer_moved(): there is no reason to lock a
    /// pointer then.
    [[nodiscard]] bool takes_positions() const override;
    void wheel(const WheelTurn& turn) override;
    void touch_at(int32_t contact, const ScreenPoint& point) override;
    void touch_up(int32_t contact) override;
    void touch_cancelled() override;
    void frame() override;
    void release_keys() override;
    void release_buttons() override;

    /// Whether the call of that name reaches a guest now, as far as anybody knows. It may while
    /// these say no: a guest that has taken nothing for a long time gets what comes when it goes
    /// on.
    [[nodiscard]] bool takes_keys() const;
    [[nodiscard]] bool takes_buttons() const;
    [[nodiscard]] bool takes_motion() const;
    [[nodiscard]] bool takes_touch() const;

    [[nodiscard]] const RouterStats& stats() const { return stats_; }

private:
    struct Press {
        EventTarget* target = nullptr;
        uint64_t life = 0;  // of the target, when it was told
    };
    /// What is down, and where.
    using Pressed = std::map<uint32_t, Press>;

    /// A wheel's way in 120ths as events: all of it, and whole notches as they come together.
    struct Wheel {
        int32_t rest = 0;
        void turn(EventTarget& target, int32_t by, uint16_t high_resolution, uint16_t notches);
    };

    void begin();
    [[nodiscard]] EventTarget* pointing() const;
    [[nodiscard]] bool touch_hears_best() const;
    void send(EventTarget& target, const Event& event);
    void touched(EventTarget& target);
    void press(Pressed& pressed, uint32_t code, bool down, EventTarget* target);
    void release(Pressed& pressed);
    void move_to(EventTarget& target, const DesktopPoint& point);

    const Clock& clock_;
    const Desktop desktop_;
    const Targets targets_;
    RouterStats stats_;

    Pressed keys_;
    Pressed buttons_;
    EventTarget* last_moved_ = nullptr;  // buttons and wheels follow it
    std::optional<DesktopPoint> position_;
    double rest_x_ = 0;  // fractions of relative motion
    double rest_y_ = 0;
    Wheel vertical_;
    Wheel horizontal_;
    std::unique_ptr<Touches> touches_;
    std::optional<int32_t> finger_;  // that stands for the left button

    std::vector<EventTarget*> in_frame_;
    std::optional<TimePoint> since_;
};

}  // namespace oriel::input
