// SPDX-License-Identifier: MIT
// Windows' two drivers, as scripted guests behind vfio-user.
#include <doctest/doctest.h>

#include <string>

#include "core/clock.h"
#include "core/event_loop.h"
#include "core/log.h"
#include "gpu/gpu_device.h"
#include "guest/guest_memory.h"
#include "pci/display_function.h"
#include "support/fake_vga.h"
#include "support/gpu_driver.h"
#include "support/memfd_exporter.h"
#include "support/recording_display.h"
#include "support/temp_dir.h"
#include "support/virtio_gpu_link.h"
#include "support/windows_guest.h"
#include "vfio_user/server.h"

using namespace oriel;
using namespace oriel::test;
using wire::Type;
using Kind = RecordingDisplay::Call::Kind;

namespace {

struct Machine {
    explicit Machine(uint32_t screens = 1) : display{screens} { set_log_level(LogLevel::kError); }

    TempDir dir;
    std::string path = dir.file("vfio.sock");
    ManualClock clock;
    EventLoop loop{clock};
    guest::GuestMemory memory;
    RecordingDisplay display;
    MemfdExporter exporter;
    gpu::GpuDevice gpu{loop, display, memory, {.exporter = &exporter}};
    FakeVga vga;
    pci::DisplayFunction function{{loop, memory, gpu, vga, gpu}};
    vfio_user::Server server{{loop, function, memory}, path};
    VirtioGpuLink link{loop, path, {.driver = windows_options()}};
    GpuDriver driver{link};
};

}  // namespace

TEST_CASE("both drivers get VERSION_1 and ACCESS_PLATFORM, and nothing else") {
    Machine machine;
    CHECK(machine.link.driver().features() ==
          (virtio::kFeatureVersion1 | virtio::kFeatureAccessPlatform));
}

TEST_CASE("viogpudo gets the EDID that it never negotiated, sets a mode and draws") {
    Machine machine{2};
    machine.display.screen_info(0).preferred = {1600, 900};
    VioGpuDo windows{machine.driver};
    windows.start();
    CHECK(windows.preferred() == Size{1600, 900});
    CHECK(windows.edid().size() == 256);
    windows.set_mode({1600, 900});
    CHECK(machine.driver.answered(windows.present({10, 20, 30, 40}, 0xff336699)));
    CHECK(machine.display.pixel(0, 39, 59) == 0xff336699);
    CHECK(machine.gpu.stats().error(Type::kErrUnspec) == 0);
}

TEST_CASE("viogpudo follows a resize from the display information alone") {
    Machine machine;
    VioGpuDo windows{machine.driver};
    windows.start();
    windows.set_mode(windows.preferred());
    machine.display.screen_info(0).preferred = {1024, 768};
    machine.gpu.screen_changed(0);
    REQUIRE(machine.link.driver().wait_interrupt(0));
    const uint64_t edids = machine.gpu.stats().command(Type::kGetEdid);
    windows.config_changed();
    CHECK(machine.display.source(0) == Rect{0, 0, 1024, 768});
    CHECK(machine.gpu.stats().command(Type::kGetEdid) == edids);
    CHECK(machine.gpu.stats().resources == 1);
}

TEST_CASE("viogpudo that crashes gives the screen back: nothing is left after its reset") {
    Machine machine;
    VioGpuDo windows{machine.driver};
    windows.start();
    windows.set_mode({1280, 800});
    machine.display.hold_flushes(true);
    static_cast<void>(windows.present({0, 0, 64, 64}, 1));
    const int resets = machine.display.releases();
    windows.crash();
    CHECK(machine.display.attached(0) == nullptr);
    machine.link.driver().reset();
    CHECK(machine.display.releases() == resets + 1);
    CHECK(machine.gpu.stats().resources == 0);
    CHECK(machine.gpu.stats().flushes_waiting == 0);
    CHECK(machine.gpu.stats().error(Type::kErrUnspec) == 0);
}

TEST_CASE("DVServerKMD shows its blobs, and its other three screens are harmless errors") {
    Machine machine;
    DvServer windows{machine.driver};
    CHECK(windows.start() == 1);
    CHECK(windows.show(0, {640, 480}) == Type::kOkNodata);
    for (uint32_t screen = 1; screen < DvServer::kScreens; ++screen) {
        CHECK(windows.show(screen, {640, 480}) == Type::kErrInvalidScanoutId);
        CHECK(windows.free(screen) == Type::kOkNodata);
    }
    const auto flush = windows.flush(0);
    const auto answer = GpuDriver::header_of(machine.driver.wait(flush));
    CHECK(static_cast<Type>(answer.type) == Type::kOkNodata);
    CHECK(machine.display.count(Kind::kFlush) == 1);
    CHECK(machine.display.attached(0)->size() == Size{640, 480});
    CHECK(machine.gpu.stats().error(Type::kErrUnspec) == 0);
}

TEST_CASE("DVServerKMD frees a buffer whose flush it has given up: nothing breaks") {
    Machine machine;
    DvServer windows{machine.driver};
    static_cast<void>(windows.start());
    REQUIRE(windows.show(0, {640, 480}) == Type::kOkNodata);
    machine.display.hold_flushes(true);
    const auto flush = windows.flush(0);
    CHECK_FALSE(machine.driver.answered(flush));
    machine.clock.advance(DvServer::kFlushPatience);
    CHECK(windows.free(0) == Type::kOkNodata);
    REQUIRE(windows.show(0, {640, 480}) == Type::kOkNodata);
    machine.display.answer();
    CHECK(machine.driver.answered(flush));
}

TEST_CASE("DVServerKMD's cursor of 128x128 px is shown whole") {
    Machine machine;
    DvServer windows{machine.driver};
    static_cast<void>(windows.start());
    CHECK(windows.set_cursor(0, 0xff00ff00, {5, 6}) == Type::kOkNodata);
    machine.loop.dispatch(Nanoseconds{0});
    const auto cursor = machine.display.last(Kind::kSetCursor).cursor;
    REQUIRE(cursor);
    CHECK(cursor->size == DvServer::kCursor);
    CHECK(cursor->pixels.back() == 0xff00ff00);
}
