// SPDX-License-Identifier: MIT
// Explicit synchronisation of the direct path, with memfds in place of dma-bufs and a double in
// place of the DRM device (support/fake_sync_device.h).
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "direct_desk.h"
#include "support/compositor/server.h"
#include "support/compositor/surface.h"
#include "support/fake_sync_device.h"

namespace oriel::test {
namespace {

using namespace std::chrono_literals;
using Call = FakeSyncDevice::Call;

constexpr Size kSize{320, 200};
/// A little more than a refresh period of 60 Hz.
constexpr Nanoseconds kPeriod = 17ms;
constexpr const char* kNoSync = "no explicit synchronisation, wl_buffer.release is used instead";

CompositorOptions explicit_sync(CompositorOptions options = {}) {
    options.linux_dmabuf = 4;
    options.drm_syncobj = 1;
    return options;
}

CompositorOptions manual() {
    return explicit_sync({.frames = Frames::kManual, .releases = Releases::kManual});
}

/// Outlives the presenter, which gives its timelines back.
struct WithDevice {
    FakeSyncDevice::Report device;
};

struct SyncDesk : WithDevice, DirectDesk {
    explicit SyncDesk(CompositorOptions options = explicit_sync(), size_t screens = 1,
                      const WithDevice& with = {})
        : WithDevice{with},
          DirectDesk{std::move(options), screens, FakeSyncDevice::opener(device)} {}
    [[nodiscard]] const std::string& sync() const { return stats().sync; }
    [[nodiscard]] uint64_t shown() const { return state().content()->buffer; }
    [[nodiscard]] uint64_t points() const {
        return state().count("wp_linux_drm_syncobj_surface_v1.set_release_point");
    }
};

/// Shows the first of a guest's buffers, latched; all of them are known to the compositor.
struct FlippingSyncDesk : SyncDesk {
    explicit FlippingSyncDesk(CompositorOptions options = manual()) : SyncDesk{std::move(options)} {
        for (size_t i = buffers.size(); i-- > 0;) {
            show(buffers[i]);
            next_frame();
            advance(kPeriod);
        }
        compositor.release_all();
        settle();
        answered = 0;
    }

    std::array<GuestBuffer, 3> buffers{GuestBuffer{kSize}, GuestBuffer{kSize}, GuestBuffer{kSize}};
};

size_t open_fds() {
    const std::filesystem::directory_iterator all{"/proc/self/fd"};
    return static_cast<size_t>(std::distance(begin(all), end(all)));
}

/// Where a line of the log is that has all of `parts`, from `from` on.
std::optional<size_t> find_line(const State& state, const std::vector<std::string>& parts,
                                size_t from = 0) {
    for (size_t i = from; i < state.log.size(); ++i) {
        if (std::all_of(parts.begin(), parts.end(), [&](const std::string& part) {
                return state.log[i].find(part) != std::string::npos;
            })) {
            return i;
        }
    }
    return std::nullopt;
}

}  // namespace

TEST_CASE("each direct commit has an acquire and a release point, and no copied one has") {
    SyncDesk desk;
    std::array<GuestBuffer, 2> buffers{GuestBuffer{kSize}, GuestBuffer{kSize}};
    GuestPicture copied{kSize};
    uint64_t direct = 0;
    for (uint32_t round = 0; round < 3; ++round) {
        for (GuestBuffer& buffer : buffers) {
            buffer.scribble(round);
            desk.show(buffer);
            CHECK(desk.points() == ++direct);
            CHECK(desk.state().content()->last().explicit_sync);
            CHECK(desk.sync() == "explicit");
            CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(buffer.all(), round));
        }
        copied.scribble(copied.all(), round);
        desk.PresenterDesk::show(copied);
        CHECK(desk.path() == "shm");
        CHECK_FALSE(desk.state().content()->last().explicit_sync);
        CHECK(desk.sync() == "implicit");
        CHECK_SAME_PICTURE(desk.state().picture(), copied.expected());
    }
    CHECK(desk.points() == direct);
    CHECK(desk.state().count("wp_linux_drm_syncobj_surface_v1.set_acquire_point") == direct);
    // One for what is drawn already, and one a buffer.
    CHECK(desk.state().count("wp_linux_drm_syncobj_manager_v1.import_timeline") == 3);
    CHECK(desk.device.opened == std::vector<dev_t>{0xe280});
    CHECK(desk.answered == 9);
}

