// SPDX-License-Identifier: MIT
// What the screens of a VM that is gone show.
#include <doctest/doctest.h>

#include <cstring>
#include <utility>

#include "card/card.h"
#include "support/flush_done.h"
#include "support/memfd_dmabuf.h"
#include "support/recording_display.h"

namespace oriel::test {
namespace {

using card::Card;
using Kind = RecordingDisplay::Call::Kind;

struct Filled final : RowSource {
    explicit Filled(uint32_t colour) : pixel{colour} {}
    const std::byte* row(uint32_t, uint32_t, uint32_t width, std::byte* scratch) override {
        for (uint32_t i = 0; i < width; ++i) {
            std::memcpy(scratch + size_t{i} * 4, &pixel, 4);
        }
        return scratch;
    }
    uint32_t pixel;
};

void fill(const FramebufferRef& picture, uint32_t colour) {
    Filled rows{colour};
    static_cast<void>(
        picture->memory()->update(Rect::of(picture->size()), rows, Damage::kAsClaimed));
}

FramebufferRef picture_of(Size size, uint32_t colour) {
    auto picture = std::make_shared<const Framebuffer>(MemoryPixels::create(size).value(), 0);
    fill(picture, colour);
    return picture;
}

void show(Display& source, ScanoutId screen, const FramebufferRef& picture, FlushDone done = {}) {
    source.attach(screen, picture, Rect::of(picture->size()));
    source.flush(screen, Region{Rect::of(picture->size())}, std::move(done));
}

struct Rig final : card::LastPictureListener {
    void last_pictures_gone() override { ++gone; }

