// SPDX-License-Identifier: MIT
// Which formats a compositor takes as dma-bufs: events before version 4, feedback from it on.
#include <doctest/doctest.h>
#include <drm_fourcc.h>
#include <wayland-client-protocol.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "direct_desk.h"

namespace oriel::test {
namespace {

using namespace std::chrono_literals;
using Feedback = DmabufOptions::Feedback;
using Format = DmabufOptions::Format;

constexpr Size kSize{320, 200};
constexpr Format kXr24Linear{DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR};
constexpr Format kXr24Invalid{DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_INVALID};
constexpr Format kXr24Tiled{DRM_FORMAT_XRGB8888, I915_FORMAT_MOD_X_TILED};
constexpr Format kAr24Linear{DRM_FORMAT_ARGB8888, DRM_FORMAT_MOD_LINEAR};
constexpr Format kXb24Linear{DRM_FORMAT_XBGR8888, DRM_FORMAT_MOD_LINEAR};

CompositorOptions offering(std::vector<Format> formats, uint32_t version) {
    CompositorOptions options;
    options.linux_dmabuf = version;
    options.dmabuf.formats = std::move(formats);
    return options;
}

/// 5 is 4 where the installed protocol files don't know it.
constexpr uint32_t kVersions[] = {3, 4, 5};

}  // namespace

TEST_CASE("linear is said where the compositor knows it") {
    for (const uint32_t version : kVersions) {
        CAPTURE(version);
        DirectDesk desk{offering({kXr24Tiled, kXr24Invalid, kXr24Linear}, version)};
        GuestBuffer buffer{kSize};
        buffer.scribble(1);
        desk.show(buffer);
        CHECK(desk.path() == "direct");
        CHECK(desk.state().import_modifier == DRM_FORMAT_MOD_LINEAR);
        CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(buffer.all(), 1));
    }
}

TEST_CASE("where the compositor knows no modifiers, none is said") {
    for (const uint32_t version : kVersions) {
        CAPTURE(version);
        DirectDesk desk{offering({kXr24Invalid}, version)};
        GuestBuffer buffer{kSize};
        desk.show(buffer);
        CHECK(desk.path() == "direct");
        CHECK(desk.state().import_modifier == DRM_FORMAT_MOD_INVALID);
    }
}

TEST_CASE("a format that the compositor doesn't take is copied, and stats name it") {
    for (const uint32_t version : kVersions) {
        CAPTURE(version);
        // Neither tiled memory nor a format with alpha will do.
        DirectDesk desk{offering({kXr24Tiled, kAr24Linear, kXb24Linear}, version)};
        GuestBuffer buffer{kSize, {.fourcc = DRM_FORMAT_ARGB8888}};
        buffer.scribble(1);
        desk.show(buffer);
        CHECK(desk.path() == "shm");
        CHECK(desk.reason_has("direct: the compositor doesn't take XR24 as a dma-buf"));
        CHECK(desk.state().imports_asked == 0);
        CHECK(buffer.pixels().exports() == 0);
        CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(buffer.all(), 1));
    }
}

TEST_CASE("a compositor that takes nothing at all is a compositor that copies") {
    for (const uint32_t version : kVersions) {
        CAPTURE(version);
        DirectDesk desk{offering({}, version)};
        GuestBuffer buffer{kSize};
        desk.show(buffer);
        CHECK(desk.path() == "shm");
    }
}

TEST_CASE("a window's own formats count where they differ from the general ones") {
    CompositorOptions options = offering({kXr24Linear}, 4);
    options.dmabuf.surface_formats = {kXb24Linear};
    DirectDesk desk{options};
    GuestBuffer first{kSize};
    GuestBuffer swapped{kSize, {.fourcc = DRM_FORMAT_XBGR8888}};
    // The surface's own can only be known once something is shown on it.
    desk.show(first);
    CHECK(desk.path() == "direct");
    desk.show(swapped);
    CHECK(desk.path() == "direct");
    desk.show(first);
    CHECK(desk.path() == "shm");
    CHECK(desk.reason_has("doesn't take XR24"));
    CHECK(desk.state().count("zwp_linux_dmabuf_v1.get_surface_feedback") == 1);
}

