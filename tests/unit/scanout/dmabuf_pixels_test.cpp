// SPDX-License-Identifier: MIT
#include "scanout/dmabuf_pixels.h"

#include <doctest/doctest.h>
#include <drm_fourcc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
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
        : DmabufPixels{{.size = kSize,
                        .fourcc = DRM_FORMAT_XRGB8888,
                        .planes = one_plane(0, kSize.width * 4)}},
          pixels_(kSize.area()) {}

    void paint(const Rect& rect, uint32_t colour) {
        for (uint32_t y = rect.y; y < rect.bottom(); ++y) {
            std::fill_n(pixels_.begin() + y * kSize.width + rect.x, rect.width, colour);
        }
    }
    void flush(const Rect& rect, UniqueFd fence = {}) { changed(Region{rect}, std::move(fence)); }

    bool readable = true;
    bool exportable = true;
    mutable int exports = 0;
    int reads = 0;

private:
    Result<std::vector<UniqueFd>> export_files() const override {
        ++exports;
        if (!exportable) {
            return host_error("no /dev/udmabuf");
        }
        std::vector<UniqueFd> files;
        files.push_back(create_memfd("test", kSize.area() * 4, MemfdSeals::kNone).value());
        return files;
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
    CHECK(picture.files().has_value() == exportable);
    CHECK(picture.files().has_value() == exportable);
    CHECK(picture.exports == 1);
    // With one exported the CPU's reading is bracketed by DMA_BUF_IOCTL_SYNC, which a memfd
    // refuses.
    CHECK(pixel(picture, 0, 0) == 0);
}

namespace {

/// A GPU's tiled buffer: two planes, in two files, and nothing that the CPU could read.
class Tiled final : public DmabufPixels {
public:
    Tiled()
        : DmabufPixels{{.size = kSize,
                        .fourcc = DRM_FORMAT_XRGB8888,
                        .modifier = fourcc_mod_code(INTEL, 4),
                        .planes = {{{.file = 0, .offset = 0, .stride = 512},
                                    {.file = 1, .offset = 4096, .stride = 64}}},
                        .plane_count = 2},
                       CpuView::kNone} {}

    void flush() { changed(Region{Rect::of(kSize)}); }

private:
    Result<std::vector<UniqueFd>> export_files() const override {
        std::vector<UniqueFd> files;
        files.push_back(create_memfd("tiles", 65536, MemfdSeals::kNone).value());
        files.push_back(create_memfd("compression", 8192, MemfdSeals::kNone).value());
        return files;
    }
    RowSource* rows() override {
        FAIL("nobody may ask for the rows of a buffer that the CPU can't read");
        return nullptr;
    }
};

}  // namespace

TEST_CASE("no memory is allocated for the copy of a picture that nobody has asked to copy") {
    Painted picture;
    picture.flush({0, 0, 4, 4});
    CHECK(picture.files());
    CHECK(picture.storage() == nullptr);
    const auto made = picture.pixels();
    CHECK(picture.storage() == made);
    CHECK(picture.pixels() == made);
}

TEST_CASE("a copy made late has all of the picture, not only what was flushed last") {
    Painted picture;
    picture.paint(Rect::of(kSize), 0x112233);
    for (uint32_t i = 0; i < 2000; ++i) {
        picture.flush({i % kSize.width, i / kSize.width % kSize.height, 1, 1});
    }
    CHECK(pixel(picture, 63, 47) == 0x112233);
    CHECK(pixel(picture, 0, 0) == 0x112233);
}

TEST_CASE("the CPU has no look at a GPU's tiled buffer, whatever it asks") {
    auto picture = std::make_shared<Tiled>();
    const Framebuffer framebuffer{picture};
    picture->flush();
    CHECK(framebuffer.memory() == nullptr);
    CHECK(framebuffer.storage() == nullptr);
    CHECK(framebuffer.size() == kSize);
    REQUIRE(framebuffer.dmabuf() != nullptr);
    CHECK(framebuffer.dmabuf()->copies() == 0);
    REQUIRE(framebuffer.dmabuf()->files());
    CHECK(framebuffer.dmabuf()->files()->size() == 2);
    CHECK(framebuffer.dmabuf()->layout().planes[1].offset == 4096);
}

