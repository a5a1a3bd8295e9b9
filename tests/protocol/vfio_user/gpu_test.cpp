// SPDX-License-Identifier: MIT
// A virtio-gpu driver and its VMM on one end of a vfio-user socket, the whole card on the other.
#include <doctest/doctest.h>

#include <string>

#include "card/card.h"
#include "core/clock.h"
#include "core/event_loop.h"
#include "core/log.h"
#include "gpu/gpu_device.h"
#include "guest/guest_memory.h"
#include "pci/display_function.h"
#include "support/fake_vga.h"
#include "support/gpu_driver.h"
#include "support/guest_ram.h"
#include "support/recording_display.h"
#include "support/temp_dir.h"
#include "support/virtio_gpu_link.h"
#include "vfio_user/server.h"

using namespace oriel;
using namespace oriel::test;
using wire::Type;
using Kind = RecordingDisplay::Call::Kind;

namespace {

struct Host {
    explicit Host(uint32_t screens = 2) : display{screens} { set_log_level(LogLevel::kError); }

    TempDir dir;
    std::string path = dir.file("vfio.sock");
    ManualClock clock;
    EventLoop loop{clock};
    guest::GuestMemory memory;
    RecordingDisplay display;
    card::Card card{display};
    gpu::GpuDevice gpu{loop, card.add_source("virtio", 1), memory, {}};
    FakeVga vga;
    pci::DisplayFunction function{{loop, memory, gpu, vga, gpu}};
    vfio_user::Server server{{loop, function, memory}, path};
};

struct Machine : Host {
    VirtioGpuLink link{loop, path};
    GpuDriver driver{link};
};

}  // namespace

TEST_CASE("what a driver behind vfio-user draws is what the scanout shows") {
    Machine machine;
    auto screen = machine.driver.show(0, {1024, 768});
    screen.fill(0x336699);
    screen.set(1023, 767, 0xabcdef);
    CHECK(screen.flush() == Type::kOkNodata);
    CHECK(machine.display.pixel(0, 0, 0) == 0x336699);
    CHECK(machine.display.pixel(0, 1023, 767) == 0xabcdef);
    CHECK(machine.card.source(0) == "virtio");
    CHECK(machine.card.source(1).empty());
}

TEST_CASE("a held flush is answered over the socket when the presenter is done") {
    Machine machine;
    auto screen = machine.driver.show(0, {640, 480});
    machine.display.hold_flushes(true);
    const auto flush = screen.post_flush(screen.all());
    CHECK_FALSE(machine.driver.answered(flush));
    CHECK(machine.driver.display_info().pmodes[0].enabled == 1);
    machine.display.answer();
    CHECK(machine.driver.answered(flush));
}

TEST_CASE("the EDID and the configuration of both screens arrive") {
    Machine machine;
    CHECK(machine.driver.config().num_scanouts == 2);
    CHECK(machine.driver.edid(0).size() == 256);
    CHECK(machine.driver.edid(1) != machine.driver.edid(0));
}

TEST_CASE("a changed screen raises the configuration interrupt") {
    Machine machine;
    static_cast<void>(machine.link.driver().take_interrupts(0));
    machine.display.screen_info(0).preferred = {1600, 900};
    machine.gpu.screen_changed(0);
    CHECK(machine.link.driver().wait_interrupt(0));
    CHECK(machine.driver.config().events_read == wire::kEventDisplay);
    machine.driver.clear_events(wire::kEventDisplay);
    CHECK(machine.driver.config().events_read == 0);
    CHECK(machine.driver.display_info().pmodes[0].r.width == 1600);
}

TEST_CASE("a driver's reset with flushes that wait gives the screen back") {
    Machine machine;
    auto screen = machine.driver.show(0, {640, 480});
    machine.display.hold_flushes(true);
    static_cast<void>(screen.post_flush(screen.all()));
    machine.link.driver().reset();
    CHECK(machine.card.source(0).empty());
    CHECK(machine.gpu.stats().resources == 0);
    machine.display.answer();

    // The next driver starts over with the same ids.
    machine.link.driver().start();
    machine.display.hold_flushes(false);
    GpuDriver again{machine.link};
    auto second = again.show(0, {800, 600});
    second.fill(0x112233);
    CHECK(second.flush() == Type::kOkNodata);
    CHECK(machine.display.pixel(0, 799, 599) == 0x112233);
}

TEST_CASE("cursor moves over the socket are one move a turn") {
    Machine machine;
    for (int32_t i = 0; i < 100; ++i) {
        CHECK(machine.driver.move_cursor(0, {i, i}) == Type::kOkNodata);
    }
    while (machine.link.pump()) {
    }
    CHECK(machine.display.last(Kind::kMoveCursor).position == Point{99, 99});
    CHECK(machine.display.count(Kind::kMoveCursor) <= 100);
}

TEST_CASE("guest memory that shrinks under a transfer is survived") {
    Machine machine;
    // Memory of its own, so that the rings and this driver survive as well.
    constexpr uint64_t kBytes = 640 * 480 * 4;
    const GuestRam picture{kBytes, uint64_t{1} << 32};
    machine.link.vmm().dma_map(picture.address(), picture.size(), picture.fd());
    REQUIRE(machine.driver.create_2d(1, {640, 480}) == Type::kOkNodata);
    REQUIRE(machine.driver.attach_backing(1, {{picture.address(), kBytes}}) == Type::kOkNodata);
    REQUIRE(machine.driver.transfer(1, {0, 0, 640, 480}, 0) == Type::kOkNodata);
    picture.shrink(4096);
    static_cast<void>(machine.driver.transfer(1, {0, 0, 640, 480}, 0));
    CHECK(machine.memory.damaged());
    CHECK(machine.link.driver().needs_reset());
}
