// SPDX-License-Identifier: MIT
#include "gpu/gpu_device.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "control_queue.h"
#include "core/byte_reader.h"
#include "core/memfd.h"
#include "cursor_queue.h"
#include "executor.h"
#include "guest/udmabuf.h"

namespace oriel::gpu {
namespace {

constexpr uint16_t kControlQueueSize = 256;
constexpr uint16_t kCursorQueueSize = 64;

/// Configuration bytes that the driver writes (5.7.4).
constexpr size_t kEventsClearAt = offsetof(wire::Config, events_clear);

uint64_t features_with(bool blobs) {
    return wire::kFeatureEdid |
           (blobs ? wire::kFeatureResourceBlob | wire::kFeatureBlobAlignment : 0);
}

}  // namespace

GpuDevice::GpuDevice(EventLoop& loop, Display& display, const guest::GuestMemory& memory,
                     Options options)
    : display_{display},
      blobs_{options.blobs},
      own_exporter_{options.exporter == nullptr ? std::make_unique<guest::Udmabuf>() : nullptr},
      executor_{std::make_unique<Executor>(
          loop, display, memory, options.exporter != nullptr ? *options.exporter : *own_exporter_,
          Executor::Options{
              .limits = options.limits.value_or(Limits::for_screens(display.scanout_count())),
              .monitor_name = std::move(options.monitor_name),
              .features = features_with(options.blobs)})},
      control_{std::make_unique<ControlQueue>(loop, *executor_)},
      cursor_{std::make_unique<CursorQueue>(loop.clock(), *executor_)} {
    for (ScanoutId scanout = 0; scanout < executor_->scanout_count(); ++scanout) {
        screens_[scanout] = display_.screen(scanout);
    }
    tell_refresh();
    display_.listen(this);
}

GpuDevice::~GpuDevice() {
    display_.listen(nullptr);
}

void GpuDevice::connect(virtio::Transport& transport) {
    Device::connect(transport);
    control_->connect(transport);
}

uint64_t GpuDevice::features() const {
    return features_with(blobs_);
}

std::string GpuDevice::missing(uint64_t features) const {
    const uint64_t left_out = features_with(blobs_) & ~features;
    std::string words;
    for (const auto& [feature, name] :
         {std::pair{wire::kFeatureEdid, "EDID"}, std::pair{wire::kFeatureResourceBlob, "blobs"}}) {
        if ((left_out & feature) != 0) {
            words += words.empty() ? "" : " and ";
            words += name;
        }
    }
    return words;
}

uint16_t GpuDevice::queue_size_max(uint16_t index) const {
    return index == wire::kControlQueue ? kControlQueueSize : kCursorQueueSize;
}

wire::Config GpuDevice::config() const {
    return {events_read_, 0, executor_->scanout_count(), 0,
            blobs_ ? static_cast<uint32_t>(page_size()) : 0};
}

void GpuDevice::read_config(uint32_t offset, std::span<std::byte> bytes) {
    const wire::Config now = config();
    const auto all = bytes_of(now);
    for (size_t i = 0; i < bytes.size(); ++i) {
        const uint64_t at = uint64_t{offset} + i;
        bytes[i] = at < all.size() ? all[at] : std::byte{0};
    }
}

void GpuDevice::write_config(uint32_t offset, std::span<const std::byte> bytes) {
    uint32_t clear = 0;
    for (size_t i = 0; i < bytes.size(); ++i) {
        const uint64_t at = uint64_t{offset} + i;
        if (at >= kEventsClearAt && at < kEventsClearAt + sizeof clear) {
            clear |= std::to_integer<uint32_t>(bytes[i]) << (8 * (at - kEventsClearAt));
        }
    }
    events_read_ &= ~clear;
    // The driver may have read the screens before the second change, and clears what tells it of
    // both: Linux asks first and clears afterwards.
    if ((clear & wire::kEventDisplay) != 0 && std::exchange(changed_again_, false)) {
        events_read_ |= wire::kEventDisplay;
        transport().config_changed();
    }
}

void GpuDevice::kicked(uint16_t index) {
    if (index == wire::kControlQueue) {
        control_->kicked();
    } else if (index == wire::kCursorQueue) {
        cursor_->kicked(transport());
    }
}

void GpuDevice::queue_stopping(uint16_t index) {
    if (index == wire::kControlQueue) {
        control_->answer_all();
    }
}

void GpuDevice::queue_reset(uint16_t index) {
    if (index == wire::kControlQueue) {
        control_->forget();
    }
}

void GpuDevice::reset() {
    // First, so that what a display answers while it gives the screen up reaches nobody.
    control_->forget();
    // While the pictures are still up, so that there is no dark moment before another source's.
    display_.release();
    executor_->reset();
    events_read_ = 0;
    changed_again_ = false;
}

void GpuDevice::keep(StateRecord* record) {
    executor_->keep(record);
}

/// The screens may be others than those that the driver has asked about.
void GpuDevice::resume(const StateRecord& record) {
    executor_->resume(record);
    events_read_ |= wire::kEventDisplay;
    transport().config_changed();
}

void GpuDevice::catch_up() {
    control_->catch_up();
}

void GpuDevice::screen_changed(ScanoutId scanout) {
    if (scanout >= executor_->scanout_count()) {
        return;
    }
    const ScreenInfo now = display_.screen(scanout);
    if (std::exchange(screens_[scanout], now) == now) {
        return;
    }
    tell_refresh();
    changed_again_ = (events_read_ & wire::kEventDisplay) != 0;
    events_read_ |= wire::kEventDisplay;
    transport().config_changed();
}

void GpuDevice::tell_refresh() {
    // One that is pulled out has a rate, too, which counts only where no other screen is there.
    const auto rank = [](const ScreenInfo& screen) {
        return std::pair{!screen.connected, screen.refresh_mhz};
    };
    const auto slowest = std::min_element(
        screens_.begin(), screens_.begin() + executor_->scanout_count(),
        [&rank](const ScreenInfo& a, const ScreenInfo& b) { return rank(a) < rank(b); });
    control_->set_refresh(slowest->refresh_mhz);
}

const edid::Blob& GpuDevice::edid(ScanoutId scanout) const {
    return executor_->edid(scanout);
}

bool GpuDevice::driver_has_edid(ScanoutId scanout) const {
    return executor_->driver_has_edid(scanout);
}

Stats GpuDevice::stats() const {
    Stats stats = executor_->stats();
    control_->add_to(stats);
    return stats;
}

}  // namespace oriel::gpu
