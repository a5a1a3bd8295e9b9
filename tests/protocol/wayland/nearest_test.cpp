// SPDX-License-Identifier: MIT
// Pictures at whole multiples of their size: each px of the guest is a square of px in the buffer,
// so that no compositor's filter blurs it. By wl_shm, and by GLES2 where EGL starts.
#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>

#include "presenter_desk.h"
#include "support/compositor/extensions.h"
#include "support/flush_done.h"
#include "support/known_leaks.h"
#include "support/vga_test_picture.h"

namespace oriel::test {
namespace {

constexpr Size kSize{160, 100};

CompositorOptions imposing(Size size) {
    CompositorOptions options;
    options.configure_size = size;
    options.configure_flags = {WindowFlag::kMaximized};
    return options;
}

void resize(PresenterDesk& desk, Size size) {
    desk.compositor.configure({.size = size, .flags = {WindowFlag::kMaximized}});
    desk.settle();
}

/// Runs the script on a desk of each of the paths that copy.
void on_both_paths(CompositorOptions options, const std::function<void(PresenterDesk&)>& script) {
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
    }
}

/// The picture is in the buffer with `times` px a side for each of the guest's, and nothing scales
/// the buffer.
void check_exact(const PresenterDesk& desk, const GuestPicture& picture, uint32_t times,
                 uint32_t n120 = 120) {
    const State state = desk.state();
    CHECK_SAME_PICTURE(state.picture(), picture.magnified(times));
    const SurfaceState& content = *state.content();
    CHECK_FALSE(content.source.has_value());
    CHECK(content.size.width * n120 / 120 == content.picture->size.width);
    CHECK(content.size.height * n120 / 120 == content.picture->size.height);
    CHECK(desk.stats().filter == (times == 1 ? "none" : "nearest"));
    CHECK(desk.stats().scale_x == times);
    CHECK(desk.stats().scale_y == times);
}

}  // namespace

TEST_CASE("at a whole multiple each px of the guest is a square of the output's") {
    for (uint32_t times = 1; times <= 5; ++times) {
        CAPTURE(times);
        on_both_paths(imposing({kSize.width * times, kSize.height * times}),
                      [&](PresenterDesk& desk) {
                          GuestPicture picture{kSize};
                          picture.scribble(picture.all());
                          desk.show(picture);
                          check_exact(desk, picture, times);
                      });
    }
}

TEST_CASE("a small change is small damage in the magnified buffer, and the rest stays exact") {
    for (const uint32_t times : {2U, 3U}) {
        CAPTURE(times);
        on_both_paths(imposing({kSize.width * times, kSize.height * times}),
                      [&](PresenterDesk& desk) {
                          GuestPicture picture{kSize};
                          picture.scribble(picture.all());
                          desk.show(picture);
                          for (uint32_t i = 0; i < 12; ++i) {
                              const Rect part{i * 9, i * 5, 21 + i, 17};
                              picture.scribble(part, i);
                              desk.flush(part);
                              desk.settle();
                              check_exact(desk, picture, times);
                              const Rect wanted{part.x * times, part.y * times, part.width * times,
                                                part.height * times};
                              // Mesa's software rasteriser damages all of a window.
                              if (desk.stats().path == "shm") {
                                  CHECK(desk.state().content()->last().damage == Region{wanted});
                              }
                          }
                      });
    }
}

