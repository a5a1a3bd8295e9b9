// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "input/event_target.h"

namespace oriel::input {

/// Fingers on a touch screen as events of Linux' multi-touch protocol B
/// (Documentation/input/multi-touch-protocol.rst). The oldest finger is also the pointer (ABS_X,
/// ABS_Y), for guests that know no more.
class Touches {
public:
    /// Coordinates are axis values. A finger beyond the kTouchSlots that fit is ignored.
    void at(EventTarget& target, int32_t contact, int32_t x, int32_t y);
    void up(EventTarget& target, int32_t contact);
    /// The target's life(), before each of the others: fingers from before its reset are not told
    /// of any more until they are down again.
    void follow(uint64_t life);
    /// As palms, which mean nothing; then they go up. Two frames, the first one is synced here.
    void cancel(EventTarget& target, TimePoint since);
    /// A finger that the guest knows of is down.
    [[nodiscard]] bool any() const;
    /// This finger is down and is one of a touch screen, whether or not the guest knows of it.
    [[nodiscard]] bool has(int32_t contact) const { return find(contact).has_value(); }

private:
    struct Slot {
        bool used = false;
        bool lost = false;  // the guest's driver was reset since it went down
        int32_t contact = 0;
        uint64_t since = 0;  // counts up
    };
    [[nodiscard]] std::optional<size_t> find(int32_t contact) const;
    [[nodiscard]] std::optional<size_t> oldest() const;
    void lift(EventTarget& target, size_t slot);

    std::array<Slot, kTouchSlots> slots_{};
    uint64_t count_ = 0;
    uint64_t life_ = 0;
    uint16_t next_id_ = 0;
};

}  // namespace oriel::input
