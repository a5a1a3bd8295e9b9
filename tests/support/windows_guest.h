// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "support/gpu_driver.h"
#include "support/virtio_driver.h"

namespace oriel::test {

/// What Windows' two drivers say to a virtio-gpu device, from their public sources: command by
/// command, each in its order.
///
/// Both negotiate VERSION_1 and ACCESS_PLATFORM alone, and use what the host *offers*.
[[nodiscard]] inline VirtioDriver::Options windows_options() {
    return {.features = virtio::kFeatureVersion1 | virtio::kFeatureAccessPlatform,
            .event_index = false,
            .indirect = false};
}

/// viogpudo of kvm-guest-drivers-windows (virtio-win): 2D resources, no fences, no cursor.
class VioGpuDo {
public:
    /// `driver` is lent and must outlive this.
    explicit VioGpuDo(GpuDriver& driver) : driver_{driver} {}

    /// Asks for the screens and the EDID of each one that is there, as VioGpuAdapter::HWInit does.
    void start();
    [[nodiscard]] Size preferred() const { return preferred_; }
    [[nodiscard]] const std::vector<std::byte>& edid() const { return edid_; }

    /// SetCurrentMode: a frame buffer of that size on screen 0, shown once.
    void set_mode(Size mode);
    /// ExecutePresentDisplayOnly: one rectangle.
    [[nodiscard]] GpuDriver::Token present(const Rect& rect, uint32_t value);
    /// The configuration interrupt: only the display information is asked for again.
    void config_changed();
    /// SystemDisplayEnable on a bug check, up to the reset of the device.
    void crash();

private:
    void destroy_frame_buffer();

    GpuDriver& driver_;
    Size preferred_;
    std::vector<std::byte> edid_;
    std::optional<GpuDriver::Screen> frame_buffer_;
};

/// DVServerKMD of Intel's Display-Virtualization-for-Windows-OS: blobs in guest memory, four
/// screens whatever the device has, a cursor of 128x128 px.
class DvServer {
public:
    static constexpr uint32_t kScreens = 4;
    static constexpr Size kCursor{128, 128};
    /// ResFlush() waits so long, and then frees what it flushed.
    static constexpr Nanoseconds kFlushPatience{100'000'000};

    /// `driver` is lent and must outlive this.
    explicit DvServer(GpuDriver& driver) : driver_{driver} {}

    /// Display information, and the EDIDs of four screens. How many have one.
    [[nodiscard]] uint32_t start();
    /// Shows a new blob, which is four times as large as its picture: ROUND_TO_PAGES(stride *
    /// height * 4). Returns the answer to SET_SCANOUT_BLOB.
    [[nodiscard]] wire::Type show(uint32_t screen, Size size);
    /// A flush without the fence flag, whose fence id is the screen.
    [[nodiscard]] GpuDriver::Token flush(uint32_t screen);
    /// Frees what show() made.
    [[nodiscard]] wire::Type free(uint32_t screen);
    [[nodiscard]] wire::Type set_cursor(uint32_t screen, uint32_t value, Point position);

private:
    struct Blob {
        uint32_t id = 0;
        Size size;
    };
    GpuDriver& driver_;
    Blob blobs_[kScreens];
};

}  // namespace oriel::test
