// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "harness.h"
#include "scanout/framebuffer.h"
#include "support/offscreen.h"
#include "vga_shaders.h"

namespace oriel::test {
namespace {

/// llvmpipe takes its time.
constexpr uint64_t kMostPixels = 64 * 1024;

/// Opened before the first input, as its memory and descriptors are no input's.
const Result<std::unique_ptr<Offscreen>> g_offscreen = Offscreen::open();

/// What was drawn last; nothing once its picture is gone.
std::weak_ptr<vga::Picture> g_last;
std::optional<Framebuffer> g_framebuffer;

}  // namespace

/// Mesa keeps what it has compiled, and the renderer the last picture's textures: 6 MiB, which
/// don't become more.
size_t most_left() {
    return size_t{16} << 20;
}

bool shaders_agree(const std::shared_ptr<vga::Picture>& picture, const Region& damage) {
    const Size size = picture->data().size;
    if (!g_offscreen || size.area() > kMostPixels) {
        return true;
    }
    Offscreen& offscreen = **g_offscreen;
    Region all = damage;
    if (g_last.lock() != picture) {
        g_framebuffer.emplace(picture);
        g_last = picture;
        offscreen.resize(size);
        all = Region{Rect::of(size)};
    }
    const bool drawn = offscreen.renderer().draw(*g_framebuffer, Rect::of(size), all, all);
    const std::vector<uint32_t> pixels = offscreen.pixels();
    std::vector<uint32_t> line(size.width);
    bool same = drawn;
    for (uint32_t y = 0; y < size.height && same; ++y) {
        picture->rasterise(0, y, size.width, reinterpret_cast<std::byte*>(line.data()));
        same =
            std::equal(line.begin(), line.end(), pixels.begin() + std::ptrdiff_t{y} * size.width);
    }
    return same;
}

}  // namespace oriel::test
