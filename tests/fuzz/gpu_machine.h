// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/byte_reader.h"
#include "core/clock.h"
#include "core/event_loop.h"
#include "core/memfd.h"
#include "gpu/gpu_device.h"
#include "gpu_input.h"
#include "harness.h"
#include "support/direct_gpu_link.h"
#include "support/gpu_driver.h"
#include "support/memfd_exporter.h"
#include "support/recording_display.h"

namespace oriel::test {

/// A device, the guest that has it, and the presenter behind it.
class GpuMachine {
public:
    GpuMachine() {
        link_.start(device_);
        page_ = link_.allocate(uint64_t{1} << 20);
        plug();
    }

    void step(GpuInput& input);
    /// Whatever happened: everything is answered in the end, and a reset gives everything back.
    void finish();

private:
    void command(GpuInput& input);
    void whole_frame(GpuInput& input);
    void whole_blob(GpuInput& input);
    void long_list(GpuInput& input);
    void present(GpuInput& input, uint32_t id);
    void ask(GpuInput& input);
    void create_blob(GpuInput& input, uint32_t id);
    void set_scanout_blob(GpuInput& input, uint32_t id);
    void cursor_command(GpuInput& input);
    void look(GpuInput& input);
    void disturb(GpuInput& input);
    template <class T>
    void post(wire::Type type, const T& body, uint16_t queue = wire::kControlQueue) {
        T typed = body;
        typed.header.type = static_cast<uint32_t>(type);
        typed.header.flags = fences_++ & 1;
        post_bytes(bytes_of(typed), queue);
    }
    void post_bytes(std::span<const std::byte> bytes, uint16_t queue);

    /// Plugs the memory at kPluggable in, or unplugs it.
    void plug() {
        constexpr uint64_t kBytes = 1 << 18;
        if (!link_.memory().unmap(kPluggable, kBytes)) {
            require(link_.memory()
                        .map(kPluggable, kBytes,
                             create_memfd("dimm", kBytes, MemfdSeals::kNone).value(), 0, true)
                        .has_value());
        } else {
            link_.memory().release_unused();
        }
    }
    static constexpr uint64_t kPluggable = uint64_t{4} << 30;

    ManualClock clock_;
    EventLoop loop_{clock_};
    RecordingDisplay display_{3};
    DirectGpuLink link_{loop_};
    MemfdExporter exporter_;
    gpu::GpuDevice device_{loop_,
                           display_,
                           link_.memory(),
                           {.limits = gpu::Limits{.resources = 8,
                                                  .host_bytes = uint64_t{4} << 20,
                                                  .backing_entries = 6000,
                                                  .cursor_side = 128},
                            .exporter = &exporter_}};
    /// What was last asked for, whether there is a resource or not.
    [[nodiscard]] Size& size_of(uint32_t id) { return sizes_.at(id % sizes_.size()); }

    uint64_t page_ = 0;
    std::array<Size, 8> sizes_{};
    std::array<FramebufferRef, 4> kept_;
    uint32_t fences_ = 0;
    uint32_t room_ = sizeof(wire::RespEdid);
    bool intact_ = true;  // no ring was damaged since the last reset
    std::vector<GpuLink::Token> tokens_;
};

}  // namespace oriel::test
