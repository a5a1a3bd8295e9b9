// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "core/event_loop.h"
#include "core/geometry.h"

namespace oriel::wayland {

/// Whose mode it is.
class GuestModeListener {
public:
    GuestModeListener() = default;
    GuestModeListener(const GuestModeListener&) = delete;
    GuestModeListener& operator=(const GuestModeListener&) = delete;

    /// GuestMode::preferred() has changed, because the window has. Comes on the loop.
    virtual void guest_mode_changed() = 0;

protected:
    ~GuestModeListener() = default;
};

/// The mode that a guest is asked to have because its window has that size.
///
/// A drag makes a hundred sizes a second, and a guest's desktop takes long to follow one: what is
/// asked for is the size that stays for a moment, and while none does a few in a second.
class GuestMode {
public:
    /// `initial` is what the guest is told first, in buffer px. `loop` and `listener` are lent and
    /// must outlive this.
    GuestMode(EventLoop& loop, Size initial, GuestModeListener& listener);
    GuestMode(const GuestMode&) = delete;
    GuestMode& operator=(const GuestMode&) = delete;

    /// The window has room for that many buffer px now.
    void window_has(Size mode);
    /// The user asks for that mode. It stays until the window has another size than it has now, or
    /// than had to follow from this.
    void ask(Size mode);
    /// Another window in place of one that had room for `window`, when the guest was to be asked
    /// for `wanted`: as long as it has the same room nothing new is asked.
    void restore(Size wanted, Size window);
    /// What window_has() said last.
    [[nodiscard]] Size window() const { return window_; }
    /// What the guest is to be told.
    [[nodiscard]] Size preferred() const { return told_; }
    /// What it will be told if the window stays as it is: what another window goes on with, as this
    /// one may not be there for long enough.
    [[nodiscard]] Size wanted() const { return wanted_; }

private:
    void due();

    EventLoop& loop_;
    GuestModeListener& listener_;
    Size told_;
    Size wanted_;
    /// What window_has() said last.
    Size window_;
    /// When the window left the size that the guest knows.
    std::optional<TimePoint> since_;
    Timer timer_;
};

}  // namespace oriel::wayland
