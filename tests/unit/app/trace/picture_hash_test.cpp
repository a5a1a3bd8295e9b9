// SPDX-License-Identifier: MIT
#include "trace/picture_hash.h"

#include <doctest/doctest.h>
#include <drm_fourcc.h>

#include <cstring>
#include <set>

#include "scanout/memory_pixels.h"

namespace oriel::app {
namespace {

constexpr Size kSize{16, 8};

/// Pixels that a test can change one by one.
class Pixels final : public RowSource {
public:
    explicit Pixels(Size size) : width_{size.width}, pixels_(size.area()) {
        for (size_t i = 0; i < pixels_.size(); ++i) {
            pixels_[i] = static_cast<uint32_t>(i * 0x010203);
        }
    }
    const std::byte* row(uint32_t x, uint32_t y, uint32_t width, std::byte* scratch) override {
        std::memcpy(scratch, &pixels_[size_t{y} * width_ + x], size_t{width} * 4);
        return scratch;
    }
    [[nodiscard]] uint32_t& at(uint32_t x, uint32_t y) { return pixels_[size_t{y} * width_ + x]; }

private:
    uint32_t width_;
    std::vector<uint32_t> pixels_;
};

FramebufferRef framebuffer_of(RowSource& pixels, Size size = kSize) {
    auto memory = MemoryPixels::create(size).value();
    memory->update(Rect::of(size), pixels, Damage::kAsClaimed);
    return std::make_shared<Framebuffer>(std::move(memory), DRM_FORMAT_XRGB8888);
}

std::string hash_of(RowSource& pixels, const Rect& part = Rect::of(kSize)) {
    PictureHash hash;
    return hash.of({framebuffer_of(pixels), part});
}

TEST_SUITE("hash of a picture") {
    TEST_CASE("the hash is that of xxhsum -H2 over the pixels, in every version") {
        // for i in range(128): struct.pack('<I', i * 0x010203 & 0xffffff)
        Pixels pixels{kSize};
        CHECK(hash_of(pixels) == "fdd63213639d705e78410c3fd447d9cd");
    }

    TEST_CASE("each pixel and each channel counts, and the byte that has no colour doesn't") {
        Pixels pixels{kSize};
        std::set<std::string> seen{hash_of(pixels)};
        size_t count = 1;
        for (uint32_t y = 0; y < kSize.height; ++y) {
            for (uint32_t x = 0; x < kSize.width; ++x) {
                for (const uint32_t channel : {0x1U, 0x100U, 0x10000U}) {
                    pixels.at(x, y) ^= channel;
                    seen.insert(hash_of(pixels));
                    ++count;
                    pixels.at(x, y) ^= channel;
                }
            }
        }
        CHECK(seen.size() == count);
        const std::string before = hash_of(pixels);
        pixels.at(3, 3) ^= 0xff000000;
        CHECK(hash_of(pixels) == before);
    }

    TEST_CASE("only the part that the screen shows counts") {
        Pixels pixels{kSize};
        const Rect part{4, 2, 8, 4};
        const std::string before = hash_of(pixels, part);
        CHECK(before != hash_of(pixels));
        pixels.at(3, 2) ^= 1;
        pixels.at(12, 2) ^= 1;
        pixels.at(4, 1) ^= 1;
        pixels.at(4, 6) ^= 1;
        CHECK(hash_of(pixels, part) == before);
        pixels.at(11, 5) ^= 1;
        CHECK(hash_of(pixels, part) != before);
    }

    TEST_CASE("a picture that is too large to look at has none") {
        constexpr Size large{8192, 4097};
        static_assert(large.area() > PictureHash::kMostPixels);
        auto memory = MemoryPixels::create(large);
        REQUIRE(memory);
        PictureHash hash;
        const auto framebuffer =
            std::make_shared<Framebuffer>(std::move(*memory), DRM_FORMAT_XRGB8888);
        CHECK(hash.of({framebuffer, Rect::of(large)}).empty());
        CHECK(hash.of({framebuffer, {0, 0, 8, 8}}).size() == 32);
    }
}

}  // namespace
}  // namespace oriel::app
