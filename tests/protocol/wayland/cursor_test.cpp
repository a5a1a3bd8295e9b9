// SPDX-License-Identifier: MIT
// The guest's cursor on the host's pointer.
#include <doctest/doctest.h>

#include <chrono>

#include "presenter_desk.h"

namespace oriel::test {
namespace {

using namespace std::chrono_literals;

constexpr Size kSize{320, 200};

std::shared_ptr<const CursorImage> cursor(uint32_t colour, Point hotspot = {3, 5},
                                          Size size = {24, 16}) {
    CursorImage image{size, hotspot, std::vector<uint32_t>(size.area(), colour)};
    image.pixels.back() = 0;  // one that shows which end is up
    return std::make_shared<CursorImage>(std::move(image));
}

/// A window with a picture and the pointer on it.
struct CursorDesk : PresenterDesk {
    explicit CursorDesk(CompositorOptions options = {}) : PresenterDesk{std::move(options)} {
        show(picture);
        compositor.pointer_enter(10, 10);
        settle();
    }
    /// A screen's refresh after the one before.
    void set(std::shared_ptr<const CursorImage> image) {
        clock.advance(16ms);
        presenter->set_cursor(0, std::move(image));
        settle();
    }
    [[nodiscard]] CursorState shown() const { return state().cursor; }

