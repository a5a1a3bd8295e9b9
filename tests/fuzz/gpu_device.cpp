// SPDX-License-Identifier: MIT
// A virtio-gpu device under a driver that does anything: the input is a program of commands, ring
// damage, memory map changes, resets and a presenter's answers.
#include <algorithm>
#include <cstdint>

#include "core/memfd.h"
#include "gpu_machine.h"
#include "harness.h"

namespace oriel::test {

void GpuMachine::look(GpuInput& input) {
    const FramebufferRef shown = display_.attached(input.below(3));
    FramebufferRef& kept = kept_[input.byte() % kept_.size()];
    if (shown && (input.byte() & 1) != 0) {
        kept = shown;
    }
    if (kept) {
        require(kept->memory()->latest().size() == kept->size());
        if (kept->dmabuf() != nullptr) {
            const auto& files = kept->dmabuf()->files();
            require(files ? files->front().valid() : !files.error().message().empty());
            const PixelLayout& layout = kept->dmabuf()->layout();
            require(layout.planes[0].stride >= uint64_t{layout.size.width} * 4);
        }
    }
}

void GpuMachine::disturb(GpuInput& input) {
    switch (input.byte() % 12) {
        case 10:
            plug();
            break;
        case 11:
            look(input);
            break;
        case 0: {
            const uint8_t bits = input.byte();
            display_.hold_flushes((bits & 1) != 0);
            for (ScanoutId scanout = 0; scanout < 3; ++scanout) {
                display_.set_frame_pending(scanout, (bits >> (scanout + 1) & 1) != 0);
            }
            if ((bits & 16) != 0) {
                device_.catch_up();
            }
            break;
        }
        case 1:
            display_.answer(input.below(4));
            break;
        case 2:
            loop_.dispatch(Nanoseconds{0});
            break;
        case 3: {
            // Guest memory changes under the device.
            const auto page = link_.bytes(page_ + input.below(1 << 16), 256);
            const auto bytes = input.bytes(256);
            std::copy(bytes.begin(), bytes.end(), page.begin());
            break;
        }
        case 4:
            if (!link_.memory().unmap(0, 4096)) {
                require(
                    link_.memory()
                        .map(0, 4096, create_memfd("x", 4096, MemfdSeals::kNone).value(), 0, true)
                        .has_value());
            }
            break;
        case 5:
            link_.restart();
            tokens_.clear();
            intact_ = true;
            break;
        case 6:
            if (intact_) {
                display_.answer();
                link_.restart_queue(static_cast<uint16_t>(input.byte() & 1));
                tokens_.clear();
                link_.restart_queue(wire::kControlQueue);
                link_.restart_queue(wire::kCursorQueue);
            }
            break;
        case 7:
            link_.offer_head(static_cast<uint16_t>(input.byte() & 1),
                             static_cast<uint16_t>(input.number(64)));
            link_.kick(static_cast<uint16_t>(input.byte() & 1));
            intact_ = false;
            break;
        case 8:
            room_ = input.number(1100) % 5000;
            break;
        default:
            display_.screen_info(1).preferred.width = 16 + input.below(2000);
            device_.screen_changed(1);
            link_.write_config(input.number(20), input.bytes(8));
            break;
    }
}

void GpuMachine::step(GpuInput& input) {
    const uint8_t kind = input.byte();
    if (kind < 180) {
        command(input);
    } else if (kind < 200) {
        cursor_command(input);
    } else {
        disturb(input);
    }
    display_.forget_calls();
}

void GpuMachine::finish() {
    display_.hold_flushes(false);
    device_.catch_up();
    display_.answer();
    while (loop_.dispatch(Nanoseconds{0})) {
    }
    if (intact_) {
        for (const GpuLink::Token token : tokens_) {
            require(link_.answered(token));
        }
        require(!link_.needs_reset());
        require(device_.stats().flushes_waiting == 0);
    }
    link_.restart();
    const gpu::Stats stats = device_.stats();
    require(stats.resources == 0 && stats.host_bytes == 0 && stats.backing_entries == 0);
    require(stats.blobs == 0 && stats.blob_bytes == 0);
    require(display_.attached(0) == nullptr && display_.attached(1) == nullptr);
}

}  // namespace oriel::test

void oriel::test::play(const uint8_t* data, size_t size) {
    GpuMachine machine;
    GpuInput input{data, size};
    while (!input.empty()) {
        const Turn turn;
        machine.step(input);
    }
    machine.finish();
}