    RecordingDisplay display{2};
    Card card{display};
    Display& vga = card.add_source("vga", 0, 1);
    Display& virtio = card.add_source("virtio", 1);
    int gone = 0;
};

constexpr Size kSize{16, 8};
constexpr uint32_t kRed = 0xffff'0000;
constexpr uint32_t kGreen = 0xff00'ff00;

}  // namespace

TEST_CASE("the last picture stays until the next VM's first frame") {
    Rig rig;
    const FramebufferRef first = picture_of(kSize, kRed);
    show(rig.virtio, 0, first);
    REQUIRE(rig.card.keep_last_pictures(rig));
    CHECK(rig.card.stale());
    rig.virtio.release();
    REQUIRE(rig.display.attached(0));
    CHECK(rig.display.pixel(0, 3, 3) == kRed);
    CHECK(rig.card.source(0) == "virtio");
    REQUIRE(rig.card.attached(0) != nullptr);
    CHECK(rig.card.attached(0)->framebuffer == rig.display.attached(0));

    // What devices do while they are reset is nobody's frame.
    bool answered = false;
    show(rig.vga, 0, picture_of({8, 8}, kGreen), when_done([&] { answered = true; }));
    CHECK(answered);
    CHECK(rig.display.pixel(0, 3, 3) == kRed);
    rig.vga.detach(0);
    CHECK(rig.display.pixel(0, 3, 3) == kRed);

    rig.card.await_first_frame();
    rig.vga.attach(0, picture_of({8, 8}, kGreen), Rect{0, 0, 8, 8});
    CHECK(rig.display.pixel(0, 3, 3) == kRed);
    CHECK(rig.gone == 0);
    rig.vga.flush(0, Region{Rect{0, 0, 1, 1}}, {});
    CHECK(rig.gone == 1);
    CHECK_FALSE(rig.card.stale());
    CHECK(rig.display.pixel(0, 3, 3) == kGreen);
    CHECK(rig.card.source(0) == "vga");
}

TEST_CASE("a last picture in the VM's own memory stays as a copy") {
    Rig rig;
    const auto pixels = std::make_shared<MemfdDmabuf>(kSize);
    pixels->draw(pixels->all(), kRed);
    const auto picture = std::make_shared<const Framebuffer>(pixels);
    rig.virtio.attach(0, picture, Rect{4, 2, 6, 5});
    rig.virtio.flush(0, Region{Rect{4, 2, 6, 5}}, {});
    REQUIRE(rig.card.keep_last_pictures(rig));
    rig.virtio.release();
    pixels->draw(pixels->all(), kGreen);
    pixels->flushed(Region{pixels->all()});
    REQUIRE(rig.display.attached(0));
    CHECK(rig.display.attached(0) != picture);
    CHECK((rig.display.pixel(0, 3, 3) | 0xff00'0000) == kRed);
    // Only what was shown.
    CHECK(rig.display.attached(0)->size() == Size{6, 5});
    CHECK(rig.display.source(0) == Rect{0, 0, 6, 5});
}

TEST_CASE("a last picture in memory of our own stays where it is, however large") {
    Rig rig;
    constexpr Size kHuge{7680, 4320};
    const FramebufferRef first =
        std::make_shared<const Framebuffer>(MemoryPixels::create(kHuge).value(), 0);
    const Rect part{4, 2, 3840, 2160};
    for (const ScanoutId screen : {0U, 1U}) {
        rig.virtio.attach(screen, first, part);
        rig.virtio.flush(screen, Region{part}, {});
    }
    REQUIRE(rig.card.keep_last_pictures(rig));
    rig.virtio.release();
    for (const ScanoutId screen : {0U, 1U}) {
        CHECK(rig.display.attached(screen) == first);
        CHECK(rig.display.source(screen) == part);
    }
}

TEST_CASE("with the first frame of one screen the others show what they have, or are dark") {
    Rig rig;
    show(rig.virtio, 0, picture_of(kSize, kRed));
    show(rig.virtio, 1, picture_of(kSize, kRed));
    REQUIRE(rig.card.keep_last_pictures(rig));
    rig.virtio.release();
    rig.card.await_first_frame();
    SUBCASE("nothing") {
        show(rig.virtio, 0, picture_of(kSize, kGreen));
        CHECK(rig.display.attached(1) == nullptr);
    }
    SUBCASE("a picture that is attached") {
        rig.virtio.attach(1, picture_of(kSize, kGreen), Rect::of(kSize));
        show(rig.virtio, 0, picture_of(kSize, kGreen));
        CHECK(rig.display.pixel(1, 0, 0) == kGreen);
    }
    CHECK(rig.display.pixel(0, 0, 0) == kGreen);
}

TEST_CASE("a screen that was dark stays dark") {
    Rig rig;
    show(rig.virtio, 0, picture_of(kSize, kRed));
    rig.virtio.detach(0);
    REQUIRE(rig.card.keep_last_pictures(rig));
    CHECK(rig.card.stale());
    CHECK(rig.card.attached(0) == nullptr);
    CHECK(rig.card.source(0).empty());
    CHECK(rig.display.attached(0) == nullptr);
}

TEST_CASE("a client that comes and goes without a frame changes nothing") {
    Rig rig;
    show(rig.virtio, 0, picture_of(kSize, kRed));
    REQUIRE(rig.card.keep_last_pictures(rig));
    rig.virtio.release();
    rig.card.await_first_frame();
    const FramebufferRef before = rig.display.attached(0);
    REQUIRE(rig.card.keep_last_pictures(rig));
    show(rig.vga, 0, picture_of(kSize, kGreen));
    CHECK(rig.display.attached(0) == before);
    CHECK(rig.gone == 0);
}

TEST_CASE("another presenter is shown the last picture too") {
    Rig rig;
    show(rig.virtio, 0, picture_of(kSize, kRed));
    REQUIRE(rig.card.keep_last_pictures(rig));
    rig.virtio.release();
    RecordingDisplay next{2};
    rig.card.retarget(next);
    CHECK(next.pixel(0, 1, 1) == kRed);
    CHECK(next.count(Kind::kFlush) == 1);
    CHECK(next.attached(1) == nullptr);
    rig.card.retarget(rig.display);
}

TEST_CASE("the cursor goes with its VM, and the next one's comes with its first frame") {
    Rig rig;
    const auto cursor = std::make_shared<CursorImage>(CursorImage{{1, 1}, {}, {kRed}});
    rig.virtio.set_cursor(0, cursor);
    show(rig.virtio, 0, picture_of(kSize, kRed));
    REQUIRE(rig.card.keep_last_pictures(rig));
    CHECK(rig.display.last(Kind::kSetCursor).cursor == nullptr);
    rig.virtio.release();
    rig.card.await_first_frame();
    rig.display.forget_calls();
    rig.virtio.set_cursor(0, cursor);
    rig.virtio.move_cursor(0, {3, 4});
    CHECK(rig.display.calls().empty());
    show(rig.virtio, 0, picture_of(kSize, kGreen));
    CHECK(rig.display.last(Kind::kSetCursor).cursor == cursor);
    CHECK(rig.display.last(Kind::kMoveCursor).position == Point{3, 4});
}

TEST_CASE("pictures of more than 10 MiB in all are not copied, and one line says so") {
    Rig rig;
    const auto show_own = [&rig](ScanoutId screen, Size size) {
        const auto pixels = std::make_shared<MemfdDmabuf>(size);
        pixels->draw({0, 0, 1, 1}, kRed);
        show(rig.virtio, screen, std::make_shared<const Framebuffer>(pixels));
    };
    show_own(0, kSize);
    show_own(1, {4096, Card::kMostCopied / (size_t{4096} * 4)});
    const auto kept = rig.card.keep_last_pictures(rig);
    REQUIRE_FALSE(kept);
    CHECK(kept.error().message() ==
          "screen 1 goes dark: its last picture of 4096x640 is too large to be copied");
    CHECK((rig.display.pixel(0, 0, 0) | 0xff00'0000) == kRed);
    CHECK(rig.display.attached(1) == nullptr);
}

}  // namespace oriel::test
