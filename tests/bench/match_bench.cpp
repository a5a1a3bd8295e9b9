// SPDX-License-Identifier: MIT
//
// What looking at a frame costs: comparisons, searches, needles, text. memcmp is the yardstick.
#include <benchmark/benchmark.h>

#include <cstring>

#include "match/compare.h"
#include "match/console_text.h"
#include "match/needle.h"
#include "match/search.h"
#include "unit/match/test_picture.h"

using namespace oriel;
using namespace oriel::match;

namespace {

constexpr Size kFullHd{1920, 1080};
constexpr Size kNeedle{200, 50};

/// What a screen is like to a search: windows, and text in most of them.
Picture screen(Size size) {
    Picture picture = match::test::desktop(size, 1);
    const BitmapFont font = match::test::random_font({8, 16});
    oriel::test::Random random{7};
    for (uint32_t y = 0; y + 16 <= size.height; y += 16) {
        std::string line;
        for (uint32_t x = 0; x < size.width / 8; ++x) {
            line.push_back(random.one_in(5) ? ' ' : static_cast<char>('!' + random.below(94)));
        }
        if (y / 64 % 3 != 0) {
            match::test::draw_text(picture, font, line, 0, y);
        }
    }
    return picture;
}

const Picture& frame() {
    static const Picture picture = screen(kFullHd);
    return picture;
}

void memcmp_1080p(benchmark::State& state) {
    const Picture copy = frame();
    for (auto _ : state) {
        benchmark::DoNotOptimize(
            std::memcmp(copy.pixels.data(), frame().pixels.data(), kFullHd.area() * 4));
    }
}
BENCHMARK(memcmp_1080p)->Unit(benchmark::kMicrosecond);

void compare_1080p(benchmark::State& state, const Tolerance& tolerance, bool masked) {
    const Picture copy = frame();
    const Mask mask = Mask::without(kFullHd, {});
    for (auto _ : state) {
        benchmark::DoNotOptimize(
            compare(copy.view(), frame().view(), tolerance, masked ? &mask : nullptr));
    }
}
BENCHMARK_CAPTURE(compare_1080p, exact, Tolerance{}, false)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(compare_1080p, masked, Tolerance{}, true)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(compare_1080p, tolerance, Tolerance{.channel = 3}, false)
    ->Unit(benchmark::kMicrosecond);

void compare_1080p_all_differs(benchmark::State& state) {
    Picture copy = frame();
    for (uint32_t& pixel : copy.pixels) {
        pixel ^= 0x00010101;
    }
    for (auto _ : state) {
        benchmark::DoNotOptimize(compare(copy.view(), frame().view()));
    }
}
BENCHMARK(compare_1080p_all_differs)->Unit(benchmark::kMicrosecond);

/// The needle is the frame's last place, or a pixel away from being anywhere.
void search_1080p(benchmark::State& state, const Tolerance& tolerance, bool there) {
    Picture needle = copy_of(
        frame().view().part({kFullHd.width - kNeedle.width, 1000, kNeedle.width, kNeedle.height}));
    const auto wrong =
        static_cast<size_t>(there ? 0 : tolerance.share * static_cast<double>(kNeedle.area()) + 1);
    for (size_t i = 0; i < wrong; ++i) {
        needle.pixels[needle.pixels.size() - 1 - i * 37] ^= 0x00808080;
    }
    for (auto _ : state) {
        const auto found = search(frame().view(), needle.view(), {.tolerance = tolerance});
        if (found.has_value() != there) {
            state.SkipWithError("the search is wrong");
        }
    }
}
BENCHMARK_CAPTURE(search_1080p, found, Tolerance{}, true)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(search_1080p, missing, Tolerance{}, false)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(search_1080p, missing_tolerance, Tolerance{.channel = 3}, false)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(search_1080p, missing_share, Tolerance{.channel = 3, .share = 0.01}, false)
    ->Unit(benchmark::kMicrosecond);

void nearest_1080p(benchmark::State& state) {
    const Picture needle = match::test::desktop(kNeedle, 9, 20);
    for (auto _ : state) {
        benchmark::DoNotOptimize(nearest(frame().view(), needle.view()));
    }
}
BENCHMARK(nearest_1080p)->Unit(benchmark::kMicrosecond);

/// `moved`: how far from where it is expected. More than 50: it is not there.
void needle_1080p(benchmark::State& state, uint32_t moved) {
    Needle needle{.name = "bench", .tags = {}, .properties = {}, .areas = {}, .picture = frame()};
    needle.areas.push_back({.where = {800, 500, kNeedle.width, kNeedle.height}});
    Picture seen = frame();
    if (moved != 0) {
        // With what is around it, which goes into its edges.
        const Picture part =
            copy_of(frame().view().part({798, 498, kNeedle.width + 4, kNeedle.height + 4}));
        seen = match::test::desktop(kFullHd, 3);
        match::test::paste(seen, part, 798 + moved, 498);
    }
    for (auto _ : state) {
        if (match::match(seen.view(), needle).ok != (moved <= 50)) {
            state.SkipWithError("the match is wrong");
        }
    }
}
BENCHMARK_CAPTURE(needle_1080p, in_place, 0)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(needle_1080p, moved, 33)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(needle_1080p, missing, 300)->Unit(benchmark::kMicrosecond);

void text(benchmark::State& state, Size cell, uint32_t columns, uint32_t rows) {
    const BitmapFont font = match::test::random_font(cell);
    const TextReader reader{{font}};
    oriel::test::Random random{3};
    Picture picture = match::test::plain({cell.width * columns, cell.height * rows});
    for (uint32_t row = 0; row < rows; ++row) {
        std::string line;
        for (uint32_t column = 0; column < columns; ++column) {
            line.push_back(random.one_in(3) ? ' ' : static_cast<char>('!' + random.below(94)));
        }
        match::test::draw_text(picture, font, line, 0, row * cell.height);
    }
    for (auto _ : state) {
        const auto grids = reader.read(picture.view());
        if (grids.size() != 1 || grids[0].unknown() != 0) {
            state.SkipWithError("the text is wrong");
        }
    }
}
BENCHMARK_CAPTURE(text, vga_80x25, Size{9, 16}, 80, 25)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(text, fbcon_1280x800, Size{8, 16}, 160, 50)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(text, fbcon_1280x800_large, Size{16, 32}, 80, 25)->Unit(benchmark::kMicrosecond);

void text_of_vga_cells(benchmark::State& state) {
    const std::vector<std::byte> cells(80 * 25 * 2, std::byte{'x'});
    constexpr std::array<uint32_t, 16> kColours{};
    for (auto _ : state) {
        benchmark::DoNotOptimize(text_of_cells(cells, 80, {9, 16}, kColours, false).text());
    }
}
BENCHMARK(text_of_vga_cells)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
