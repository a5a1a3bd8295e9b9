// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <vector>

#include "core/clock.h"
#include "scanout/display.h"

namespace oriel {

/// The pacing rule of one scanout, as a state machine without I/O. A presenter tells it what
/// happens and does what it says.
///
/// For copied frames: a flush is answered as soon as it is committed, and at most one frame is
/// ahead of the compositor; while a frame callback is outstanding, flushes merge and wait for it,
/// but never longer than one refresh period. So a guest draws at the compositor's pace, and a
/// window that the compositor doesn't show never blocks it.
class FramePacer {
public:
    enum class Action {
        kNone,
        kCommit,  ///< commit what has been damaged so far, then call committed()
    };

    /// `clock` is lent and must outlive the pacer.
    explicit FramePacer(const Clock& clock) : clock_{clock} {}

    /// The period after which a flush is answered although nothing was shown, and the base of
    /// hidden().
    void set_refresh(uint32_t refresh_mhz);
    [[nodiscard]] Nanoseconds refresh_period() const { return period_; }

    /// A flush with damage arrived.
    [[nodiscard]] Action flush(FlushDone done);
    /// The presenter can't commit now for a reason of its own (every buffer is held by the
    /// compositor, not configured yet); it will call unblocked() when it can.
    void set_blocked(bool blocked) { blocked_ = blocked; }
    [[nodiscard]] Action unblocked();
    /// A commit with a frame callback was made: answers the flushes that it carries. Also for
    /// commits of the presenter's own (resize).
    void committed();
    /// The frame callback came.
    [[nodiscard]] Action frame_done();
    /// Nothing is attached any more: answers everything that waits. An outstanding callback stays
    /// outstanding, so that a guest can't make commits by attaching and detaching.
    void drop();
    /// The surface is gone: answers everything that waits and
    /// forgets an outstanding callback.
    void reset();

    /// When expire() is to be called; changes with every other call.
    [[nodiscard]] std::optional<TimePoint> deadline() const;
    /// Answers the flushes whose time has come. Their damage stays due for the next commit.
    /// Returns how many were answered.
    size_t expire();

    /// A commit waits for its frame callback.
    [[nodiscard]] bool awaiting_frame() const { return awaiting_since_.has_value(); }
    /// Damage waits for a commit.
    [[nodiscard]] bool commit_due() const { return due_; }
    /// The compositor has owed a frame callback for so long that nobody can be looking.
    [[nodiscard]] bool hidden() const;
    /// When hidden() will turn true if no frame callback comes.
    [[nodiscard]] std::optional<TimePoint> hidden_at() const;

private:
    struct Waiting {
        FlushDone done;
        TimePoint until;
    };

    void answer_all();

    const Clock& clock_;
    Nanoseconds period_{16'666'667};
    std::vector<Waiting> waiting_;
    std::optional<TimePoint> awaiting_since_;
    bool due_ = false;
    bool blocked_ = false;
};

}  // namespace oriel
