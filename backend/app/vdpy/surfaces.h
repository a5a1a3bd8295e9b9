// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <array>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "core/weak.h"
#include "scanout/display.h"
#include "scanout/flush_done.h"
#include "scanout/passed_dmabuf.h"
#include "vdpy/surface_check.h"
#include "vdpy/window_words.h"

namespace oriel::app::vdpy {

/// The surfaces and cursors that the device model names, as pictures of a card's source. Display
/// thread only.
class Surfaces final : private FlushOwner {
public:
    /// A guest flips between a few: each has one descriptor, and its picture in the compositor.
    static constexpr size_t kMaxDmabufs = 8;

    /// `display` is lent and must outlive this.
    explicit Surfaces(Display& display) : display_{display} {}
    Surfaces(const Surfaces&) = delete;
    Surfaces& operator=(const Surfaces&) = delete;
    ~Surfaces();

    /// False where the surface makes no sense; nothing has changed then.
    [[nodiscard]] bool set(ScanoutId screen, const surface& given);
    /// The screen is dark.
    void unset(ScanoutId screen);
    /// All screens are dark, and have no cursor.
    void clear();

    struct Update {
        bool good = false;
        /// What waits() is asked with; 0: nothing has changed.
        uint64_t token = 0;
    };
    /// Takes over what has changed, and flushes it.
    [[nodiscard]] Update update(ScanoutId screen, const surface& given);
    /// The flush has not been answered yet.
    [[nodiscard]] bool waits(uint64_t token) const { return waiting_.contains(token); }

    [[nodiscard]] bool define_cursor(ScanoutId screen, const cursor& given);
    void move_cursor(ScanoutId screen, Point corner);

private:
    struct FileIdentity {
        dev_t device = 0;
        ino_t inode = 0;
        friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
    };
    struct Memory {
        std::shared_ptr<MemoryPixels> pixels;
        FramebufferRef framebuffer;
        bool taken = false;  ///< its pixels have been taken over once
    };
    struct Dmabuf {
        FileIdentity file;
        std::shared_ptr<PassedDmabuf> pixels;
        FramebufferRef framebuffer;
    };
    struct Screen {
        std::optional<Memory> memory;
        std::optional<Dmabuf> dmabuf;
        std::shared_ptr<const CursorImage> cursor;
        Point cursor_corner;
    };

    void flush_done(uint64_t token) override { waiting_.erase(token); }
    [[nodiscard]] bool set_memory(ScanoutId screen, const MemorySurface& given);
    [[nodiscard]] bool set_dmabuf(ScanoutId screen, const DmabufSurface& given);
    [[nodiscard]] Update update_memory(ScanoutId screen, const surface& given);
    [[nodiscard]] Update update_dmabuf(ScanoutId screen, const surface& given);
    [[nodiscard]] std::optional<Dmabuf> dmabuf_of(int fd, const PixelLayout& layout);
    [[nodiscard]] uint64_t flush(ScanoutId screen, const Region& damage);
    void place_cursor(ScanoutId screen);

    Display& display_;
    std::array<Screen, kMaxScreens> screens_;
    /// The one used last first.
    std::vector<Dmabuf> dmabufs_;
    uint64_t last_token_ = 0;
    /// At most as many as presenters keep: a flush is waited for, or its screen has a newer one.
    std::set<uint64_t> waiting_;
    WeakOwner<FlushOwner> self_{this};
};

}  // namespace oriel::app::vdpy