TEST_CASE("a window that changes between multiples never shows a buffer of another one") {
    on_both_paths(imposing({kSize.width * 2, kSize.height * 2}), [](PresenterDesk& desk) {
        GuestPicture picture{kSize};
        picture.scribble(picture.all());
        desk.show(picture);
        check_exact(desk, picture, 2);
        for (const uint32_t times : {3U, 1U, 2U, 1U, 5U, 2U}) {
            CAPTURE(times);
            const uint64_t frames = desk.state().frames();
            const size_t commits = desk.state().content()->commits.size();
            resize(desk, {kSize.width * times, kSize.height * times});
            // Nothing was flushed: one commit has the new size and the buffer for it.
            check_exact(desk, picture, times);
            CHECK(desk.state().frames() == frames + 1);
            CHECK(desk.state().content()->commits.size() == commits + 1);
            CHECK(desk.state().windows[0].configure_acked ==
                  desk.state().windows[0].configure_sent);
            // What is damaged later goes on from there.
            picture.scribble({7, 9, 31, 13}, times);
            desk.flush({7, 9, 31, 13});
            desk.settle();
            check_exact(desk, picture, times);
        }
        // No multiple: the guest's own px, scaled by the compositor.
        resize(desk, {400, 250});
        CHECK_SAME_PICTURE(desk.state().picture(), picture.expected());
        CHECK(desk.stats().filter == "compositor");
        CHECK(desk.stats().scale_x == 2.5);
        resize(desk, {kSize.width * 2, kSize.height * 2});
        check_exact(desk, picture, 2);
    });
}

TEST_CASE("a guest that stays at logical size is exact on an output of scale 2, and moves to 1") {
    CompositorOptions options = imposing(kSize);
    options.fractional_scale = 1;
    options.scale_n120 = 240;
    on_both_paths(options, [](PresenterDesk& desk) {
        GuestPicture picture{kSize};
        picture.scribble(picture.all());
        desk.show(picture);
        check_exact(desk, picture, 2, 240);
        desk.compositor.with([](Server& server) { send_fractional_scale(server, 120); });
        desk.settle();
        check_exact(desk, picture, 1);
        desk.compositor.with([](Server& server) { send_fractional_scale(server, 180); });
        desk.settle();
        CHECK_SAME_PICTURE(desk.state().picture(), picture.expected());
        CHECK(desk.stats().filter == "compositor");
    });
}

TEST_CASE("a magnified picture in a letterbox begins on a px of the output") {
    on_both_paths(imposing({kSize.width * 2 + 33, kSize.height * 2}), [](PresenterDesk& desk) {
        GuestPicture picture{kSize};
        picture.scribble(picture.all());
        desk.show(picture);
        check_exact(desk, picture, 2);
        const Picture shown = desk.state().shown();
        CHECK(shown.at(15, 0) == 0xff000000);
        CHECK(shown.at(16, 0) == picture.expected().at(0, 0));
        CHECK(shown.at(17, 1) == picture.expected().at(0, 0));
        CHECK(shown.at(18, 2) == picture.expected().at(1, 1));
    });
}

TEST_CASE("a part of a framebuffer and page flips are magnified, each as it is") {
    on_both_paths(imposing({kSize.width * 2, kSize.height * 2}), [](PresenterDesk& desk) {
        GuestPicture wide{{333, 207}};
        wide.scribble(wide.all());
        desk.settle();
        for (const Rect part : {Rect{17, 33, 160, 100}, Rect{173, 107, 160, 100}}) {
            desk.presenter->attach(0, wide.framebuffer(), part);
            desk.flush(part);
            desk.settle();
            const State state = desk.state();
            REQUIRE(state.picture()->size == Size{320, 200});
            const Picture wanted = wide.expected(part);
            CHECK(state.picture()->at(0, 0) == wanted.at(0, 0));
            CHECK(state.picture()->at(319, 199) == wanted.at(159, 99));
            CHECK(state.picture()->at(101, 57) == wanted.at(50, 28));
        }
        GuestPicture pictures[2] = {GuestPicture{kSize}, GuestPicture{kSize}};
        for (uint32_t flip = 0; flip < 7; ++flip) {
            GuestPicture& picture = pictures[flip % 2];
            picture.scribble({flip * 5, flip * 3, 100, 60}, flip);
            desk.show(picture);
            check_exact(desk, picture, 2);
        }
    });
}

