// SPDX-License-Identifier: MIT
// A guest that runs while its compositor crashes, hangs, stays away and comes back as another one.
#include <doctest/doctest.h>
#include <linux/input-event-codes.h>
#include <malloc.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "loss_desk.h"
#include "net/local_socket.h"
#include "support/compositor/seat.h"
#include "support/compositor/server.h"
#include "support/known_leaks.h"

namespace oriel::test {
namespace {

using namespace std::chrono_literals;
using CompositorState = app::CompositorReport::State;

constexpr Size kSize = kGuestSize;
constexpr int kLosses = 100;

/// A guest draws to the picture on the screen, too.
CompositorOptions tearing(CompositorOptions options = {}) {
    options.frames = Frames::kManual;
    options.tearing_guest = true;
    return options;
}

LossDesk::Options window(wayland::PathChoice path = wayland::PathChoice::kShm,
                         CompositorOptions compositor = tearing()) {
    return {.compositor = std::move(compositor), .presenter = presenter_options(kSize, path)};
}

size_t descriptors() {
    const std::filesystem::directory_iterator all{"/proc/self/fd"};
    return static_cast<size_t>(std::distance(begin(all), end(all)));
}

template <class Screen>
void lose_compositors(LossDesk& desk, const CompositorOptions& compositor, Random& random,
                      std::vector<Screen> screens) {
    RunningGuest<LossDesk, Screen> guest{desk, random, std::move(screens)};
    size_t lost_while_waiting = 0;
    size_t files = 0;
    size_t bytes = 0;
    for (int loss = 0; loss < kLosses; ++loss) {
        for (uint32_t steps = random.below(10); steps > 0; --steps) {
            guest.step();
        }
        lost_while_waiting += guest.waiting() != 0 ? 1 : 0;
        desk.lose();
        CHECK(desk.report().state == CompositorState::kAway);
        for (uint32_t steps = random.below(6); steps > 0; --steps) {
            guest.step();
        }
        if (random.one_in(2)) {
            guest.wait_for_answers();
        }
        desk.start(compositor);
        static_cast<void>(desk.until_shown());
        guest.check("after loss " + std::to_string(loss));
        if (loss == kLosses / 10) {
            files = descriptors();
            bytes = ::mallinfo2().uordblks;
        }
    }
    CHECK(lost_while_waiting > kLosses / 5);
    CHECK(desk.report().losses == kLosses);
    CHECK(descriptors() == files);
    // What the compositor double has in its log differs.
    CHECK(::mallinfo2().uordblks < bytes + (size_t{256} << 10));
    CHECK(desk.link.config_interrupts() == 0);
    MESSAGE(guest.requests(), " requests, ", lost_while_waiting, " losses while some waited");
}

}  // namespace

TEST_CASE("a guest sees nothing of a compositor that is lost anywhere, and no pixel is lost" *
          doctest::test_suite("long")) {
    set_log_level(LogLevel::kError);
    const uint32_t seeded = test_seed();
    MESSAGE("ORIEL_TEST_SEED=", seeded);
    CAPTURE(seeded);
    Random random{seeded};
    SUBCASE("2D resources, copied") {
        LossDesk desk{window()};
        lose_compositors(desk, tearing(), random,
                         std::vector{desk.driver.create(kSize), desk.driver.create(kSize)});
    }
    SUBCASE("blobs, without a copy") {
        const CompositorOptions dmabufs = tearing({.linux_dmabuf = 3});
        LossDesk desk{window(wayland::PathChoice::kDirect, dmabufs)};
        const BlobScreen::Options options{.pages = Pages::kContiguous};
        lose_compositors(desk, dmabufs, random,
                         std::vector{BlobScreen{desk.driver, kSize, options},
                                     BlobScreen{desk.driver, kSize, options}});
    }
    set_log_level(LogLevel::kInfo);
}

TEST_CASE("a compositor that is lost while OpenGL ES draws for it is followed by another one") {
    set_log_level(LogLevel::kError);
    Random random{test_seed()};
    const CompositorOptions mesa = tearing({.strict_buffers = false});
    LossDesk desk{window(wayland::PathChoice::kUpload, mesa)};
    RunningGuest<LossDesk, GpuDriver::Screen> guest{
        desk, random, std::vector{desk.driver.create(kSize), desk.driver.create(kSize)}};
    for (int loss = 0; loss < 5; ++loss) {
        for (int steps = 0; steps < 6; ++steps) {
            guest.step();
        }
        keep_gl_libraries_loaded();
        desk.lose();
        guest.step();
        desk.start(mesa);
        static_cast<void>(desk.until_shown());
        guest.check("after loss " + std::to_string(loss));
        CHECK(std::string{desk.card.target().stats(0).path} == "upload");
    }
    set_log_level(LogLevel::kInfo);
}

TEST_CASE("a compositor that crashes at each request in turn is survived") {
    set_log_level(LogLevel::kError);
    Random random{test_seed()};
    LossDesk desk{window()};
    RunningGuest<LossDesk, GpuDriver::Screen> guest{
        desk, random, std::vector{desk.driver.create(kSize), desk.driver.create(kSize)}};
    bool reached = true;
    for (uint64_t request = 1; reached; ++request) {
        CAPTURE(request);
        REQUIRE(request < 200);
        desk.lose();
        CompositorOptions crashes = tearing();
        crashes.fault = Fault{.request = "", .nth = request};
        desk.start(crashes);
        // The client is cut off in the middle of its start, or of a frame.
        for (int frame = 0; frame < 20 && !desk.state().faulted; ++frame) {
            desk.frame();
        }
        reached = desk.state().faulted;
        guest.step();
        guest.wait_for_answers();
        CHECK(guest.waiting() == 0);
    }
    desk.restart(tearing());
    guest.check("after all of them");
    set_log_level(LogLevel::kInfo);
}

TEST_CASE("a compositor that takes the connection and never answers holds nobody up") {
    LogLines lines;
    LossDesk desk{window()};
    auto screen = desk.driver.show(0, kSize);
    screen.fill(0x336699);
    CHECK(screen.flush() == wire::Type::kOkNodata);
    desk.lose();
    const uint64_t presenters = desk.presenters;
    // As KWin's wrapper: the socket listens, and nobody accepts.
    UniqueFd listening = listening_socket(desk.socket());
    desk.pass(200ms);
    CHECK(desk.presenters == presenters + 1);
    screen.fill(0x123456);
    const auto flush = screen.post_flush(screen.all());
    desk.pass(17ms);
    CHECK(desk.driver.answered(flush));
    // No second connection beside the one that waits.
    desk.pass(30s, 10ms);
    CHECK(desk.presenters == presenters + 1);
    CHECK(desk.report().state == CompositorState::kAway);
    CHECK(desk.report().away >= 30s);

    SUBCASE("the connection that waits is the first that it sees when it is there") {
        desk.start_on(std::move(listening), tearing());
        CHECK(desk.until_shown() == 0ms);
        CHECK(desk.presenters == presenters + 1);
    }
    SUBCASE("it is given up in the end, and tried again") {
        desk.pass(31s, 10ms);
        CHECK(desk.presenters == presenters + 2);
        desk.start_on(std::move(listening), tearing());
        CHECK(desk.until_shown() == 0ms);
    }
    SUBCASE("one with a new socket is not kept waiting for it") {
        desk.start(tearing());
        CHECK(desk.until_shown() <= 25ms);
    }
    desk.frame();
    REQUIRE(desk.state().picture(desk.window));
    CHECK(desk.state().picture(desk.window)->at(3, 3) == 0xff123456);
    CHECK(lines.count("the VM goes on") == 1);
    CHECK(lines.count("there is a compositor again") == 1);
}

TEST_CASE("the last frame shows within 200 ms of a compositor's return, however long it was away") {
    set_log_level(LogLevel::kError);
    LossDesk desk{window()};
    auto screen = desk.driver.show(0, kSize);
    uint32_t colour = 0x100000;
    for (const Nanoseconds away : {Nanoseconds{0}, Nanoseconds{90ms}, Nanoseconds{1s},
                                   Nanoseconds{17s}, Nanoseconds{3600s}}) {
        CAPTURE(away.count());
        desk.lose();
        screen.fill(++colour);
        CHECK(screen.transfer() == wire::Type::kOkNodata);
        const auto flush = screen.post_flush(screen.all());
        desk.pass(away, away > 1min ? 100ms : 1ms);
        CHECK((away == 0s || desk.driver.answered(flush)));
        desk.start(tearing());
        CHECK(desk.until_shown() <= 200ms);
        desk.frame();
        REQUIRE(desk.state().picture(desk.window));
        CHECK(desk.state().picture(desk.window)->at(3, 3) == (colour | 0xff000000));
        CHECK(desk.driver.answered(flush));
    }
    set_log_level(LogLevel::kInfo);
}

TEST_CASE("a compositor that comes back with other abilities is another compositor") {
    set_log_level(LogLevel::kError);
    Random random{test_seed()};
    LossDesk desk{window(wayland::PathChoice::kAuto, tearing({.linux_dmabuf = 3}))};
    const BlobScreen::Options blob{.pages = Pages::kContiguous};
    RunningGuest<LossDesk, BlobScreen> guest{
        desk, random,
        std::vector{BlobScreen{desk.driver, kSize, blob}, BlobScreen{desk.driver, kSize, blob}}};
    const auto path = [&] { return std::string{desk.card.target().stats(0).path}; };
    guest.check("with dma-bufs");
    CHECK(path() == "direct");
    desk.restart(tearing());
    guest.check("without");
    CHECK(path() == "shm");
    desk.restart(tearing({.linux_dmabuf = 4, .fractional_scale = 1, .scale_n120 = 180}));
    guest.check("at scale 1.5", {2, 2});
    CHECK(path() == "direct");
    CHECK(desk.state().content(desk.window)->destination == Size{107, 67});
    desk.restart(tearing({.wl_subcompositor = 0, .wp_viewporter = 0, .wp_presentation = 0}));
    guest.check("without viewports");
    desk.restart(tearing({.wl_seat = 0, .outputs = {{.name = "HDMI-1", .refresh_mhz = 75'000}}}));
    CHECK(desk.card.target().screen(0).refresh_mhz == 75'000);
    desk.restart(tearing({.linux_dmabuf = 3}));
    guest.check("with dma-bufs again");
    CHECK(path() == "direct");
    set_log_level(LogLevel::kInfo);
}

TEST_CASE("one that can't show windows is told of once, and the next one is not kept waiting") {
    LogLines lines;
    LossDesk desk{window()};
    desk.lose();
    CompositorOptions poor;
    poor.xdg_wm_base = 0;
    desk.start(poor);
    for (int i = 0; i < 60'000; ++i) {
        desk.clock.advance(1ms);
        if (i % 10 == 0) {
            desk.settle();
        }
    }
    CHECK_FALSE(desk.in_window());
    CHECK(lines.count("can't be used: this compositor can't show a window") == 1);
    // Each time it waited longer, 5 s at last.
    CHECK(desk.presenters < 25);
    desk.restart(tearing());
    CHECK(desk.gone.empty());
}

TEST_CASE("a compositor that crashes again and again is bounded: tries and lines of the log" *
          doctest::test_suite("long")) {
    LogLines lines;
    LossDesk desk{window()};
    for (int crash = 0; crash < 300; ++crash) {
        desk.lose();
        desk.start(tearing());
        static_cast<void>(desk.until_shown());
    }
    CHECK(desk.report().losses == 300);
    CHECK(lines.count("the VM goes on") <= 12);
    CHECK(lines.count("there is a compositor again") <= 12);
    // What each of them has is said of the first one.
    CHECK(lines.count("bound wl_compositor") == 1);
    CHECK(lines.lines.size() < 40);

    // One that takes a client and cuts it off at once, on a socket that stays.
    desk.lose();
    CompositorOptions crashes = tearing();
    crashes.fault = Fault{.request = "", .nth = 1};
    const UniqueFd listening = listening_socket(desk.socket());
    const uint64_t before = desk.presenters;
    for (int second = 0; second < 60; ++second) {
        desk.start_on(UniqueFd{::dup(listening.get())}, crashes);
        for (int i = 0; i < 100; ++i) {
            desk.clock.advance(10ms);
            desk.settle();
        }
    }
    CHECK(desk.presenters - before < 25);
}

TEST_CASE("windows come back as they were: size, full screen, output, title, mode, grabs") {
    set_log_level(LogLevel::kError);
    CompositorOptions two = tearing();
    two.outputs = {{.name = "DP-1"}, {.name = "DP-2", .mode = {1280, 1024}}};
    LossDesk::Options options{.compositor = two,
                              .presenter = presenter_options(kSize, wayland::PathChoice::kShm, 4)};
    options.presenter.title = "My VM";
    options.presenter.size_explicit = true;
    options.presenter.resize = wayland::Resize::kGuest;
    LossDesk desk{std::move(options)};
    std::vector<GpuDriver::Screen> screens;
    for (ScanoutId i = 0; i < 4; ++i) {
        screens.push_back(desk.driver.show(i, kSize));
        CHECK(screens.back().flush() == wire::Type::kOkNodata);
    }
    desk.frame();
    // A user resizes the first, makes the second full screen on the second output, maximises the
    // third, and pulls out the fourth.
    desk.compositor().configure({.size = {640, 480}, .flags = {WindowFlag::kResizing}}, 0);
    desk.compositor().move_to_output("DP-2", 1);
    desk.compositor().configure({.size = {1280, 1024}, .flags = {WindowFlag::kFullscreen}}, 1);
    desk.compositor().configure({.size = {1920, 1080}, .flags = {WindowFlag::kMaximized}}, 2);
    CHECK(desk.card.target().set_screen(3, {.connected = false}));
    desk.settle();
    desk.pass(500ms);
    desk.frame();
    std::vector<ScreenInfo> before;
    for (ScanoutId i = 0; i < 4; ++i) {
        before.push_back(desk.card.target().screen(i));
    }
    CHECK(before[0].preferred == Size{640, 480});
    CHECK(before[2].preferred == Size{1920, 1080});
    CHECK_FALSE(before[3].connected);
    const uint32_t told = desk.link.config_interrupts();

    desk.lose();
    for (ScanoutId i = 0; i < 4; ++i) {
        CHECK(desk.card.target().screen(i) == before[i]);
    }
    desk.pass(1s);
    desk.start(two);
    static_cast<void>(desk.until_shown());
    const State state = desk.state();
    REQUIRE(state.windows.size() == 4);
    CHECK(state.windows[0].title == "My VM \u2014 160x100");
    CHECK(state.shown(0).size == Size{640, 480});
    CHECK(state.windows[1].fullscreen_requested);
    CHECK(state.windows[1].fullscreen_output == "DP-2");
    CHECK(state.windows[2].maximized_requested);
    CHECK_FALSE(state.windows[2].fullscreen_requested);
    CHECK_FALSE(state.windows[3].alive);
    desk.compositor().configure({.size = {1280, 1024}, .flags = {WindowFlag::kFullscreen}}, 1);
    desk.compositor().configure({.size = {1920, 1080}, .flags = {WindowFlag::kMaximized}}, 2);
    desk.settle();
    desk.pass(1s);
    for (ScanoutId i = 0; i < 4; ++i) {
        CAPTURE(i);
        CHECK(desk.card.target().screen(i) == before[i]);
    }
    // The guest heard of nothing, but for the answer to what has changed since: nothing has.
    CHECK(desk.link.config_interrupts() == told);
    CHECK(desk.card.target().set_screen(3, {.connected = true}));
    desk.settle();
    CHECK(desk.state().windows.size() == 5);
    set_log_level(LogLevel::kInfo);
}

TEST_CASE("what is down is released when the compositor goes, and the clipboard leaves and joins") {
    set_log_level(LogLevel::kError);
    const CompositorOptions compositor = tearing({.data_device_manager = 3});
    LossDesk desk{window(wayland::PathChoice::kShm, compositor)};
    auto screen = desk.driver.show(0, kSize);
    CHECK(screen.flush() == wire::Type::kOkNodata);
    desk.settle();
    const auto press = [&](uint32_t key) {
        desk.compositor().with([&](Server& server) {
            server.seat->keyboard_enter(server.input_surface(0));
            server.seat->key(key, true);
            server.seat->enter(server.input_surface(0), 5, 5);
            server.seat->button(BTN_LEFT, true);
        });
        desk.settle();
    };
    press(KEY_A);
    CHECK(desk.input.keys.contains(KEY_A));
    CHECK(desk.input.buttons.contains(BTN_LEFT));
    CHECK(desk.clipboard.joined != nullptr);
    desk.lose();
    CHECK_FALSE(desk.input.anything_down());
    CHECK(desk.clipboard.joined == nullptr);
    desk.start(compositor);
    static_cast<void>(desk.until_shown());
    CHECK(desk.clipboard.joined != nullptr);
    press(KEY_B);
    CHECK(desk.input.keys.contains(KEY_B));
    set_log_level(LogLevel::kInfo);
}

TEST_CASE("nobody waits for a compositor if the user says so, or if it has no name") {
    LogLines lines;
    LossDesk::Options options = window();
    SUBCASE("--on-compositor-loss end") {
        options.wait = false;
        LossDesk desk{std::move(options)};
        desk.lose();
        REQUIRE(desk.gone.size() == 1);
        CHECK(desk.gone[0] == "the compositor closed the connection");
    }
    SUBCASE("WAYLAND_SOCKET") {
        options.named = false;
        LossDesk desk{std::move(options)};
        desk.lose();
        REQUIRE(desk.gone.size() == 1);
        CHECK(desk.gone[0].find("WAYLAND_SOCKET is for one connection") != std::string::npos);
    }
}

}  // namespace oriel::test
