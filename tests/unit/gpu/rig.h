// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <utility>

#include "core/clock.h"
#include "core/event_loop.h"
#include "core/log.h"
#include "gpu/gpu_device.h"
#include "support/direct_gpu_link.h"
#include "support/gpu_driver.h"
#include "support/memfd_exporter.h"
#include "support/recording_display.h"

namespace oriel::test {

/// A virtio-gpu device between a recording display and a driver, without a transport.
struct GpuRig {
    explicit GpuRig(uint32_t screens = 1, gpu::Limits limits = {})
        : display{screens},
          link{loop},
          device{std::make_unique<gpu::GpuDevice>(
              loop, display, link.memory(),
              gpu::GpuDevice::Options{.limits = limits, .exporter = &exporter})} {
        set_log_level(LogLevel::kError);  // mistakes are on purpose here
        link.start(*device);
    }

    /// Runs deferred calls.
    void turn() { loop.dispatch(Nanoseconds{0}); }

    ManualClock clock;
    EventLoop loop{clock};
    RecordingDisplay display;
    DirectGpuLink link;
    MemfdExporter exporter;
    std::unique_ptr<gpu::GpuDevice> device;
    GpuDriver driver{link};
};

}  // namespace oriel::test