TEST_CASE("a guest's mode of another multiple of the window is shown at that") {
    on_both_paths(imposing({480, 300}), [](PresenterDesk& desk) {
        for (const uint32_t times : {3U, 2U, 1U, 3U}) {
            GuestPicture picture{{480 / times, 300 / times}};
            picture.scribble(picture.all());
            desk.show(picture);
            check_exact(desk, picture, times);
        }
    });
}

TEST_CASE("a raw VGA picture is magnified px by px") {
    on_both_paths(imposing({1440, 800}), [](PresenterDesk& desk) {
        const auto vga = std::make_shared<VgaTestPicture>(
            VgaTestMode{"text 80x25", VgaKind::kText, {720, 400}, 9, 25}, 1);
        const auto framebuffer = std::make_shared<Framebuffer>(vga);
        const Rect all = Rect::of(framebuffer->size());
        desk.settle();
        desk.presenter->attach(0, framebuffer, all);
        for (int i = 0; i < 3; ++i) {
            desk.presenter->flush(0, i == 0 ? Region{all} : vga->change(), when_done([] {}));
            desk.settle();
            const State state = desk.state();
            REQUIRE(state.picture()->size == Size{1440, 800});
            const auto expected = vga->expected(all);
            size_t wrong = 0;
            for (uint32_t y = 0; y < 800; ++y) {
                for (uint32_t x = 0; x < 1440; ++x) {
                    wrong += state.picture()->at(x, y) !=
                                     (expected[size_t{y / 2} * 720 + x / 2] | 0xff000000)
                                 ? 1
                                 : 0;
                }
            }
            CHECK(wrong == 0);
        }
    });
}

TEST_CASE("a compositor that keeps every magnified buffer is waited for, and then shown the last") {
    CompositorOptions options = imposing({kSize.width * 2, kSize.height * 2});
    options.frames = Frames::kManual;
    options.releases = Releases::kManual;
    PresenterDesk desk{options};
    GuestPicture picture{kSize};
    desk.show(picture);
    for (uint32_t i = 0; i < 8; ++i) {
        picture.scribble(picture.all(), i);
        desk.flush(picture.all());
        desk.next_frame();
    }
    // Three, and the black one of before.
    CHECK(desk.state().buffers_held == MemoryPixels::kMaxBuffers);
    // The guest's own picture is never given away: it needs no second buffer.
    CHECK(picture.buffers() == 1);
    desk.compositor.release_all();
    desk.settle();
    desk.next_frame();
    check_exact(desk, picture, 2);
}

TEST_CASE("a resize while the compositor keeps every buffer is made good when one comes back") {
    CompositorOptions options = imposing({kSize.width * 2, kSize.height * 2});
    options.frames = Frames::kManual;
    options.releases = Releases::kManual;
    PresenterDesk desk{options};
    GuestPicture picture{kSize};
    desk.show(picture);
    for (const uint32_t times : {1U, 2U, 3U, 1U, 1U, 1U, 1U, 2U, 1U}) {
        picture.scribble(picture.all(), times);
        desk.flush(picture.all());
        resize(desk, {kSize.width * times, kSize.height * times});
        desk.next_frame();
        // Whatever buffer it is, the window has its size.
        CHECK(desk.state().content()->size == Size{kSize.width * times, kSize.height * times});
    }
    desk.compositor.release_all();
    desk.settle();
    desk.next_frame();
    check_exact(desk, picture, 1);
}

TEST_CASE("what is magnified counts as copied, at its own size") {
    PresenterDesk desk{imposing({kSize.width * 3, kSize.height * 3})};
    GuestPicture picture{kSize};
    picture.scribble(picture.all());
    desk.show(picture);
    const uint64_t before = desk.stats().bytes_copied;
    picture.scribble(picture.all(), 2);
    desk.flush(picture.all());
    desk.settle();
    CHECK(desk.stats().bytes_copied - before == kSize.area() * 4 * (1 + 9));
}

}  // namespace oriel::test
