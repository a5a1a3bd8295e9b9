// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/event_loop.h"
#include "edid/edid_source.h"
#include "gpu/limits.h"
#include "gpu/protocol.h"
#include "gpu/stats.h"
#include "guest/dmabuf_exporter.h"
#include "guest/guest_memory.h"
#include "scanout/display.h"
#include "virtio/device.h"

namespace oriel::gpu {

class ControlQueue;
class CursorQueue;
class Executor;

/// A virtio-gpu device with 2D resources, blobs in guest memory, cursors and EDID
/// (virtio 1.2, 5.7).
///
/// The answer to RESOURCE_FLUSH is held until the presenter has called the FlushDone of every
/// scanout that shows the resource, with or without the FENCE flag; commands behind it go on.
/// Everything else is answered at once, but for updates that nobody would see, and for a fenced
/// command behind a fenced flush that is held: fences are answered in the queue's order. Of a
/// transfer without a fence whose flush waits the driver is told with the flush (one interrupt a
/// frame). A
/// malformed command gets an error and changes nothing; only a broken ring makes the device need a
/// reset.
///
/// Updates that nobody would see: a guest may draw faster than the compositor shows. While every
/// scanout that shows a resource has a frame on its way to the screen, transfers to it and the
/// flushes behind them are held back, neither carried out nor answered, which 5.7.6.8 allows: it
/// gives no time. They are carried out together, each pixel copied once, when catch_up() is called
/// (at the frame callback), when any other command comes, or two refresh periods after the first.
/// So everything is carried out, and what is held answered, in the queue's order, fences
/// included; only a flush is answered later than commands without a fence behind it. While updates
/// are held of the only scanout that shows anything, the driver is not asked for kicks.
///
/// Blobs: a scanout of one shows the guest's own pages (DmabufPixels), so a flush goes to the
/// presenter at once, and whoever asks for a dma-buf gets one that stays valid after the resource
/// is destroyed or its backing detached. From then on this process doesn't read the pages any more;
/// a scanout that shows a detached blob keeps the last picture. A page flip finds its framebuffer
/// again, unless the guest's memory map has changed meanwhile.
///
/// Where the specification names no error: a command that is cut short is ERR_INVALID_PARAMETER, an
/// unknown one ERR_UNSPEC; a transfer without backing, a second backing and a detach without one
/// are ERR_UNSPEC (as QEMU has it); backing that is too short for the transfer or not in guest
/// memory is ERR_INVALID_PARAMETER, as are a blob that is larger than its entries, entries of one
/// that aren't whole pages or overlap, memory of another kind than the guest's, a framebuffer that
/// leaves its blob, and a blob as a cursor that is smaller than 64x64; SET_SCANOUT of a blob and
/// SET_SCANOUT_BLOB of a 2D resource are ERR_INVALID_RESOURCE_ID; a command whose feature is not
/// offered is ERR_UNSPEC; no capability set exists, so each is ERR_INVALID_PARAMETER.
class GpuDevice final : public virtio::Device, public edid::EdidSource, private SourceListener {
public:
    struct Options {
        /// By default enough for the display's screens.
        std::optional<Limits> limits;
        /// Product name in the EDIDs.
        std::string monitor_name = "Oriel";
        /// Offers blobs (VIRTIO_GPU_F_RESOURCE_BLOB): a guest's own pages as pictures.
        bool blobs = true;
        /// Makes dma-bufs of blobs; lent, must outlive the device. Null: a guest::Udmabuf of the
        /// device's own.
        guest::DmabufExporter* exporter = nullptr;
    };

    /// `loop`, `display` (a card's source) and `memory` are lent and must outlive the device, which
    /// listens to the display from now on. The number of scanouts is the display's at this moment.
    GpuDevice(EventLoop& loop, Display& display, const guest::GuestMemory& memory, Options options);
    ~GpuDevice() override;

    // virtio::Device
    void connect(virtio::Transport& transport) override;
    [[nodiscard]] uint16_t device_id() const override { return wire::kDeviceId; }
    [[nodiscard]] uint64_t features() const override;
    [[nodiscard]] std::string missing(uint64_t features) const override;
    [[nodiscard]] uint16_t queue_count() const override { return wire::kQueueCount; }
    [[nodiscard]] uint16_t queue_size_max(uint16_t index) const override;
    void read_config(uint32_t offset, std::span<std::byte> bytes) override;
    void write_config(uint32_t offset, std::span<const std::byte> bytes) override;
    void kicked(uint16_t index) override;
    /// Flushes are answered whether or not they are shown.
    void queue_stopping(uint16_t index) override;
    void queue_reset(uint16_t index) override;
    /// Releases the display, takes everything off it and destroys all resources.
    void reset() override;
    void keep(StateRecord* record) override;
    void resume(const StateRecord& record) override;

    /// Carries out the updates that are held back, and those that the driver has queued meanwhile:
    /// a frame has got to the screen, or somebody wants to read the picture.
    void catch_up();

    /// Display::screen(scanout) may have changed: tells the driver if it has. Not before
    /// connect().
    void screen_changed(ScanoutId scanout) override;

    /// What GET_EDID answers, also for the EDID blob in BAR2.
    [[nodiscard]] const edid::Blob& edid(ScanoutId scanout) const override;
    /// Whether the driver has asked for it (GET_EDID) since it changed last.
    [[nodiscard]] bool driver_has_edid(ScanoutId scanout) const;

    [[nodiscard]] Stats stats() const;

private:
    void frame_done(ScanoutId) override { catch_up(); }
    [[nodiscard]] wire::Config config() const;
    void tell_refresh();

    Display& display_;
    const bool blobs_;
    /// Where the options name no exporter.
    std::unique_ptr<guest::DmabufExporter> own_exporter_;
    const std::unique_ptr<Executor> executor_;
    const std::unique_ptr<ControlQueue> control_;
    const std::unique_ptr<CursorQueue> cursor_;
    uint32_t events_read_ = 0;
    /// A screen has changed while the driver had an earlier change's event before it.
    bool changed_again_ = false;
    /// What the driver could know of the screens.
    std::array<ScreenInfo, kMaxScanouts> screens_;
};

}  // namespace oriel::gpu
