// SPDX-License-Identifier: MIT
// The input devices behind their sockets, as a VMM and a guest's driver see them.
#include <doctest/doctest.h>
#include <linux/input-event-codes.h>
#include <sys/stat.h>

#include <vector>

#include "core/log.h"
#include "input/protocol.h"
#include "serve/vfio_user_socket.h"
#include "support/guest_ram.h"
#include "support/log_lines.h"
#include "support/sanitized.h"
#include "support/temp_dir.h"
#include "support/vfio_user_client.h"
#include "support/virtio_driver.h"

using namespace oriel;
using namespace oriel::test;
using app::InputSockets;
using app::VmInput;
using input::Kind;
using input::wire::Event;

namespace {

constexpr std::array kKinds{Kind::kKeyboard, Kind::kPointer, Kind::kMouse, Kind::kTouch};

struct Machine {
    LogLines log;
    TempDir dir;
    std::string path = dir.file("in");
    SystemClock clock;
    EventLoop loop{clock};
    VmInput input{loop, [](ScanoutId scanout) -> std::optional<input::ScreenArea> {
                      if (scanout > 0) {
                          return std::nullopt;
                      }
                      return input::ScreenArea{{0, 0}, {1024, 1024}};
                  }};
    std::optional<InputSockets> sockets{std::in_place, loop, input, path, app::VfioUserInput{}};

    [[nodiscard]] std::string socket(Kind kind) const {
        return path + '.' + InputSockets::identity(kind).suffix;
    }
};

/// A VMM and its guest's driver on one of the sockets.
struct Guest {
    Guest(Machine& machine, Kind kind) : vmm{machine.loop, machine.socket(kind)} {
        vmm.negotiate();
        vmm.dma_map(0, ram.size(), ram.fd());
        driver.emplace(vmm, ram);
    }
    void start() {
        driver->start();
        tickets.clear();
        for (int i = 0; i < 64; ++i) {
            tickets.push_back(driver->submit(0, {}, sizeof(Event)));
        }
        vmm.settle();
    }
    /// What has come, SYN_REPORT included.
    std::vector<Event> take() {
        std::vector<Event> events;
        vmm.settle();
        while (!tickets.empty()) {
            const auto bytes = driver->poll(tickets.front());
            if (!bytes) {
                break;
            }
            events.push_back(ByteReader{*bytes}.read<Event>().value_or(Event{}));
            tickets.erase(tickets.begin());
            tickets.push_back(driver->submit(0, {}, sizeof(Event)));
        }
        return events;
    }

    VfioUserClient vmm;
    GuestRam ram{size_t{16} << 20};
    std::optional<VirtioDriver> driver;
    std::vector<VirtioDriver::Ticket> tickets;
};

}  // namespace

TEST_CASE("each socket is a virtio-input function, with the class that QEMU's has") {
    Machine machine;
    for (const Kind kind : kKinds) {
        CAPTURE(to_string(kind));
        Guest guest{machine, kind};
        const PciProbe& probe = guest.driver->probe();
        CHECK(probe.vendor == 0x1af4);
        CHECK(probe.device == 0x1052);
        CHECK(probe.class_code == InputSockets::identity(kind).class_code);
        CHECK((probe.class_code >> 16U) == 0x09);
        CHECK(probe.revision == 1);
        CHECK(probe.msix_vectors == 3);
        CHECK(probe.bars[0].size == 0x4000);
        CHECK(probe.bars[1].size == 0x1000);
        CHECK(probe.bars[5].size == 0);
        CHECK(guest.vmm.read<uint8_t>(pci::RegionIndex::kConfig, pci::config::kInterruptPin) == 1);
        struct stat status = {};
        REQUIRE(::lstat(machine.socket(kind).c_str(), &status) == 0);
        CHECK((status.st_mode & 0777U) == 0600U);
    }
    machine.sockets.reset();
    for (const Kind kind : kKinds) {
        struct stat status = {};
        CHECK(::lstat(machine.socket(kind).c_str(), &status) != 0);
    }
}