TEST_CASE("the release point gives a buffer back, and wl_buffer.release doesn't") {
    FlippingSyncDesk desk;
    const uint64_t before = desk.shown();
    desk.show(desk.buffers[1]);
    desk.next_frame();
    CHECK(desk.answered == 0);
    desk.compositor.release_again(before);
    desk.settle();
    CHECK(desk.answered == 0);
    const size_t line = desk.state().log.size();
    desk.compositor.release(before);
    desk.settle();
    CHECK(desk.answered == 1);
    CHECK_FALSE(find_line(desk.state(), {"-> wl_buffer", "release"}, line));
    CHECK(desk.stats().answered_by_timer <= 3);
}

TEST_CASE("release points that are signalled in another order each give back their own buffer") {
    FlippingSyncDesk desk;
    const uint64_t first = desk.shown();
    desk.show(desk.buffers[1]);
    desk.next_frame();
    const uint64_t second = desk.shown();
    desk.show(desk.buffers[2]);
    desk.next_frame();
    CHECK(desk.answered == 0);
    desk.compositor.release(second);
    desk.settle();
    CHECK(desk.answered == 1);  // the flip away from the second one
    desk.compositor.release(first);
    desk.settle();
    CHECK(desk.answered == 2);
}

TEST_CASE("two buffers, each drawn only after an answer, are never written before their points") {
    for (const size_t hold_longer : {size_t{0}, size_t{1}}) {
        CompositorOptions options = explicit_sync({.frames = Frames::kManual});
        options.hold_longer = hold_longer;
        FlippingSyncDesk desk{options};
        uint32_t drawn = 0;
        for (uint32_t frame = 0; frame < 60; ++frame) {
            if (desk.answered == drawn) {
                GuestBuffer& next = desk.buffers[++drawn % 2];
                next.scribble(drawn);
                desk.show(next);
            }
            desk.next_frame();
        }
        CHECK(drawn >= 60 / (1 + hold_longer) - 2);
        CHECK(desk.sync() == "explicit");
        CHECK(desk.stats().bytes_copied == 0);
    }
}

TEST_CASE("a guest's only buffer stays until the point of its newest commit") {
    CompositorOptions options = manual();
    options.tearing_guest = true;
    SyncDesk desk{options};
    GuestBuffer only{kSize};
    for (uint32_t i = 0; i < 5; ++i) {
        only.scribble(i);
        desk.show(only);
        desk.next_frame();
        CHECK(desk.answered == i + 1);
    }
    CHECK(desk.points() == 5);
    const std::weak_ptr<const Framebuffer> alive = only.framebuffer();
    const uint64_t number = desk.shown();
    only.destroy();
    GuestBuffer next{kSize};
    desk.show(next);
    // Signals the points of the older commits only.
    desk.compositor.with([](Server& server) {
        for (Surface* surface : server.surfaces) {
            surface->release_oldest(4);
        }
    });
    desk.settle();
    CHECK_FALSE(alive.expired());
    desk.compositor.release(number);
    desk.settle();
    CHECK(alive.expired());
}

