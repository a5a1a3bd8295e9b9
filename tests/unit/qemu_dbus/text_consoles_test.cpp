// SPDX-License-Identifier: MIT
// Consoles that no graphics card has: a monitor's, a serial line's.
#include <doctest/doctest.h>

#include <vector>

#include "session_rig.h"

namespace oriel::qemu_dbus {
namespace {

TEST_CASE("text consoles that are asked for are screens behind the graphics cards'") {
    Rig rig{3};
    rig.qemu.console(0).type = "Text";
    rig.qemu.ids = {2, 0, 1};
    rig.start(false, true);
    REQUIRE(rig.until([&] { return rig.attached == 1 && rig.qemu.listens(0); }));
    CHECK(rig.session->has_screen(2));
    CHECK_FALSE(rig.session->has_screen(3));
    const std::vector<uint32_t> pixels(64, 7);
    rig.qemu.scanout(0, {8, 8}, 32, kXrgb, std::as_bytes(std::span{pixels}));
    REQUIRE(rig.until([&] { return rig.display.attached(2) != nullptr; }));
    CHECK(rig.display.attached(0) == nullptr);
    CHECK(rig.log.count("no text console") == 0);
}

TEST_CASE("a QEMU that has text alone is shown where text is asked for") {
    Rig rig;
    rig.qemu.console(0).type = "Text";
    rig.start(false, true);
    REQUIRE(rig.until([&] { return rig.attached == 1; }));
    CHECK(rig.session->has_screen(0));
}

TEST_CASE("that no text console has a picture is one line") {
    Rig rig;
    rig.start(false, true);
    REQUIRE(rig.until([&] { return rig.attached == 1; }));
    CHECK(rig.log.count("this QEMU has no text console with a picture") == 1);
    CHECK(rig.session->has_screen(0));
    CHECK_FALSE(rig.session->has_screen(1));
}

}  // namespace
}  // namespace oriel::qemu_dbus