TEST_CASE("what isn't drawn yet isn't copied, and its fence is there to wait for") {
    Painted picture;
    picture.paint(Rect::of(kSize), 0x111111);
    CHECK(pixel(picture, 1, 1) == 0x111111);
    CHECK(picture.acquire_fence() == -1);

    // A pipe becomes readable as a sync_file does when it is signalled.
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    UniqueFd write_end{ends[1]};
    picture.paint(Rect::of(kSize), 0x222222);
    picture.flush(Rect::of(kSize), UniqueFd{ends[0]});
    CHECK(picture.acquire_fence() == ends[0]);
    CHECK(pixel(picture, 1, 1) == 0x111111);

    REQUIRE(::write(write_end.get(), "x", 1) == 1);
    CHECK(picture.acquire_fence() == -1);
    CHECK(pixel(picture, 1, 1) == 0x222222);
}

namespace {

/// "memory", "dmabuf" or "vga".
std::string kind_of(const Framebuffer& framebuffer) {
    struct Name {
        std::string operator()(MemoryPixels&) const { return "memory"; }
        std::string operator()(const DmabufPixels&) const { return "dmabuf"; }
        std::string operator()(const VgaPicture&) const { return "vga"; }
    };
    return framebuffer.visit(Name{});
}

/// One colour.
class Plain final : public VgaPicture {
public:
    Plain() { data_.size = kSize; }
    void become(uint32_t colour) {
        colour_ = colour;
        changed(Region{Rect::of(kSize)});
    }
    void rasterise(uint32_t, uint32_t, uint32_t width, std::byte* pixels) const override {
        std::fill_n(reinterpret_cast<uint32_t*>(pixels), width, colour_);
    }

private:
    uint32_t colour_ = 0x123456;
};

}  // namespace

TEST_CASE("a framebuffer is one of three kinds") {
    auto dmabuf = std::make_shared<Painted>();
    dmabuf->paint(Rect::of(kSize), 0xabcdef);
    const Framebuffer guests{std::shared_ptr<DmabufPixels>{dmabuf}};
    CHECK(kind_of(guests) == "dmabuf");
    CHECK(guests.dmabuf() == dmabuf.get());
    CHECK(guests.vga() == nullptr);
    CHECK(guests.size() == kSize);
    CHECK(guests.format() == DRM_FORMAT_XRGB8888);
    CHECK(guests.storage() == nullptr);
    CHECK(guests.memory()->bytes_copied() == kSize.area() * 4);
    CHECK(guests.storage() == guests.memory());

    const auto own = MemoryPixels::create(kSize).value();
    const Framebuffer ours{own, DRM_FORMAT_ABGR8888};
    CHECK(kind_of(ours) == "memory");
    CHECK(ours.dmabuf() == nullptr);
    CHECK(ours.vga() == nullptr);
    CHECK(ours.format() == DRM_FORMAT_ABGR8888);
    CHECK(ours.memory() == own);
    CHECK(ours.storage() == own);

    auto picture = std::make_shared<Plain>();
    const Framebuffer raw{std::shared_ptr<VgaPicture>{picture}};
    CHECK(kind_of(raw) == "vga");
    CHECK(raw.vga() == picture.get());
    CHECK(raw.dmabuf() == nullptr);
    CHECK(raw.storage() == nullptr);  // nothing was rasterised
    const auto first = [&raw] {
        return *reinterpret_cast<const uint32_t*>(raw.memory()->latest().row(0));
    };
    CHECK(first() == 0x123456);
    picture->become(0x654321);
    CHECK(first() == 0x654321);

    CHECK(guests.generation() != ours.generation());
    CHECK(ours.generation() != raw.generation());
}

TEST_CASE("what is cached for a framebuffer can tell that its pixels have gone") {
    std::weak_ptr<const void> lifetime;
    {
        auto picture = std::make_shared<Tiled>();
        const Framebuffer framebuffer{std::shared_ptr<DmabufPixels>{picture}};
        lifetime = framebuffer.lifetime();
        CHECK_FALSE(lifetime.expired());
    }
    CHECK(lifetime.expired());
}
