// SPDX-License-Identifier: MIT
// Raw VGA pictures through OpenGL ES (Mesa's software rasteriser, no compositor): the pixels of the
// CPU rasteriser, bit for bit. Skipped, with the reason, where EGL can't start.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>

#include "support/log_lines.h"
#include "support/offscreen.h"
#include "support/vga_test_picture.h"

namespace oriel::test {
namespace {

constexpr std::array<VgaTestMode, 25> kModes{{
    {"text 80x25, 9 dots", VgaKind::kText, {720, 400}, 9, 25},
    {"text 40x25, 9 dots", VgaKind::kText, {720, 400}, 9, 25, 2},
    {"text 80x25, 8 dots", VgaKind::kText, {640, 400}, 8, 25},
    {"text 40x25, 8 dots", VgaKind::kText, {640, 400}, 8, 25, 2},
    {"text 80x43, 8 dots", VgaKind::kText, {640, 350}, 8, 44},
    {"text 80x43, 9 dots", VgaKind::kText, {720, 344}, 9, 43},
    {"text 80x50, 8 dots", VgaKind::kText, {640, 400}, 8, 50},
    {"text 80x50, 9 dots", VgaKind::kText, {720, 400}, 9, 50},
    {"text 132x60, 8 dots", VgaKind::kText, {1056, 480}, 8, 60},
    {"planar 640x480", VgaKind::kPlanar, {640, 480}, 8, 480},
    {"planar 640x350", VgaKind::kPlanar, {640, 350}, 8, 350},
    {"planar 320x200", VgaKind::kPlanar, {320, 200}, 8, 200},
    {"planar 640x200 on 400 lines", VgaKind::kPlanar, {640, 400}, 8, 200},
    {"planar 800x600", VgaKind::kPlanar, {800, 600}, 8, 600},
    {"interleaved 320x200", VgaKind::kInterleaved, {320, 200}, 8, 200},
    {"interleaved 320x200 on 400 lines", VgaKind::kInterleaved, {320, 400}, 8, 200},
    {"packed 320x200 (13h)", VgaKind::kPacked, {320, 200}, 8, 200},
    {"packed 320x200 on 400 lines", VgaKind::kPacked, {320, 400}, 8, 200},
    {"packed 360x480", VgaKind::kPacked, {360, 480}, 8, 480},
    {"packed 1024x768 (bochs)", VgaKind::kPacked, {1024, 768}, 8, 768},
    // Sides that no division of the shader may get wrong.
    {"text of odd sizes", VgaKind::kText, {727, 331}, 9, 7},
    {"doubled text of odd sizes", VgaKind::kText, {727, 331}, 9, 7, 2},
    {"packed of odd sizes", VgaKind::kPacked, {641, 3}, 8, 1000},
    {"one pixel of text", VgaKind::kText, {1, 1}, 9, 1},
    {"one planar pixel", VgaKind::kPlanar, {1, 1}, 8, 1},
}};

/// The largest that there can be, where the GL has textures of that size.
constexpr std::array<VgaTestMode, 6> kLargest{{
    {"widest text, 9 dots", VgaKind::kText, {16384, 3}, 9, 2},
    {"widest text, doubled", VgaKind::kText, {16384, 3}, 9, 2, 2},
    {"widest planar", VgaKind::kPlanar, {16384, 3}, 8, 3},
    {"widest interleaved", VgaKind::kInterleaved, {16384, 3}, 8, 3},
    {"widest packed", VgaKind::kPacked, {16384, 3}, 8, 3},
    {"tallest planar", VgaKind::kPlanar, {5, 16384}, 8, 16384},
}};

std::unique_ptr<Offscreen> open_offscreen() {
    auto made = Offscreen::open();
    if (!made) {
        MESSAGE("SKIP ", made.error().message());
        return nullptr;
    }
    return std::move(*made);
}

/// A picture and what a renderer makes of a part of it.
struct Desk {
    Desk(Offscreen& to, const VgaTestMode& mode, uint32_t seed = 1)
        : Desk{to, mode, seed, Rect::of(mode.size)} {}
    Desk(Offscreen& to, const VgaTestMode& mode, uint32_t seed, const Rect& part)
        : offscreen{to},
          picture{std::make_shared<VgaTestPicture>(mode, seed)},
          framebuffer{picture},
          source{part} {}

