// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/geometry.h"
#include "core/result.h"
#include "edid/edid.h"
#include "match/console_text.h"
#include "match/picture_view.h"
#include "scanout/scanout_id.h"

namespace oriel::app {

/// A screen without its pixels.
struct ScreenState {
    uint64_t frames = 0;          ///< flushes so far: while that stays, so do the pixels
    std::string source;           ///< "virtio 1024x768 XR24", "text 80x25", "dark"
    Size size;                    ///< px; empty: dark
    std::optional<Point> cursor;  ///< where its hot spot is; nothing: the guest shows none
};

/// What a monitor tells the guest by its EDID.
struct ToldMonitor {
    edid::Monitor says;
    bool read = false;  ///< the guest's driver has asked for it, as it is now
};

/// Pixels that stay as they are while this lives.
struct SeenPicture {
    std::shared_ptr<const void> memory;
    match::PictureView view;
    /// A VGA's text mode has its characters here, as they are in its memory.
    std::optional<match::TextGrid> cells{};
};

/// Whether the guest's cursor is in a picture.
enum class WithCursor : uint8_t { kNo, kYes };

/// The VM whose screens are looked at.
class WatchedVm {
public:
    WatchedVm() = default;
    WatchedVm(const WatchedVm&) = delete;
    WatchedVm& operator=(const WatchedVm&) = delete;

    [[nodiscard]] virtual TimePoint now() const = 0;
    /// Lets some time pass; what happens to the VM meanwhile is noticed.
    virtual void pass(Nanoseconds time) = 0;
    /// Whether it has ended by itself.
    [[nodiscard]] virtual bool ended() const = 0;
    [[nodiscard]] virtual Result<ScreenState> screen(ScanoutId scanout) = 0;
    /// An error for a screen that is dark, too.
    [[nodiscard]] virtual Result<SeenPicture> picture(ScanoutId scanout, WithCursor cursor) = 0;
    [[nodiscard]] Result<SeenPicture> picture(ScanoutId scanout) {
        return picture(scanout, WithCursor::kNo);
    }
    [[nodiscard]] virtual Result<ToldMonitor> monitor(ScanoutId scanout) = 0;
    /// All that its serial port has said, valid until the next call; an error without such a port.
    [[nodiscard]] virtual Result<std::string_view> serial() = 0;
    /// Up to where waits have read the serial port.
    [[nodiscard]] size_t serial_read() const { return serial_read_; }
    void read_serial_to(size_t end) { serial_read_ = end; }

protected:
    ~WatchedVm() = default;

private:
    size_t serial_read_ = 0;
};

}  // namespace oriel::app
