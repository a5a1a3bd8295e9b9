// SPDX-License-Identifier: MIT
// What a guest's driver sees does not depend on the road: the same cases over each.
#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "card/card.h"
#include "core/clock.h"
#include "core/event_loop.h"
#include "core/log.h"
#include "gpu/gpu_device.h"
#include "guest/guest_memory.h"
#include "pci/display_function.h"
#include "support/blob_screen.h"
#include "support/fake_vga.h"
#include "support/gpu_driver.h"
#include "support/log_lines.h"
#include "support/memfd_exporter.h"
#include "support/recording_display.h"
#include "support/temp_dir.h"
#include "support/vhost_gpu_link.h"
#include "support/virtio_gpu_link.h"
#include "vfio_user/server.h"
#include "vhost_user/server.h"

using namespace oriel;
using namespace oriel::test;
using wire::Type;
using Kind = RecordingDisplay::Call::Kind;

namespace {

struct Host {
    Host() { set_log_level(LogLevel::kError); }

    TempDir dir;
    std::string path = dir.file("card.sock");
    ManualClock clock;
    EventLoop loop{clock};
    guest::GuestMemory memory;
    RecordingDisplay display{2};
    card::Card card{display};
    MemfdExporter exporter;
    gpu::GpuDevice gpu{loop, card.add_source("virtio", 1), memory, {.exporter = &exporter}};
};

/// A card on one of the roads, and a guest with a driver for it.
class Machine : public Host {
public:
    explicit Machine(std::optional<VhostFrontEnd::Style> style) {
        if (style) {
            vhost_.emplace(vhost_user::Server::Served{loop, gpu, memory}, path);
            vhost_link_ = std::make_unique<VhostGpuLink>(loop, path, *style);
        } else {
            function_.emplace(pci::DisplayFunction::Setup{loop, memory, gpu, vga_, gpu});
            vfio_.emplace(vfio_user::Server::Served{loop, *function_, memory}, path);
            vfio_link_ = std::make_unique<VirtioGpuLink>(loop, path);
        }
        driver.emplace(link());
    }

    GpuLink& link() { return vhost_link_ ? static_cast<GpuLink&>(*vhost_link_) : *vfio_link_; }
    void settle() {
        while (link().pump()) {
        }
    }
    /// How often the driver was interrupted for the control queue since the last call.
    uint64_t take_interrupts() {
        settle();
        return vhost_link_ ? vhost_link_->vmm().take_calls(0)
                           : vfio_link_->driver().take_interrupts(1);
    }
    /// Whether the driver has heard of a change of the configuration.
    bool config_interrupt() {
        settle();
        return vhost_link_ ? vhost_link_->vmm().take_config_changes() > 0
                           : vfio_link_->driver().take_interrupts(0) > 0;
    }
    void reset_driver() {
        vhost_link_ ? vhost_link_->reset_driver() : vfio_link_->driver().reset();
    }
    /// The next driver: it knows nothing of the one before.
    void start_driver() {
        vhost_link_ ? vhost_link_->vmm().start() : vfio_link_->driver().start();
        driver.emplace(link());
    }

    std::optional<GpuDriver> driver;

private:
    FakeVga vga_;
    std::optional<pci::DisplayFunction> function_;
    std::optional<vfio_user::Server> vfio_;
    std::optional<vhost_user::Server> vhost_;
    std::unique_ptr<VirtioGpuLink> vfio_link_;
    std::unique_ptr<VhostGpuLink> vhost_link_;
};

/// The roads: name, and the front end's style where it is vhost-user.
struct Road {
    const char* name;
    std::optional<VhostFrontEnd::Style> style;
    /// The driver hears of changes of the configuration.
    bool config_changes = true;
    /// What the front end's device keeps from it.
    const char* missing = "";
};
constexpr std::array kRoads{
    Road{"vfio-user", std::nullopt},
    Road{"vhost-user, QEMU 7", VhostFrontEnd::Style::kQemu7, false, "blobs"},
    Road{"vhost-user, QEMU 11", VhostFrontEnd::Style::kQemu11},
    Road{"vhost-user, crosvm", VhostFrontEnd::Style::kCrosvm},
    Road{"vhost-user, Cloud Hypervisor", VhostFrontEnd::Style::kCloudHypervisor, true,
         "EDID and blobs"},
};

}  // namespace