    /// As after an attach.
    void draw_all() {
        offscreen.resize(source.size());
        draw(Region{source});
    }
    void draw(Region damage) {
        damage.intersect(source);
        Region repaint = damage;
        repaint.translate(-static_cast<int32_t>(source.x), -static_cast<int32_t>(source.y));
        REQUIRE(offscreen.renderer().draw(framebuffer, source, damage, repaint));
    }
    /// Bytes uploaded for a change.
    uint64_t uploaded_for(const Region& damage) {
        const uint64_t before = offscreen.renderer().bytes_copied();
        draw(damage);
        return offscreen.renderer().bytes_copied() - before;
    }
    /// Where what was drawn first differs from the reference; empty if it doesn't.
    [[nodiscard]] std::string difference() const {
        const auto actual = offscreen.pixels();
        const auto expected = picture->expected(source);
        size_t wrong = 0;
        size_t first = 0;
        for (size_t i = actual.size(); i-- > 0;) {
            if (actual[i] != expected[i]) {
                ++wrong;
                first = i;
            }
        }
        return wrong == 0
                   ? ""
                   : fmt::format("{} of {} pixels differ; ({}, {}) is {:06x}, should be {:06x}",
                                 wrong, actual.size(), first % source.width, first / source.width,
                                 actual[first], expected[first]);
    }

