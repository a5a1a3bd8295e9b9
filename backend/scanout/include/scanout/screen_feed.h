// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "core/event_loop.h"
#include "core/geometry.h"
#include "scanout/bounded_region.h"
#include "scanout/display.h"
#include "scanout/frame_meter.h"
#include "scanout/framebuffer.h"
#include "scanout/framebuffer_cache.h"
#include "scanout/pacing.h"

namespace oriel {

/// What a screen shows: a part of a framebuffer.
struct ScreenPicture {
    FramebufferRef framebuffer;  ///< never null
    Rect source;                 ///< buffer px, inside the framebuffer
    friend bool operator==(const ScreenPicture&, const ScreenPicture&) = default;
};

/// A presenter's end of a ScreenFeed: what can be committed, and how. It makes no decision about
/// when.
class FrameSink {
public:
    FrameSink() = default;
    FrameSink(const FrameSink&) = delete;
    FrameSink& operator=(const FrameSink&) = delete;

    /// Whether a commit can be made now; makes what it takes. `pixels`: of this picture, which has
    /// changed; otherwise of nothing new. Where it can't, ScreenFeed::sink_ready() says later that
    /// it can. Where the guest's own pixels are shown as a copy, the copy is made here
    /// (CopyInTurns).
    [[nodiscard]] virtual bool can_commit(const ScreenPicture& picture, bool pixels) = 0;
    /// Whether the commit shows the guest's own pixels where they are, not a copy of them. Only for
    /// a framebuffer with a dmabuf() that can_commit().
    [[nodiscard]] virtual bool shows_in_place(const Framebuffer& framebuffer) const = 0;
    /// Commits the picture with a frame callback. `damage` is where it differs from what the last
    /// commit showed, inside the source; framebuffer coordinates. Nothing if that is impossible:
    /// nothing was committed then.
    [[nodiscard]] virtual std::optional<CommittedFrame> commit_picture(const ScreenPicture& picture,
                                                                       const Region& damage) = 0;
    /// Commits with a frame callback, and shows what is shown already.
    virtual void commit_unchanged() = 0;
    /// Commits black with a frame callback. False if that is impossible.
    [[nodiscard]] virtual bool commit_black() = 0;
    /// The last commit of a picture is still what is shown.
    [[nodiscard]] virtual bool shows_picture() const = 0;
    /// From now on this is the picture; null: none. Nothing is committed yet.
    virtual void picture_changed(const ScreenPicture* picture) = 0;

    /// The frame behind ScreenFeed::frame_pending() is on the screen: DisplayEvents::frame_done().
    /// What is flushed from inside goes out together with what waits already.
    virtual void frame_shown() = 0;
    /// ScreenFeed::visible() has changed.
    virtual void visibility_changed(bool visible) = 0;
    /// Nothing has been committed for a while: gives back what an idle picture doesn't need.
    virtual void trim() = 0;

protected:
    ~FrameSink() = default;
};

/// Who calls frame_done().
enum class FrameClock : uint8_t {
    /// A compositor, which may stop doing so: nobody can see the screen then.
    kCompositor,
    /// The presenter itself, always.
    kOwn,
    /// Nobody: a frame is on the screen with its commit. No flush waits, and none is merged.
    kNone,
};

/// One screen between a device and a presenter, the same for all presenters: what is attached, what
/// has changed since the last commit, when the next commit is made (FramePacer), when flushes are
/// answered, and what is counted.
///
/// A window at rest commits a flush at once. While a frame is on its way (frame_pending()) damage
/// is collected, bounded, and goes out when frame_done() comes. Where the sink can't commit
/// (FrameSink::can_commit()), it goes out at sink_ready(). Flushes that nothing else answers are
/// answered by a timer, so a guest never hangs.
class ScreenFeed {
public:
    /// All is lent and must outlive this. Nothing is called from inside the constructor.
    ScreenFeed(EventLoop& loop, FrameSink& sink, FrameClock frame_clock);
    ScreenFeed(const ScreenFeed&) = delete;
    ScreenFeed& operator=(const ScreenFeed&) = delete;

    // --- what the device says (Display, for this screen) ---
    void attach(FramebufferRef framebuffer, const Rect& source) {
        next_ = ScreenPicture{std::move(framebuffer), source};
    }
    void flush(const Region& damage, FlushDone done);
    void detach();
    [[nodiscard]] bool visible() const { return visible_; }
    [[nodiscard]] bool frame_pending() const {
        return pacer_.awaiting_frame() && visible_ && !pacer_.hidden();
    }