    GuestPicture picture{kSize};
};

}  // namespace

TEST_CASE("the guest's cursor image and hot spot are the pointer's") {
    CursorDesk desk;
    const auto image = cursor(0x80402010);
    desk.set(image);
    CHECK_FALSE(desk.shown().hidden);
    CHECK(desk.shown().hotspot == Point{3, 5});
    CHECK_SAME_PICTURE(desk.state().cursor_picture(), (Picture{image->size, image->pixels}));
    CHECK(desk.shown().stale == 0);
}

TEST_CASE("a compositor that ignores how long rows are, as KWin does, shows the right cursor") {
    CompositorOptions options;
    options.kwin = true;
    CursorDesk desk{options};
    for (const Size size : {Size{24, 16}, Size{64, 64}, Size{33, 9}}) {
        CAPTURE(size.width);
        CursorImage image{size, {}, std::vector<uint32_t>(size.area())};
        for (uint32_t i = 0; i < image.pixels.size(); ++i) {
            image.pixels[i] = 0xff000000 | i;
        }
        const Picture expected{size, image.pixels};
        desk.set(std::make_shared<CursorImage>(std::move(image)));
        CHECK(desk.state().cursor_shown() == expected);
    }
}

TEST_CASE("a guest without a cursor has none") {
    CursorDesk desk;
    CHECK(desk.shown().hidden);
    desk.set(cursor(0xffffffff));
    CHECK_FALSE(desk.shown().hidden);
    desk.set(nullptr);
    CHECK(desk.shown().hidden);
}

TEST_CASE("an image that was set before the pointer came is shown when it comes") {
    PresenterDesk desk;
    GuestPicture picture{kSize};
    desk.show(picture);
    desk.presenter->set_cursor(0, cursor(0xff00ff00));
    desk.settle();
    CHECK(desk.state().cursor.requests == 0);
    for (uint64_t enters = 1; enters <= 3; ++enters) {
        desk.compositor.pointer_enter(5, 5);
        desk.settle();
        CHECK(desk.state().cursor.requests == enters);
        CHECK(desk.state().cursor_picture()->at(0, 0) == 0xff00ff00);
        desk.compositor.pointer_leave();
        desk.settle();
    }
    CHECK(desk.state().cursor.stale == 0);
}

TEST_CASE("nothing is set while the pointer is elsewhere") {
    CursorDesk desk;
    desk.compositor.pointer_leave();
    desk.settle();
    const uint64_t before = desk.state().count("wl_pointer.set_cursor");
    desk.set(cursor(0xff00ff00));
    CHECK(desk.state().count("wl_pointer.set_cursor") == before);
}

TEST_CASE("a changing cursor is never written while the compositor holds it") {
    CursorDesk desk{{.hold_longer = 1}};
    for (uint32_t i = 0; i < 20; ++i) {
        desk.set(cursor(0xff000000 | i, {static_cast<int32_t>(i % 8), 0}));
        desk.settle();
        CHECK(desk.state().cursor_picture()->at(0, 0) == (0xff000000 | i));
        CHECK(desk.shown().hotspot.x == static_cast<int32_t>(i % 8));
    }
    CHECK(desk.state().buffers_created < 10);
}

TEST_CASE("the newest image shows as soon as the compositor gives a buffer back") {
    CursorDesk desk{{.releases = Releases::kManual}};
    for (uint32_t i = 0; i < 10; ++i) {
        desk.set(cursor(0xff000000 | i));
    }
    desk.compositor.release_all();
    desk.settle();
    CHECK(desk.state().cursor_picture()->at(0, 0) == 0xff000009);
}

TEST_CASE("cursors of changing sizes are shown") {
    CursorDesk desk;
    for (const uint32_t side : {64U, 16U, 1U, 256U}) {
        const auto image = cursor(0xff123456, {0, 0}, {side, side});
        desk.set(image);
        CHECK_SAME_PICTURE(desk.state().cursor_picture(), (Picture{image->size, image->pixels}));
    }
}

TEST_CASE("a cursor is scaled as the picture is") {
    CursorDesk desk{{.configure_size = {640, 400}, .configure_flags = {WindowFlag::kMaximized}}};
    desk.set(cursor(0xff123456));
    CHECK(desk.shown().hotspot == Point{6, 10});
    const State state = desk.state();
    CHECK(state.surfaces.at(state.cursor.surface).size == Size{48, 32});
    // Twice as large: px by px, nothing is left to the compositor's filter.
    CHECK(state.cursor_picture()->size == Size{48, 32});

    desk.compositor.configure({.size = {480, 300}, .flags = {WindowFlag::kMaximized}});
    desk.settle();
    CHECK(desk.shown().hotspot == Point{4, 7});
    const State between = desk.state();
    CHECK(between.surfaces.at(between.cursor.surface).size == Size{36, 24});
    CHECK(between.cursor_picture()->size == Size{24, 16});

    desk.compositor.configure({.size = kSize, .flags = {WindowFlag::kMaximized}});
    desk.settle();
    CHECK(desk.shown().hotspot == Point{3, 5});
}

TEST_CASE(
    "a cursor is never larger than 256 px on the desktop, and its hot spot stays where it was") {
    // A guest's 32x20 mode in a large window: its cursor would be 1280 px wide.
    CursorDesk desk{{.configure_size = {1280, 800}, .configure_flags = {WindowFlag::kMaximized}}};
    GuestPicture tiny{{32, 20}};
    desk.show(tiny);
    desk.set(cursor(0xff123456, {16, 8}, {32, 16}));
    const State state = desk.state();
    CHECK(state.surfaces.at(state.cursor.surface).size == Size{256, 128});
    CHECK(desk.shown().hotspot == Point{128, 64});
    desk.set(cursor(0xff123456, {23, 15}));
    const State second = desk.state();
    CHECK(second.surfaces.at(second.cursor.surface).size == Size{256, 171});
    CHECK(desk.shown().hotspot == Point{245, 160});
}

TEST_CASE("a guest that changes its cursor without end sends no more than the screen shows") {
    CursorDesk desk;
    const uint64_t before = desk.state().count("wl_pointer.set_cursor");
    for (uint32_t i = 0; i < 2000; ++i) {
        desk.presenter->set_cursor(0, cursor(0xff000000 | i));
        desk.loop.dispatch(0ms);
    }
    desk.settle();
    CHECK(desk.state().count("wl_pointer.set_cursor") - before <= 8);
    desk.advance(16ms);
    CHECK(desk.state().cursor_picture()->at(0, 0) == (0xff000000 | 1999));  // the newest
}

TEST_CASE("a hot spot outside of the image is moved to its edge") {
    CursorDesk desk;
    desk.set(cursor(0xff123456, {100, -4}));
    CHECK(desk.shown().hotspot == Point{23, 0});
}

TEST_CASE("each window has its own cursor") {
    PresenterDesk desk{{}, presenter_options(kSize, wayland::PathChoice::kShm, 2)};
    GuestPicture picture{kSize};
    desk.show(picture, 0);
    desk.show(picture, 1);
    desk.presenter->set_cursor(0, cursor(0xff00ff00));
    desk.compositor.pointer_enter(5, 5, 1);
    desk.settle();
    CHECK(desk.state().cursor.hidden);
    desk.compositor.pointer_enter(5, 5, 0);
    desk.settle();
    CHECK(desk.state().cursor_picture()->at(0, 0) == 0xff00ff00);
}

TEST_CASE("the cursor is right on a picture with black borders") {
    CursorDesk desk{{.configure_size = {640, 600},
                     .configure_flags = {WindowFlag::kMaximized},
                     .strict_buffers = false}};
    desk.compositor.pointer_motion(10, 110);
    desk.set(cursor(0xff00ff00));
    CHECK_FALSE(desk.shown().hidden);
    CHECK(desk.shown().hotspot == Point{6, 10});
}

TEST_CASE("a seat that goes and comes again gets the cursor again") {
    CursorDesk desk;
    desk.set(cursor(0xff00ff00));
    desk.compositor.remove_seat();
    desk.settle();
    desk.set(cursor(0xff0000ff));  // nobody to tell
    desk.compositor.add_seat();
    desk.settle();
    desk.compositor.pointer_enter(5, 5);
    desk.settle();
    CHECK(desk.state().cursor_picture()->at(0, 0) == 0xff0000ff);
    CHECK(desk.shown().stale == 0);
}

TEST_CASE("a pointer that is unplugged and plugged in again gets the cursor again") {
    CursorDesk desk;
    desk.set(cursor(0xff00ff00));
    desk.compositor.set_seat_capabilities(2);
    desk.settle();
    CHECK(desk.state().count("wl_pointer.release") == 1);
    desk.compositor.set_seat_capabilities(3);
    desk.settle();
    desk.compositor.pointer_enter(5, 5);
    desk.settle();
    CHECK(desk.state().cursor_picture()->at(0, 0) == 0xff00ff00);
}

TEST_CASE("a cursor does no harm where there is no seat") {
    PresenterDesk desk{{.wl_seat = 0}};
    GuestPicture picture{kSize};
    desk.show(picture);
    desk.presenter->set_cursor(0, cursor(0xff00ff00));
    desk.presenter->move_cursor(0, {5, 5});
    desk.settle();
    CHECK(desk.state().shown() == picture.expected());
}

TEST_CASE("without wp_viewporter the cursor is as large as the guest's") {
    CursorDesk desk{{.wp_viewporter = 0}};
    desk.set(cursor(0xff00ff00));
    CHECK(desk.shown().hotspot == Point{3, 5});
    GuestPicture other{{640, 400}};
    desk.show(other);  // the window changes, the cursor doesn't
    CHECK(desk.state().cursor_picture()->size == Size{24, 16});
}

TEST_CASE("without wp_viewporter the cursor grows with the picture, in its own buffer") {
    CompositorOptions options;
    options.wp_viewporter = 0;
    options.configure_size = {640, 400};
    options.configure_flags = {WindowFlag::kMaximized};
    CursorDesk desk{options};
    const auto image = cursor(0xff00ff00);
    desk.set(image);
    CHECK(desk.shown().hotspot == Point{6, 10});
    const PictureRef twice = desk.state().cursor_picture();
    REQUIRE(twice->size == Size{48, 32});
    CHECK(twice->at(0, 0) == 0xff00ff00);
    CHECK(twice->at(45, 29) == 0xff00ff00);
    CHECK(twice->at(46, 30) == 0);
    // Half as large again: filtered, with its alpha.
    desk.compositor.configure({.size = {480, 300}, .flags = {WindowFlag::kMaximized}});
    desk.settle();
    desk.clock.advance(16ms);
    desk.settle();
    const PictureRef filtered = desk.state().cursor_picture();
    REQUIRE(filtered->size == Size{36, 24});
    CHECK(filtered->at(10, 10) == 0xff00ff00);
    CHECK((filtered->at(35, 23) & 0xff000000) < 0x80000000);
    CHECK(desk.shown().hotspot == Point{4, 7});
    CHECK(desk.events.lost.empty());
}

TEST_CASE("without wp_viewporter the cursor has the px of an output of scale 2") {
    CursorDesk desk{{.wp_viewporter = 0, .outputs = {{.scale = 2}}}};
    desk.set(cursor(0xff00ff00, {4, 6}));
    const State state = desk.state();
    CHECK(state.cursor_picture()->size == Size{24, 16});
    CHECK(state.surfaces.at(state.cursor.surface).size == Size{12, 8});
    CHECK(state.cursor.hotspot == Point{2, 3});
}

}  // namespace oriel::test