    Offscreen& offscreen;
    std::shared_ptr<VgaTestPicture> picture;
    Framebuffer framebuffer;
    Rect source;
};

void check_mode(Offscreen& offscreen, const VgaTestMode& mode, uint32_t seeds, int changes) {
    CAPTURE(mode.name);
    for (uint32_t seed = 1; seed <= seeds; ++seed) {
        CAPTURE(seed);
        Desk desk{offscreen, mode, seed};
        desk.draw_all();
        REQUIRE(desk.difference() == "");
        for (int change = 0; change < changes; ++change) {
            CAPTURE(change);
            desk.draw(desk.picture->change());
            REQUIRE(desk.difference() == "");
        }
    }
}

}  // namespace

TEST_CASE("shaders give the pixels of the reference, bit for bit, in every mode" *
          doctest::test_suite("long")) {
    const auto offscreen = open_offscreen();
    if (!offscreen) {
        return;
    }
    LogLines log;
    for (const VgaTestMode& mode : kModes) {
        check_mode(*offscreen, mode, 2, 8);
    }
    CHECK(log.lines == std::vector<std::string>{});  // that the CPU drew any of them
}

TEST_CASE("shaders are exact to the edge of the largest pictures") {
    const auto offscreen = open_offscreen();
    if (!offscreen) {
        return;
    }
    LogLines log;
    for (const VgaTestMode& mode : kLargest) {
        if (std::max(mode.size.width, mode.size.height) > Offscreen::max_side()) {
            MESSAGE("SKIP ", mode.name, ": textures of ", Offscreen::max_side(), " at most");
            continue;
        }
        check_mode(*offscreen, mode, 1, 3);
    }
    CHECK(log.lines == std::vector<std::string>{});
}

TEST_CASE("all characters with all attributes are the reference's, blinking or not" *
          doctest::test_suite("long")) {
    const auto offscreen = open_offscreen();
    if (!offscreen) {
        return;
    }
    // A random screen has each of them somewhere: 256 x 256 cells.
    Desk desk{*offscreen, {"all cells", VgaKind::kText, {2304, 1024}, 9, 64}};
    desk.draw_all();
    CHECK(desk.difference() == "");
    for (int i = 0; i < 12; ++i) {
        CAPTURE(i);
        desk.draw(desk.picture->change_blink());
        CHECK(desk.difference() == "");
    }
}

TEST_CASE("a part of a raw picture is shown alone") {
    const auto offscreen = open_offscreen();
    if (!offscreen) {
        return;
    }
    for (const Rect& part : {Rect{1, 1, 700, 390}, Rect{333, 129, 55, 17}, Rect{719, 399, 1, 1}}) {
        for (const VgaKind kind :
             {VgaKind::kText, VgaKind::kPlanar, VgaKind::kInterleaved, VgaKind::kPacked}) {
            Desk desk{*offscreen, {"part", kind, {720, 400}, 9, 25}, 3, part};
            desk.draw_all();
            CHECK(desk.difference() == "");
            for (int i = 0; i < 5; ++i) {
                desk.draw(desk.picture->change());
                CHECK(desk.difference() == "");
            }
        }
    }
}

TEST_CASE("a raw picture that changes its mode keeps its textures apart") {
    const auto offscreen = open_offscreen();
    if (!offscreen) {
        return;
    }
    const std::array<VgaTestMode, 7> modes{{
        {"doubled dots", VgaKind::kText, {640, 400}, 9, 25, 2},
        {"9 dots", VgaKind::kText, {640, 400}, 9, 25},
        {"planar", VgaKind::kPlanar, {640, 400}, 8, 400},
        {"8 dots", VgaKind::kText, {640, 400}, 8, 50},
        {"packed", VgaKind::kPacked, {640, 400}, 8, 200},
        {"interleaved", VgaKind::kInterleaved, {640, 400}, 8, 200},
        {"more rows", VgaKind::kInterleaved, {640, 400}, 8, 300},
    }};
    Desk desk{*offscreen, modes[0]};
    desk.draw_all();
    Random random{7};
    for (int i = 0; i < 20; ++i) {
        CAPTURE(i);
        desk.draw(desk.picture->become(modes.at(random.below(modes.size()))));
        CHECK(desk.difference() == "");
        desk.draw(desk.picture->change());
        CHECK(desk.difference() == "");
    }
}

TEST_CASE("raw pictures that take turns keep what they have uploaded") {
    const auto offscreen = open_offscreen();
    if (!offscreen) {
        return;
    }
    Desk text{*offscreen, kModes[0], 1};
    Desk planar{*offscreen, kModes[9], 2};
    text.draw_all();
    planar.draw_all();
    const uint64_t before = offscreen->renderer().bytes_copied();
    for (int turn = 0; turn < 3; ++turn) {
        text.draw_all();
        CHECK(text.difference() == "");
        planar.draw_all();
        CHECK(planar.difference() == "");
    }
    CHECK(offscreen->renderer().bytes_copied() == before);
}

TEST_CASE("a text screen costs its cells, and a blinking cursor nothing") {
    const auto offscreen = open_offscreen();
    if (!offscreen) {
        return;
    }
    constexpr uint64_t kCells = 81 * 25 * 2;  // a column more for panning
    Desk desk{*offscreen, kModes[0]};
    desk.draw_all();
    CHECK(desk.uploaded_for(desk.picture->change_all_cells()) == kCells);
    CHECK(kCells <= 16 * 1024);
    CHECK(desk.uploaded_for(desk.picture->change_cells(1)) == 81 * 2);
    CHECK(desk.uploaded_for(desk.picture->change_cursor()) == 0);
    CHECK(desk.uploaded_for(desk.picture->change_blink()) == 0);
    CHECK(desk.uploaded_for(desk.picture->change_colours()) == 1024);
    CHECK(desk.uploaded_for(desk.picture->change_lines()) == 400 * 4);
    CHECK(desk.uploaded_for(Region{desk.source}) == 0);
    CHECK(desk.difference() == "");
}

TEST_CASE("a raw picture that no texture can hold is drawn from its pixels, and told once") {
    const auto offscreen = open_offscreen();
    if (!offscreen) {
        return;
    }
    const VgaTestMode small{"fits", VgaKind::kPlanar, {320, 200}, 8, 200};
    const uint32_t rows = Offscreen::max_side() + 1;
    if (rows > 65536 - small.size.height) {
        MESSAGE("SKIP textures have no limit that a picture can reach");
        return;
    }
    LogLines log;
    const VgaTestMode large{"does not fit", VgaKind::kPacked, {320, 200}, 8, rows};
    Desk desk{*offscreen, small};
    desk.draw_all();
    REQUIRE(log.lines.empty());
    // In the middle of its life, and without damage that would bring its pixels along.
    const Region damage = desk.picture->add_rows(rows);
    CHECK(damage.empty());
    offscreen->resize(desk.source.size());
    CHECK(offscreen->renderer().draw(desk.framebuffer, desk.source, damage, Region{desk.source}));
    CHECK(desk.difference() == "");
    for (int i = 0; i < 4; ++i) {
        desk.draw(desk.picture->change());
        CHECK(desk.difference() == "");
    }
    desk.draw(desk.picture->become(small));
    CHECK(desk.difference() == "");
    Desk another{*offscreen, large, 5};
    another.draw_all();
    CHECK(another.difference() == "");
    CHECK(log.lines.size() == 1);
    CHECK(log.count("the CPU draws a VGA picture") == 1);
}

}  // namespace oriel::test
