// SPDX-License-Identifier: MIT
#include "scanout/dmabuf_pixels.h"

#include <doctest/doctest.h>
#include <drm_fourcc.h>

#include <algorithm>
#include <vector>

#include "core/memfd.h"
#include "scanout/framebuffer.h"

using namespace oriel;

namespace {

constexpr Size kSize{64, 48};

/// A guest's picture of one colour, and rectangles of others.
class Painted final : public DmabufPixels, private RowSource {
public:
    Painted()
        : DmabufPixels{{.size = kSize, .fourcc = DRM_FORMAT_XRGB8888, .stride = kSize.width * 4},
                       MemoryPixels::create(kSize).value()},
          pixels_(kSize.area()) {}

    void paint(const Rect& rect, uint32_t colour) {
        for (uint32_t y = rect.y; y < rect.bottom(); ++y) {
            std::fill_n(pixels_.begin() + y * kSize.width + rect.x, rect.width, colour);
        }
    }
    void flush(const Rect& rect) { changed(Region{rect}); }

    bool readable = true;
    bool exportable = true;
    mutable int exports = 0;
    int reads = 0;

private:
    Result<UniqueFd> export_dmabuf() const override {
        ++exports;
        if (!exportable) {
            return host_error("no /dev/udmabuf");
        }
        return create_memfd("test", kSize.area() * 4, MemfdSeals::kNone);
    }
    RowSource* rows() override { return readable ? this : nullptr; }
    const std::byte* row(uint32_t x, uint32_t y, uint32_t, std::byte*) override {
        ++reads;
        return reinterpret_cast<const std::byte*>(pixels_.data() + y * kSize.width + x);
    }

    std::vector<uint32_t> pixels_;
};

uint32_t pixel(DmabufPixels& pixels, uint32_t x, uint32_t y) {
    return reinterpret_cast<const uint32_t*>(pixels.pixels()->latest().row(y))[x];
}

}  // namespace

TEST_CASE("a guest's own picture is copied when somebody asks for it, and what changed only") {
    Painted picture;
    picture.paint(Rect::of(kSize), 0x112233);
    CHECK(picture.reads == 0);
    CHECK(pixel(picture, 5, 5) == 0x112233);
    CHECK(picture.reads == static_cast<int>(kSize.height));
    CHECK(picture.copies() == 1);

    CHECK(pixel(picture, 5, 5) == 0x112233);
    CHECK(picture.copies() == 1);

    picture.paint({8, 4, 2, 2}, 0xffffff);
    CHECK(pixel(picture, 8, 4) == 0x112233);  // not flushed
    picture.flush({8, 4, 2, 2});
    CHECK(pixel(picture, 8, 4) == 0xffffff);
    CHECK(picture.reads == static_cast<int>(kSize.height) + 2);
}

TEST_CASE("a claim of the whole screen is compared with what was there") {
    Painted picture;
    static_cast<void>(picture.pixels());
    picture.paint({16, 10, 4, 1}, 0xff0000);
    picture.flush(Rect::of(kSize));
    static_cast<void>(picture.pixels());
    const Region once = picture.changed_since(1);
    CHECK(once.bounds().y == 10);
    CHECK(once.bounds().height == 1);
    CHECK(once.area() < 64);

    picture.paint({0, 40, 1, 1}, 0xff0000);
    picture.flush(Rect::of(kSize));
    static_cast<void>(picture.pixels());
    CHECK(picture.changed_since(2).bounds().y == 40);
    CHECK(picture.changed_since(1).bounds().y == 10);  // both
    CHECK(picture.changed_since(1).bounds().bottom() == 41);
    CHECK(picture.changed_since(picture.copies()).empty());
}

TEST_CASE("what nobody remembers has changed everywhere") {
    Painted picture;
    static_cast<void>(picture.pixels());
    for (int i = 0; i < 20; ++i) {
        picture.flush({0, 0, 1, 1});
        static_cast<void>(picture.pixels());
    }
    CHECK(picture.changed_since(1).area() == kSize.area());
    CHECK(picture.changed_since(15).area() == 1);
}

TEST_CASE("a picture that can't be read any more stays as it was") {
    Painted picture;
    picture.paint(Rect::of(kSize), 0x112233);
    static_cast<void>(picture.pixels());
    picture.readable = false;
    picture.paint(Rect::of(kSize), 0x445566);
    picture.flush(Rect::of(kSize));
    CHECK(pixel(picture, 1, 1) == 0x112233);
    picture.readable = true;
    CHECK(pixel(picture, 1, 1) == 0x445566);
}

TEST_CASE("a dma-buf is exported once, when it is first asked for, and so is the reason for none") {
    Painted picture;
    bool exportable = true;
    SUBCASE("there is one") {}
    SUBCASE("there is none") {
        exportable = false;
    }
    picture.exportable = exportable;
    CHECK(picture.exports == 0);
    CHECK(picture.dmabuf().has_value() == exportable);
    CHECK(picture.dmabuf().has_value() == exportable);
    CHECK(picture.exports == 1);
    // With one exported the CPU's reading is bracketed by DMA_BUF_IOCTL_SYNC, which a memfd
    // refuses.
    CHECK(pixel(picture, 0, 0) == 0);
}

TEST_CASE("a framebuffer of a guest's own pixels has all three looks at them") {
    auto picture = std::make_shared<Painted>();
    picture->paint(Rect::of(kSize), 0xabcdef);
    const Framebuffer framebuffer{picture};
    CHECK(framebuffer.dmabuf() == picture.get());
    CHECK(framebuffer.vga() == nullptr);
    CHECK(framebuffer.size() == kSize);
    CHECK(framebuffer.format() == DRM_FORMAT_XRGB8888);
    CHECK(framebuffer.storage()->bytes_copied() == 0);
    CHECK(framebuffer.memory()->bytes_copied() == kSize.area() * 4);
}
