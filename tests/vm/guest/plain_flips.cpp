// SPDX-License-Identifier: MIT
#include "plain_flips.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cinttypes>
#include <cstdio>

namespace oriel::guest {

namespace {

using Clock = std::chrono::steady_clock;

// Frame 1 is #010305, and so on: those of neighbours differ in each channel.
uint32_t colour_of(uint64_t frame) {
    return static_cast<uint32_t>(frame * 0x010305 & 0xffffff);
}

void fill(const DumbBuffer& buffer, uint32_t colour) {
    for (uint32_t y = 0; y < buffer.height; ++y) {
        std::fill_n(buffer.row(y), buffer.width, colour);
    }
}

}  // namespace

void run_plain_flips(const DrmDevice& device, const Screen& screen, uint64_t count,
                     uint64_t late_ms) {
    const std::array<DumbBuffer, 2> buffers{
        device.create_buffer(screen.mode.hdisplay, screen.mode.vdisplay),
        device.create_buffer(screen.mode.hdisplay, screen.mode.vdisplay)};
    // Frame 0 is black.
    device.show(screen, buffers[0]);
    printf("guest: plain flips begin %ux%u\n", buffers[0].width, buffers[0].height);
    fflush(stdout);
    uint64_t lost = 0;
    uint64_t late = 0;
    Clock::duration longest{};
    for (uint64_t frame = 1; frame <= count; ++frame) {
        const DumbBuffer& next = buffers[frame % 2];
        fill(next, colour_of(frame));
        const auto start = Clock::now();
        lost += device.flip(screen, next, frame) != frame ? 1 : 0;
        const auto taken = Clock::now() - start;
        late += taken > std::chrono::milliseconds{late_ms} ? 1 : 0;
        longest = std::max(longest, taken);
    }
    const auto longest_ms = std::chrono::duration_cast<std::chrono::milliseconds>(longest).count();
    printf("guest: plain flips %" PRIu64 " lost %" PRIu64 " late %" PRIu64 " longest %lld ms\n",
           count, lost, late, static_cast<long long>(longest_ms));
    fflush(stdout);
}

}  // namespace oriel::guest
