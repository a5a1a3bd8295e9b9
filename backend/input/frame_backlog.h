// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "core/clock.h"
#include "device_state.h"
#include "input/event_target.h"

namespace oriel::input {

/// The frames that are on their way to a guest which reads them at its own pace.
///
/// Bounded: where motion waits, later motion is merged into it; when nothing more fits, whole
/// frames are dropped, and once what waited is gone, one more tells the guest in what the state
/// differs from what it believes.
class FrameBacklog {
public:
    /// Events that wait.
    static constexpr size_t kMaxEvents = 1024;

    struct Frame {
        std::vector<Event> events;  ///< ends with SYN_REPORT
        size_t sent = 0;            ///< of them
        TimePoint since{};          ///< when the first of them was asked for
    };

    /// Adds to the frame at hand. What makes no difference (DeviceState::apply) is left out. True
    /// if the frame has become so long that it has to end now.
    bool add(const Event& event);
    /// The frame at hand is complete; nothing if it is empty.
    void end_frame(TimePoint since);

    /// The frame whose rest is to be sent next, or null. `now` is when a frame that catches up was
    /// asked for.
    [[nodiscard]] const Frame* front(TimePoint now);
    /// So many more of front()'s events are with the guest. True if that was all of it.
    bool sent(size_t count);

    /// The guest is a new one: nothing waits, nothing is down.
    void clear();

    /// What the guest believes once all that waits is sent.
    [[nodiscard]] const DeviceState& told() const { return told_; }
    [[nodiscard]] size_t waiting() const { return waiting_; }
    /// When the oldest frame that waits was asked for.
    [[nodiscard]] std::optional<TimePoint> waiting_since() const {
        return frames_.empty() ? std::nullopt : std::optional{frames_.front().since};
    }
    [[nodiscard]] uint64_t merged() const { return merged_; }    ///< frames, since the start
    [[nodiscard]] uint64_t dropped() const { return dropped_; }  ///< events, since the start

private:
    void enqueue(Frame frame);
    [[nodiscard]] bool merge(const Frame& frame);
    [[nodiscard]] bool merge(const Frame& frame, uint16_t type);
    void catch_up(TimePoint now);

    std::vector<Event> staged_;
    std::deque<Frame> frames_;
    size_t waiting_ = 0;  // events in frames_
    bool behind_ = false;
    DeviceState told_;
    DeviceState wanted_;  // after all that came
    uint64_t merged_ = 0;
    uint64_t dropped_ = 0;
};

}  // namespace oriel::input
