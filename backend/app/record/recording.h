// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "card/card.h"
#include "core/event_loop.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "record/frame_slots.h"
#include "record/recorder_process.h"

namespace oriel::app {

/// One recording of one screen: takes its frames as the guest flushes them, and gives them to the
/// process that writes them.
///
/// A frame is copied to a free slot. Where none is free the writer is slow: the frame is *dropped*
/// unless nothing comes after it, so that the last picture is always in the file. A guest that
/// draws faster than the recording's rate has frames *merged* with the next one.
class Recording final : private RecorderListener {
public:
    /// What the user asks for.
    struct Request {
        RecordChoice choice;
        std::string name;  ///< of the file, for people
    };

    /// `loop` and `card` are lent and must outlive this.
    Recording(EventLoop& loop, const card::Card& card, ScanoutId scanout, Request request);
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;
    /// One that runs is finished, which may take RecorderProcess::kPatience.
    ~Recording();

    /// Begins with what the screen shows now. The error is a line for the user.
    [[nodiscard]] Result<void> start(const std::string& program, const UniqueFd& output);
    /// No frame comes after that; the file is finished by and by.
    void stop();
    /// Takes frames.
    [[nodiscard]] bool running() const { return state_ == State::kRunning; }
    /// Its file is finished, or lost.
    [[nodiscard]] bool ended() const { return state_ == State::kEnded; }

    /// What FrameWatcher hears of the screen.
    void frame_flushed(const Region& damage);
    void cursor_changed();
    void went_dark();

    /// scanout, file, format, codec (of a video), rate, variable, cursor, state ("running",
    /// "finishing", "done", "failed" and then error), seconds; of the guest's frames recorded,
    /// merged and dropped; of the file frames and left_out.
    [[nodiscard]] nlohmann::json report() const;

private:
    enum class State : uint8_t { kRunning, kFinishing, kEnded };

    void slot_written(uint32_t slot, uint64_t frames, uint64_t left_out) override;
    void recorder_ended(const Result<void>& how) override;
    /// Takes what is new if it is time for it and there is room.
    void take();
    void take_into(uint32_t slot);
    /// Tells the recorder to stop once it has the last frame.
    void finish();
    void fail(const HostError& why);
    /// The picture's part that is new, and the cursor.
    void copy_picture(uint32_t slot, const card::Card::Attached* picture, Size size);
    [[nodiscard]] Rect draw_guest_cursor(uint32_t slot, Size size);
    [[nodiscard]] TimePoint end_time() const;

    EventLoop& loop_;
    const card::Card& card_;
    const ScanoutId scanout_;
    const Request request_;
    const Nanoseconds period_;
    State state_ = State::kRunning;
    std::string error_;
    TimePoint begin_;
    TimePoint end_;
    /// The frame after the last one is due then.
    TimePoint next_;
    bool frame_waits_ = false;   ///< flushed, and not in a slot yet
    bool cursor_waits_ = false;  ///< the cursor is another one than in the last frame
    bool no_room_ = false;       ///< that is why
    Size size_;                  ///< of the last frame
    uint64_t recorded_ = 0;
    uint64_t merged_ = 0;
    uint64_t dropped_ = 0;
    uint64_t file_frames_ = 0;
    uint64_t left_out_ = 0;
    FrameSlots slots_;
    Timer timer_;
    RecorderProcess recorder_;
};

}  // namespace oriel::app
