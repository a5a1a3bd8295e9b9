// SPDX-License-Identifier: MIT
//
// What looking at video memory costs, beside the memcmp and memcpy that are its limits.
#include <benchmark/benchmark.h>

#include <cstring>
#include <memory>
#include <vector>

#include "scanout/memory_pixels.h"
#include "support/vga_modes.h"
#include "vga/picture.h"
#include "vga/pixel_rows.h"

using namespace oriel;
using namespace oriel::vga;

namespace {

constexpr PixelMode kMode{
    {.size = {1024, 768}, .bpp = 32, .stride = uint64_t{1024} * 4, .offset = 0}};
constexpr Rect kAll = Rect::of(kMode.mode.size);
constexpr size_t kFrameBytes = size_t{1024} * 768 * 4;
constexpr size_t kMemoryBytes = size_t{16} << 20;

void fill(std::vector<std::byte>& memory, size_t from, size_t bytes, uint32_t value) {
    for (size_t i = from; i < from + bytes; i += 4) {
        std::memcpy(memory.data() + i, &value, 4);
    }
}

/// The limit of an idle look and of one changed line.
void memcmp_frame(benchmark::State& state) {
    std::vector<std::byte> memory(kFrameBytes, std::byte{1});
    std::vector<std::byte> picture(kFrameBytes, std::byte{1});
    for (auto _ : state) {
        benchmark::DoNotOptimize(std::memcmp(memory.data(), picture.data(), kFrameBytes));
    }
}
BENCHMARK(memcmp_frame)->Unit(benchmark::kMicrosecond);

/// The limit of a frame that changes everywhere: as found (nothing is equal, so the whole of it is
/// compared with an equal one here) and copied to one that isn't in the cache.
void memcmp_and_memcpy_frame(benchmark::State& state) {
    std::vector<std::byte> memory(kFrameBytes, std::byte{1});
    std::vector<std::byte> picture(kFrameBytes, std::byte{1});
    std::vector<std::byte> other(kFrameBytes, std::byte{1});
    uint32_t frame = 0;
    for (auto _ : state) {
        state.PauseTiming();
        fill(memory, 0, kFrameBytes, ++frame);
        std::memcpy(picture.data(), memory.data(), kFrameBytes);
        state.ResumeTiming();
        benchmark::DoNotOptimize(std::memcmp(memory.data(), picture.data(), kFrameBytes));
        std::memcpy(other.data(), memory.data(), kFrameBytes);
        benchmark::ClobberMemory();
    }
}
BENCHMARK(memcmp_and_memcpy_frame)->Unit(benchmark::kMicrosecond);

/// `lines` of the guest's picture change between two looks; as the wl_shm path has it, with a
/// compositor that holds the newest buffer.
void look_and_publish(benchmark::State& state, uint32_t lines) {
    std::vector<std::byte> memory(kMemoryBytes);
    auto pixels = *MemoryPixels::create(kMode.mode.size);
    PixelRows rows{memory, kMode};
    BufferLease shown;
    uint32_t frame = 0;
    // All three buffers are there, and the caches as after many frames.
    for (int i = 0; i < 4; ++i) {
        fill(memory, 0, kFrameBytes, ++frame);
        benchmark::DoNotOptimize(pixels->update(kAll, rows, Damage::kFind).empty());
        shown = pixels->publish();
    }
    for (auto _ : state) {
        state.PauseTiming();
        const size_t from = lines == 1 ? 300 * kMode.mode.stride : 0;
        fill(memory, from, lines * kMode.mode.stride, ++frame);
        state.ResumeTiming();
        benchmark::DoNotOptimize(pixels->update(kAll, rows, Damage::kFind).empty());
        if (lines > 0) {
            shown = pixels->publish();
        }
    }
}
BENCHMARK_CAPTURE(look_and_publish, bochs_frame_changed, 768)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(look_and_publish, bochs_line_changed, 1)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(look_and_publish, bochs_idle, 0)->Unit(benchmark::kMicrosecond);

class LegacyScreen {
public:
    explicit LegacyScreen(const test::VgaMode& mode) : memory_(kMemoryBytes) {
        test::vga_ports_of(registers_).set_mode(mode);
        picture_ = std::make_shared<Picture>(*decode(registers_));
        look();
    }
    void look() { benchmark::DoNotOptimize(picture_->update(memory_).empty()); }
    void change_all(uint8_t value) { std::memset(memory_.data(), value, size_t{0x40000}); }
    void rasterise() { benchmark::DoNotOptimize(picture_->pixels()->latest().row(0)); }

private:
    ManualClock clock_;
    Registers registers_{clock_};
    std::vector<std::byte> memory_;
    std::shared_ptr<Picture> picture_;
};

void legacy_idle(benchmark::State& state, const test::VgaMode& mode) {
    LegacyScreen screen{mode};
    for (auto _ : state) {
        screen.look();
    }
}
BENCHMARK_CAPTURE(legacy_idle, text_80x25, test::vga_modes::kText80x25)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(legacy_idle, planar_640x480, test::vga_modes::kPlanar640x480)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(legacy_idle, packed_320x200, test::vga_modes::kPacked320x200)
    ->Unit(benchmark::kMicrosecond);

void legacy_changed(benchmark::State& state, const test::VgaMode& mode) {
    LegacyScreen screen{mode};
    uint8_t value = 0;
    for (auto _ : state) {
        state.PauseTiming();
        screen.change_all(++value);
        state.ResumeTiming();
        screen.look();
        screen.rasterise();
    }
}
BENCHMARK_CAPTURE(legacy_changed, text_80x25, test::vga_modes::kText80x25)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(legacy_changed, planar_640x480, test::vga_modes::kPlanar640x480)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(legacy_changed, packed_320x200, test::vga_modes::kPacked320x200)
    ->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