    // --- what the sink says ---
    /// What FrameSink::can_commit() said no to may be possible now.
    void sink_ready();
    /// The frame callback of the last commit came. `is_presented`: nobody else will say when it was
    /// shown.
    void frame_done(bool is_presented);
    /// Nobody reads this buffer of the guest's any more (CommittedFrame::buffer).
    void buffer_released(uint64_t buffer);
    /// All of the picture is to be committed once more, as soon as it can be.
    void redraw();
    /// The same, now, whether a frame is on its way or not; only when can_commit().
    void redraw_now();
    /// The sink shows black of its own accord. `frame_lost`: the frame callback that was awaited
    /// will not come.
    void black_shown(bool frame_lost);
    /// There is nothing to show pictures on any more: answers what waits. Nothing is committed
    /// before sink_ready() or redraw().
    void sink_gone();
    /// Commits are impossible from now on. What waits is answered by the timer.
    void sink_blocked();
    /// Whether there is anybody to see the screen, as far as the sink knows.
    void set_seen(bool seen);
    void set_refresh(uint32_t refresh_mhz) { pacer_.set_refresh(refresh_mhz); }
    [[nodiscard]] Nanoseconds refresh_period() const { return pacer_.refresh_period(); }

    /// Null while nothing is attached and flushed.
    [[nodiscard]] const ScreenPicture* picture() const { return attached_ ? &*attached_ : nullptr; }
    [[nodiscard]] FrameMeter& meter() { return meter_; }
    [[nodiscard]] const ScanoutStats& stats() const { return meter_.stats(); }
    /// What waits for the next commit, at most BoundedRegion::kMaxRects rectangles.
    [[nodiscard]] const Region& damage() const { return damage_.region(); }

private:
    /// A picture that was shown. When so many others have been shown that it is forgotten, it gives
    /// its memory back.
    struct SeenPicture {
        explicit SeenPicture(const FramebufferRef& its_framebuffer)
            : framebuffer{its_framebuffer} {}
        SeenPicture(const SeenPicture&) = delete;
        SeenPicture& operator=(const SeenPicture&) = delete;
        ~SeenPicture();
        [[nodiscard]] static bool held() { return false; }
        /// Nothing moves: what only changes need isn't needed.
        void idle() const;

        std::weak_ptr<const Framebuffer> framebuffer;
    };

    void show_next();
    void add_damage(const Region& damage);
    [[nodiscard]] bool blocked();
    void damage_all();
    /// The guest's own pixels where the sink shows a copy of them, else null. Only with attached_.
    [[nodiscard]] const DmabufPixels* copied_pixels() const;
    /// Where a guest's own pixels are copied: takes out of damage_ what hasn't really changed.
    void narrow_damage();
    void commit_due();
    void commit_picture();
    void commit_unchanged();
    void commit_black();
    /// What the sink has committed is `frame`. Last in a function: the answers may bring the next
    /// flush.
    void frame_committed(const CommittedFrame& frame);

    void answer_late();
    void look_after_rest();
    void arm_answer_timer();
    void arm_rest_timer();
    void update_visibility();
    void update_timers() {
        update_visibility();
        arm_answer_timer();
        arm_rest_timer();
    }

    EventLoop& loop_;
    FrameSink& sink_;
    const FrameClock frame_clock_;
    FrameMeter meter_;
    FramePacer pacer_;

    std::optional<ScreenPicture> attached_;
    /// Attached, but not flushed yet: until then the one before is shown.
    std::optional<ScreenPicture> next_;
    /// By Framebuffer::generation().
    FramebufferCache<SeenPicture> seen_pictures_;
    /// What has changed since the last commit; framebuffer coordinates.
    BoundedRegion damage_;
    /// Nothing is attached any more, but the picture before is still on screen.
    bool black_due_ = false;
    bool seen_ = true;
    bool visible_ = true;

    /// What the sink has committed last.
    CommittedFrame frame_;
    /// What is on screen of a guest's own pixels that are copied: which framebuffer's, and which of
    /// its copies. Generation 0: something else.
    uint64_t shown_generation_ = 0;
    uint64_t shown_copy_ = 0;

    /// Answers flushes whose time has come.
    Timer answer_timer_;
    /// Notices that nobody looks, and that nothing moves. It is armed too early rather than with
    /// each frame, and looks again.
    Timer rest_timer_;
    TimePoint last_picture_{};
    bool trim_due_ = false;
};

}  // namespace oriel