TEST_CASE("a feedback that changes makes refused buffers possible, and possible ones refused") {
    DirectDesk desk{offering({kXb24Linear}, 4)};
    GuestBuffer buffer{kSize};
    buffer.scribble(1);
    desk.show(buffer);
    CHECK(desk.path() == "shm");

    const auto say = [&desk](std::vector<Format> formats) {
        desk.compositor.change_options(
            [&](CompositorOptions& options) { options.dmabuf.formats = formats; });
        desk.compositor.send_dmabuf_feedback();
        desk.settle();
    };
    say({kXb24Linear, kXr24Linear});
    buffer.scribble(2);
    desk.show(buffer);
    CHECK(desk.path() == "direct");
    CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(buffer.all(), 2));

    say({kXb24Linear});
    GuestBuffer other{kSize};
    other.scribble(3);
    desk.show(other);
    CHECK(desk.path() == "shm");
    desk.show(buffer);
    CHECK(desk.path() == "shm");

    // Taken once, it needn't be asked about again.
    say({kXr24Linear});
    desk.show(buffer);
    CHECK(desk.path() == "direct");
    CHECK(desk.state().imports_asked == 1);
}

TEST_CASE("an import that was denied is tried again when the formats have changed") {
    CompositorOptions options = offering({kXr24Linear}, 4);
    options.dmabuf.imports = DmabufOptions::Imports::kFailed;
    DirectDesk desk{options};
    GuestBuffer buffer{kSize};
    desk.show(buffer);
    CHECK(desk.path() == "shm");
    // The same formats again are no news.
    desk.compositor.change_options([](CompositorOptions& changed) {
        changed.dmabuf.imports = DmabufOptions::Imports::kCreated;
    });
    desk.compositor.send_dmabuf_feedback();
    desk.settle();
    desk.show(buffer);
    CHECK(desk.state().imports_asked == 1);

    const std::vector<Format> both{kXr24Linear, kXb24Linear};
    desk.compositor.change_options(
        [&both](CompositorOptions& changed) { changed.dmabuf.formats = both; });
    desk.compositor.send_dmabuf_feedback();
    desk.settle();
    desk.show(buffer);
    CHECK(desk.path() == "direct");
    CHECK(desk.state().imports_asked == 2);
}

TEST_CASE("a picture waits for the formats, and goes direct when they come") {
    CompositorOptions options = offering({kXr24Linear}, 4);
    options.dmabuf.feedback = Feedback::kNever;
    DirectDesk desk{options};
    GuestBuffer buffer{kSize};
    buffer.scribble(1);
    desk.show(buffer);
    CHECK(desk.path() == "none");
    desk.compositor.change_options(
        [](CompositorOptions& changed) { changed.dmabuf.feedback = Feedback::kGood; });
    desk.compositor.send_dmabuf_feedback();
    desk.settle();
    CHECK(desk.path() == "direct");
    CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(buffer.all(), 1));
}

TEST_CASE("a compositor that never says its formats is one that copies, and hangs no guest") {
    CompositorOptions options = offering({kXr24Linear}, 4);
    options.dmabuf.feedback = Feedback::kNever;
    DirectDesk desk{options};
    GuestBuffer buffer{kSize};
    buffer.scribble(1);
    desk.show(buffer);
    desk.advance(17ms);
    CHECK(desk.answered == 1);
    desk.advance(500ms);
    CHECK(desk.path() == "shm");
    CHECK(desk.reason_has("direct: the compositor hasn't said which formats it takes"));
    CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(buffer.all(), 1));
}

