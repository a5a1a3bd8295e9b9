// SPDX-License-Identifier: MIT
// The GLES2 upload path, drawn by Mesa's software rasteriser: the same pixels as wl_shm's. Skipped,
// with the reason, where EGL can't start.
#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "presenter_desk.h"
#include "support/flush_done.h"
#include "support/known_leaks.h"
#include "support/vga_test_picture.h"

namespace oriel::test {
namespace {

using namespace std::chrono_literals;

constexpr Size kSize{320, 200};

/// A text screen of 80x25 and what a compositor must show of it.
struct RawPicture {
    void show(PresenterDesk& desk) {
        desk.presenter->attach(0, framebuffer, Rect::of(framebuffer->size()));
        flush(desk, Region{Rect::of(framebuffer->size())});
    }
    static void flush(PresenterDesk& desk, const Region& damage) {
        desk.presenter->flush(0, damage, when_done([&desk] { ++desk.answered; }));
        desk.settle();
    }
    [[nodiscard]] Picture expected() const {
        const Size size = framebuffer->size();
        Picture shown{size, picture->expected(Rect::of(size))};
        for (uint32_t& pixel : shown.pixels) {
            pixel |= 0xff000000;
        }
        return shown;
    }

    std::shared_ptr<VgaTestPicture> picture = std::make_shared<VgaTestPicture>(
        VgaTestMode{"text 80x25", VgaKind::kText, {720, 400}, 9, 25}, 1);
    FramebufferRef framebuffer = std::make_shared<Framebuffer>(picture);
};

/// A presenter that uploads; none where that is impossible here.
std::unique_ptr<PresenterDesk> upload_desk(CompositorOptions options = {}, size_t screens = 1) {
    options.strict_buffers = false;  // they are Mesa's
    try {
        auto desk = std::make_unique<PresenterDesk>(
            options, presenter_options(kSize, wayland::PathChoice::kUpload, screens));
        keep_gl_libraries_loaded();
        return desk;
    } catch (const StartupError& error) {
        MESSAGE("skipped: ", std::string{error.what()});
        return nullptr;
    }
}

using Script = std::function<void(PresenterDesk&)>;

/// What a window shows after a script, by one path or the other.
Picture shown_after(PresenterDesk& desk, const Script& script) {
    script(desk);
    desk.settle();
    return desk.state().shown();
}

/// Runs a script on both paths and compares what a user sees.
void check_same_on_both_paths(const CompositorOptions& options, const Script& script) {
    const auto upload = upload_desk(options);
    if (!upload) {
        return;
    }
    PresenterDesk shm{options};
    const Picture expected = shown_after(shm, script);
    const Picture actual = shown_after(*upload, script);
    CHECK(upload->stats().path == "upload");
    CHECK(shm.stats().path == "shm");
    REQUIRE_FALSE(expected.size.empty());
    CHECK(difference(actual, expected) == "");
    CHECK(upload->answered == shm.answered);
}

}  // namespace

TEST_CASE("an uploaded picture has the pixels of a shared one") {
    check_same_on_both_paths({}, [](PresenterDesk& desk) {
        GuestPicture picture{kSize};
        picture.scribble(picture.all());
        desk.show(picture);
        CHECK_SAME_PICTURE(desk.state().picture(), picture.expected());
    });
}

TEST_CASE("uploaded damage has the pixels of shared damage") {
    check_same_on_both_paths({}, [](PresenterDesk& desk) {
        GuestPicture picture{kSize};
        desk.show(picture);
        for (uint32_t i = 0; i < 12; ++i) {
            const Rect part{i * 17, i * 9, 41, 33};
            picture.scribble(part, i);
            desk.flush(part);
            desk.settle();
            CHECK_SAME_PICTURE(desk.state().picture(), picture.expected());
        }
    });
}

TEST_CASE("uploaded page flips have the pixels of shared ones") {
    check_same_on_both_paths({}, [](PresenterDesk& desk) {
        GuestPicture pictures[2] = {GuestPicture{kSize}, GuestPicture{kSize}};
        for (uint32_t flip = 0; flip < 7; ++flip) {
            GuestPicture& picture = pictures[flip % 2];
            picture.scribble({flip * 10, flip * 5, 100, 60}, flip);
            desk.show(picture);
            CHECK_SAME_PICTURE(desk.state().picture(), picture.expected());
        }
    });
}

TEST_CASE("an uploaded part of a framebuffer has the pixels of a shared one") {
    check_same_on_both_paths({}, [](PresenterDesk& desk) {
        GuestPicture picture{{641, 403}};
        picture.scribble(picture.all());
        desk.settle();
        for (const Rect part : {Rect{17, 33, 320, 200}, Rect{320, 203, 321, 200}}) {
            desk.presenter->attach(0, picture.framebuffer(), part);
            desk.flush(part);
            desk.settle();
            CHECK_SAME_PICTURE(desk.state().picture(), picture.expected(part));
        }
    });
}

TEST_CASE("an uploaded picture of another shape is shown as a shared one") {
    CompositorOptions options;
    options.configure_size = {640, 600};
    options.configure_flags = {WindowFlag::kMaximized};
    check_same_on_both_paths(options, [](PresenterDesk& desk) {
        GuestPicture picture{kSize};
        picture.scribble(picture.all());
        desk.show(picture);
        CHECK_SAME_PICTURE(desk.state().picture(), picture.magnified(2));
        for (const Size size : {Size{640, 400}, Size{900, 300}}) {
            desk.compositor.configure({.size = size, .flags = {WindowFlag::kMaximized}});
            desk.settle();
            picture.scribble(picture.all(), size.width);
            desk.flush(picture.all());
            desk.settle();
            CHECK_SAME_PICTURE(desk.state().picture(),
                               picture.magnified(size.height == 400 ? 2 : 1));
        }
    });
}

TEST_CASE("an uploaded picture gives way to black as a shared one does") {
    check_same_on_both_paths({}, [](PresenterDesk& desk) {
        GuestPicture picture{kSize};
        picture.scribble(picture.all());
        desk.show(picture);
        desk.presenter->detach(0);
        desk.settle();
        CHECK(desk.state().shown() == GuestPicture{kSize}.expected());
        GuestPicture larger{{500, 300}};
        larger.scribble(larger.all());
        desk.show(larger);
        CHECK_SAME_PICTURE(desk.state().picture(), larger.expected());
    });
}

TEST_CASE("pictures are uploaded where there is no viewporter") {
    check_same_on_both_paths({.wp_viewporter = 0}, [](PresenterDesk& desk) {
        for (const Size size : {kSize, Size{333, 77}, Size{640, 400}}) {
            GuestPicture picture{size};
            picture.scribble(picture.all());
            desk.show(picture);
            CHECK_SAME_PICTURE(desk.state().picture(), picture.expected());
        }
    });
}

TEST_CASE("an upload copies its damage and nothing else") {
    const auto desk = upload_desk();
    if (!desk) {
        return;
    }
    GuestPicture picture{kSize};
    desk->show(picture);
    const Rect part{100, 50, 64, 64};
    picture.scribble(part);
    const uint64_t copied_before = desk->stats().bytes_copied;
    desk->flush(part);
    desk->settle();
    // To the texture; the transfer's copy into the picture was counted with the flush, too.
    CHECK(desk->stats().bytes_copied - copied_before <= 2 * part.size().area() * 4);
    CHECK_SAME_PICTURE(desk->state().picture(), picture.expected());
    CHECK(picture.buffers() == 1);
}

TEST_CASE("a raw VGA picture drawn by shaders has the pixels of the rasterised one") {
    check_same_on_both_paths({}, [](PresenterDesk& desk) {
        RawPicture raw;
        desk.settle();
        raw.show(desk);
        for (int i = 0; i < 12; ++i) {
            raw.flush(desk, raw.picture->change());
            CHECK_SAME_PICTURE(desk.state().picture(), raw.expected());
        }
    });
}

TEST_CASE("a raw VGA picture waits for a buffer when a compositor keeps them all") {
    PresenterDesk desk{{.frames = Frames::kManual, .releases = Releases::kManual}};
    RawPicture raw;
    raw.show(desk);
    for (int i = 0; i < 6; ++i) {
        raw.flush(desk, raw.picture->change_all_cells());
        desk.advance(17ms);
        desk.next_frame();
    }
    CHECK(raw.picture->storage()->buffer_count() == MemoryPixels::kMaxBuffers);
    desk.compositor.release_all();
    desk.settle();
    CHECK_SAME_PICTURE(desk.state().picture(), raw.expected());
}

TEST_CASE("raw VGA pictures and pixels take turns in a window") {
    check_same_on_both_paths({}, [](PresenterDesk& desk) {
        RawPicture raw;
        GuestPicture pixels{kSize};
        for (uint32_t i = 0; i < 3; ++i) {
            pixels.scribble({i * 50, 20, 100, 100}, i);
            desk.show(pixels);
            CHECK_SAME_PICTURE(desk.state().picture(), pixels.expected());
            static_cast<void>(raw.picture->change());
            raw.show(desk);
            CHECK_SAME_PICTURE(desk.state().picture(), raw.expected());
        }
    });
}

TEST_CASE("a text screen is uploaded as cells, and its cursor blinks for nothing") {
    const auto desk = upload_desk();
    if (!desk) {
        return;
    }
    RawPicture raw;
    desk->settle();
    raw.show(*desk);
    const auto copied_for = [&](const Region& damage) {
        const uint64_t before = desk->stats().bytes_copied;
        raw.flush(*desk, damage);
        CHECK_SAME_PICTURE(desk->state().picture(), raw.expected());
        return desk->stats().bytes_copied - before;
    };
    CHECK(copied_for(raw.picture->change_all_cells()) <= 16 * 1024);
    CHECK(copied_for(raw.picture->change_cursor()) <= 1024);
    CHECK(raw.picture->storage() == nullptr);  // nothing was rasterised
}

TEST_CASE("uploads keep the compositor's pace") {
    const auto desk = upload_desk({.frames = Frames::kManual});
    if (!desk) {
        return;
    }
    GuestPicture picture{kSize};
    desk->show(picture);
    const uint64_t frames = desk->state().frames();
    for (uint32_t i = 0; i < 5; ++i) {
        picture.scribble(picture.all(), i);
        desk->flush(picture.all());
        desk->settle();
    }
    CHECK(desk->state().frames() == frames);
    CHECK(desk->answered == 1);
    desk->next_frame();
    CHECK(desk->state().frames() == frames + 1);
    CHECK(desk->answered == 6);
    CHECK_SAME_PICTURE(desk->state().picture(), picture.expected());
}

TEST_CASE("two windows are uploaded, each its own picture") {
    const auto desk = upload_desk({}, 2);
    if (!desk) {
        return;
    }
    GuestPicture left{kSize};
    GuestPicture right{kSize};
    for (uint32_t i = 0; i < 4; ++i) {
        left.scribble(left.all(), i);
        right.scribble(right.all(), i + 100);
        desk->show(left, 0);
        desk->show(right, 1);
        CHECK_SAME_PICTURE(desk->state().picture(0), left.expected());
        CHECK_SAME_PICTURE(desk->state().picture(1), right.expected());
    }
}

TEST_CASE(
    "a picture at rest stays exact while a guest shows hundreds of others in another window") {
    const auto desk = upload_desk({}, 2);
    if (!desk) {
        return;
    }
    GuestPicture still{kSize};
    still.scribble(still.all(), 7);
    desk->show(still, 1);
    std::vector<std::unique_ptr<GuestPicture>> others;
    for (uint32_t i = 0; i < 40; ++i) {
        others.push_back(std::make_unique<GuestPicture>(Size{64, 48}));
        others.back()->scribble(others.back()->all(), i);
        desk->show(*others.back(), 0);
        CHECK_SAME_PICTURE(desk->state().picture(0), others.back()->expected());
    }
    // Its texture is gone by now. A small change must not be all that a new one has.
    still.scribble({8, 8, 4, 4}, 8);
    desk->flush({8, 8, 4, 4}, 1);
    desk->settle();
    CHECK_SAME_PICTURE(desk->state().picture(1), still.expected());
    desk->show(*others.front(), 0);
    CHECK_SAME_PICTURE(desk->state().picture(0), others.front()->expected());
}

TEST_CASE("drawing goes on, exact, while a compositor gives no buffer back") {
    const auto desk = upload_desk({.frames = Frames::kManual, .releases = Releases::kManual});
    if (!desk) {
        return;
    }
    GuestPicture picture{{320, 240}};
    desk->show(picture);
    for (uint32_t i = 0; i < 24; ++i) {
        picture.scribble({i, i, 64, 48}, i);
        // Also while the buffers change their size, which all of them do then.
        const Rect part{0, 0, 320, i < 12 ? 240 : 240 - i};
        desk->presenter->attach(0, picture.framebuffer(), part);
        desk->flush(part);
        desk->settle();
        desk->next_frame();
        REQUIRE(desk->events.lost.empty());
        CHECK_SAME_PICTURE(desk->state().picture(), picture.expected(part));
        // Four, and the black one of before.
        CHECK(desk->state().buffers_alive <= 5);
    }
    CHECK(desk->stats().path == "upload");
    CHECK(desk->stats().committed == 25);
}

TEST_CASE(
    "a picture that is too large for the GPU goes by wl_shm, and all others stay where they are") {
    wayland::PresenterOptions options = presenter_options(kSize, wayland::PathChoice::kUpload);
    options.gl_side = 400;
    std::unique_ptr<PresenterDesk> desk;
    try {
        desk = std::make_unique<PresenterDesk>(CompositorOptions{.strict_buffers = false},
                                               std::move(options));
    } catch (const StartupError& error) {
        MESSAGE("skipped: ", std::string{error.what()});
        return;
    }
    keep_gl_libraries_loaded();
    GuestPicture small{kSize};
    GuestPicture large{{500, 300}};
    for (uint32_t i = 0; i < 3; ++i) {
        small.scribble(small.all(), i);
        desk->show(small);
        CHECK(desk->stats().path == "upload");
        CHECK_SAME_PICTURE(desk->state().picture(), small.expected());
        large.scribble(large.all(), i);
        desk->show(large);
        CHECK(desk->stats().path == "shm");
        CHECK(desk->stats().path_reason == "gles: 500x300 exceeds textures of 400 px a side");
        CHECK_SAME_PICTURE(desk->state().picture(), large.expected());
    }
}

TEST_CASE("a compositor that disconnects during uploads is lost with one line") {
    const auto desk = upload_desk({.fault = Fault{.request = "wl_surface.attach", .nth = 4}});
    if (!desk) {
        return;
    }
    GuestPicture picture{kSize};
    desk->settle();
    desk->attach(picture);
    for (int i = 0; i < 200 && desk->events.lost.empty(); ++i) {
        desk->flush(picture.all());
        desk->loop.dispatch(1ms);
        desk->clock.advance(17ms);
    }
    for (int i = 0; i < 3; ++i) {
        desk->flush(picture.all());
        desk->advance(17ms);
    }
    REQUIRE(desk->events.lost.size() == 1);
    CHECK(desk->answered == desk->stats().flushed);
}

TEST_CASE("what is uploaded shows again after its screen was pulled out") {
    const auto desk = upload_desk();
    if (!desk) {
        return;
    }
    GuestPicture picture{kSize};
    for (uint32_t i = 0; i < 3; ++i) {
        picture.scribble(picture.all(), i);
        desk->show(picture);
        REQUIRE(desk->presenter->set_screen(0, {.connected = false}).has_value());
        desk->settle();
        CHECK_FALSE(desk->state().picture(i));
        REQUIRE(desk->presenter->set_screen(0, {}).has_value());
        desk->settle();
        CHECK_SAME_PICTURE(desk->state().picture(i + 1), picture.expected());
    }
}

}  // namespace oriel::test
