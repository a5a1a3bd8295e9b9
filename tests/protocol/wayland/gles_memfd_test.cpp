// SPDX-License-Identifier: MIT
// Memfd tests: windows whose guests draw to memory of their own, by OpenGL ES (Mesa's software
// rasteriser), with a memfd where a guest has a dma-buf. Skipped where EGL imports none.
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "presenter_desk.h"
#include "support/flush_done.h"
#include "support/known_leaks.h"
#include "support/memfd_dmabuf.h"
#include "support/skip.h"

namespace oriel::test {
namespace {

using namespace std::chrono_literals;

constexpr Size kSize{320, 200};

/// A guest's buffer, and what a compositor must show of it.
struct GuestBuffer {
    explicit GuestBuffer(Size size = kSize, const MemfdDmabuf::Options& options = {})
        : pixels{std::make_shared<MemfdDmabuf>(size, options)},
          framebuffer{std::make_shared<Framebuffer>(pixels)} {}

    [[nodiscard]] Rect all() const { return pixels->all(); }
    [[nodiscard]] Picture expected(const Rect& part) const {
        Picture shown{part.size(), pixels->expected(part)};
        for (uint32_t& pixel : shown.pixels) {
            pixel |= 0xff00'0000;
        }
        return shown;
    }
    void flip(PresenterDesk& desk, uint32_t seed, ScanoutId scanout = 0) const {
        pixels->scribble(all(), seed);
        desk.presenter->attach(scanout, framebuffer, all());
        desk.flush(all(), scanout);
    }
    void show(PresenterDesk& desk, uint32_t seed, ScanoutId scanout = 0) const {
        desk.settle();
        flip(desk, seed, scanout);
        desk.settle();
    }

