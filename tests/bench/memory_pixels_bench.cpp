// SPDX-License-Identifier: MIT
//
// What keeping a picture in buffers of our own costs, beside the memcpy and memcmp that are its
// limits.
#include <benchmark/benchmark.h>

#include <cstring>
#include <memory>
#include <vector>

#include "scanout/magnified_pixels.h"
#include "scanout/memory_pixels.h"

using namespace oriel;

namespace {

constexpr Size kFullHd{1920, 1080};
constexpr Rect kAll = Rect::of(kFullHd);
constexpr size_t kFrameBytes = kFullHd.area() * 4;

class Canvas final : public RowSource {
public:
    Canvas() : pixels_(kFullHd.area(), 0x112233) {}

    const std::byte* row(uint32_t x, uint32_t y, uint32_t, std::byte*) override {
        return reinterpret_cast<const std::byte*>(&pixels_[size_t{y} * kFullHd.width + x]);
    }
    /// Changes every pixel, or those of one rectangle, at the cost of one write each.
    void paint(const Rect& rect, uint32_t value) {
        for (uint32_t y = rect.y; y < rect.bottom(); ++y) {
            const auto row = pixels_.begin() + static_cast<ptrdiff_t>(size_t{y} * kFullHd.width);
            std::fill_n(row + rect.x, rect.width, value);
        }
    }
    [[nodiscard]] const void* data() const { return pixels_.data(); }

private:
    std::vector<uint32_t> pixels_;
};

void memcpy_frame(benchmark::State& state) {
    Canvas guest;
    std::vector<std::byte> target(kFrameBytes);
    for (auto _ : state) {
        std::memcpy(target.data(), guest.data(), kFrameBytes);
        benchmark::ClobberMemory();
    }
}
BENCHMARK(memcpy_frame)->Unit(benchmark::kMicrosecond);

void memcmp_equal_frame(benchmark::State& state) {
    Canvas guest;
    std::vector<std::byte> target(kFrameBytes);
    std::memcpy(target.data(), guest.data(), kFrameBytes);
    for (auto _ : state) {
        benchmark::DoNotOptimize(std::memcmp(target.data(), guest.data(), kFrameBytes));
    }
}
BENCHMARK(memcmp_equal_frame)->Unit(benchmark::kMicrosecond);

/// `rect` is what the guest claims and changes; painting it is not counted.
void update_and_publish(benchmark::State& state, const Rect& rect, Damage damage) {
    auto pixels = *MemoryPixels::create(kFullHd);
    Canvas guest;
    BufferLease shown;
    uint32_t frame = 0;
    for (auto _ : state) {
        state.PauseTiming();
        guest.paint(rect, ++frame * 0x010305);
        state.ResumeTiming();
        pixels->update(rect, guest, damage);
        shown = pixels->publish();
    }
}

void full_frame_as_claimed(benchmark::State& state) {
    update_and_publish(state, kAll, Damage::kAsClaimed);
}
BENCHMARK(full_frame_as_claimed)->Unit(benchmark::kMicrosecond);

void full_frame_compared(benchmark::State& state) {
    update_and_publish(state, kAll, Damage::kCompare);
}
BENCHMARK(full_frame_compared)->Unit(benchmark::kMicrosecond);

void rect_64x64_as_claimed(benchmark::State& state) {
    update_and_publish(state, {960, 540, 64, 64}, Damage::kAsClaimed);
}
BENCHMARK(rect_64x64_as_claimed)->Unit(benchmark::kMicrosecond);

/// A guest that claims the whole screen for 64x64 changed pixels, as Linux 7 does.
void full_claim_for_64x64(benchmark::State& state) {
    auto pixels = *MemoryPixels::create(kFullHd);
    Canvas guest;
    BufferLease shown;
    uint32_t frame = 0;
    for (auto _ : state) {
        state.PauseTiming();
        guest.paint({960, 540, 64, 64}, ++frame * 0x010305);
        state.ResumeTiming();
        benchmark::DoNotOptimize(pixels->update(kAll, guest, Damage::kCompare).empty());
        shown = pixels->publish();
    }
}
BENCHMARK(full_claim_for_64x64)->Unit(benchmark::kMicrosecond);

// --- a picture at a whole multiple of its size ---------------------------------------------------

/// What writing the larger buffer costs: a frame of that size, as it would come from a guest.
void larger_frame_as_claimed(benchmark::State& state) {
    const auto times = static_cast<uint32_t>(state.range(0));
    const Size size = magnified(kFullHd, times);
    auto pixels = *MemoryPixels::create(size);
    const std::vector<std::byte> row(size_t{size.width} * 4, std::byte{0x17});
    class Same final : public RowSource {
    public:
        explicit Same(const std::byte* row) : row_{row} {}
        const std::byte* row(uint32_t x, uint32_t, uint32_t, std::byte*) override {
            return row_ + size_t{x} * 4;
        }

    private:
        const std::byte* row_;
    } source{row.data()};
    BufferLease shown;
    for (auto _ : state) {
        pixels->update(Rect::of(size), source, Damage::kAsClaimed);
        shown = pixels->publish();
    }
}
BENCHMARK(larger_frame_as_claimed)->DenseRange(2, 4)->Unit(benchmark::kMicrosecond);

void magnify(benchmark::State& state, const Rect& rect) {
    const auto times = static_cast<uint32_t>(state.range(0));
    auto pixels = *MemoryPixels::create(kFullHd);
    Canvas guest;
    guest.paint(kAll, 0x010305);
    pixels->update(kAll, guest, Damage::kAsClaimed);
    auto larger = *MagnifiedPixels::create(kFullHd, times);
    BufferLease shown;
    for (auto _ : state) {
        larger->update(pixels->latest(), kAll, Region{rect});
        shown = larger->publish();
    }
}

void magnified_full_frame(benchmark::State& state) {
    magnify(state, kAll);
}
BENCHMARK(magnified_full_frame)->DenseRange(2, 4)->Unit(benchmark::kMicrosecond);

void magnified_rect_64x64(benchmark::State& state) {
    magnify(state, {960, 540, 64, 64});
}
BENCHMARK(magnified_rect_64x64)->DenseRange(2, 4)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