TEST_CASE("on every road what a driver draws is what the scanout shows") {
    for (const Road& road : kRoads) {
        CAPTURE(std::string{road.name});
        Machine machine{road.style};
        auto screen = machine.driver->show(0, {1024, 768});
        screen.fill(0x336699);
        screen.set(1023, 767, 0xabcdef);
        CHECK(screen.flush() == Type::kOkNodata);
        CHECK(machine.display.pixel(0, 0, 0) == 0x336699);
        CHECK(machine.display.pixel(0, 1023, 767) == 0xabcdef);
        CHECK(machine.card.source(0) == "virtio");
        CHECK(machine.card.source(1).empty());
    }
}

TEST_CASE("on every road a blob of the guest's is shown from its own pages") {
    for (const Road& road : kRoads) {
        CAPTURE(std::string{road.name});
        Machine machine{road.style};
        BlobScreen screen{*machine.driver, {640, 480}, {.pages = Pages::kContiguous}};
        screen.fill(0x445566);
        CHECK(screen.show_on(0) == Type::kOkNodata);
        CHECK(screen.flush() == Type::kOkNodata);
        const auto* attached = machine.card.attached(0);
        REQUIRE(attached != nullptr);
        CHECK(attached->framebuffer->dmabuf() != nullptr);
        CHECK(machine.gpu.stats().blobs == 1);
    }
}

TEST_CASE("on every road a held flush is answered when the presenter is done") {
    for (const Road& road : kRoads) {
        CAPTURE(std::string{road.name});
        Machine machine{road.style};
        auto screen = machine.driver->show(0, {640, 480});
        machine.display.hold_flushes(true);
        const auto flush = screen.post_flush(screen.all());
        CHECK_FALSE(machine.driver->answered(flush));
        CHECK(machine.driver->display_info().pmodes[0].enabled == 1);
        machine.display.answer();
        CHECK(machine.driver->answered(flush));
    }
}

TEST_CASE("on every road a request is one interrupt") {
    for (const Road& road : kRoads) {
        CAPTURE(std::string{road.name});
        Machine machine{road.style};
        machine.settle();
        static_cast<void>(machine.take_interrupts());
        static_cast<void>(machine.driver->display_info());
        CHECK(machine.take_interrupts() == 1);
    }
}

TEST_CASE("on every road the EDID and the configuration of both screens arrive") {
    for (const Road& road : kRoads) {
        CAPTURE(std::string{road.name});
        Machine machine{road.style};
        CHECK(machine.driver->config().num_scanouts == 2);
        CHECK(machine.driver->edid(0).size() == 256);
        CHECK(machine.driver->edid(1) != machine.driver->edid(0));
    }
}

TEST_CASE("a changed screen is told of on every road that can") {
    for (const Road& road : kRoads) {
        CAPTURE(std::string{road.name});
        Machine machine{road.style};
        static_cast<void>(machine.config_interrupt());
        machine.display.screen_info(0).preferred = {1600, 900};
        machine.gpu.screen_changed(0);
        CHECK(machine.config_interrupt() == road.config_changes);
        CHECK(machine.driver->config().events_read == wire::kEventDisplay);
        machine.driver->clear_events(wire::kEventDisplay);
        machine.settle();
        CHECK(machine.driver->config().events_read == 0);
        CHECK(machine.driver->display_info().pmodes[0].r.width == 1600);
    }
}

