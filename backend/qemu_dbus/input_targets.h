// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>

#include "console.h"
#include "input/event_target.h"

namespace oriel::qemu_dbus {

/// Where input goes.
class ConsoleChooser {
public:
    ConsoleChooser() = default;
    ConsoleChooser(const ConsoleChooser&) = delete;
    ConsoleChooser& operator=(const ConsoleChooser&) = delete;

    struct Place {
        Console* console = nullptr;
        double x = 0;  ///< px of that console
        double y = 0;
    };

    /// The one whose keyboard and mouse are used; null while there is no QEMU. Lent for the call.
    [[nodiscard]] virtual Console* input_console() = 0;
    /// A place on the guest's desktop (0 to input::kAxisMax).
    [[nodiscard]] virtual std::optional<Place> place(int32_t x, int32_t y) = 0;
    /// The VM has a touch screen, as far as anybody knows.
    [[nodiscard]] virtual bool has_touch_screen() = 0;
    /// Another number for each QEMU.
    [[nodiscard]] virtual uint64_t life() const = 0;

protected:
    ~ConsoleChooser() = default;
};

/// QEMU's keyboard.
class KeyboardTarget final : public input::EventTarget {
public:
    /// `consoles` is lent and must outlive this, and so for the others.
    explicit KeyboardTarget(ConsoleChooser& consoles) : consoles_{consoles} {}
    [[nodiscard]] bool ready() const override { return consoles_.input_console() != nullptr; }
    [[nodiscard]] uint64_t life() const override { return consoles_.life(); }
    void event(const input::Event& event) override;
    void sync(TimePoint) override {}
    /// Keys that were told of to a QEMU that has gone.
    void forget() { down_.clear(); }

private:
    ConsoleChooser& consoles_;
    std::set<uint32_t> down_;
};

/// QEMU's absolute pointer or its relative mouse: which one there is, is the guest's to say.
class MouseTarget final : public input::EventTarget {
public:
    enum class Kind : uint8_t { kAbsolute, kRelative };
    /// Clicks of a wheel in one frame.
    static constexpr int32_t kMaxNotches = 16;

    MouseTarget(ConsoleChooser& consoles, Kind kind) : consoles_{consoles}, kind_{kind} {}
    [[nodiscard]] bool ready() const override;
    [[nodiscard]] uint64_t life() const override { return consoles_.life(); }
    void event(const input::Event& event) override;
    void sync(TimePoint) override { tell_motion(); }
    void forget() { down_.clear(); }

private:
    void tell_motion();
    void button(uint32_t number, bool pressed);
    void wheel(int32_t notches, uint32_t forwards, uint32_t backwards);

    ConsoleChooser& consoles_;
    const Kind kind_;
    int32_t x_ = 0;  // absolute: on the axis; relative: since the last tell_motion()
    int32_t y_ = 0;
    bool moved_ = false;
    std::set<uint32_t> down_;
};

/// QEMU's touch screen.
class TouchTarget final : public input::EventTarget {
public:
    explicit TouchTarget(ConsoleChooser& consoles) : consoles_{consoles} {}
    [[nodiscard]] bool ready() const override { return consoles_.has_touch_screen(); }
    [[nodiscard]] uint64_t life() const override { return consoles_.life(); }
    void event(const input::Event& event) override;
    void sync(TimePoint) override;
    void forget() { fingers_ = {}; }

private:
    struct Finger {
        bool down = false;  ///< QEMU knows
        bool begins = false;
        bool ends = false;
        bool cancelled = false;
        bool moved = false;
        int32_t x = 0;
        int32_t y = 0;
    };
    void tell(uint64_t slot, Finger& finger);

    ConsoleChooser& consoles_;
    size_t slot_ = 0;
    std::array<Finger, input::kTouchSlots> fingers_{};
};

}  // namespace oriel::qemu_dbus