TEST_CASE("a feedback that makes no sense is one line, and nothing goes direct") {
    const struct {
        Feedback feedback;
        const char* said;
    } cases[] = {
        {Feedback::kNoTable, "entry 0 of a format table of 0"},
        {Feedback::kTableTooSmall, "in a file of less"},
        {Feedback::kTableTooLarge, "a format table of 4294967295 bytes"},
        {Feedback::kIndexOutOfRange, "entry 1 of a format table of 1"},
    };
    for (const auto& broken : cases) {
        CAPTURE(broken.said);
        CompositorOptions options = offering({kXr24Linear}, 4);
        options.dmabuf.feedback = broken.feedback;
        LogLines log;
        DirectDesk desk{options};
        GuestBuffer buffer{kSize};
        for (uint32_t frame = 0; frame < 5; ++frame) {
            buffer.scribble(frame);
            desk.show(buffer);
            CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(buffer.all(), frame));
        }
        CHECK(desk.path() == "shm");
        CHECK(desk.reason_has("direct: the compositor's dma-buf formats make no sense: "));
        CHECK(log.count(broken.said) == 1);
        CHECK(desk.state().imports_asked == 0);

        // It may come to its senses.
        desk.compositor.change_options(
            [](CompositorOptions& changed) { changed.dmabuf.feedback = Feedback::kGood; });
        desk.compositor.send_dmabuf_feedback();
        desk.settle();
        desk.show(buffer);
        CHECK(desk.path() == "direct");
    }
}

TEST_CASE("a compositor is told of all planes of a picture") {
    DirectDesk desk;
    GuestBuffer planes{kSize, {.second_plane = true}};
    planes.scribble(1);
    desk.show(planes);
    CHECK(desk.path() == "direct");
    CHECK(desk.state().import_planes == 2);
    CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(planes.all(), 1));
}

TEST_CASE("a picture that lies upside down is turned by a transform, and so is its damage") {
    DirectDesk desk;
    GuestBuffer inverted{kSize, {.y_inverted = true}};
    inverted.scribble(2);
    Picture expected = GuestBuffer::scribbled(inverted.all(), 2);
    for (uint32_t y = 0; y < kSize.height / 2; ++y) {
        const auto row = [&](uint32_t of) {
            return expected.pixels.begin() + static_cast<ptrdiff_t>(of * kSize.width);
        };
        std::swap_ranges(row(y), row(y + 1), row(kSize.height - 1 - y));
    }
    desk.show(inverted);
    CHECK(desk.path() == "direct");
    CHECK(desk.state().content()->transform == WL_OUTPUT_TRANSFORM_FLIPPED_180);
    CHECK_SAME_PICTURE(desk.state().picture(), expected);

    // In the buffer's px, as it lies in memory.
    desk.flush({10, 20, 30, 40});
    desk.settle();
    CHECK(desk.state().content()->last().damage ==
          Region{Rect{10, kSize.height - 20 - 40, 30, 40}});

    // The next picture lies as usual, on this path and on one that copies.
    GuestBuffer upright{kSize};
    upright.scribble(3);
    desk.show(upright);
    CHECK(desk.path() == "direct");
    CHECK(desk.state().content()->transform == WL_OUTPUT_TRANSFORM_NORMAL);
    CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(upright.all(), 3));
    desk.show(inverted);
    GuestBuffer copied{kSize, {.fourcc = DRM_FORMAT_XBGR8888}};
    desk.show(copied);
    CHECK(desk.path() == "shm");
    CHECK(desk.state().content()->transform == WL_OUTPUT_TRANSFORM_NORMAL);
}

TEST_CASE("a buffer that only GPUs can read goes direct, and is dark where it can't") {
    const GuestBuffer tiled{kSize, {.cpu_view = CpuView::kNone}};
    SUBCASE("direct") {
        DirectDesk desk;
        desk.show(tiled);
        CHECK(desk.path() == "direct");
        CHECK(desk.answered == 1);
    }
    SUBCASE("the compositor refuses it: the guest is answered all the same, and the next shows") {
        CompositorOptions options;
        options.dmabuf.imports = DmabufOptions::Imports::kFailed;
        DirectDesk desk{options};
        desk.flip(tiled);
        for (int i = 0; i < 10; ++i) {
            desk.settle();
            desk.advance(50ms);
        }
        CHECK(desk.answered == 1);
        CHECK(desk.stats().committed == 0);
        CHECK(tiled.framebuffer()->storage() == nullptr);
        GuestBuffer readable{kSize};
        readable.scribble(3);
        desk.show(readable);
        CHECK(desk.path() == "shm");
        CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(readable.all(), 3));
    }
}

}  // namespace oriel::test