    std::shared_ptr<MemfdDmabuf> pixels;
    FramebufferRef framebuffer;
};

/// A presenter that imports; none where that is impossible here.
std::unique_ptr<PresenterDesk> gles_desk(CompositorOptions options = {}, size_t screens = 1) {
    options.strict_buffers = false;  // they are Mesa's
    ask_for_rasteriser();
    std::unique_ptr<PresenterDesk> desk;
    try {
        desk = std::make_unique<PresenterDesk>(
            options, presenter_options(kSize, wayland::PathChoice::kGles, screens));
    } catch (const StartupError& error) {
        skip(error.what());
        return nullptr;
    }
    keep_gl_libraries_loaded();
    const GuestBuffer probe;
    probe.show(*desk, 1);
    REQUIRE(desk->state().shown() == probe.expected(probe.all()));
    if (desk->stats().path != "gles") {
        // Not there, and not anything else that went wrong.
        REQUIRE(desk->stats().path == "upload");
        REQUIRE(desk->stats().path_reason == "EGL has no dma-buf import");
        skip(desk->stats().path_reason);
        return nullptr;
    }
    return desk;
}

}  // namespace

TEST_CASE("a guest's own pixels are shown without a copy, in every format") {
    const auto desk = gles_desk();
    if (!desk) {
        return;
    }
    const uint64_t copied = desk->stats().bytes_copied;
    uint64_t flushes = desk->answered;
    for (const uint32_t fourcc :
         {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_XBGR8888, DRM_FORMAT_ABGR8888,
          DRM_FORMAT_BGRX8888, DRM_FORMAT_BGRA8888, DRM_FORMAT_RGBX8888, DRM_FORMAT_RGBA8888}) {
        CAPTURE(fourcc);
        const GuestBuffer buffer{
            kSize, {.fourcc = fourcc, .offset = 4096, .stride = kSize.width * 4 + 64}};
        buffer.show(*desk, fourcc);
        CHECK_SAME_PICTURE(desk->state().picture(), buffer.expected(buffer.all()));
        CHECK(desk->answered == ++flushes);
    }
    CHECK(desk->stats().bytes_copied == copied);
    CHECK(copied == 0);
    CHECK(desk->stats().path == "gles");
    CHECK(desk->stats().path_reason == "");
}

TEST_CASE("a part of a guest's own pixels is shown as it is") {
    const auto desk = gles_desk();
    if (!desk) {
        return;
    }
    const GuestBuffer buffer{{641, 403}};
    buffer.pixels->scribble(buffer.all(), 1);
    for (const Rect part : {Rect{17, 33, 320, 200}, Rect{320, 203, 321, 200}}) {
        desk->presenter->attach(0, buffer.framebuffer, part);
        desk->flush(part);
        desk->settle();
        CHECK_SAME_PICTURE(desk->state().picture(), buffer.expected(part));
    }
    CHECK(desk->stats().bytes_copied == 0);
}

TEST_CASE("damage of a guest's own pixels is shown, and is all that is drawn") {
    const auto desk = gles_desk();
    if (!desk) {
        return;
    }
    const GuestBuffer buffer;
    buffer.show(*desk, 1);
    for (uint32_t i = 0; i < 12; ++i) {
        const Rect part{i * 17, i * 9, 41, 33};
        buffer.pixels->scribble(part, i);
        desk->flush(part);
        desk->settle();
        CHECK_SAME_PICTURE(desk->state().picture(), buffer.expected(buffer.all()));
    }
    const Picture before = buffer.expected(buffer.all());
    // Without a word about it: whoever draws more than the damage shows it.
    buffer.pixels->draw({200, 100, 100, 90}, 99);
    const Rect part{10, 10, 20, 20};
    buffer.pixels->scribble(part, 77);
    desk->flush(part);
    desk->settle();
    Picture wanted = before;
    const Picture now = buffer.expected(buffer.all());
    for (uint32_t y = part.y; y < part.bottom(); ++y) {
        for (uint32_t x = part.x; x < part.right(); ++x) {
            wanted.pixels[y * kSize.width + x] = now.pixels[y * kSize.width + x];
        }
    }
    CHECK_SAME_PICTURE(desk->state().picture(), wanted);
}

TEST_CASE("flips between a guest's buffers are shown and answered one by one") {
    const auto desk = gles_desk();
    if (!desk) {
        return;
    }
    const GuestBuffer buffers[3];
    const uint64_t before = desk->answered;
    for (uint32_t i = 0; i < 9; ++i) {
        const GuestBuffer& buffer = buffers[i % 3];
        buffer.show(*desk, i);
        CHECK_SAME_PICTURE(desk->state().picture(), buffer.expected(buffer.all()));
        CHECK(desk->answered == before + i + 1);
    }
    CHECK(desk->stats().answered_by_timer == 0);
    CHECK(desk->stats().bytes_copied == 0);
}

TEST_CASE("a flush is answered after the read, and that needs no frame callback") {
    const auto desk = gles_desk({.frames = Frames::kManual});
    if (!desk) {
        return;
    }
    desk->next_frame();
    const uint64_t before = desk->answered;
    const GuestBuffer buffer;
    buffer.flip(*desk, 5);
    // Committed and read, but the answer isn't given from inside the flush.
    CHECK(desk->answered == before);
    while (desk->loop.dispatch(0ms)) {
    }
    CHECK(desk->answered == before + 1);
    // What the guest draws now is not what was shown.
    const Picture shown = buffer.expected(buffer.all());
    buffer.pixels->draw(buffer.all(), 6);
    desk->settle();
    CHECK_SAME_PICTURE(desk->state().picture(), shown);
    // One commit a frame callback; the rest merges, and is answered with it.
    for (uint32_t i = 7; i < 10; ++i) {
        buffer.pixels->scribble(buffer.all(), i);
        desk->flush(buffer.all());
        desk->settle();
    }
    CHECK(desk->answered == before + 1);
    desk->next_frame();
    CHECK(desk->answered == before + 4);
    CHECK_SAME_PICTURE(desk->state().picture(), buffer.expected(buffer.all()));
    CHECK(desk->stats().answered_by_timer == 0);
}

TEST_CASE("a flush of nothing waits for no read") {
    const auto desk = gles_desk();
    if (!desk) {
        return;
    }
    const GuestBuffer buffer;
    buffer.show(*desk, 1);
    const uint64_t before = desk->answered;
    desk->presenter->flush(0, Region{}, when_done([&] { ++desk->answered; }));
    desk->settle();
    CHECK(desk->answered == before + 1);
    CHECK(desk->stats().answered_by_timer == 0);
}

TEST_CASE("imported, copied and memory pixels take turns in a window") {
    const auto desk = gles_desk();
    if (!desk) {
        return;
    }
    const GuestBuffer imported;
    const GuestBuffer copied{kSize, {.export_error = "there is no /dev/udmabuf"}};
    GuestPicture memory{kSize};
    for (uint32_t i = 0; i < 3; ++i) {
        imported.show(*desk, i);
        CHECK(desk->stats().path == "gles");
        CHECK(desk->stats().path_reason == "");
        CHECK_SAME_PICTURE(desk->state().picture(), imported.expected(imported.all()));
        copied.show(*desk, i);
        CHECK(desk->stats().path == "upload");
        CHECK(desk->stats().path_reason == "there is no /dev/udmabuf");
        CHECK_SAME_PICTURE(desk->state().picture(), copied.expected(copied.all()));
        memory.scribble(memory.all(), i);
        desk->show(memory);
        CHECK(desk->stats().path == "upload");
        CHECK(desk->stats().path_reason == "");
        CHECK_SAME_PICTURE(desk->state().picture(), memory.expected());
    }
}

TEST_CASE("a guest's buffer may go while it is shown") {
    const auto desk = gles_desk();
    if (!desk) {
        return;
    }
    for (uint32_t i = 0; i < 50; ++i) {
        const GuestBuffer buffer;
        buffer.flip(*desk, i);
        if (i % 2 == 0) {
            desk->presenter->detach(0);
        }
    }
    desk->settle();
    const GuestBuffer last;
    last.show(*desk, 1);
    CHECK_SAME_PICTURE(desk->state().picture(), last.expected(last.all()));
    CHECK(desk->answered == desk->stats().flushed);
}

TEST_CASE("one guest's buffer is shown in two windows") {
    const auto desk = gles_desk({}, 2);
    if (!desk) {
        return;
    }
    const GuestBuffer buffer;
    buffer.show(*desk, 1, 0);
    buffer.show(*desk, 2, 1);
    CHECK_SAME_PICTURE(desk->state().picture(1), buffer.expected(buffer.all()));
    desk->flush(buffer.all(), 0);
    desk->settle();
    CHECK_SAME_PICTURE(desk->state().picture(0), buffer.expected(buffer.all()));
    CHECK(desk->stats(0).path == "gles");
    CHECK(desk->stats(1).path == "gles");
}

}  // namespace oriel::test