TEST_CASE("on every road the next driver starts over, whatever the last one left") {
    for (const Road& road : kRoads) {
        CAPTURE(std::string{road.name});
        Machine machine{road.style};
        auto screen = machine.driver->show(0, {640, 480});
        machine.display.hold_flushes(true);
        static_cast<void>(screen.post_flush(screen.all()));
        machine.reset_driver();
        machine.display.answer();

        // With the same ids.
        machine.start_driver();
        machine.display.hold_flushes(false);
        auto second = machine.driver->show(0, {800, 600});
        second.fill(0x112233);
        CHECK(second.flush() == Type::kOkNodata);
        CHECK(machine.display.pixel(0, 799, 599) == 0x112233);
        CHECK(machine.gpu.stats().resources == 1);
    }
}

TEST_CASE("on every road cursor moves are one move a turn") {
    for (const Road& road : kRoads) {
        CAPTURE(std::string{road.name});
        Machine machine{road.style};
        for (int32_t i = 0; i < 50; ++i) {
            CHECK(machine.driver->move_cursor(0, {i, i}) == Type::kOkNodata);
        }
        machine.settle();
        CHECK(machine.display.last(Kind::kMoveCursor).position == Point{49, 49});
        CHECK(machine.display.count(Kind::kMoveCursor) <= 50);
    }
}

TEST_CASE("a machine that is paused keeps its picture, answers what waits, and goes on") {
    for (const Road& road : kRoads) {
        if (!road.style) {
            continue;  // vfio-user has no word for it: the guest just doesn't run
        }
        CAPTURE(std::string{road.name});
        Host host;
        const vhost_user::Server server{{host.loop, host.gpu, host.memory}, host.path};
        VhostGpuLink link{host.loop, host.path, *road.style};
        GpuDriver driver{link};
        auto screen = driver.show(0, {640, 480});
        screen.fill(0x123456);
        CHECK(screen.flush() == Type::kOkNodata);
        host.display.hold_flushes(true);
        screen.fill(0x777777);
        const auto flush = screen.post_flush(screen.all());
        CHECK_FALSE(driver.answered(flush));
        link.vmm().stop();
        CHECK(driver.answered(flush));
        host.display.answer();  // too late for anybody
        CHECK(host.card.source(0) == "virtio");

        link.vmm().start();
        host.display.hold_flushes(false);
        screen.fill(0x654321);
        CHECK(screen.flush() == Type::kOkNodata);
        CHECK(host.display.pixel(0, 1, 1) == 0x654321);
        CHECK(host.gpu.stats().resources == 1);
        CHECK(server.stats().resets == (*road.style == VhostFrontEnd::Style::kQemu11 ? 2 : 0));
    }
}

TEST_CASE(
    "what a VMM keeps from its guest's driver is said once, and its picture comes all the same") {
    for (const Road& road : kRoads) {
        if (!road.style) {
            continue;  // the card's features are the driver's to choose from
        }
        CAPTURE(std::string{road.name});
        Host host;
        const LogLines log;
        set_log_level(LogLevel::kInfo);
        const vhost_user::Server server{{host.loop, host.gpu, host.memory}, host.path};
        for (uint32_t colour : {0x112233U, 0x445566U}) {
            VhostGpuLink link{host.loop, host.path, *road.style};
            CHECK(server.stats().missing == road.missing);
            GpuDriver driver{link};
            auto screen = driver.show(0, {640, 480});
            screen.fill(colour);
            CHECK(screen.flush() == Type::kOkNodata);
            CHECK(host.display.pixel(0, 639, 479) == colour);
            link.vmm().disconnect();
            link.vmm().settle();
            CHECK(server.stats().missing.empty());
        }
        const std::string missing = road.missing;
        CHECK(log.count("the guest's driver works without ") == (missing.empty() ? 0 : 1));
        CHECK(log.count("works without " + missing + ":") == (missing.empty() ? 0 : 1));
        CHECK(server.stats().errors == 0);
    }
}
