// SPDX-License-Identifier: MIT
// liboriel-vdpy's functions, as a device model calls them, and a compositor that records.
#include <doctest/doctest.h>
#include <drm_fourcc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "core/log.h"
#include "core/unique_fd.h"
#include "net/local_socket.h"
#include "support/compositor.h"
#include "support/temp_dir.h"
#include "vdpy/include/oriel-vdpy.h"

namespace oriel::test {
namespace {

using namespace std::chrono_literals;

constexpr Size kSize{320, 200};

/// A compositor, and a device model with one screen in it.
class Desk {
public:
    explicit Desk(const CompositorOptions& compositor = {}, const std::string& options = {})
        : compositor_{compositor} {
        set_log_level(LogLevel::kError);
        const std::string socket = folder_.file("wayland-9");
        compositor_.listen(listen_local(socket).value());
        ::setenv("WAYLAND_DISPLAY", socket.c_str(), 1);
        ::setenv("XDG_RUNTIME_DIR", folder_.file("").c_str(), 1);
        REQUIRE(vdpy_parse_cmd_option(("geometry=320x200+0+0," + options).c_str()) == 0);
        REQUIRE(gfx_ui_init() == 0);
        int screens = 0;
        handle = vdpy_init(&screens);
        REQUIRE(handle > 0);
        CHECK(screens == 1);
        wait_for([](const State& s) { return s.surface() != nullptr; }, "a window");
    }
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;
    ~Desk() {
        CHECK(vdpy_deinit(handle) == 0);
        gfx_ui_deinit();
        ::unsetenv("WAYLAND_DISPLAY");
        ::unsetenv("XDG_RUNTIME_DIR");
    }

    /// In a bottom half; until it has run. Returns how long it took.
    Nanoseconds run(std::function<void()> errand) {
        struct Errand {
            std::function<void()> run;
            std::mutex mutex;
            std::condition_variable over;
            bool is_over = false;
            Nanoseconds took{};
        } one{.run = std::move(errand)};
        // Its flags are looked at when its task has ended, too.
        vdpy_display_bh& half = halves_.emplace_back();
        half.data = &one;
        half.task_cb = [](void* data) {
            auto& self = *static_cast<Errand*>(data);
            const auto began = std::chrono::steady_clock::now();
            self.run();
            const std::lock_guard lock{self.mutex};
            self.took = std::chrono::steady_clock::now() - began;
            self.is_over = true;
            self.over.notify_one();
        };
        REQUIRE(vdpy_submit_bh(handle, &half));
        std::unique_lock lock{one.mutex};
        one.over.wait(lock, [&] { return one.is_over; });
        return one.took;
    }
    Nanoseconds set(uint32_t colour) {
        std::ranges::fill(pixels, colour);
        return run([this] {
            surface now = memory();
            vdpy_surface_set(handle, 0, &now);
            vdpy_surface_update(handle, 0, &now);
        });
    }
    Nanoseconds update() {
        return run([this] {
            surface now = memory();
            vdpy_surface_update(handle, 0, &now);
        });
    }
    surface memory() {
        surface given{};
        given.surf_type = SURFACE_PIXMAN;
        given.surf_format = PIXMAN_x8r8g8b8;
        given.width = kSize.width;
        given.height = kSize.height;
        given.stride = kSize.width * 4;
        given.pixel = pixels.data();
        return given;
    }
    void wait_for(const TestCompositor::Predicate& true_when, const std::string& sentence) {
        compositor_.wait_for(true_when, no_loop_, sentence);
    }
    /// The display thread and the compositor have nothing to say to each other any more.
    void settle() {
        for (int turn = 0; turn < 3; ++turn) {
            compositor_.ping();
            wait_for([](const State& s) { return s.last_pong == s.last_ping; }, "a pong");
        }
    }
    TestCompositor& compositor() { return compositor_; }
    [[nodiscard]] State state() const { return compositor_.state(); }

