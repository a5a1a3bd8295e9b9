// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/event_loop.h"
#include "core/log.h"
#include "core/weak.h"
#include "display_listener.h"
#include "mapped_pixels.h"
#include "qemu_dbus/display_stats.h"
#include "scanout/display.h"
#include "scanout/passed_dmabuf.h"

namespace oriel::qemu_dbus {

/// Who knows more of the console than its picture tells.
class ConsoleFacts {
public:
    ConsoleFacts() = default;
    ConsoleFacts(const ConsoleFacts&) = delete;
    ConsoleFacts& operator=(const ConsoleFacts&) = delete;

    /// Asks QEMU how large the console is; the answer comes by ConsoleScreen::console_size().
    virtual void ask_size() = 0;
    virtual void listener_lost(const std::string& why) = 0;
    virtual void listener_overrun() = 0;

protected:
    ~ConsoleFacts() = default;
};

/// What a console shows, on its way to a screen: takes what QEMU tells, in any order, and makes
/// framebuffers of it.
///
/// QEMU tells no change of size while it sends the pixels of a text mode: updates of the new size
/// come, beyond the picture's edge or in a corner of it. So the picture grows where an update has
/// no room, and where its size is not the console's for kSettles, QEMU is asked, and its answer
/// counts.
///
/// Without OpenGL nobody waits for the screen: what comes is taken at once, and the presenter
/// merges what it can't show in time. UpdateDMABUF is answered when the screen has shown it.
class ConsoleScreen final : public PictureListener, private FlushOwner {
public:
    static constexpr Nanoseconds kSettles{50'000'000};
    /// A VGA text mode's at most: all others come with a picture.
    static constexpr uint32_t kMaxTextSide = 1280;
    /// Pictures in shared memory that a guest flips between.
    static constexpr size_t kMaxMaps = 4;
    /// Answers to UpdateDMABUF that wait: QEMU sends one at a time.
    static constexpr size_t kMaxReplies = 8;

    /// All is lent and must outlive this.
    ConsoleScreen(EventLoop& loop, Display& display, ScanoutId screen, ConsoleFacts& facts,
                  DisplayStats& stats);
    ~ConsoleScreen();

    /// How large the console is, as QEMU says (Console.Width and Height). `asked`: it is the answer
    /// to ask_size().
    void console_size(Size size, bool asked);
    /// How large the picture is; 0x0 before there is one.
    [[nodiscard]] Size size() const { return source_.size(); }

    // PictureListener
    void scanout(const SentPixels& picture) override;
    void update(const SentUpdate& update) override;
    [[nodiscard]] bool scanout_map(int fd, Size size, uint32_t offset, uint32_t stride,
                                   uint32_t format) override;
    void update_map(const std::array<int32_t, 4>& at) override;
    void scanout_dmabuf(const DmabufPicture& picture, std::vector<UniqueFd> files) override;
    void update_dmabuf(const std::array<int32_t, 4>& at, PendingReply reply) override;
    void mouse_set(Point position, bool on) override;
    void cursor_define(std::shared_ptr<const CursorImage> image) override;
    void lied() override;
    void too_large(Size size) override;
    void listener_lost(const std::string& why) override { facts_.listener_lost(why); }
    void listener_overrun() override;

private:
    struct Map {
        std::shared_ptr<MappedPixels> pixels;
        FramebufferRef framebuffer;
    };

    void flush_done(uint64_t token) override;
    /// One of the three kinds of picture is shown, and the others are not kept.
    void show(FramebufferRef framebuffer, const Rect& source);
    [[nodiscard]] bool make_sent(Size size, uint32_t format);
    void resize_sent(Size size);
    void settle();
    void settle_soon();
    [[nodiscard]] const Map* map_of(int fd, const SharedPicture& picture, FileIdentity file);
    void go_dark(const std::string& picture);
    void tell_cursor();
    void complain(const std::string& line);

    EventLoop& loop_;
    Display& display_;
    const ScanoutId screen_;
    ConsoleFacts& facts_;
    DisplayStats& stats_;

    /// The last picture whose pixels were sent, if it is shown; the same for the other kinds.
    std::shared_ptr<MemoryPixels> sent_;
    FramebufferRef sent_framebuffer_;
    std::shared_ptr<MappedPixels> mapped_;
    std::shared_ptr<PassedDmabuf> dmabuf_;
    Rect source_{};
    /// Nothing is shown, as the picture is larger than QEMU can send it.
    bool too_large_ = false;
    /// The one used last is the first.
    std::vector<Map> maps_;
    Size console_{};
    Timer settle_timer_;

    std::shared_ptr<const CursorImage> cursor_;
    Point cursor_position_{};
    bool cursor_on_ = true;
    DeferredCall telling_;

    uint64_t last_token_ = 0;
    std::map<uint64_t, PendingReply> replies_;
    LogLimiter limiter_{5, Nanoseconds{60'000'000'000}};
    WeakOwner<FlushOwner> self_{this};
};

}  // namespace oriel::qemu_dbus