TEST_CASE("leaving the direct path takes the surface's object away before the first other commit") {
    SyncDesk desk;
    GuestBuffer buffer{kSize};
    desk.show(buffer);
    const std::string destroy = ".destroy";
    const auto next_commits = [&](size_t from) {
        const State state = desk.state();
        const auto gone = find_line(state, {"wp_linux_drm_syncobj_surface_v1", destroy}, from);
        const auto attach = find_line(state, {"wl_surface", ".attach"}, from);
        REQUIRE(gone);
        REQUIRE(attach);
        CHECK(*gone < *attach);
    };
    SUBCASE("for a copied picture") {
        GuestPicture copied{kSize};
        const size_t from = desk.state().log.size();
        desk.PresenterDesk::show(copied);
        next_commits(from);
    }
    SUBCASE("for black") {
        const size_t from = desk.state().log.size();
        desk.presenter->detach(0);
        desk.settle();
        next_commits(from);
    }
    SUBCASE("for another surface") {
        const size_t from = desk.state().log.size();
        desk.compositor.configure({.size = {640, 600}, .flags = {WindowFlag::kMaximized}});
        desk.settle();
        next_commits(from);
        CHECK(desk.state().content()->last().explicit_sync);
    }
    desk.show(buffer);
    CHECK(desk.sync() == "explicit");
    CHECK(desk.state().content()->last().explicit_sync);
    CHECK(desk.answered >= 2);
}

