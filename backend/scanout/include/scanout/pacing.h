// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/clock.h"
#include "scanout/display.h"

namespace oriel {

/// What a commit gave the compositor: this decides when the flushes behind it are answered.
struct CommittedFrame {
    enum class Pixels : uint8_t {
        kCopied,  ///< ours: nobody looks at the guest's any more
        kRead,    ///< the guest's, and a GPU that draws for us is reading them
        kShared,  ///< the guest's: the compositor shows them where they are
    };
    Pixels pixels = Pixels::kCopied;
    /// Which of the guest's buffers (Framebuffer::generation()); 0 with kCopied.
    uint64_t buffer = 0;
};

/// The pacing rule of one scanout, as a state machine without I/O. A presenter tells it what
/// happens and does what it says.
///
/// A commit is made at most once per frame callback; flushes that come meanwhile merge and wait for
/// the next. The answer to a flush tells a guest "shown, and the buffer before it is yours again".
/// When that is depends on the commit's pixels:
///
/// - copied: when it is committed; a guest is at most one frame ahead
/// - read: when the GPU has read them
/// - shared: when it is latched (its frame callback) and the buffer before is released; for the
///   same buffer again, when it is latched
///
/// But never later than the compositor's time to answer. That is one refresh period, and, with
/// shared pixels, as much more as the compositor has lately been seen to need (half a period and
/// 250 ms at most): who answers earlier than a slow compositor makes pictures tear. Once it has let
/// that time pass it is silent, and flushes wait for one refresh period until it speaks again. So a
/// guest never hangs, and a hidden window, a lost compositor and one that never releases anything
/// cost it its vertical synchronisation, nothing else.
///
/// The screen (awaiting_frame(), commit_due()):
///
///              flush(): kCommit, then committed()
///      AT REST -----------------------------------------> FRAME ON ITS WAY
///       |   ^  <-----------------------------------------  |           ^
///       |   |     frame_done() and nothing is due          | flush()   | frame_done(): kCommit,
///       |   |                                              v           | then committed()
///       |   |                                             FRAME ON ITS WAY, COMMIT DUE
///       |   |                                                          | frame_done(), blocked
///       |   | unblocked(): kCommit, then committed()                   v
///       |   +-- (goes on to FRAME ON ITS WAY) -------------- BLOCKED, COMMIT DUE
///       +----------------- flush() while blocked ----------------------^
///
///   drop() leaves "commit due"; reset() leaves "frame on its way", too. A frame that has been on
///   its way for so long that nobody can be looking makes the screen hidden() until frame_done().
///
/// A flush:
///
///      WAITING --committed()--> COMMITTED --all that its pixels need has come--> ANSWERED
///         |                         |                                               ^
///         +--------- expire(): its time is up; drop(), reset() ---------------------+
class FramePacer {
public:
    enum class Action {
        kNone,
        kCommit,  ///< commit what has been damaged so far, then call committed()
    };

    enum class Frames : uint8_t {
        kByCallback,  ///< a commit is on the screen when frame_done() says so
        kAtOnce,      ///< it is there with the commit: the screen is always at rest
    };

    /// `clock` is lent and must outlive the pacer.
    explicit FramePacer(const Clock& clock, Frames frames = Frames::kByCallback);

    /// The period after which a flush is answered although nothing was shown, and the base of
    /// hidden().
    void set_refresh(uint32_t refresh_mhz);
    [[nodiscard]] Nanoseconds refresh_period() const { return period_; }

    /// A flush with damage arrived, or (nobody waits for `done`) the presenter has something to
    /// commit of its own accord.
    [[nodiscard]] Action flush(FlushDone done);
    /// The presenter can't commit now for a reason of its own (every buffer is held by the
    /// compositor, not configured yet); it will call unblocked() when it can.
    void set_blocked(bool blocked) { blocked_ = blocked; }
    [[nodiscard]] Action unblocked();
    /// A commit with a frame callback was made: it carries all flushes so far. Also for commits of
    /// the presenter's own (resize).
    void committed(const CommittedFrame& frame = {});
    /// The frame callback came: what was committed last is latched.
    [[nodiscard]] Action frame_done();
    /// The compositor has released this buffer (kShared), or the GPU has read it (kRead).
    void released(uint64_t buffer);
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
    /// A flush that has no answer yet.
    struct WaitingFlush {
        FlushDone done;
        TimePoint until;
        uint64_t commit;  ///< the number of the commit that carries it; 0: none so far
    };
    /// Committed, and waiting for the compositor.
    struct CommitState {
        uint64_t number;
        /// When the first of its flushes came, also after it was answered.
        TimePoint since;
        bool latched = true;
        bool shared = false;      ///< how long it took is the compositor's pace
        uint64_t release_of = 0;  ///< 0: of none
        [[nodiscard]] bool complete() const { return latched && release_of == 0; }
    };

    [[nodiscard]] Nanoseconds patience() const;
    [[nodiscard]] bool held(uint64_t buffer) const;
    /// Answers the commits that have all they waited for.
    void settle();
    void learn(Nanoseconds needed);
    /// Answers the flushes for which `is_over(flush)`, oldest first. Returns how many.
    template <class IsOver>
    size_t answer(IsOver&& is_over);

    const Clock& clock_;
    const Frames frames_;
    Nanoseconds period_{16'666'667};
    /// In the order in which they came.
    std::vector<WaitingFlush> flushes_;
    /// When the first of those without a commit came, also after it was answered.
    std::optional<TimePoint> waiting_since_;
    /// Oldest first.
    std::vector<CommitState> commits_;
    uint64_t last_commit_ = 0;
    /// Empty, between two answers: its memory is used again.
    std::vector<FlushDone> answers_;
    /// Shared buffers that the compositor has and hasn't released, and the one committed last.
    std::vector<uint64_t> held_;
    CommittedFrame last_;
    std::optional<TimePoint> awaiting_since_;
    /// What the compositor lately needed from a flush to its answer, with shared pixels.
    Nanoseconds needed_{0};
    bool silent_ = false;
    bool due_ = false;
    bool blocked_ = false;
};

}  // namespace oriel