TEST_CASE("a driver reads what its device is") {
    Machine machine;
    Guest guest{machine, Kind::kTouch};
    guest.driver->write_config<uint8_t>(0, 0x12);
    guest.driver->write_config<uint8_t>(1, ABS_MT_SLOT);
    CHECK(guest.driver->read_config<uint8_t>(2) == 20);
    CHECK(guest.driver->read_config<uint32_t>(12) == 9);
    guest.driver->write_config<uint8_t>(0, 0x01);
    guest.driver->write_config<uint8_t>(1, 0);
    CHECK(guest.driver->read_config<uint8_t>(8) == 'O');
}

TEST_CASE("what users do is in the drivers' rings, with an interrupt") {
    Machine machine;
    Guest keyboard{machine, Kind::kKeyboard};
    Guest pointer{machine, Kind::kPointer};
    keyboard.start();
    pointer.start();
    CHECK(machine.sockets->attached(Kind::kKeyboard));
    CHECK_FALSE(machine.sockets->attached(Kind::kMouse));
    InputSink& sink = machine.input.router();
    sink.key(KEY_A, true);
    sink.frame();
    CHECK(keyboard.driver->wait_interrupt(1));
    CHECK(keyboard.take() == std::vector<Event>{{EV_KEY, KEY_A, 1}, {EV_SYN, 0, 0}});
    sink.pointer_at({0, 512, 1});
    sink.button(BTN_LEFT, true);
    sink.frame();
    CHECK(pointer.driver->wait_interrupt(1));
    CHECK(pointer.take() ==
          std::vector<Event>{
              {EV_ABS, ABS_X, 16384}, {EV_ABS, ABS_Y, 32}, {EV_KEY, BTN_LEFT, 1}, {EV_SYN, 0, 0}});
    CHECK(keyboard.take().empty());
}

TEST_CASE("the guest's LEDs are known") {
    Machine machine;
    Guest guest{machine, Kind::kKeyboard};
    guest.start();
    guest.driver->request(1, bytes_of(Event{EV_LED, LED_CAPSL, 1}), 0);
    CHECK(machine.input.device(Kind::kKeyboard).leds() == 1U << LED_CAPSL);
}

TEST_CASE("a driver that starts again, a reset machine and a lost VMM leave no key down") {
    Machine machine;
    InputSink& sink = machine.input.router();
    const auto press = [&] {
        sink.key(KEY_LEFTCTRL, true);
        sink.frame();
    };
    const auto nothing_left = [&](Guest& guest) {
        guest.start();
        sink.key(KEY_LEFTCTRL, false);
        sink.frame();
        return guest.take().empty();
    };
    {
        Guest guest{machine, Kind::kKeyboard};
        guest.start();
        press();
        CHECK(guest.take().size() == 2);
        CHECK(nothing_left(guest));
        press();
        CHECK(guest.take().size() == 2);
        guest.vmm.reset_device();
        CHECK_FALSE(machine.input.device(Kind::kKeyboard).ready());
        CHECK(nothing_left(guest));
        press();
        CHECK(guest.take().size() == 2);
        guest.vmm.disconnect();
        while (machine.loop.dispatch(Nanoseconds{0})) {
        }
    }
    CHECK_FALSE(machine.sockets->attached(Kind::kKeyboard));
    Guest next{machine, Kind::kKeyboard};
    CHECK(nothing_left(next));
    press();
    CHECK(next.take().size() == 2);
}

TEST_CASE("a second VMM is turned away from a socket that has one") {
    Machine machine;
    Guest guest{machine, Kind::kMouse};
    VfioUserClient second{machine.loop, machine.socket(Kind::kMouse)};
    CHECK_THROWS(second.negotiate());
    guest.start();
    machine.input.router().pointer_moved(3, 4);
    machine.input.router().frame();
    CHECK(guest.take().size() == 3);
}

TEST_CASE("a guest that never reads its events holds up nobody and loses no release") {
    Machine machine;
    Guest guest{machine, Kind::kKeyboard};
    guest.driver->start();
    guest.vmm.settle();
    InputSink& sink = machine.input.router();
    for (int i = 0; i < 100'000; ++i) {
        sink.key(KEY_A + static_cast<uint32_t>(i % 8), i / 8 % 2 == 0);
        sink.frame();
    }
    CHECK(machine.input.device(Kind::kKeyboard).waiting() <= input::InputDevice::kMaxBacklog);
    for (int i = 0; i < 64; ++i) {
        guest.tickets.push_back(guest.driver->submit(0, {}, sizeof(Event)));
    }
    std::vector<int> down(KEY_CNT);
    for (auto events = guest.take(); !events.empty(); events = guest.take()) {
        for (const Event& event : events) {
            if (event.type == EV_KEY) {
                down[event.code] = event.value;
            }
        }
    }
    CHECK(std::count(down.begin(), down.end(), 1) == 0);
}

