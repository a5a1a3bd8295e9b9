// SPDX-License-Identifier: MIT
// What the presenter puts on the screen: pixels, damage, buffers.
#include <doctest/doctest.h>

#include "presenter_desk.h"

namespace oriel::test {
namespace {

constexpr Size kSize{320, 200};
constexpr uint32_t kRed = 0xff'0000;
constexpr uint32_t kBlack = 0xff00'0000;

/// A compositor that makes every window as large as it says.
CompositorOptions imposing(Size window) {
    return {.configure_size = window,
            .configure_flags = {WindowFlag::kActivated, WindowFlag::kMaximized}};
}

}  // namespace

TEST_CASE("a picture reaches the compositor to the pixel") {
    PresenterDesk desk;
    GuestPicture picture{kSize};
    picture.scribble(picture.all());
    desk.show(picture);
    CHECK_SAME_PICTURE(desk.state().picture(), picture.expected());
    CHECK(desk.state().shown() == picture.expected());
    CHECK(desk.answered == 1);
    CHECK(desk.stats().path == "shm");
}

TEST_CASE("a picture whose rows are no multiple of 256 bytes reaches the compositor to the pixel") {
    PresenterDesk desk{{}, presenter_options({333, 77})};
    GuestPicture picture{{333, 77}};
    picture.scribble(picture.all());
    desk.show(picture);
    CHECK_SAME_PICTURE(desk.state().picture(), picture.expected());
}

TEST_CASE("a compositor that ignores how long rows are, as KWin does, shows the right pixels") {
    CompositorOptions options;
    options.kwin = true;
    SUBCASE("of a whole picture, and where it changes") {
        PresenterDesk desk{options, presenter_options({333, 77})};
        GuestPicture picture{{333, 77}};
        picture.scribble(picture.all());
        desk.show(picture);
        CHECK(desk.state().shown() == picture.expected());
        const Rect part{40, 20, 50, 30};
        picture.scribble(part, 2);
        desk.flush(part);
        desk.settle();
        CHECK(desk.state().shown() == picture.expected());
        CHECK(desk.state().content()->last().damage == Region{part});
    }
    SUBCASE("of a part of a picture, and where that changes") {
        PresenterDesk desk{options};
        GuestPicture picture{{640, 400}};
        picture.scribble(picture.all());
        const Rect part{17, 33, 320, 200};
        desk.settle();
        desk.presenter->attach(0, picture.framebuffer(), part);
        desk.flush(part);
        desk.settle();
        CHECK(desk.state().shown() == picture.expected(part));
        picture.fill({0, 0, 640, 400}, kRed);
        desk.flush({300, 190, 100, 100});
        desk.settle();
        CHECK(desk.state().content()->last().damage == Region{Rect{300, 190, 37, 43}});
    }
    SUBCASE("of a magnified picture") {
        CompositorOptions twice = imposing({666, 154});
        twice.kwin = true;
        PresenterDesk desk{twice, presenter_options({333, 77})};
        GuestPicture picture{{333, 77}};
        picture.scribble(picture.all());
        desk.show(picture);
        const Picture shown = desk.state().shown();
        REQUIRE(shown.size == Size{666, 154});
        CHECK(shown.at(0, 0) == picture.expected().at(0, 0));
        CHECK(shown.at(665, 153) == picture.expected().at(332, 76));
        CHECK(shown.at(401, 99) == picture.expected().at(200, 49));
    }
}

TEST_CASE("a window is black until a guest shows something") {
    PresenterDesk desk;
    desk.settle();
    CHECK(desk.state().shown() == GuestPicture{kSize}.expected());
}

TEST_CASE("a flush commits its damage and copies nothing else") {
    PresenterDesk desk;
    GuestPicture picture{kSize};
    desk.show(picture);
    const Rect part{100, 50, 64, 64};
    for (uint32_t seed = 1; seed < 5; ++seed) {  // all buffers have had the picture after that
        picture.scribble(part, seed);
        desk.flush(part);
        desk.settle();
    }
    const uint64_t copied_before = desk.stats().bytes_copied;
    picture.scribble(part, 5);
    desk.flush(part);
    desk.settle();
    CHECK(desk.stats().bytes_copied - copied_before == part.size().area() * 4);
    CHECK(desk.state().content()->last().damage == Region{part});
    CHECK_SAME_PICTURE(desk.state().picture(), picture.expected());
}

TEST_CASE("pictures that change here and there stay exact in every buffer") {
    PresenterDesk desk{{.frames = Frames::kManual}};
    GuestPicture picture{kSize};
    desk.show(picture);
    for (uint32_t i = 0; i < 12; ++i) {
        const Rect part{i * 17, i * 9, 40, 30};
        picture.scribble(part, i);
        desk.flush(part);
        desk.next_frame();
        CHECK_SAME_PICTURE(desk.state().picture(), picture.expected());
    }
    CHECK(picture.buffers() == 3);
}

TEST_CASE("a scanout shows its part of a larger framebuffer") {
    PresenterDesk desk;
    GuestPicture picture{{640, 400}};
    picture.scribble(picture.all());
    const Rect part{17, 33, 320, 200};
    desk.settle();
    desk.presenter->attach(0, picture.framebuffer(), part);
    desk.flush(part);
    desk.settle();
    CHECK_SAME_PICTURE(desk.state().picture(), picture.expected(part));

    // Another part, down to the last pixel.
    const Rect corner{320, 200, 320, 200};
    desk.presenter->attach(0, picture.framebuffer(), corner);
    desk.flush(corner);
    desk.settle();
    CHECK_SAME_PICTURE(desk.state().picture(), picture.expected(corner));

    // Damage is told in the part's coordinates, and what lies outside isn't told.
    picture.fill({0, 0, 640, 400}, kRed);
    desk.flush({300, 190, 40, 20});
    desk.settle();
    CHECK(desk.state().content()->last().damage == Region{Rect{0, 0, 20, 10}});
}

TEST_CASE("page flips make a wl_buffer once for each buffer") {
    PresenterDesk desk;
    GuestPicture front{kSize};
    GuestPicture back{kSize};
    front.fill(front.all(), 0x112233);
    back.fill(back.all(), 0x445566);
    desk.show(front);
    for (int flip = 0; flip < 50; ++flip) {
        desk.show(back);
        CHECK_SAME_PICTURE(desk.state().picture(), back.expected());
        desk.show(front);
    }
    CHECK_SAME_PICTURE(desk.state().picture(), front.expected());
    // One each, and the black of the beginning.
    CHECK(desk.state().buffers_created <= 3);
    CHECK(front.buffers() == 1);
    CHECK(desk.answered == 101);
}

TEST_CASE("page flips of pictures that are redrawn make few wl_buffers") {
    PresenterDesk desk{{.frames = Frames::kManual}};
    GuestPicture pictures[2] = {GuestPicture{kSize}, GuestPicture{kSize}};
    for (uint32_t flip = 0; flip < 100; ++flip) {
        pictures[flip % 2].scribble(pictures[0].all(), flip);
        desk.show(pictures[flip % 2]);
        desk.next_frame();
        CHECK_SAME_PICTURE(desk.state().picture(), pictures[flip % 2].expected());
    }
    CHECK(desk.state().buffers_created <= 2 * MemoryPixels::kMaxBuffers + 1);
}

TEST_CASE("one framebuffer on two scanouts shows in both windows") {
    PresenterDesk desk{{}, presenter_options(kSize, wayland::PathChoice::kShm, 2)};
    GuestPicture picture{kSize};
    for (uint32_t seed = 1; seed < 6; ++seed) {
        picture.scribble(picture.all(), seed);
        desk.show(picture, 0);
        desk.show(picture, 1);
        CHECK_SAME_PICTURE(desk.state().picture(0), picture.expected());
        CHECK_SAME_PICTURE(desk.state().picture(1), picture.expected());
    }
    CHECK(desk.answered == 10);
}

TEST_CASE("a framebuffer that the guest destroys while it is shown stays on screen") {
    PresenterDesk desk;
    GuestPicture next{kSize};
    next.fill(next.all(), kRed);
    {
        GuestPicture picture{kSize};
        picture.scribble(picture.all());
        desk.show(picture);
        const Picture expected = picture.expected();
        picture.destroy();
        desk.settle();
        CHECK(desk.state().shown() == expected);
    }
    const uint64_t before = desk.state().buffers_alive;
    desk.show(next);
    desk.settle();
    CHECK(desk.state().shown() == next.expected());
    // The one before went when the compositor gave it back.
    CHECK(desk.state().buffers_alive <= before);
}

TEST_CASE("a scanout without a framebuffer is black") {
    PresenterDesk desk;
    GuestPicture picture{kSize};
    picture.fill(picture.all(), kRed);
    desk.show(picture);
    desk.presenter->detach(0);
    desk.settle();
    CHECK(desk.state().shown() == GuestPicture{kSize}.expected());
    desk.show(picture);
    CHECK(desk.state().shown() == picture.expected());
}

TEST_CASE("a picture is scaled to the window by the compositor") {
    PresenterDesk desk{imposing({800, 500})};
    GuestPicture picture{kSize};
    picture.scribble(picture.all());
    desk.show(picture);
    CHECK_SAME_PICTURE(desk.state().picture(), picture.expected());
    const Picture shown = desk.state().shown();
    REQUIRE(shown.size == Size{800, 500});
    CHECK(shown.at(0, 0) == picture.expected().at(0, 0));
    CHECK(shown.at(799, 499) == picture.expected().at(319, 199));
    CHECK(shown.at(251, 126) == picture.expected().at(100, 50));
    CHECK(desk.stats().filter == "compositor");
    CHECK(desk.stats().scale_x == 2.5);
}

TEST_CASE("a picture of another shape keeps its shape, in the middle of black") {
    PresenterDesk desk{imposing({640, 600})};
    GuestPicture picture{kSize};  // 640x400 on screen, from row 100 on
    picture.fill(picture.all(), kRed);
    desk.show(picture);
    const Picture shown = desk.state().shown();
    REQUIRE(shown.size == Size{640, 600});
    CHECK(shown.at(0, 99) == kBlack);
    CHECK(shown.at(0, 100) == 0xffff0000);
    CHECK(shown.at(639, 499) == 0xffff0000);
    CHECK(shown.at(639, 500) == kBlack);
}

TEST_CASE("a window changes between black borders and none without a wrong picture between") {
    PresenterDesk desk{imposing({640, 400})};
    GuestPicture picture{kSize};
    picture.fill(picture.all(), kRed);
    desk.show(picture);
    for (const Size size : {Size{640, 600}, Size{640, 400}, Size{900, 400}, Size{320, 200}}) {
        desk.compositor.configure(
            {.size = size, .flags = {WindowFlag::kActivated, WindowFlag::kMaximized}});
        desk.settle();
        const Picture shown = desk.state().shown();
        REQUIRE(shown.size == size);
        CHECK(shown.at(size.width / 2, size.height / 2) == 0xffff0000);
        CHECK((shown.at(0, 0) == kBlack) == (size == Size{640, 600} || size == Size{900, 400}));
        // Still alive: a flush shows.
        picture.scribble(picture.all(), size.width);
        desk.flush(picture.all());
        desk.settle();
        const uint32_t times = desk.state().content()->size.width / kSize.width;
        CHECK_SAME_PICTURE(desk.state().picture(), picture.magnified(times));
        picture.fill(picture.all(), kRed);
        desk.flush(picture.all());
        desk.settle();
    }
}

TEST_CASE("without wp_viewporter a window that nobody resizes is as large as the guest's mode") {
    PresenterDesk desk{{.wp_viewporter = 0}};
    GuestPicture picture{kSize};
    picture.scribble(picture.all());
    desk.show(picture);
    CHECK(desk.state().shown() == picture.expected());
    CHECK(desk.state().windows[0].max_size == Size{});

    GuestPicture larger{{640, 400}};
    larger.scribble(larger.all());
    desk.show(larger);
    CHECK(desk.state().shown() == larger.expected());
}

TEST_CASE("without wp_viewporter a scanout shows its part of a larger framebuffer") {
    PresenterDesk desk{{.wp_viewporter = 0}};
    GuestPicture picture{{640, 400}};
    picture.scribble(picture.all());
    const Rect part{319, 199, 320, 200};
    desk.settle();
    desk.presenter->attach(0, picture.framebuffer(), part);
    desk.flush(part);
    desk.settle();
    CHECK(desk.state().shown() == picture.expected(part));
}

TEST_CASE("without wl_subcompositor a picture of another shape fills the window") {
    CompositorOptions options = imposing({640, 600});
    options.wl_subcompositor = 0;
    PresenterDesk desk{options};
    GuestPicture picture{kSize};
    picture.fill(picture.all(), kRed);
    desk.show(picture);
    CHECK(desk.state().shown().at(0, 0) == 0xffff0000);
    CHECK(desk.state().shown().at(639, 599) == 0xffff0000);
}

TEST_CASE("windows say that they are opaque") {
    PresenterDesk desk;
    GuestPicture picture{kSize};
    desk.show(picture);
    const SurfaceState surface = *desk.state().content();
    REQUIRE(surface.opaque);
    CHECK(surface.opaque->contains(Rect::of(surface.size)));
}

}  // namespace oriel::test
