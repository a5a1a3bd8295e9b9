// SPDX-License-Identifier: MIT
// Compositors without wp_viewporter, which scale nothing: pictures are scaled here, and a user sees
// what is seen on all others. By wl_shm, and by GLES2 where EGL starts.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>

#include "presenter_desk.h"
#include "support/flush_done.h"
#include "support/known_leaks.h"
#include "support/log_lines.h"
#include "support/vga_test_picture.h"

namespace oriel::test {
namespace {

constexpr Size kSize{160, 100};

CompositorOptions imposing(Size size, int32_t scale = 1) {
    CompositorOptions options;
    options.wp_viewporter = 0;
    options.configure_size = size;
    options.configure_flags = {WindowFlag::kMaximized};
    options.outputs = {{.scale = scale}};
    return options;
}

using Script = std::function<void(PresenterDesk&)>;

/// Runs the script on a desk of each of the paths that copy.
void on_both_paths(CompositorOptions options, const Script& script) {
    for (const auto path : {wayland::PathChoice::kShm, wayland::PathChoice::kUpload}) {
        options.strict_buffers = path == wayland::PathChoice::kShm;
        std::unique_ptr<PresenterDesk> desk;
        try {
            desk = std::make_unique<PresenterDesk>(options, presenter_options(kSize, path));
        } catch (const StartupError& error) {
            MESSAGE("skipped: ", std::string{error.what()});
            continue;
        }
        if (path == wayland::PathChoice::kUpload) {
            keep_gl_libraries_loaded();
        }
        script(*desk);
        CHECK(desk->stats().path == (path == wayland::PathChoice::kShm ? "shm" : "upload"));
        CHECK(desk->events.lost.empty());
    }
}

void resize(PresenterDesk& desk, Size size) {
    desk.compositor.configure({.size = size, .flags = {WindowFlag::kMaximized}});
    desk.settle();
}

/// What a user sees at scale 1 is what a compositor with viewports shows, pixel by pixel.
void check_as_with_viewporter(CompositorOptions options, const Script& script) {
    on_both_paths(options, [&](PresenterDesk& desk) {
        script(desk);
        options.wp_viewporter = 1;
        PresenterDesk with{options, presenter_options(kSize)};
        script(with);
        CHECK(difference(desk.state().shown(), with.state().shown()) == "");
        CHECK(desk.stats().filter == with.stats().filter);
        CHECK(desk.stats().scale_x == with.stats().scale_x);
    });
}

/// The value between two that a linear filter gives, of one channel.
double mixed(const Picture& from, double x, double y, int shift) {
    const auto channel = [&](double at_x, double at_y) {
        const auto clamped = [](double at, uint32_t size) {
            return static_cast<uint32_t>(std::clamp(at, 0.0, double{1} * size - 1));
        };
        const uint32_t pixel =
            from.at(clamped(at_x, from.size.width), clamped(at_y, from.size.height));
        return double{1} * (pixel >> shift & 0xff);
    };
    const double left = std::floor(x);
    const double top = std::floor(y);
    const double right_part = x - left;
    const double low_part = y - top;
    const double upper =
        channel(left, top) * (1 - right_part) + channel(left + 1, top) * right_part;
    const double lower =
        channel(left, top + 1) * (1 - right_part) + channel(left + 1, top + 1) * right_part;
    return upper * (1 - low_part) + lower * low_part;
}

/// The largest error of a channel in `scaled`, which is `from` at another size, filtered linearly.
double largest_error(const Picture& scaled, const Picture& from) {
    double largest = 0;
    for (uint32_t y = 0; y < scaled.size.height; ++y) {
        for (uint32_t x = 0; x < scaled.size.width; ++x) {
            const double at_x = (x + 0.5) * from.size.width / scaled.size.width - 0.5;
            const double at_y = (y + 0.5) * from.size.height / scaled.size.height - 0.5;
            for (const int shift : {0, 8, 16}) {
                const double shown = scaled.at(x, y) >> shift & 0xff;
                largest = std::max(largest, std::abs(shown - mixed(from, at_x, at_y, shift)));
            }
        }
    }
    return largest;
}

/// A guest's picture whose pixels differ a little from their neighbours, as in a photograph: so
/// that an error of a filter's weight isn't a large one of a pixel.
void shade(GuestPicture& picture) {
    const Rect all = picture.all();
    for (uint32_t y = 0; y < all.height; y += 4) {
        for (uint32_t x = 0; x < all.width; x += 4) {
            const uint32_t red = x * 255 / all.width;
            const uint32_t green = y * 255 / all.height;
            picture.fill({x, y, 4, 4}, red << 16 | green << 8 | ((x + y) / 4 % 2) * 40);
        }
    }
}

}  // namespace

TEST_CASE("without wp_viewporter a picture fills the screen at whole multiples, letterboxed") {
    for (const Size window : {Size{160, 100}, Size{480, 300}, Size{513, 300}, Size{480, 401}}) {
        CAPTURE(window.width);
        CAPTURE(window.height);
        check_as_with_viewporter(imposing(window), [](PresenterDesk& desk) {
            GuestPicture picture{kSize};
            picture.scribble(picture.all());
            desk.show(picture);
            for (uint32_t i = 0; i < 6; ++i) {
                const Rect part{i * 9, i * 5, 21 + i, 17};
                picture.scribble(part, i);
                desk.flush(part);
                desk.settle();
            }
        });
    }
}

TEST_CASE("without wp_viewporter a window follows its guest's modes, and its user, as with it") {
    check_as_with_viewporter({.wp_viewporter = 0}, [](PresenterDesk& desk) {
        for (const Size mode : {kSize, Size{333, 77}, Size{320, 200}}) {
            GuestPicture picture{mode};
            picture.scribble(picture.all());
            desk.show(picture);
            CHECK(desk.state().shown().size == mode);
        }
        GuestPicture picture{kSize};
        picture.scribble(picture.all());
        desk.show(picture);
        desk.compositor.configure({.size = {640, 400}, .flags = {WindowFlag::kResizing}});
        desk.settle();
        CHECK(desk.state().shown().size == Size{640, 400});
        CHECK_SAME_PICTURE(desk.state().picture(), picture.magnified(4));
        resize(desk, {320, 300});
        CHECK_SAME_PICTURE(desk.state().picture(), picture.magnified(2));
        resize(desk, kSize);
        CHECK_SAME_PICTURE(desk.state().picture(), picture.expected());
    });
}

TEST_CASE("without wp_viewporter a picture at no whole multiple is filtered in its own buffer") {
    for (const Size window : {Size{400, 250}, Size{231, 150}, Size{97, 61}}) {
        CAPTURE(window.width);
        on_both_paths(imposing(window), [&](PresenterDesk& desk) {
            GuestPicture picture{kSize};
            shade(picture);
            desk.show(picture);
            const State state = desk.state();
            const SurfaceState& content = *state.content();
            CHECK(content.picture->size == content.size);
            CHECK((content.size.width == window.width || content.size.height == window.height));
            // GPUs and pixman round their weights.
            CHECK(largest_error(*content.picture, picture.expected()) <= 4);
            CHECK(desk.stats().filter == "linear");
        });
    }
}

TEST_CASE("without wp_viewporter small changes of a filtered picture are all that changes") {
    on_both_paths(imposing({403, 249}), [](PresenterDesk& desk) {
        GuestPicture picture{kSize};
        picture.scribble(picture.all());
        desk.show(picture);
        for (uint32_t i = 0; i < 10; ++i) {
            const Rect part{i * 14, i * 9, 17 + i, 11};
            picture.scribble(part, i);
            desk.flush(part);
            desk.settle();
            if (desk.stats().path == "shm") {
                CHECK(desk.state().content()->last().damage.area() < 12'000);
            }
        }
        const PictureRef bit_by_bit = desk.state().picture();
        desk.presenter->detach(0);
        desk.settle();
        desk.show(picture);
        CHECK_SAME_PICTURE(desk.state().picture(), *bit_by_bit);
    });
}

TEST_CASE("without wp_viewporter an output of scale 2 is used px by px") {
    // In logical px: as large as the picture, half as large, and something in between.
    for (const Size window : {kSize, Size{80, 50}, Size{120, 75}}) {
        CAPTURE(window.width);
        on_both_paths(imposing(window, 2), [&](PresenterDesk& desk) {
            GuestPicture picture{kSize};
            shade(picture);
            desk.show(picture);
            const State state = desk.state();
            const SurfaceState& content = *state.content();
            CHECK(content.size == window);
            CHECK(content.scale == 2);
            REQUIRE(content.picture->size == Size{window.width * 2, window.height * 2});
            if (window.width == 120) {
                CHECK(largest_error(*content.picture, picture.expected()) <= 4);
            } else {
                CHECK_SAME_PICTURE(content.picture, picture.magnified(window.width / 80));
            }
        });
    }
}

TEST_CASE("without wp_viewporter a window moves between outputs of two scales") {
    CompositorOptions options = imposing({320, 250});
    options.outputs = {{.name = "ONE"}, {.name = "TWO", .scale = 2, .position = {1920, 0}}};
    on_both_paths(options, [](PresenterDesk& desk) {
        GuestPicture picture{kSize};
        picture.scribble(picture.all());
        desk.show(picture);
        for (const char* const output : {"TWO", "ONE", "TWO"}) {
            desk.compositor.move_to_output(output);
            desk.settle();
            const int32_t scale = output == std::string{"TWO"} ? 2 : 1;
            CHECK(desk.state().content()->scale == scale);
            CHECK(desk.state().content()->size == Size{320, 200});
            CHECK_SAME_PICTURE(desk.state().picture(),
                               picture.magnified(2 * static_cast<uint32_t>(scale)));
            CHECK(desk.state().surface()->size == Size{320, 250});
        }
    });
}

TEST_CASE("without wp_viewporter a raw VGA picture is scaled as every other") {
    on_both_paths(imposing({1000, 700}), [](PresenterDesk& desk) {
        const auto vga = std::make_shared<VgaTestPicture>(
            VgaTestMode{"text 80x25", VgaKind::kText, {720, 400}, 9, 25}, 1);
        const auto framebuffer = std::make_shared<Framebuffer>(vga);
        const Rect all = Rect::of(framebuffer->size());
        desk.settle();
        desk.presenter->attach(0, framebuffer, all);
        desk.presenter->flush(0, Region{all}, when_done([] {}));
        desk.settle();
        const Picture expected{{720, 400}, vga->expected(all)};
        const State state = desk.state();
        REQUIRE(state.picture()->size == Size{1000, 556});
        // Text is black beside white.
        CHECK(largest_error(*state.picture(), expected) <= 10);
        CHECK(state.shown().at(500, 20) == 0xff000000);
    });
}

TEST_CASE("without wp_viewporter a part of a picture is scaled without what is beside it") {
    on_both_paths(imposing({400, 250}), [](PresenterDesk& desk) {
        GuestPicture picture{{300, 200}};
        picture.fill(picture.all(), 0xff0000);
        const Rect part{70, 40, 160, 100};
        picture.fill(part, 0x00ff00);
        desk.settle();
        desk.presenter->attach(0, picture.framebuffer(), part);
        desk.flush(part);
        desk.settle();
        const Picture shown = desk.state().shown();
        REQUIRE(shown.size == Size{400, 250});
        CHECK(std::all_of(shown.pixels.begin(), shown.pixels.end(),
                          [](uint32_t pixel) { return pixel == 0xff00ff00; }));
    });
}

TEST_CASE("without wp_viewporter a resize waits for a buffer, and then has its picture") {
    CompositorOptions options = imposing({320, 200});
    options.frames = Frames::kManual;
    options.releases = Releases::kManual;
    PresenterDesk desk{options};
    GuestPicture picture{kSize};
    desk.show(picture);
    for (uint32_t i = 0; i < 6; ++i) {
        picture.scribble(picture.all(), i);
        desk.flush(picture.all());
        desk.next_frame();
    }
    // A copy of another size begins with buffers of its own, of which the compositor gets one more.
    resize(desk, {480, 300});
    desk.next_frame();
    CHECK_SAME_PICTURE(desk.state().picture(), picture.magnified(3));
    const size_t commits = desk.state().surface()->commits.size();
    resize(desk, kSize);
    // What is on the screen stays whole until then: no commit claims a size that it hasn't.
    CHECK(desk.state().surface()->commits.size() == commits);
    CHECK(desk.state().content()->size == Size{480, 300});
    desk.compositor.release_all();
    desk.settle();
    desk.next_frame();
    CHECK(desk.state().windows[0].configure_acked == desk.state().windows[0].configure_sent);
    CHECK_SAME_PICTURE(desk.state().picture(), picture.expected());
    CHECK(desk.state().content()->size == kSize);
}

TEST_CASE("without wp_viewporter one line at the start says what happens instead") {
    const LogLines log;
    PresenterDesk desk{{.wp_viewporter = 0}};
    desk.settle();
    CHECK(log.count("wp_viewporter is missing: pictures are scaled here") == 1);
}

}  // namespace oriel::test