TEST_CASE("broken rings stop one device, not the others") {
    Machine machine;
    Guest broken{machine, Kind::kKeyboard};
    Guest fine{machine, Kind::kPointer};
    broken.driver->start();
    fine.start();
    broken.driver->queue(0).publish(9999);
    broken.driver->kick(0);
    broken.vmm.settle();
    InputSink& sink = machine.input.router();
    sink.key(KEY_A, true);
    sink.button(BTN_LEFT, true);
    sink.frame();
    broken.vmm.settle();
    CHECK(broken.driver->needs_reset());
    CHECK(fine.take().size() == 2);
    broken.start();
    sink.key(KEY_B, true);
    sink.frame();
    CHECK(broken.take().size() == 2);
}

TEST_CASE("from the call to the ring it takes microseconds") {
    Machine machine;
    Guest guest{machine, Kind::kPointer};
    guest.start();
    for (int i = 0; i < 2000; ++i) {
        machine.input.router().pointer_at({0, static_cast<double>(i % 1000), 1});
        machine.input.router().frame();
        CHECK(guest.take().size() >= 2);
    }
    const auto latency = machine.input.device(Kind::kPointer).stats().latency;
    MESSAGE("p50 ", latency.percentile(0.5).count(), " ns, p99 ", latency.percentile(0.99).count(),
            " ns");
    CHECK(latency.count() == 2000);
    if (!kSanitized) {
        CHECK(latency.percentile(0.5) < std::chrono::microseconds{50});
    }
}

TEST_CASE("a sleeping guest's devices hear nothing, and its rings are left alone") {
    Machine machine;
    Guest guest{machine, Kind::kKeyboard};
    guest.start();
    input::InputRouter& sink = machine.input.router();
    CHECK(sink.takes_keys());
    const uint16_t used = guest.driver->queue(0).used_index();
    // What Linux does before it sleeps: its rings are freed, bus mastering goes, and no reset.
    guest.vmm.write<uint16_t>(pci::RegionIndex::kConfig, pci::config::kCommand, 2);
    CHECK_FALSE(sink.takes_keys());
    sink.key(KEY_A, true);
    sink.frame();
    guest.vmm.settle();
    CHECK(guest.driver->queue(0).used_index() == used);
    CHECK(sink.stats().undelivered == 1);
    // Awake.
    guest.vmm.write<uint16_t>(pci::RegionIndex::kConfig, pci::config::kCommand, 6);
    guest.start();
    CHECK(sink.takes_keys());
    sink.key(KEY_B, true);
    sink.frame();
    CHECK(guest.take().size() == 2);
}

TEST_CASE("fingers get to a guest that has a touch screen") {
    Machine machine;
    Guest guest{machine, Kind::kTouch};
    guest.start();
    InputSink& sink = machine.input.router();
    sink.touch_at(7, {0, 512, 256});
    sink.frame();
    CHECK(guest.take() == std::vector<Event>{{EV_ABS, ABS_MT_TRACKING_ID, 0},
                                             {EV_ABS, ABS_MT_POSITION_X, 16384},
                                             {EV_ABS, ABS_MT_POSITION_Y, 8192},
                                             {EV_ABS, ABS_X, 16384},
                                             {EV_ABS, ABS_Y, 8192},
                                             {EV_KEY, BTN_TOUCH, 1},
                                             {EV_SYN, 0, 0}});
    // The driver starts anew while the finger is down: it hears of it when it is down again.
    guest.start();
    sink.touch_at(7, {0, 1, 1});
    sink.frame();
    sink.touch_up(7);
    sink.frame();
    CHECK(guest.take().empty());
    sink.touch_at(7, {0, 1, 1});
    sink.frame();
    CHECK(guest.take().front() == Event{EV_ABS, ABS_MT_TRACKING_ID, 1});
}
