// SPDX-License-Identifier: MIT
// A guest's buffer as the compositor's, with memfds in place of dma-bufs.
#include <doctest/doctest.h>
#include <drm_fourcc.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "direct_desk.h"
#include "support/sanitized.h"

namespace oriel::test {
namespace {

using namespace std::chrono_literals;
using Imports = DmabufOptions::Imports;

constexpr Size kSize{320, 200};
constexpr uint32_t kBlack = 0xff00'0000;
constexpr uint32_t kRounds = kSanitized ? 10'000 : 100'000;

CompositorOptions importing(Imports imports) {
    CompositorOptions options;
    options.dmabuf.imports = imports;
    return options;
}

size_t open_fds() {
    size_t count = 0;
    for ([[maybe_unused]] const auto& entry :
         std::filesystem::directory_iterator{"/proc/self/fd"}) {
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("what a guest has drawn is shown and nothing is copied") {
    DirectDesk desk;
    GuestBuffer buffer{kSize};
    buffer.scribble(1);
    desk.show(buffer);
    CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(buffer.all(), 1));
    CHECK(desk.path() == "direct");
    CHECK(desk.stats().path_reason.empty());
    CHECK(desk.stats().bytes_copied == 0);
    CHECK(desk.answered == 1);
    // No shm buffer but the black of the beginning, which is a single pixel.
    CHECK(desk.state().pools_created == 0);
}

TEST_CASE("formats with alpha are shown opaque, and all eight are known") {
    const struct {
        uint32_t fourcc;
        uint32_t shown_as;
        uint32_t word;  ///< red 0x11, green 0x22, blue 0x33, alpha 0
    } formats[] = {
        {DRM_FORMAT_XRGB8888, DRM_FORMAT_XRGB8888, 0x0011'2233},
        {DRM_FORMAT_ARGB8888, DRM_FORMAT_XRGB8888, 0x0011'2233},
        {DRM_FORMAT_XBGR8888, DRM_FORMAT_XBGR8888, 0x0033'2211},
        {DRM_FORMAT_ABGR8888, DRM_FORMAT_XBGR8888, 0x0033'2211},
        {DRM_FORMAT_RGBX8888, DRM_FORMAT_RGBX8888, 0x1122'3300},
        {DRM_FORMAT_RGBA8888, DRM_FORMAT_RGBX8888, 0x1122'3300},
        {DRM_FORMAT_BGRX8888, DRM_FORMAT_BGRX8888, 0x3322'1100},
        {DRM_FORMAT_BGRA8888, DRM_FORMAT_BGRX8888, 0x3322'1100},
    };
    CompositorOptions options;
    options.dmabuf.formats.clear();
    for (const auto& format : formats) {
        options.dmabuf.formats.push_back({format.fourcc, DRM_FORMAT_MOD_LINEAR});
    }
    DirectDesk desk{options};
    for (const auto& format : formats) {
        CAPTURE(format.fourcc);
        GuestBuffer buffer{kSize, {.fourcc = format.fourcc}};
        buffer.fill(format.word);
        desk.show(buffer);
        CHECK(desk.path() == "direct");
        CHECK(desk.state().import_format == format.shown_as);
        CHECK(desk.state().picture()->at(100, 100) == 0xff11'2233);
    }
}

TEST_CASE("offset and stride of a guest's buffer are the compositor's") {
    DirectDesk desk;
    GuestBuffer buffer{kSize, {.offset = 4096, .stride = 2048}};
    buffer.scribble(7);
    desk.show(buffer);
    CHECK(desk.path() == "direct");
    CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(buffer.all(), 7));
}

TEST_CASE("a scanout shows its part of a guest's larger buffer by the viewport") {
    DirectDesk desk;
    GuestBuffer buffer{{640, 400}};
    buffer.scribble(3);
    const Rect part{17, 33, 320, 200};
    desk.presenter->attach(0, buffer.framebuffer(), part);
    desk.flush(part);
    desk.settle();
    CHECK(desk.path() == "direct");
    CHECK(desk.state().shown() == GuestBuffer::scribbled(part, 3));
    // Damage is in the buffer's coordinates.
    desk.flush({300, 190, 400, 20});
    desk.settle();
    CHECK(desk.state().content()->last().damage == Region{Rect{300, 190, 37, 20}});

    const Rect corner{320, 200, 320, 200};
    desk.presenter->attach(0, buffer.framebuffer(), corner);
    desk.flush(corner);
    desk.settle();
    CHECK(desk.state().shown() == GuestBuffer::scribbled(corner, 3));
    CHECK(desk.state().imports_asked == 1);

    // What comes next has no part: black, a whole buffer, a copied one.
    desk.presenter->detach(0);
    desk.settle();
    CHECK(desk.state().shown().at(160, 100) == kBlack);
    desk.show(buffer);
    desk.presenter->attach(0, buffer.framebuffer(), part);
    desk.flush(part);
    desk.settle();
    GuestPicture copied{kSize};
    copied.fill(copied.all(), 0xff0000);
    desk.PresenterDesk::show(copied);
    CHECK(desk.state().shown() == copied.expected());
    CHECK(desk.path() == "shm");
}

TEST_CASE("without wp_viewporter a part of a buffer is copied, and stats say why") {
    DirectDesk desk{{.wp_viewporter = 0}};
    GuestBuffer buffer{{640, 400}};
    buffer.scribble(3);
    const Rect part{17, 33, 320, 200};
    desk.presenter->attach(0, buffer.framebuffer(), part);
    desk.flush(part);
    desk.settle();
    CHECK(desk.path() == "shm");
    CHECK(desk.reason_has("direct: the compositor can't show a part of a buffer"));
    CHECK(desk.state().shown() == GuestBuffer::scribbled(part, 3));
    desk.show(buffer);
    CHECK(desk.path() == "direct");
    CHECK(desk.state().shown() == GuestBuffer::scribbled(buffer.all(), 3));
}

TEST_CASE("without wp_viewporter a blob of another size than its window is copied and scaled") {
    CompositorOptions options;
    options.wp_viewporter = 0;
    options.configure_size = {640, 400};
    options.configure_flags = {WindowFlag::kMaximized};
    DirectDesk desk{options};
    GuestBuffer buffer{kSize};
    buffer.scribble(3);
    desk.show(buffer);
    CHECK(desk.path() == "shm");
    CHECK(desk.reason_has("direct: the compositor can't scale a buffer"));
    const Picture expected = GuestBuffer::scribbled(buffer.all(), 3);
    const Picture shown = desk.state().shown();
    REQUIRE(shown.size == Size{640, 400});
    CHECK(shown.at(0, 0) == expected.at(0, 0));
    CHECK(shown.at(639, 399) == expected.at(319, 199));
    CHECK(shown.at(101, 77) == expected.at(50, 38));
    // As large as the window it needs no scaling.
    for (const Size size : {kSize, Size{640, 400}, kSize}) {
        desk.compositor.configure({.size = size, .flags = {WindowFlag::kMaximized}});
        desk.settle();
        CHECK(desk.path() == (size == kSize ? "direct" : "shm"));
        CHECK(desk.state().content()->size == size);
        CHECK(desk.state().picture()->size == size);
    }
}

TEST_CASE("page flips make a wl_buffer once for each of a guest's buffers") {
    DirectDesk desk{{.frames = Frames::kManual}};
    GuestBuffer buffers[2] = {GuestBuffer{kSize}, GuestBuffer{kSize}};
    const uint64_t before = desk.state().buffers_created;
    for (uint32_t flip = 0; flip < 100; ++flip) {
        buffers[flip % 2].scribble(flip);
        desk.show(buffers[flip % 2]);
        CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled({0, 0, 320, 200}, flip));
        desk.next_frame();
    }
    CHECK(desk.state().buffers_created - before == 2);
    CHECK(desk.state().imports_asked == 2);
    CHECK(desk.state().imports_immediate == 0);
    CHECK(desk.stats().bytes_copied == 0);
    CHECK(desk.answered == 100);
    CHECK(buffers[0].pixels().exports() == 1);
}

TEST_CASE("one buffer on two scanouts is two wl_buffers") {
    DirectDesk desk{{}, 2};
    GuestBuffer buffer{kSize};
    buffer.scribble(5);
    for (int i = 0; i < 5; ++i) {
        desk.show(buffer, 0);
        desk.show(buffer, 1);
    }
    CHECK_SAME_PICTURE(desk.state().picture(0), GuestBuffer::scribbled(buffer.all(), 5));
    CHECK_SAME_PICTURE(desk.state().picture(1), GuestBuffer::scribbled(buffer.all(), 5));
    CHECK(desk.state().imports_asked == 2);
    CHECK(desk.stats(1).bytes_copied == 0);
}

TEST_CASE("a window between black borders and none shows the same buffer on both surfaces") {
    DirectDesk desk{{.configure_size = {640, 400}, .configure_flags = {WindowFlag::kMaximized}}};
    GuestBuffer buffer{kSize};
    buffer.fill(0xff0000);
    desk.show(buffer);
    for (const Size size : {Size{640, 600}, Size{640, 400}, Size{900, 400}, Size{320, 200}}) {
        desk.compositor.configure({.size = size, .flags = {WindowFlag::kMaximized}});
        desk.settle();
        const Picture shown = desk.state().shown();
        REQUIRE(shown.size == size);
        CHECK(shown.at(size.width / 2, size.height / 2) == 0xffff'0000);
        desk.show(buffer);
        CHECK(desk.path() == "direct");
    }
    CHECK(desk.stats().bytes_copied == 0);
    // A second wl_buffer while the first surface still has the first, and none for each change.
    CHECK(desk.state().imports_asked <= 5);
    CHECK(desk.state().buffers_held <= 2);
}

TEST_CASE("a guest that goes to and fro between two ways is logged once for each") {
    DirectDesk desk;
    LogLines log;
    GuestPicture copied{kSize};
    GuestBuffer buffer{kSize};
    for (int i = 0; i < 20; ++i) {
        desk.PresenterDesk::show(copied);
        CHECK(desk.path() == "shm");
        desk.show(buffer);
        CHECK(desk.path() == "direct");
        CHECK(desk.stats().path_reason.empty());
    }
    CHECK(log.count("pictures go by") == 2);
}

TEST_CASE("a guest without buffers of its own is shown by the copying path") {
    DirectDesk desk;
    GuestPicture picture{kSize};
    picture.scribble(picture.all());
    desk.PresenterDesk::show(picture);
    CHECK(desk.path() == "shm");
    CHECK(desk.reason_has("direct: only for pictures that lie in the guest's own memory"));
    CHECK_SAME_PICTURE(desk.state().picture(), picture.expected());
}

TEST_CASE("a buffer that can't be exported is copied, and the reason is the exporter's") {
    DirectDesk desk;
    LogLines log;
    GuestBuffer buffer{kSize, {.export_error = "no /dev/udmabuf: load the module udmabuf"}};
    for (uint32_t frame = 0; frame < 20; ++frame) {
        buffer.scribble(frame);
        desk.show(buffer);
        CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(buffer.all(), frame));
    }
    CHECK(desk.path() == "shm");
    CHECK(desk.reason_has("no /dev/udmabuf: load the module udmabuf"));
    CHECK(log.count("/dev/udmabuf") == 1);
    CHECK(desk.state().imports_asked == 0);
    CHECK(buffer.pixels().exports() == 1);
}

TEST_CASE("the reason is that of the picture shown last, also where the way stays the same") {
    DirectDesk desk;
    GuestBuffer without{kSize, {.export_error = "no /dev/udmabuf"}};
    GuestPicture copied{kSize};
    for (int i = 0; i < 3; ++i) {
        desk.show(without);
        CHECK(desk.path() == "shm");
        CHECK(desk.reason_has("direct: no /dev/udmabuf"));
        desk.PresenterDesk::show(copied);
        CHECK(desk.path() == "shm");
        CHECK(desk.reason_has("direct: only for pictures that lie in the guest's own memory"));
        CHECK_FALSE(desk.reason_has("udmabuf"));
    }
}

TEST_CASE("a buffer that ends before its last row is copied: a compositor would end us for it") {
    DirectDesk desk;
    GuestBuffer buffer{{320, 256}, {.missing = 4096}};
    buffer.scribble(1);
    desk.show(buffer);
    CHECK(desk.path() == "shm");
    CHECK(desk.reason_has("direct: the guest's buffer ends before its last row does"));
    CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(buffer.all(), 1));
    CHECK(desk.state().imports_asked == 0);
}

TEST_CASE("a denied import is copied, with the reason, and other buffers still go direct") {
    DirectDesk desk{importing(Imports::kFailed)};
    GuestBuffer denied{kSize};
    denied.scribble(1);
    desk.show(denied);
    CHECK(desk.path() == "shm");
    CHECK(desk.reason_has("direct: the compositor can't import the dma-buf"));
    CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(denied.all(), 1));
    denied.scribble(2);
    desk.show(denied);
    CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(denied.all(), 2));
    CHECK(desk.state().imports_asked == 1);  // and not again with each frame
    CHECK(desk.answered == 2);

    desk.compositor.change_options(
        [](CompositorOptions& options) { options.dmabuf.imports = Imports::kCreated; });
    GuestBuffer taken{kSize};
    taken.scribble(3);
    desk.show(taken);
    CHECK(desk.path() == "direct");
    CHECK(desk.stats().path_reason.empty());
    CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(taken.all(), 3));
}

TEST_CASE("a compositor that says failed after created is taken at its first word") {
    DirectDesk desk{importing(Imports::kCreatedThenFailed)};
    GuestBuffer buffer{kSize};
    buffer.scribble(1);
    desk.show(buffer);
    CHECK(desk.path() == "direct");
    CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(buffer.all(), 1));
    CHECK(desk.events.lost.empty());
}

TEST_CASE("an import that isn't answered hangs no guest and is copied after half a second") {
    DirectDesk desk{importing(Imports::kUnanswered)};
    GuestBuffer buffer{kSize};
    buffer.scribble(1);
    desk.show(buffer);
    CHECK(desk.answered == 0);
    desk.advance(17ms);
    CHECK(desk.answered == 1);
    CHECK(desk.path() == "none");
    desk.advance(500ms);
    CHECK(desk.path() == "shm");
    CHECK(desk.reason_has("direct: the compositor doesn't answer"));
    CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(buffer.all(), 1));

    // Late is better than never.
    desk.compositor.change_options(
        [](CompositorOptions& options) { options.dmabuf.imports = Imports::kCreated; });
    desk.compositor.answer_imports();
    desk.settle();
    buffer.scribble(2);
    desk.show(buffer);
    CHECK(desk.path() == "direct");
    CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(buffer.all(), 2));
}

TEST_CASE("a guest that makes buffers without end gets no more questions asked than eight") {
    DirectDesk desk{importing(Imports::kUnanswered)};
    for (uint32_t i = 0; i < 50; ++i) {
        GuestBuffer buffer{{16, 16}};
        desk.show(buffer);
        desk.advance(17ms);
        CHECK(desk.answered == i + 1);
    }
    CHECK(desk.state().imports_asked == 8);
    // Answers that nobody waits for any more are heard and leave nothing.
    desk.compositor.change_options(
        [](CompositorOptions& options) { options.dmabuf.imports = Imports::kCreated; });
    desk.compositor.answer_imports();
    desk.settle();
    GuestBuffer last{kSize};
    last.scribble(4);
    desk.show(last);
    CHECK(desk.path() == "direct");
    CHECK(desk.state().buffers_alive <= 4);
}

TEST_CASE("a buffer that the guest destroys while it is shown stays until it is released") {
    DirectDesk desk{{.releases = Releases::kManual}};
    std::weak_ptr<const Framebuffer> alive;
    uint64_t shown = 0;
    {
        GuestBuffer buffer{kSize};
        buffer.scribble(1);
        desk.show(buffer);
        alive = buffer.framebuffer();
        shown = desk.state().content()->buffer;
    }
    GuestBuffer next{kSize};
    desk.show(next);
    CHECK_FALSE(alive.expired());
    const uint64_t before = desk.state().buffers_alive;
    desk.compositor.release(shown);
    desk.settle();
    CHECK(alive.expired());
    CHECK(desk.state().buffers_alive == before - 1);
}

TEST_CASE("a buffer that is destroyed while nobody holds it goes at the next one, or when idle") {
    DirectDesk desk{{.releases = Releases::kImmediate}};
    {
        GuestBuffer buffer{kSize};
        desk.show(buffer);
        desk.presenter->detach(0);
        desk.settle();
    }
    const uint64_t before = desk.state().buffers_alive;
    desk.advance(6s);
    CHECK(desk.state().buffers_alive == before - 1);
}

TEST_CASE("a release that comes twice, or for nothing, changes nothing") {
    DirectDesk desk{{.frames = Frames::kManual, .releases = Releases::kManual}};
    GuestBuffer front{kSize};
    GuestBuffer back{kSize};
    desk.show(front);
    const uint64_t number = desk.state().content()->buffer;
    desk.next_frame();
    desk.show(back);
    desk.compositor.release(number);
    for (int i = 0; i < 8; ++i) {
        desk.compositor.release_again(number);
    }
    desk.settle();
    front.scribble(2);
    desk.next_frame();
    desk.show(front);
    CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(front.all(), 2));
    CHECK(desk.state().content()->buffer == number);
    CHECK(desk.events.lost.empty());
    // Nothing has been counted twice: there is room for more.
    desk.next_frame();
    GuestBuffer another{kSize};
    desk.show(another);
    CHECK(desk.path() == "direct");
}

TEST_CASE("a compositor that gives nothing back gets sixteen buffers, and then copies") {
    DirectDesk desk{{.frames = Frames::kManual, .releases = Releases::kManual}};
    std::vector<std::weak_ptr<const Framebuffer>> made;
    for (uint32_t i = 0; i < 40; ++i) {
        GuestBuffer buffer{kSize};
        buffer.scribble(i);
        desk.show(buffer);
        made.push_back(buffer.framebuffer());
        desk.next_frame();
        desk.advance(17ms);
        CHECK(desk.answered == i + 1);
    }
    CHECK(desk.path() == "shm");
    CHECK(desk.reason_has("direct: the compositor keeps 16 buffers and gives none back"));
    size_t alive = 0;
    for (const auto& framebuffer : made) {
        alive += framebuffer.expired() ? 0 : 1;
    }
    CHECK(alive <= 17);
    desk.compositor.release_all();
    desk.settle();
    GuestBuffer last{kSize};
    desk.show(last);
    desk.next_frame();
    CHECK(desk.path() == "direct");
}

TEST_CASE("framebuffers that come and go leave no file descriptor, no object and no memory" *
          doctest::test_suite("long")) {
    DirectDesk desk{{.releases = Releases::kWhenReplaced}};
    const auto round = [&desk](uint32_t i) {
        GuestBuffer buffer{{16, 16}};
        desk.flip(buffer);
        // A guest that waits for what it has shown, and one that doesn't.
        if (i % 2 == 0) {
            desk.loop.dispatch(1ms);
        }
        desk.loop.dispatch(0ms);
        return std::weak_ptr<const Framebuffer>{buffer.framebuffer()};
    };
    for (uint32_t i = 0; i < 100; ++i) {
        round(i);
    }
    desk.settle();
    const size_t fds = open_fds();
    const uint64_t buffers = desk.state().buffers_alive;
    const size_t objects = desk.compositor.live_objects().size();
    std::vector<std::weak_ptr<const Framebuffer>> made;
    for (uint32_t i = 0; i < kRounds; ++i) {
        made.push_back(round(i));
    }
    GuestBuffer last{{16, 16}};
    desk.show(last);
    desk.advance(6s);
    CHECK(desk.path() == "direct");
    CHECK(desk.answered == kRounds + 101);
    CHECK(desk.state().imports_asked > kRounds / 4);
    CHECK(desk.state().buffers_alive <= buffers + 1);
    CHECK(desk.compositor.live_objects().size() <= objects + 2);
    CHECK(open_fds() <= fds + 4);
    CHECK(std::all_of(made.begin(), made.end(), [](const auto& one) { return one.expired(); }));
}

TEST_CASE("--path direct on a compositor that takes no dma-bufs is one clear line") {
    for (const uint32_t version : {0U, 1U, 2U}) {
        CompositorOptions options;
        options.linux_dmabuf = version;
        TestCompositor compositor{options};
        ManualClock clock;
        EventLoop loop{clock};
        RecordedEvents events;
        auto wanted = presenter_options(kSize, wayland::PathChoice::kDirect);
        wanted.connected_fd = compositor.connect();
        const auto presenter = wayland::make_presenter(loop, events, std::move(wanted));
        compositor.settle(loop);
        REQUIRE(events.lost.size() == 1);
        const std::string line = events.lost[0];
        CHECK(line.find("--path direct is impossible") != std::string::npos);
        CHECK(line.find("zwp_linux_dmabuf_v1") != std::string::npos);
        CHECK(line.find('\n') == std::string::npos);
    }
}

TEST_CASE("auto goes direct where it can, and says why where it can't") {
    GuestBuffer buffer{kSize};
    buffer.scribble(1);
    for (const uint32_t version : {0U, 3U}) {
        CompositorOptions options;
        options.linux_dmabuf = version;
        PresenterDesk desk{options, presenter_options(kSize, wayland::PathChoice::kAuto)};
        desk.settle();
        desk.presenter->attach(0, buffer.framebuffer(), buffer.all());
        desk.flush(buffer.all());
        desk.settle();
        CHECK_SAME_PICTURE(desk.state().picture(), GuestBuffer::scribbled(buffer.all(), 1));
        CHECK(desk.stats().path == (version == 0 ? "shm" : "direct"));
        CHECK((desk.stats().path_reason.find("direct: the compositor takes no dma-bufs") == 0) ==
              (version == 0));
    }
}

TEST_CASE("shm and upload take no dma-bufs") {
    GuestBuffer buffer{kSize};
    PresenterDesk desk{with_dmabuf(), presenter_options()};
    desk.settle();
    desk.presenter->attach(0, buffer.framebuffer(), buffer.all());
    desk.flush(buffer.all());
    desk.settle();
    CHECK(desk.stats().path == "shm");
    CHECK(desk.stats().path_reason == "asked for");
    CHECK(desk.state().imports_asked == 0);
}

TEST_CASE("a compositor that goes in the middle of a guest's frames is lost with one line") {
    for (const char* request :
         {"zwp_linux_dmabuf_v1.create_params", "zwp_linux_buffer_params_v1.add",
          "zwp_linux_buffer_params_v1.create", "wl_surface.attach", "wl_surface.commit"}) {
        for (const std::optional<uint32_t> code : {std::optional<uint32_t>{}, {7}}) {
            CAPTURE(request);
            CompositorOptions options;
            options.fault = Fault{.request = request, .nth = 3, .error_code = code};
            DirectDesk desk{options};
            GuestBuffer buffers[4] = {GuestBuffer{kSize}, GuestBuffer{kSize}, GuestBuffer{kSize},
                                      GuestBuffer{kSize}};
            // The fault takes effect in the compositor's time.
            uint64_t asked = 0;
            for (; asked < 40 || (desk.events.lost.empty() && asked < 3000); ++asked) {
                desk.flip(buffers[asked % 4]);
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

}  // namespace oriel::test
