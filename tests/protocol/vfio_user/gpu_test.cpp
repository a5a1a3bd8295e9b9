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

TEST_CASE("a driver's reset with flushes that wait gives the screen back") {
    Machine machine;
    auto screen = machine.driver.show(0, {640, 480});
    machine.display.hold_flushes(true);
    static_cast<void>(screen.post_flush(screen.all()));
    machine.link.driver().reset();
    CHECK(machine.card.source(0).empty());
    CHECK(machine.gpu.stats().resources == 0);
    machine.display.answer();
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