TEST_CASE("a window between black borders and none keeps its points on whichever surface it is") {
    SyncDesk desk{
        explicit_sync({.configure_size = {640, 400}, .configure_flags = {WindowFlag::kMaximized}})};
    GuestBuffer buffer{kSize};
    buffer.fill(0xff0000);
    desk.show(buffer);
    for (const Size size : {Size{640, 600}, Size{640, 400}, Size{900, 400}, Size{320, 200}}) {
        desk.compositor.configure({.size = size, .flags = {WindowFlag::kMaximized}});
        desk.settle();
        CHECK(desk.state().shown().at(size.width / 2, size.height / 2) == 0xffff'0000);
        desk.show(buffer);
        CHECK(desk.path() == "direct");
        CHECK(desk.sync() == "explicit");
        CHECK(desk.state().content()->last().explicit_sync);
    }
    CHECK(desk.state().buffers_held <= 2);
}

TEST_CASE("a compositor without explicit synchronisation uses releases and no device is opened") {
    CompositorOptions options = manual();
    options.drm_syncobj = 0;
    FlippingSyncDesk desk{options};
    const uint64_t before = desk.shown();
    desk.show(desk.buffers[1]);
    desk.next_frame();
    CHECK(desk.answered == 0);
    desk.compositor.release(before);
    desk.settle();
    CHECK(desk.answered == 1);
    CHECK(desk.sync() == "implicit");
    CHECK(desk.device.opened.empty());
}

TEST_CASE("a device that can't do it is one line, and releases are used") {
    LogLines log;
    WithDevice with;
    SUBCASE("it can't be opened") {
        with.device.refusal = "the kernel is older than 6.6";
    }
    SUBCASE("it makes no timelines") {
        with.device.broken = Call::kCreate;
    }
    SUBCASE("it gives no descriptor") {
        with.device.broken = Call::kShare;
    }
    SUBCASE("it signals nothing") {
        with.device.broken = Call::kSignal;
    }
    SyncDesk desk{manual(), 2, with};
    std::array<GuestBuffer, 2> buffers{GuestBuffer{kSize}, GuestBuffer{kSize}};
    desk.show(buffers[0]);
    desk.next_frame();
    const uint64_t before = desk.shown();
    desk.show(buffers[1]);
    desk.next_frame();
    CHECK(desk.answered == 1);
    desk.compositor.release(before);
    desk.settle();
    CHECK(desk.answered == 2);
    CHECK(desk.sync() == "implicit");
    CHECK(desk.points() == 0);
    CHECK(desk.device.timelines == 0);
    CHECK(desk.state().timelines == 0);
    CHECK(log.count(kNoSync) == 1);
    CHECK(desk.device.opened.size() == 1);
}

TEST_CASE("a compositor that doesn't name its device is one line, and releases are used") {
    LogLines log;
    CompositorOptions options = explicit_sync();
    options.linux_dmabuf = 3;
    SyncDesk desk{options};
    GuestBuffer buffer{kSize};
    desk.show(buffer);
    CHECK(desk.path() == "direct");
    CHECK(desk.sync() == "implicit");
    CHECK(desk.device.opened.empty());
    CHECK(log.count(kNoSync) == 1);
}

TEST_CASE("a device that fails while it is used costs one line, and what it promised still comes") {
    for (const Call call : {Call::kCreate, Call::kShare, Call::kNotify}) {
        CAPTURE(static_cast<int>(call));
        LogLines log;
        FlippingSyncDesk desk;
        const uint64_t explicit_one = desk.shown();
        desk.device.broken = call;
        GuestBuffer fresh{kSize};
        desk.show(fresh);
        desk.next_frame();
        CHECK(desk.sync() == "implicit");
        CHECK_FALSE(desk.state().content()->last().explicit_sync);
        CHECK(desk.answered == 0);
        desk.compositor.release(explicit_one);
        desk.settle();
        CHECK(desk.answered == 1);

        // And on it goes, by releases.
        const uint64_t implicit_one = desk.shown();
        desk.show(desk.buffers[1]);
        desk.next_frame();
        CHECK(desk.answered == 1);
        desk.compositor.release(implicit_one);
        desk.settle();
        CHECK(desk.answered == 2);
        CHECK(log.count("explicit synchronisation failed") == 1);
        CHECK(desk.path() == "direct");
    }
}

TEST_CASE("a compositor that signals nothing costs a guest its vertical sync and nothing else") {
    FlippingSyncDesk desk;
    for (uint32_t i = 1; i <= 20; ++i) {
        desk.show(desk.buffers[i % 3]);
        desk.next_frame();
        desk.advance(kPeriod);
        CHECK(desk.answered >= i - 1);
        CHECK(desk.path() == "direct");
        CHECK(desk.sync() == "explicit");
    }
    CHECK(desk.device.timelines == 4);
    CHECK(desk.state().buffers_created <= 4);
}

TEST_CASE("a guest that flips 800 times a second has a point for each commit, not for each flip") {
    SyncDesk desk{explicit_sync({.frames = Frames::kAtRefresh})};
    std::array<GuestBuffer, 2> buffers{GuestBuffer{kSize}, GuestBuffer{kSize}};
    buffers[0].fill(0x111111);
    buffers[1].fill(0x222222);
    for (size_t i = 0; i < 800; ++i) {
        desk.flip(buffers[i % 2]);
        desk.advance(1250us);
    }
    desk.advance(50ms);
    CHECK(desk.answered == 800);
    CHECK(desk.points() == desk.stats().committed);
    CHECK(desk.points() <= 64);
    CHECK_SAME_PICTURE(desk.state().picture(),
                       (Picture{kSize, std::vector<uint32_t>(kSize.area(), 0xff22'2222)}));
}

TEST_CASE("damage without a new buffer has points of its own, and nothing new has none") {
    CompositorOptions options = explicit_sync();
    options.tearing_guest = true;
    SyncDesk desk{options};
    GuestBuffer buffer{kSize};
    desk.show(buffer);
    desk.flush({10, 20, 30, 40});
    desk.settle();
    CHECK(desk.points() == 2);
    CHECK(desk.state().content()->last().damage == Region{Rect{10, 20, 30, 40}});
    desk.flush({});
    desk.settle();
    CHECK(desk.points() == 2);
    CHECK_FALSE(desk.state().content()->last().attached);
    CHECK(desk.answered == 3);
}

TEST_CASE("a buffer that the guest destroys goes with its point, and leaves nothing") {
    SyncDesk desk{manual()};
    GuestBuffer stays{kSize};
    desk.show(stays);
    desk.next_frame();
    const size_t fds = open_fds();
    const size_t timelines = desk.device.timelines;
    const size_t objects = desk.compositor.live_objects().size();
    std::vector<std::weak_ptr<const Framebuffer>> made;
    for (uint32_t i = 0; i < 10; ++i) {
        GuestBuffer buffer{kSize};
        desk.show(buffer);
        desk.next_frame();
        desk.advance(kPeriod);
        made.push_back(buffer.framebuffer());
    }
    desk.show(stays);
    desk.next_frame();
    CHECK_FALSE(made[0].expired());
    CHECK(desk.device.timelines == timelines + 10);
    desk.compositor.release_all();
    desk.settle();
    desk.advance(6s);
    CHECK(std::all_of(made.begin(), made.end(), [](const auto& one) { return one.expired(); }));
    CHECK(desk.device.timelines == timelines);
    CHECK(desk.compositor.live_objects().size() == objects);
    CHECK(open_fds() == fds);
}

TEST_CASE("framebuffers with points that come and go leave no descriptor and no timeline") {
    SyncDesk desk;
    const auto round = [&desk](uint32_t i) {
        GuestBuffer buffer{{16, 16}};
        desk.flip(buffer);
        // A guest that waits for what it has shown, and one that doesn't.
        if (i % 2 == 0) {
            desk.settle();
        }
        desk.loop.dispatch(0ms);
    };
    for (uint32_t i = 0; i < 100; ++i) {
        round(i);
    }
    GuestBuffer last{{16, 16}};
    desk.show(last);
    desk.advance(6s);
    const size_t fds = open_fds();
    const size_t objects = desk.compositor.live_objects().size();
    for (uint32_t i = 0; i < 2000; ++i) {
        round(i);
    }
    desk.show(last);
    desk.advance(6s);
    CHECK(desk.sync() == "explicit");
    CHECK(desk.points() > 1000);
    CHECK(desk.device.timelines == 2);
    CHECK(desk.state().timelines == 2);
    CHECK(desk.compositor.live_objects().size() <= objects);
    CHECK(open_fds() <= fds);
}

TEST_CASE("two windows share the device, and one buffer on both has a timeline for each") {
    SyncDesk desk{explicit_sync(), 2};
    GuestBuffer buffer{kSize};
    buffer.scribble(5);
    for (int i = 0; i < 3; ++i) {
        desk.show(buffer, 0);
        desk.show(buffer, 1);
    }
    CHECK(desk.stats(0).sync == "explicit");
    CHECK(desk.stats(1).sync == "explicit");
    CHECK(desk.device.opened.size() == 1);
    CHECK(desk.device.timelines == 3);
}

TEST_CASE("a compositor that goes in the middle of points is lost with one line") {
    for (const char* request : {"wp_linux_drm_syncobj_manager_v1.import_timeline",
                                "wp_linux_drm_syncobj_manager_v1.get_surface",
                                "wp_linux_drm_syncobj_surface_v1.set_acquire_point",
                                "wp_linux_drm_syncobj_surface_v1.set_release_point"}) {
        for (const std::optional<uint32_t> code : {std::optional<uint32_t>{}, {1}}) {
            CAPTURE(request);
            CompositorOptions options = explicit_sync();
            options.fault = Fault{.request = request, .nth = 1, .error_code = code};
            SyncDesk desk{options};
            std::array<GuestBuffer, 3> buffers{GuestBuffer{kSize}, GuestBuffer{kSize},
                                               GuestBuffer{kSize}};
            // The fault takes effect in the compositor's time.
            uint64_t asked = 0;
            for (; asked < 20 || (desk.events.lost.empty() && asked < 3000); ++asked) {
                desk.flip(buffers[asked % 3]);
                desk.loop.dispatch(1ms);
                desk.clock.advance(17ms);
                desk.loop.dispatch(0ms);
            }
            desk.clock.advance(300ms);
            desk.loop.dispatch(0ms);
            CHECK(desk.events.lost.size() == 1);
            CHECK(desk.answered == asked);
        }
    }
}

TEST_CASE("a screen that is pulled out and plugged in again is synchronised by points") {
    SyncDesk desk;
    GuestBuffer buffer{kSize};
    buffer.scribble(1);
    desk.show(buffer);
    REQUIRE(desk.presenter->set_screen(0, {.connected = false}).has_value());
    desk.settle();
    REQUIRE(desk.presenter->set_screen(0, {}).has_value());
    desk.settle();
    CHECK_SAME_PICTURE(desk.state().picture(1), GuestBuffer::scribbled(buffer.all(), 1));
    CHECK(desk.sync() == "explicit");
}

}  // namespace oriel::test
