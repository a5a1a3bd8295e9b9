// SPDX-License-Identifier: MIT
// QEMUs that have less than others, or do things in another order.
#include <doctest/doctest.h>
#include <drm_fourcc.h>
#include <fcntl.h>
#include <linux/input-event-codes.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "core/memfd.h"
#include "input/router.h"
#include "session_rig.h"

namespace oriel::qemu_dbus {
namespace {

/// Time for large messages on a machine that has other things to do.
constexpr Nanoseconds kMegabytes{30'000'000'000};

bool shows(Rig& rig, uint32_t color, Nanoseconds time = Nanoseconds{1'000'000'000}) {
    const std::vector<uint32_t> pixels(64, color);
    rig.qemu.scanout(0, {8, 8}, 32, kXrgb, std::as_bytes(std::span{pixels}));
    return rig.until(
        [&] {
            return rig.display.attached(0) != nullptr &&
                   (rig.display.pixel(0, 7, 7) & 0xffffff) == color;
        },
        time);
}

TEST_CASE("an interface that a QEMU lacks is done without, and one that nobody knows is let be") {
    // The double's list of interfaces always has one from the future.
    for (const std::string name : {"Keyboard", "Mouse", "MultiTouch"}) {
        CAPTURE(name);
        Rig rig{1, "org.qemu.Display1." + name};
        rig.start_and_attach();
        CHECK(shows(rig, 0x102030));
        input::InputRouter router{rig.clock,
                                  [&](ScanoutId s) { return rig.session->area(s); },
                                  {.keyboards = {&rig.session->keyboard()}}};
        router.key(KEY_A, true);
        router.frame();
        router.release_keys();
        rig.run(std::chrono::milliseconds{50});
        CHECK(rig.qemu.count("Press 30") == (name == "Keyboard" ? 0 : 1));
        CHECK(rig.session->attached());
        CHECK(shows(rig, 0x405060));
        CHECK(rig.ends.empty());
    }
}

TEST_CASE("dma-bufs that are none are answered, and the next picture shows") {
    Rig rig;
    rig.start_and_attach();
    std::array<int, 2> pipe{};
    REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    const UniqueFd reading{pipe[0]};
    const UniqueFd writing{pipe[1]};
    const UniqueFd null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
    const UniqueFd small{create_memfd("small", 4096, MemfdSeals::kNone).value()};
    uint32_t replies = 0;
    for (const int fd : {reading.get(), null.get(), small.get()}) {
        rig.qemu.scanout_dmabuf(0, fd, {64, 64}, 256, DRM_FORMAT_XRGB8888, 0, false);
        rig.qemu.update_dmabuf(0, {0, 0, 64, 64});
        REQUIRE(rig.until([&] { return rig.qemu.replies > replies; }));
        replies = rig.qemu.replies;
        CHECK(rig.session->attached());
    }
    CHECK(shows(rig, 0x112233));
    CHECK(rig.ends.empty());
}

TEST_CASE(
    "a picture before the listener's registration is answered shows, and Disable ends nothing") {
    Rig rig;
    rig.qemu.hold_registrations();
    rig.start();
    REQUIRE(rig.until([&] { return rig.qemu.listens(0); }));
    CHECK(shows(rig, 0x010203));
    rig.qemu.answer_registrations();
    CHECK(shows(rig, 0x040506));
    rig.qemu.call_raw(0, "Disable", "", 0);
    rig.run(std::chrono::milliseconds{50});
    // QEMU sends it wrongly after page flips: the picture stays, and goes on.
    CHECK((rig.display.pixel(0, 7, 7) & 0xffffff) == 0x040506);
    const std::vector<uint32_t> pixels(4, 0x070809);
    rig.qemu.update(0, {0, 0, 2, 2}, 8, kXrgb, std::as_bytes(std::span{pixels}));
    REQUIRE(rig.until([&] { return (rig.display.pixel(0, 0, 0) & 0xffffff) == 0x070809; }));
    CHECK(rig.session->attached());
}

TEST_CASE(
    "a picture that a message has no room for is dark and one line, and a smaller one shows") {
    Rig rig;
    rig.start_and_attach();
    CHECK(shows(rig, 0x102030));
    // 7680x4320, and a part of it. What D-Bus has room for at most is 64 MiB.
    const Size large{7680, 4320};
    const std::vector<std::byte> pixels(large.area() * 4);
    for (int i = 0; i < 2; ++i) {
        rig.qemu.scanout(0, large, large.width * 4, kXrgb, pixels);
        rig.qemu.update(0, {0, 0, large.width, 3000}, large.width * 4, kXrgb,
                        std::span{pixels}.first(size_t{large.width} * 3000 * 4));
        rig.qemu.update(0, {0, 0, 8, 8}, 32, kXrgb, std::span{pixels}.first(256));
    }
    REQUIRE(rig.until([&] { return rig.display.attached(0) == nullptr; }, kMegabytes));
    CHECK(shows(rig, 0x405060, kMegabytes));
    CHECK(rig.session->attached());
    CHECK(rig.session->stats().malformed == 0);
    CHECK(rig.log.count("a picture of 7680x4320 px, and a D-Bus message has no room for it") == 1);
    const std::vector<std::byte> fits(size_t{4096} * 4096 * 4);
    rig.qemu.scanout(0, {4096, 4096}, 4096 * 4, kXrgb, fits);
    REQUIRE(rig.until(
        [&] {
            return rig.display.source(0).size() == Size{4096, 4096};
        },
        kMegabytes));
}

TEST_CASE(
    "a message of more than D-Bus allows ends its listener, and QEMU has another when it fits") {
    Rig rig;
    rig.start_and_attach();
    CHECK(shows(rig, 0x102030));
    rig.qemu.change_size(0, {8192, 8192});
    rig.qemu.begin_message(0, uint32_t{256} << 20);
    REQUIRE(rig.until([&] { return rig.display.attached(0) == nullptr; }));
    CHECK(rig.log.count("a picture of more than 128 MiB, and a D-Bus message has no room for it") ==
          1);
    // It would send the same again.
    rig.qemu.drop_listener(0);
    rig.run(std::chrono::milliseconds{1100});
    CHECK_FALSE(rig.qemu.listens(0));
    CHECK(rig.session->attached());
    rig.qemu.change_size(0, {8, 8});
    const TimePoint end = rig.clock.now() + std::chrono::seconds{4};
    while (!rig.qemu.listens(0) && rig.clock.now() < end) {
        rig.run(std::chrono::milliseconds{10});
    }
    REQUIRE(rig.qemu.listens(0));
    CHECK(shows(rig, 0x405060));
    CHECK(rig.ends.empty());
}

TEST_CASE("a card that is plugged in while its VM runs is a screen more, until it is plugged out") {
    Rig rig;
    rig.start_and_attach();
    for (int round = 0; round < 2; ++round) {
        CAPTURE(round);
        rig.qemu.change_consoles({0, 3});
        REQUIRE(rig.until([&] { return rig.session->has_screen(1) && rig.qemu.listens(3); }));
        CHECK(rig.changes == 2 * round + 1);
        const std::vector<uint32_t> pixels(64, 0x010203);
        rig.qemu.scanout(3, {8, 8}, 32, kXrgb, std::as_bytes(std::span{pixels}));
        REQUIRE(rig.until([&] { return rig.display.attached(1) != nullptr; }));
        CHECK((rig.display.pixel(1, 7, 7) & 0xffffff) == 0x010203);
        rig.qemu.change_consoles({0});
        REQUIRE(rig.until([&] { return rig.display.attached(1) == nullptr; }));
        CHECK_FALSE(rig.session->has_screen(1));
        rig.qemu.drop_listener(3);
    }
    CHECK(shows(rig, 0x405060));
    CHECK(rig.attached == 1);
    CHECK(rig.ends.empty());
}

TEST_CASE("consoles that come and go while nobody looks, or without end, end nothing") {
    Rig rig;
    rig.start_and_attach();
    for (uint32_t i = 1; i < 200; ++i) {
        rig.qemu.ids = {0};
        rig.qemu.change_consoles({0, i % 5, 1000 + i % 3});
        rig.qemu.turn();
        if (i % 7 == 0) {
            rig.loop.dispatch(Nanoseconds{0});
        }
    }
    // The last card is gone, the first one, too.
    rig.qemu.change_consoles({2});
    REQUIRE(rig.until([&] { return !rig.session->has_screen(1) || !rig.session->has_screen(0); }));
    rig.qemu.change_consoles({0});
    rig.run(std::chrono::milliseconds{100});
    CHECK(rig.session->attached());
    CHECK(rig.ends.empty());
}

}  // namespace
}  // namespace oriel::qemu_dbus
