// SPDX-License-Identifier: MIT
// One cursor only: the guest's on its picture, the desktop's beside it.
#include <doctest/doctest.h>
#include <linux/input-event-codes.h>

#include <cstdint>
#include <cstdlib>

#include "input_desk.h"
#include "support/compositor/extensions.h"

namespace oriel::test {
namespace {

std::shared_ptr<const CursorImage> cursor(Size size, Point hotspot) {
    return std::make_shared<CursorImage>(
        CursorImage{size, hotspot, std::vector<uint32_t>(size.area(), 0xff00ff00)});
}

/// A picture with 100 black rows above and below, and the pointer on it.
struct ArrowDesk : InputDesk {
    explicit ArrowDesk(CompositorOptions options = with_input()) : InputDesk{relaxed(options)} {
        resize({640, 600});
        point(10, 300);
        set(cursor({16, 16}, {2, 3}));
    }
    void set(std::shared_ptr<const CursorImage> image) {
        desk.presenter->set_cursor(0, std::move(image));
        desk.settle();
    }
    [[nodiscard]] bool guests() const {
        const auto image = state().cursor_picture();
        return image && image->at(0, 0) == 0xff00ff00;
    }

private:
    static CompositorOptions relaxed(CompositorOptions options) {
        options.strict_buffers = false;  // a cursor theme's buffers aren't ours
        return options;
    }
};

}  // namespace

TEST_CASE("the cursor is the guest's on the picture and an arrow beside it") {
    ArrowDesk desk;
    CHECK(desk.guests());
    desk.move(10, 50);
    CHECK_FALSE(desk.guests());
    CHECK_FALSE(desk.state().cursor.hidden);
    CHECK(desk.state().cursor_picture()->size.area() > 1);
    const uint64_t requests = desk.state().cursor.requests;
    desk.move(20, 60);
    CHECK(desk.state().cursor.requests == requests);  // the same arrow
    desk.move(20, 300);
    CHECK(desk.guests());
    CHECK(desk.state().cursor.hotspot == Point{4, 6});
}

TEST_CASE("a guest that hides its cursor hides it on the picture only") {
    ArrowDesk desk;
    desk.set(nullptr);
    CHECK(desk.state().cursor.hidden);
    desk.move(10, 50);
    CHECK_FALSE(desk.state().cursor.hidden);
    const uint64_t requests = desk.state().cursor.requests;
    desk.set(cursor({8, 8}, {0, 0}));  // is not for here
    CHECK(desk.state().cursor.requests == requests);
    CHECK_FALSE(desk.guests());
    desk.move(10, 300);
    CHECK(desk.guests());
}

TEST_CASE("the arrow goes when the black under it becomes a picture") {
    // The picture is where the black is: nothing else about the window changes.
    ArrowDesk desk;
    desk.resize(InputDesk::kSize);
    desk.desk.presenter->detach(0);
    desk.desk.settle();
    desk.move(10, 110);
    CHECK_FALSE(desk.guests());
    desk.desk.show(desk.picture);
    CHECK(desk.guests());
}

TEST_CASE("a drag keeps the guest's cursor beside the picture, until it ends there") {
    ArrowDesk desk;
    desk.button(BTN_LEFT, true);
    desk.move(10, 50);
    CHECK(desk.guests());
    desk.button(BTN_LEFT, false);
    CHECK_FALSE(desk.guests());
}

TEST_CASE("a window that changes under the pointer changes the cursor") {
    ArrowDesk desk;
    desk.desk.presenter->detach(0);
    desk.desk.settle();
    CHECK_FALSE(desk.guests());
    CHECK_FALSE(desk.state().cursor.hidden);
    desk.desk.show(desk.picture);
    CHECK(desk.guests());
}

TEST_CASE("a cursor theme is read once, when there is a pointer") {
    CompositorOptions options = with_input();
    options.seat_capabilities = 2;
    ArrowDesk desk{options};
    CHECK(desk.state().themes_created == 0);
    for (const uint32_t capabilities : {3U, 2U, 3U}) {
        desk.desk.compositor.set_seat_capabilities(capabilities);
        desk.desk.settle();
        CHECK(desk.state().themes_created == 1);
    }
    desk.point(10, 50);
    CHECK_FALSE(desk.guests());
    CHECK(desk.state().cursor_picture()->size.area() > 1);
}

TEST_CASE("no theme, a size that is no number, and a scaled output have an arrow") {
    ::setenv("XCURSOR_THEME", "there-is-no-such-theme", 1);
    ::setenv("XCURSOR_SIZE", "-7 apples", 1);
    {
        CompositorOptions options = with_input();
        options.scale_n120 = 180;
        ArrowDesk desk{options};
        desk.move(10, 50);
        CHECK_FALSE(desk.state().cursor.hidden);
        desk.server([](Server& server) { send_fractional_scale(server, 120); });
        desk.move(10, 300);
        desk.move(10, 50);
        CHECK_FALSE(desk.state().cursor.hidden);
        CHECK_FALSE(desk.guests());
    }
    ::unsetenv("XCURSOR_THEME");
    ::unsetenv("XCURSOR_SIZE");
}

TEST_CASE("cursors of absurd sizes are shown, with their hot spots on them") {
    struct Row {
        Size size;
        Point hotspot;
        Point shown;
    };
    InputDesk desk;
    desk.point(10, 10);
    const Row rows[] = {
        {{1, 1}, {0, 0}, {0, 0}},
        {{64, 64}, {63, 63}, {63, 63}},
        // Shown at 256 px at most.
        {{512, 512}, {400, 511}, {200, 255}},
        {{64, 64}, {64, 1000}, {63, 63}},
        {{64, 64}, {-1, INT32_MIN}, {0, 0}},
        {{1, 512}, {INT32_MAX, 5}, {0, 2}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.size.width);
        desk.desk.presenter->set_cursor(0, cursor(row.size, row.hotspot));
        desk.desk.settle();
        CHECK(desk.state().cursor_picture()->size == row.size);
        CHECK(desk.state().cursor.hotspot == row.shown);
    }
    CHECK(desk.state().cursor.stale == 0);
}

TEST_CASE("at a fractional scale the guest's cursor is pixel for pixel") {
    CompositorOptions options = with_input();
    options.scale_n120 = 180;
    InputDesk desk{options};
    desk.point(10, 10);
    desk.desk.presenter->set_cursor(0, cursor({24, 48}, {3, 6}));
    desk.desk.settle();
    const State state = desk.state();
    CHECK(state.surfaces.at(state.cursor.surface).size == Size{16, 32});
    CHECK(state.cursor.hotspot == Point{2, 4});
}

#ifdef ORIEL_HAVE_CURSOR_SHAPE
TEST_CASE("the arrow is the compositor's own where it has one") {
    CompositorOptions options = with_input();
    options.cursor_shape = 1;
    ArrowDesk desk{options};
    desk.move(10, 50);
    CHECK(desk.state().cursor.shape == 1);
    CHECK(desk.state().cursor.stale == 0);
    desk.move(10, 300);
    CHECK(desk.state().cursor.shape == 0);
    CHECK(desk.guests());
}
#endif

}  // namespace oriel::test
