// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <drm_fourcc.h>

#include <array>
#include <cstring>
#include <utility>

#include "core/mapping.h"
#include "core/memfd.h"
#include "guest/stitched_mapping.h"
#include "rig.h"
#include "support/blob_screen.h"

namespace {

using namespace oriel;
using namespace oriel::test;
using wire::Type;
using Kind = RecordingDisplay::Call::Kind;

constexpr uint64_t kPage = 4096;

/// Different everywhere, and never black.
void draw(BlobScreen& screen, uint32_t seed) {
    for (uint32_t y = 0; y < screen.size().height; ++y) {
        for (uint32_t x = 0; x < screen.size().width; ++x) {
            screen.set(x, y, 0x01000000 * seed + y * 0x1003 + x + 1);
        }
    }
}

/// What a compositor reads that has the exported buffer.
class Imported {
public:
    explicit Imported(const FramebufferRef& framebuffer)
        : layout_{framebuffer->dmabuf()->layout()},
          mapping_{Mapping::map(
                       framebuffer->dmabuf()->files().value().front().get(), 0,
                       round_to_pages(plane_.offset + size_t{plane_.stride} * layout_.size.height),
                       MapAccess::kRead)
                       .value()} {}
    [[nodiscard]] uint32_t pixel(uint32_t x, uint32_t y) const {
        uint32_t value = 0;
        std::memcpy(&value, mapping_.data() + plane_.offset + size_t{plane_.stride} * y + 4 * x,
                    sizeof value);
        return value;
    }

private:
    PixelLayout layout_;
    PlaneLayout plane_ = layout_.planes[0];
    Mapping mapping_;
};

TEST_CASE("a blob is shown as the guest has drawn it, without a copy until somebody asks for one") {
    GpuRig rig;
    for (const Pages pages : {Pages::kContiguous, Pages::kScattered, Pages::kLargeRuns}) {
        BlobScreen screen{rig.driver, {640, 480}, {.pages = pages}};
        draw(screen, 3);
        REQUIRE(screen.show_on(0) == Type::kOkNodata);
        CHECK(screen.flush() == Type::kOkNodata);
        const FramebufferRef shown = rig.display.attached(0);
        REQUIRE(shown->dmabuf() != nullptr);
        CHECK(shown->format() == DRM_FORMAT_XRGB8888);
        CHECK(shown->dmabuf()->layout().modifier == DRM_FORMAT_MOD_LINEAR);
        CHECK(shown->storage() == nullptr);
        bool same = true;
        for (uint32_t y = 0; y < 480; ++y) {
            for (uint32_t x = 0; x < 640; x += 3) {
                same &= rig.display.pixel(0, x, y) == screen.get(x, y);
            }
        }
        CHECK(same);
        CHECK(shown->storage()->bytes_copied() == 640 * 480 * 4);
        // Only what is flushed is copied again.
        screen.fill({10, 20, 30, 40}, 0xabcdef);
        CHECK(screen.flush({10, 20, 30, 40}) == Type::kOkNodata);
        CHECK(rig.display.last(Kind::kFlush).damage == Region{Rect{10, 20, 30, 40}});
        CHECK(rig.display.pixel(0, 39, 59) == 0xabcdef);
        CHECK(shown->storage()->bytes_copied() == 640 * 480 * 4 + 30 * 40 * 4);
        REQUIRE(screen.unref() == Type::kOkNodata);
    }
}

TEST_CASE("more pieces than can be mapped side by side are gathered") {
    GpuRig rig;
    // 8400 single pages.
    BlobScreen screen{rig.driver, {4096, 2100}};
    REQUIRE(screen.entries().size() > guest::StitchedMapping::kMaxPieces);
    screen.set(0, 0, 1);
    screen.set(1023, 1, 2);
    screen.set(1024, 1, 3);
    screen.set(4095, 2099, 4);
    REQUIRE(screen.show_on(0) == Type::kOkNodata);
    REQUIRE(screen.flush() == Type::kOkNodata);
    CHECK(rig.display.pixel(0, 0, 0) == 1);
    CHECK(rig.display.pixel(0, 1023, 1) == 2);
    CHECK(rig.display.pixel(0, 1024, 1) == 3);
    CHECK(rig.display.pixel(0, 4095, 2099) == 4);
    CHECK(guest::StitchedMapping::pieces_together() == 0);
}

TEST_CASE("scattered pages are mapped side by side for the copy, until the memory map changes") {
    GpuRig rig;
    BlobScreen screen{rig.driver, {1024, 64}};  // a page a row
    draw(screen, 5);
    REQUIRE(screen.show_on(0) == Type::kOkNodata);
    REQUIRE(screen.flush() == Type::kOkNodata);
    CHECK(guest::StitchedMapping::pieces_together() == 0);  // nobody has asked
    CHECK(rig.display.pixel(0, 1023, 63) == screen.get(1023, 63));
    CHECK(guest::StitchedMapping::pieces_together() == 64);
    REQUIRE(rig.link.memory()
                .map(uint64_t{4} << 30, kPage,
                     create_memfd("other", kPage, MemfdSeals::kNone).value(), 0, true)
                .has_value());
    draw(screen, 6);
    REQUIRE(screen.flush() == Type::kOkNodata);
    CHECK(rig.display.pixel(0, 1023, 63) == screen.get(1023, 63));
    CHECK(guest::StitchedMapping::pieces_together() == 64);
    REQUIRE(screen.unref() == Type::kOkNodata);
    CHECK(guest::StitchedMapping::pieces_together() == 0);
}

TEST_CASE("a memory map that changes while pages are mapped in steps, or copied, is followed") {
    GpuRig rig;
    BlobScreen screen{rig.driver, {1024, 1024}};  // a page a row: more than a step, and a piece
    draw(screen, 5);
    REQUIRE(screen.show_on(0) == Type::kOkNodata);
    REQUIRE(screen.flush() == Type::kOkNodata);
    const FramebufferRef shown = rig.display.attached(0);
    uint64_t address = uint64_t{4} << 30;
    int pieces = 0;
    // The map changes after each third piece, and in the end no more.
    while (shown->copy_piece()) {
        ++pieces;
        if (pieces < 30 && pieces % 3 == 0) {
            REQUIRE(rig.link.memory()
                        .map(address, kPage,
                             create_memfd("other", kPage, MemfdSeals::kNone).value(), 0, true)
                        .has_value());
            address += kPage;
        }
    }
    CHECK(pieces > 30);
    CHECK(guest::StitchedMapping::pieces_together() == 1024);
    bool same = true;
    for (uint32_t y = 0; y < 1024; ++y) {
        same &= rig.display.pixel(0, y, y) == screen.get(y, y);
    }
    CHECK(same);
    REQUIRE(screen.unref() == Type::kOkNodata);
    CHECK(guest::StitchedMapping::pieces_together() == 0);
}

TEST_CASE("the exported buffer is the guest's memory itself") {
    GpuRig rig;
    BlobScreen screen{
        rig.driver, {64, 48}, {.pages = Pages::kContiguous, .offset = 256, .stride = 512}};
    draw(screen, 1);
    REQUIRE(screen.show_on(0) == Type::kOkNodata);
    CHECK(rig.exporter.calls() == 0);  // on demand only
    const Imported imported{rig.display.attached(0)};
    CHECK(imported.pixel(63, 47) == screen.get(63, 47));
    screen.set(63, 47, 0x778899);
    CHECK(imported.pixel(63, 47) == 0x778899);
    CHECK(rig.display.attached(0)->dmabuf()->layout().planes[0].stride == 512);
    CHECK(rig.exporter.calls() == 1);
    REQUIRE(rig.exporter.last().size() == 1);
    CHECK(rig.exporter.last()[0].length == screen.byte_size());
}

TEST_CASE("every format of the specification has its fourcc, and its bytes are put in order") {
    struct Case {
        wire::Format format;
        uint32_t fourcc;
        uint32_t bytes;  // of a pixel with R=0x11 G=0x22 B=0x33 A or X=0x44, little-endian
    };
    const std::array<Case, 8> cases{{
        {wire::Format::kB8G8R8A8, DRM_FORMAT_ARGB8888, 0x44112233},
        {wire::Format::kB8G8R8X8, DRM_FORMAT_XRGB8888, 0x44112233},
        {wire::Format::kA8R8G8B8, DRM_FORMAT_BGRA8888, 0x33221144},
        {wire::Format::kX8R8G8B8, DRM_FORMAT_BGRX8888, 0x33221144},
        {wire::Format::kR8G8B8A8, DRM_FORMAT_ABGR8888, 0x44332211},
        {wire::Format::kX8B8G8R8, DRM_FORMAT_RGBX8888, 0x11223344},
        {wire::Format::kA8B8G8R8, DRM_FORMAT_RGBA8888, 0x11223344},
        {wire::Format::kR8G8B8X8, DRM_FORMAT_XBGR8888, 0x44332211},
    }};
    GpuRig rig;
    for (const Case& c : cases) {
        CAPTURE(static_cast<uint32_t>(c.format));
        BlobScreen screen{rig.driver, {16, 16}, {.format = c.format}};
        screen.fill(c.bytes);
        REQUIRE(screen.show_on(0) == Type::kOkNodata);
        REQUIRE(screen.flush() == Type::kOkNodata);
        CHECK(rig.display.attached(0)->dmabuf()->layout().fourcc == c.fourcc);
        CHECK(rig.display.pixel(0, 15, 15) == 0x44112233);
    }
}

TEST_CASE("a picture may lie anywhere in its blob, and a scanout show a part of it") {
    GpuRig rig{2};
    BlobScreen screen{rig.driver, {100, 60}, {.offset = 3 * kPage + 20, .stride = 1028}};
    draw(screen, 2);
    REQUIRE(screen.show_on(0, {10, 5, 50, 40}) == Type::kOkNodata);
    REQUIRE(screen.show_on(1, {60, 0, 40, 60}) == Type::kOkNodata);
    CHECK(rig.display.attached(0) == rig.display.attached(1));
    REQUIRE(screen.flush() == Type::kOkNodata);
    CHECK(rig.display.source(0) == Rect{10, 5, 50, 40});
    CHECK(rig.display.pixel(0, 0, 0) == screen.get(10, 5));
    CHECK(rig.display.pixel(1, 39, 59) == screen.get(99, 59));
    // A flush is told to whom it concerns.
    rig.display.forget_calls();
    REQUIRE(screen.flush({90, 0, 10, 10}) == Type::kOkNodata);
    REQUIRE(rig.display.count(Kind::kFlush) == 1);
    CHECK(rig.display.last(Kind::kFlush).scanout == 1);
    REQUIRE(screen.flush({0, 0, 4, 4}) == Type::kOkNodata);
    CHECK(rig.display.count(Kind::kFlush) == 1);
    CHECK(rig.device->stats().flushes_without_damage == 1);
}

TEST_CASE("a framebuffer that leaves its blob, or isn't one, is refused and changes nothing") {
    GpuRig rig;
    BlobScreen shown{rig.driver, {64, 64}};
    REQUIRE(shown.show_on(0) == Type::kOkNodata);
    const FramebufferRef before = rig.display.attached(0);
    const uint32_t id = rig.driver.next_id();
    REQUIRE(rig.driver.create_blob(id, 4 * kPage, rig.driver.allocate(4 * kPage)) ==
            Type::kOkNodata);
    const GpuDriver::BlobView good{.size = {64, 64}, .stride = 256};
    const auto with = [good](auto change) {
        GpuDriver::BlobView view = good;
        change(view);
        return view;
    };
    using View = GpuDriver::BlobView;
    const std::array<std::pair<const char*, View>, 17> wrong{{
        {"no width", with([](View& v) { v.size.width = 0; })},
        {"no height", with([](View& v) { v.size.height = 0; })},
        {"too wide", with([](View& v) {
             v.size.width = 16385;
             v.stride = 16385 * 4;
         })},
        {"too high", with([](View& v) { v.size.height = 16385; })},
        {"the largest size", with([](View& v) { v.size.width = v.size.height = 0xffffffff; })},
        {"a stride of nothing", with([](View& v) { v.stride = 0; })},
        {"a stride below a row", with([](View& v) { v.stride = 252; })},
        {"a stride of no whole pixels", with([](View& v) {
             v.size.height = 8;
             v.stride = 258;
         })},
        {"a stride too long", with([](View& v) { v.stride = 260; })},
        {"the longest stride", with([](View& v) { v.stride = 0xfffffffc; })},
        {"an offset of no whole pixels", with([](View& v) {
             v.size.height = 8;
             v.offset = 2;
         })},
        {"an offset too far", with([](View& v) { v.offset = 4; })},
        {"an offset at the end", with([](View& v) { v.offset = 4 * kPage; })},
        {"an offset behind the end", with([](View& v) { v.offset = 5 * kPage; })},
        {"the last offset", with([](View& v) { v.offset = 0xfffffffc; })},
        {"a row too many", with([](View& v) { v.size.height = 65; })},
        {"a format that isn't one", with([](View& v) { v.format = static_cast<wire::Format>(5); })},
    }};
    for (const auto& bad : wrong) {
        CAPTURE(bad.first);
        CHECK(rig.driver.set_scanout_blob(0, id, bad.second, {0, 0, 1, 1}) ==
              Type::kErrInvalidParameter);
    }
    for (const Rect& source : {Rect{}, Rect{0, 0, 65, 64}, Rect{1, 0, 64, 64}, Rect{0, 64, 1, 1},
                               Rect{0xffffffff, 0, 2, 1}, Rect{0, 0, 0xffffffff, 0xffffffff}}) {
        CHECK(rig.driver.set_scanout_blob(0, id, good, source) == Type::kErrInvalidParameter);
    }
    CHECK(rig.driver.set_scanout_blob(0, 4711, good, {0, 0, 64, 64}) ==
          Type::kErrInvalidResourceId);
    CHECK(rig.driver.set_scanout_blob(1, id, good, {0, 0, 64, 64}) == Type::kErrInvalidScanoutId);
    // The two kinds aren't for each other's command.
    CHECK(rig.driver.set_scanout(0, id, {0, 0, 64, 64}) == Type::kErrInvalidResourceId);
    REQUIRE(rig.driver.create_2d(500, {64, 64}) == Type::kOkNodata);
    CHECK(rig.driver.set_scanout_blob(0, 500, good, {0, 0, 64, 64}) == Type::kErrInvalidResourceId);
    CHECK(rig.display.attached(0) == before);
    CHECK(rig.display.count(Kind::kAttach) == 1);
    // The last row needs no whole stride.
    CHECK(rig.driver.set_scanout_blob(0, id, with([](View& v) {
                                          v.size = {32, 64};
                                          v.offset = 128;
                                      }),
                                      {0, 0, 32, 64}) == Type::kOkNodata);
    CHECK(rig.driver.set_scanout_blob(0, id, good, {0, 0, 64, 64}) == Type::kOkNodata);
    CHECK(rig.driver.flush(id, {0, 0, 16385, 1}) == Type::kErrInvalidParameter);
    CHECK(rig.driver.flush(id, {0xffffffff, 0, 2, 2}) == Type::kErrInvalidParameter);
}

TEST_CASE("page flips find their framebuffers again") {
    GpuRig rig;
    BlobFlipper flipper{rig.driver, 0, {64, 64}};
    REQUIRE(flipper.flip() == Type::kOkNodata);
    const uint64_t first = rig.display.attached(0)->generation();
    REQUIRE(flipper.flip() == Type::kOkNodata);
    const uint64_t second = rig.display.attached(0)->generation();
    CHECK(first != second);
    for (int i = 0; i < 10; ++i) {
        flipper.back().fill(static_cast<uint32_t>(i) + 1);
        REQUIRE(flipper.flip() == Type::kOkNodata);
        CHECK(rig.display.attached(0)->generation() == (i % 2 == 0 ? first : second));
        CHECK(rig.display.pixel(0, 5, 5) == static_cast<uint32_t>(i) + 1);
    }
    CHECK(rig.device->stats().host_bytes == 2 * 64 * 256);
}

TEST_CASE("a guest that always takes another layout holds no more than a few") {
    GpuRig rig;
    BlobScreen screen{rig.driver, {64, 64}};
    for (uint32_t height = 1; height <= 64; ++height) {
        REQUIRE(rig.driver.set_scanout_blob(0, screen.id(), {.size = {64, height}, .stride = 256},
                                            {0, 0, 64, height}) == Type::kOkNodata);
    }
    CHECK(rig.device->stats().host_bytes == (61 + 62 + 63 + 64) * 256);
}

TEST_CASE("a flush is answered when the presenter is done with it") {
    GpuRig rig;
    BlobFlipper flipper{rig.driver, 0, {64, 64}};
    rig.display.hold_flushes(true);
    const auto first = flipper.post_flip();
    const auto second = flipper.post_flip();
    CHECK_FALSE(rig.driver.answered(first));
    rig.display.answer(1);
    CHECK(rig.driver.answered(first));
    CHECK_FALSE(rig.driver.answered(second));
    rig.display.answer();
    CHECK(rig.driver.answered(second));
}

TEST_CASE("a blob destroyed while it is shown is gone from the screen and stays with its holder") {
    GpuRig rig;
    BlobScreen screen{rig.driver, {64, 64}, {.pages = Pages::kContiguous}};
    screen.fill(0x111111);
    REQUIRE(screen.show_on(0) == Type::kOkNodata);
    REQUIRE(screen.flush() == Type::kOkNodata);
    const FramebufferRef held = rig.display.attached(0);
    const Imported imported{held};
    CHECK(rig.display.pixel(0, 1, 1) == 0x111111);
    REQUIRE(screen.unref() == Type::kOkNodata);
    CHECK(rig.display.attached(0) == nullptr);
    CHECK(screen.flush() == Type::kErrInvalidResourceId);
    // The compositor's buffer is valid; we don't look any more.
    screen.fill(0x222222);
    CHECK(imported.pixel(1, 1) == 0x222222);
    CHECK(held->dmabuf()->files().has_value());
    uint32_t copied = 0;
    std::memcpy(&copied, held->memory()->latest().row(1) + 4, sizeof copied);
    CHECK(copied == 0x111111);
    // Nor when the device itself is gone.
    rig.display.forget_calls();
    rig.device.reset();
    CHECK(held->memory() != nullptr);
    CHECK(held->size() == Size{64, 64});
}

TEST_CASE("a framebuffer that outlives its resource is never exported or copied late") {
    GpuRig rig;
    BlobScreen screen{rig.driver, {64, 64}, {.pages = Pages::kContiguous}};
    screen.fill(0x111111);
    REQUIRE(screen.show_on(0) == Type::kOkNodata);
    const FramebufferRef held = rig.display.attached(0);
    SUBCASE("destroyed") {
        REQUIRE(screen.unref() == Type::kOkNodata);
    }
    SUBCASE("detached") {
        REQUIRE(rig.driver.detach_backing(screen.id()) == Type::kOkNodata);
    }
    SUBCASE("the device was reset") {
        rig.link.restart();
    }
    SUBCASE("the device is gone") {
        rig.device.reset();
    }
    CHECK_FALSE(held->dmabuf()->files().has_value());
    CHECK(rig.exporter.calls() == 0);
    uint32_t copied = 1;
    std::memcpy(&copied, held->memory()->latest().row(0), sizeof copied);
    CHECK(copied == 0);  // as it was: never read
}

TEST_CASE("a detached blob keeps its last picture on the screen") {
    GpuRig rig;
    BlobScreen screen{rig.driver, {64, 64}};
    screen.fill(0x111111);
    REQUIRE(screen.show_on(0) == Type::kOkNodata);
    REQUIRE(screen.flush() == Type::kOkNodata);
    CHECK(rig.display.pixel(0, 1, 1) == 0x111111);
    // Linux gives an imported buffer back this way.
    REQUIRE(rig.driver.detach_backing(screen.id()) == Type::kOkNodata);
    screen.fill(0x222222);
    CHECK(screen.flush() == Type::kOkNodata);
    CHECK(rig.display.pixel(0, 1, 1) == 0x111111);
    CHECK(screen.show_on(0) == Type::kErrUnspec);
    CHECK(rig.display.attached(0) != nullptr);
    REQUIRE(screen.unref() == Type::kOkNodata);
    CHECK(rig.display.attached(0) == nullptr);
}

TEST_CASE("guest memory that is unplugged under a blob is read no more, and read again when back") {
    GpuRig rig;
    BlobScreen shown{rig.driver, {64, 64}};
    // A range of its own, so that it can go.
    constexpr uint64_t kAt = uint64_t{4} << 30;
    UniqueFd fd = create_memfd("dimm", 16 * kPage, MemfdSeals::kFixedSize).value();
    const Mapping dimm = Mapping::map(fd.get(), 0, 16 * kPage, MapAccess::kReadWrite).value();
    std::memset(dimm.data(), 0x11, dimm.size());
    const auto plug = [&] {
        REQUIRE(rig.link.memory()
                    .map(kAt, 16 * kPage, UniqueFd{::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0)}, 0, true)
                    .has_value());
    };
    plug();
    const uint32_t id = rig.driver.next_id();
    const GpuDriver::BlobView view{.size = {64, 64}, .stride = 256};
    const auto show = [&] { return rig.driver.set_scanout_blob(0, id, view, {0, 0, 64, 64}); };
    REQUIRE(rig.driver.create_blob(
                id, 4 * kPage,
                {{kAt, kPage}, {kAt + 8 * kPage, kPage}, {kAt + 4 * kPage, 2 * kPage}}) ==
            Type::kOkNodata);
    REQUIRE(show() == Type::kOkNodata);
    REQUIRE(rig.driver.flush(id, {0, 0, 64, 64}) == Type::kOkNodata);
    CHECK(rig.display.pixel(0, 0, 0) == 0x11111111);
    const FramebufferRef before = rig.display.attached(0);

    REQUIRE(rig.link.memory().unmap(kAt, 16 * kPage));
    rig.link.memory().release_unused();
    std::memset(dimm.data(), 0x22, dimm.size());
    CHECK(rig.driver.flush(id, {0, 0, 64, 64}) == Type::kOkNodata);
    CHECK(rig.display.pixel(0, 0, 0) == 0x11111111);
    CHECK(show() == Type::kErrInvalidParameter);
    CHECK(rig.display.attached(0) == before);
    CHECK_FALSE(before->dmabuf()->files().has_value());

    plug();
    CHECK(show() == Type::kOkNodata);
    CHECK(rig.display.attached(0) != before);
    REQUIRE(rig.driver.flush(id, {0, 0, 64, 64}) == Type::kOkNodata);
    CHECK(rig.display.pixel(0, 63, 63) == 0x22222222);
}

}  // namespace
