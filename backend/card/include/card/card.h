// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/weak.h"
#include "scanout/display.h"

namespace oriel::card {

/// Who wants to know when the last pictures of a VM that is gone are shown no more.
class LastPictureListener {
public:
    LastPictureListener() = default;
    LastPictureListener(const LastPictureListener&) = delete;
    LastPictureListener& operator=(const LastPictureListener&) = delete;

    /// The next VM's first frame is about to be shown.
    virtual void last_pictures_gone() = 0;

protected:
    ~LastPictureListener() = default;
};

/// Who wants each frame of a screen besides the presenter: a recording.
class FrameWatcher {
public:
    FrameWatcher() = default;
    FrameWatcher(const FrameWatcher&) = delete;
    FrameWatcher& operator=(const FrameWatcher&) = delete;

    /// The screen's source has flushed Card::attached(), whose pixels are that frame until this
    /// returns. `damage` (framebuffer coordinates) is what differs from the frame before.
    virtual void frame_flushed(ScanoutId screen, const Region& damage) = 0;
    /// Card::cursor() has another image or another place.
    virtual void cursor_changed(ScanoutId screen) = 0;
    /// The screen shows nothing any more.
    virtual void screen_went_dark(ScanoutId screen) = 0;

protected:
    ~FrameWatcher() = default;
};

/// A card has screens and *sources* of pictures, which don't know of each other (a VGA, a virtio
/// GPU), and one *target*, the presenter that shows the screens. Each source sees a Display of its
/// own.
///
/// Which source a screen shows: a source claims a screen when it attaches a picture to it, and
/// gives all its claims up with Display::release(). A screen shows the claiming source of the
/// highest priority. One that has detached keeps its claim: its screen is dark, and shows no other
/// source.
///
/// The card remembers what each screen shows and who waits for it, so the target can be another one
/// at any time (see retarget()), and a screenshot needs no presenter.
class Card final : public DisplayEvents, private FlushOwner {
public:
    /// What a source has attached to a screen.
    struct Attached {
        FramebufferRef framebuffer;
        Rect source;  ///< buffer px, inside the framebuffer
    };

    /// `target` is lent until the next retarget(), or must outlive the card. `program` hears what
    /// presenters say of the windows as such (closed, lost, ready) and of frames; it is lent and
    /// must outlive the card; null: nobody hears it.
    explicit Card(Display& target, DisplayEvents* program = nullptr);
    ~Card() override;

    /// A new source's Display, valid as long as the card. `name` is for people. The source has
    /// screens 0 to `screens` - 1, but no more than the target that the card began with has.
    [[nodiscard]] Display& add_source(std::string name, int priority,
                                      uint32_t screens = kMaxScanouts);

    /// From now on `target` shows the screens. It is told at once of everything: the picture that
    /// was flushed last, what was attached since, the cursor and its position. Flushes that the old
    /// target hasn't answered are the new one's to answer, so the guest never sees a change, and
    /// what it has flushed is shown. The old target goes dark; it is used no more when this
    /// returns. Sources hear that their screens may have changed.
    void retarget(Display& target);
    [[nodiscard]] Display& target() const { return *target_; }

    /// The VM is about to go. What its screens show stays there, in memory that no VM has: what
    /// sources do to their screens from here on is remembered, and not shown. Pictures in the VM's
    /// own memory are copied for that, kMostCopied bytes in all; a screen beyond, or one that can't
    /// be read, goes dark. Screens that are stale already stay as they are. `listener` is lent and
    /// must outlive the card. An error is one line that says which screen goes dark, and why.
    [[nodiscard]] Result<void> keep_last_pictures(LastPictureListener& listener);
    /// The next VM is there: with the first frame that a source flushes, all screens are live.
    void await_first_frame();
    /// The screens show what a VM that is gone has left there.
    [[nodiscard]] bool stale() const { return staleness_ != Staleness::kLive; }
    static constexpr size_t kMostCopied = size_t{10} << 20;

    /// `watcher` (lent until another one is named) hears of the screen's frames from now on, and
    /// what is drawn there counts as seen, whatever the presenter says. Null: nobody does. A VM
    /// that is gone has no frames.
    void watch_frames(ScanoutId screen, FrameWatcher* watcher);

    /// The name of the source whose picture the screen shows; empty when it is dark.
    [[nodiscard]] std::string_view source(ScanoutId screen) const;
    /// The picture that the screen's source has attached last, or had when its VM went; null when
    /// it is dark.
    [[nodiscard]] const Attached* attached(ScanoutId screen) const;

    /// The cursor that the guest has on the screen.
    struct Cursor {
        std::shared_ptr<const CursorImage> image;  ///< null: it is hidden
        Point hotspot;                             ///< buffer px
    };
    [[nodiscard]] Cursor cursor(ScanoutId screen) const;

    // DisplayEvents, of the target:
    void display_ready() override;
    void screen_changed(ScanoutId screen) override;
    void visibility_changed(ScanoutId screen) override;
    void frame_done(ScanoutId screen) override;
    void close_requested(ScanoutId screen) override;
    void display_lost(const std::string& reason) override;

private:
    class Source;

    enum class Staleness : uint8_t {
        kLive,
        kStale,        ///< the VM is gone
        kFrameAwaited  ///< the next one has come
    };

    /// A flush that its source waits for.
    struct Waiting {
        uint64_t token = 0;  ///< what the target was given
        FlushDone done;
    };
    struct Screen {
        /// The claiming source of the highest priority; null as long as there was none.
        Source* owner = nullptr;
        /// Flushed last: what the target shows.
        std::optional<Attached> shown;
        /// Attached since, and to be shown with the next flush.
        std::optional<Attached> next;
        /// While the card is stale: what the target shows in place of these two, if anything.
        std::optional<Attached> last;
        /// And whose it was.
        std::string last_source;
        std::shared_ptr<const CursorImage> cursor;
        std::optional<Point> cursor_position;
        /// Null: nobody watches.
        FrameWatcher* watcher = nullptr;
        /// In order. A source has no more of them than it has requests (a virtqueue's size).
        std::vector<Waiting> waiting;
    };

    void attach(Source& from, ScanoutId screen, Attached picture);
    void flush(const Source& from, ScanoutId screen, const Region& damage, FlushDone done);
    void detach(Source& from, ScanoutId screen);
    void set_cursor(ScanoutId screen, std::shared_ptr<const CursorImage> image);
    void move_cursor(ScanoutId screen, Point position);
    void release(Source& source);

    [[nodiscard]] Source* claimant(ScanoutId screen) const;
    void show_owner(ScanoutId screen);
    void go_dark(ScanoutId screen);
    void become_live();
    void replay(ScanoutId screen, std::vector<Waiting> waiting);
    void flush_target(ScanoutId screen, const Region& damage, FlushDone done);
    void flush_done(uint64_t token) override;
    template <class Call>
    void tell_sources(ScanoutId screen, Call call);

    Display* target_;
    DisplayEvents* program_;
    Staleness staleness_ = Staleness::kLive;
    /// Null while the card is live.
    LastPictureListener* last_listener_ = nullptr;
    const uint32_t screen_count_;
    std::array<Screen, kMaxScanouts> screens_;
    /// By priority, the highest first.
    std::vector<std::unique_ptr<Source>> sources_;
    uint64_t last_token_ = 0;
    WeakOwner<FlushOwner> self_{this};
};

}  // namespace oriel::card