    std::vector<uint32_t> pixels = std::vector<uint32_t>(kSize.area());
    int handle = 0;

private:
    std::deque<vdpy_display_bh> halves_;
    TempDir folder_;
    TestCompositor compositor_;
    SystemClock clock_;
    EventLoop no_loop_{clock_};  ///< the client's is on its own thread
};

UniqueFd memfd_of(uint32_t colour) {
    UniqueFd file{::memfd_create("blob", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    const std::vector<uint32_t> pixels(kSize.area(), colour);
    const size_t bytes = pixels.size() * 4;
    REQUIRE(::write(file.get(), pixels.data(), bytes) == static_cast<ssize_t>(bytes));
    return file;
}

bool shows(const State& state, uint32_t colour) {
    const PictureRef picture = state.picture();
    return picture && picture->size.width > 5 && picture->at(5, 5) == colour;
}

}  // namespace

TEST_CASE("a window answers pings, is resized, and stays when it is to be closed") {
    Desk desk;
    desk.set(0xff10'2030);
    desk.wait_for([](const State& s) { return shows(s, 0xff10'2030); }, "the picture");
    desk.settle();
    desk.compositor().configure({.size = {640, 400}});
    desk.wait_for(
        [](const State& s) {
            return s.windows[0].configure_acked == s.windows[0].configure_sent &&
                   s.surface()->size == Size{640, 400};
        },
        "the window is as large as it was told to be");
    desk.compositor().close();
    desk.settle();
    CHECK(desk.state().windows[0].alive);
    desk.set(0xff30'2010);
    desk.wait_for([](const State& s) { return shows(s, 0xff30'2010); }, "the next picture");
}

TEST_CASE("nothing is drawn while nothing changes, whatever the guest says") {
    Desk desk;
    desk.set(0xff10'2030);
    desk.wait_for([](const State& s) { return shows(s, 0xff10'2030); }, "the picture");
    desk.settle();
    const uint64_t frames = desk.state().frames();
    const uint64_t commits = desk.state().count("wl_surface.commit");
    for (int i = 0; i < 20; ++i) {
        desk.update();
    }
    desk.settle();
    CHECK(desk.state().frames() == frames);
    CHECK(desk.state().count("wl_surface.commit") == commits);
    desk.pixels[0] ^= 0xff;
    desk.update();
    desk.wait_for([&](const State& s) { return s.frames() == frames + 1; }, "one more frame");
    const State state = desk.state();
    CHECK(state.content()->last().damage.bounds().size().area() < kSize.area() / 2);
}

TEST_CASE(
    "an update waits for the screen, one period of it at most, and not if that isn't wanted") {
    Nanoseconds shortest{1s};
    SUBCASE("pace=frame") {
        Desk desk{{.frames = Frames::kManual}, "pace=frame"};
        desk.set(0xff10'2030);  // there is none before it to be waited for
        for (uint32_t i = 0; i < 4; ++i) {
            desk.pixels[0] = i;
            shortest = std::min(shortest, desk.set(0xff00'0000 + i));
        }
        CHECK(shortest >= 10ms);
        CHECK(shortest < 40ms);
    }
    SUBCASE("pace=none") {
        Desk desk{{.frames = Frames::kManual}, "pace=none"};
        for (uint32_t i = 0; i < 4; ++i) {
            shortest = std::min(shortest, desk.set(0xff00'0000 + i));
        }
        CHECK(shortest < 10ms);
    }
}

TEST_CASE("a buffer that the compositor keeps holds the guest for one period at most") {
    Desk desk{{.linux_dmabuf = 3, .releases = Releases::kManual, .tearing_guest = true}};
    const UniqueFd files[] = {memfd_of(0xff10'2030), memfd_of(0xff30'2010)};
    Nanoseconds longest{0};
    for (int i = 0; i < 6; ++i) {
        const int file = files[i % 2].get();
        longest = std::max(longest, desk.run([&] {
            surface blob{};
            blob.surf_type = SURFACE_DMABUF;
            blob.width = kSize.width;
            blob.height = kSize.height;
            blob.stride = kSize.width * 4;
            blob.dma_info = {file, DRM_FORMAT_XRGB8888, 0};
            vdpy_surface_set(desk.handle, 0, &blob);
            vdpy_surface_update(desk.handle, 0, &blob);
        }));
    }
    CHECK(longest >= 10ms);
    CHECK(longest < 100ms);
    CHECK(desk.state().imports_asked > 0);
}

TEST_CASE("on other threads than the display's surfaces are left alone") {
    Desk desk;
    desk.set(0xff10'2030);
    desk.wait_for([](const State& s) { return shows(s, 0xff10'2030); }, "the picture");
    vdpy_surface_set(desk.handle, 0, nullptr);
    std::ranges::fill(desk.pixels, 0xff30'2010);
    surface other = desk.memory();
    vdpy_surface_update(desk.handle, 0, &other);
    desk.settle();
    CHECK(shows(desk.state(), 0xff10'2030));
    desk.update();
    desk.wait_for([](const State& s) { return shows(s, 0xff30'2010); }, "what a bottom half shows");
}

TEST_CASE("the cursor is the compositor's, with its hot spot") {
    Desk desk;
    desk.set(0xff10'2030);
    std::vector<uint32_t> image(16 * 16, 0xff40'5060);
    desk.run([&] {
        cursor given{};
        given.width = given.height = 16;
        given.hot_x = 3;
        given.hot_y = 4;
        given.data = image.data();
        vdpy_cursor_define(desk.handle, 0, &given);
    });
    vdpy_cursor_move(desk.handle, 0, 100, 100);
    desk.compositor().pointer_enter(10, 10);
    desk.wait_for(
        [](const State& s) {
            const auto picture = s.cursor_picture();
            return picture && picture->at(8, 8) == 0xff40'5060 && s.cursor.hotspot == Point{3, 4};
        },
        "the guest's cursor");
}

TEST_CASE("a compositor that goes away in the middle of an update costs no more than its time") {
    Desk desk{{.fault = Fault{.request = "wl_surface.commit", .nth = 4}}};
    for (uint32_t i = 0; i < 10; ++i) {
        CHECK(desk.set(0xff00'0000 + i) < 1s);
    }
    CHECK(desk.state().faulted);
}

}  // namespace oriel::test
