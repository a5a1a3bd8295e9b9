// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "rig.h"

namespace {

using namespace oriel;
using namespace oriel::test;
using wire::Type;
using Kind = RecordingDisplay::Call::Kind;

TEST_CASE("what a guest draws and flushes is what the scanout shows") {
    for (const Pages pages : {Pages::kContiguous, Pages::kScattered}) {
        GpuRig rig;
        auto screen = rig.driver.show(0, {640, 480}, pages);
        screen.fill(0xff336699);
        screen.set(0, 0, 0x11);
        screen.set(639, 479, 0x22);
        CHECK(screen.flush() == Type::kOkNodata);
        CHECK(rig.display.pixel(0, 0, 0) == 0x11);
        CHECK(rig.display.pixel(0, 639, 479) == 0x22);
        CHECK(rig.display.pixel(0, 320, 240) == 0xff336699);
    }
}

}  // namespace
