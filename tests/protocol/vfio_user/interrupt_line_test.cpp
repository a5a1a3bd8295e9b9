// SPDX-License-Identifier: MIT
// INTA# of an input function, as a VMM and a driver without MSI-X see it (virtio 1.2, 4.1.4.5).
#include <doctest/doctest.h>
#include <linux/input-event-codes.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <optional>
#include <vector>

#include "input/protocol.h"
#include "pci/config_space.h"
#include "serve/vfio_user_socket.h"
#include "support/echo_machine.h"
#include "support/guest_ram.h"
#include "support/temp_dir.h"
#include "support/vfio_user_client.h"
#include "support/virtio_driver.h"

using namespace oriel;
using namespace oriel::test;
using namespace oriel::vfio_user;
using input::wire::Event;

namespace {

constexpr uint32_t kTrigger = kIrqSetActionTrigger;
constexpr uint32_t kMask = kIrqSetActionMask;
constexpr uint32_t kUnmask = kIrqSetActionUnmask;

struct Rig {
    TempDir dir;
    ManualClock clock;
    EventLoop loop{clock};
    app::VmInput input{loop, [](ScanoutId) -> std::optional<input::ScreenArea> {
                           return input::ScreenArea{{0, 0}, {1024, 1024}};
                       }};
    app::InputSockets sockets{loop, input, dir.file("in"), app::VfioUserInput{}};
    VfioUserClient vmm{loop, dir.file("in.kbd")};
    GuestRam ram{size_t{16} << 20};
    std::optional<VirtioDriver> driver;
    UniqueFd eventfd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    UniqueFd unmask{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};

    Rig() {
        vmm.negotiate();
        vmm.dma_map(0, ram.size(), ram.fd());
        driver.emplace(vmm, ram);
        give(kTrigger, eventfd);
        driver->start({.event_index = false, .msix = false});
        for (int i = 0; i < 64; ++i) {
            static_cast<void>(driver->submit(0, {}, sizeof(Event)));
        }
        vmm.settle();
    }
    void give(uint32_t action, const UniqueFd& fd) {
        const IrqSet set{.argsz = 20, .flags = kIrqSetDataEventfd | action, .count = 1};
        const int number = fd.get();
        vmm.expect(Command::kDeviceSetIrqs, bytes_of(set), {&number, 1});
    }
    void set(uint32_t action, uint32_t count = 1) {
        const IrqSet set{.argsz = 20, .flags = kIrqSetDataNone | action, .count = count};
        vmm.expect(Command::kDeviceSetIrqs, bytes_of(set));
    }
    [[nodiscard]] bool signalled() {
        vmm.settle();
        uint64_t count = 0;
        return ::read(eventfd.get(), &count, sizeof count) == sizeof count;
    }
    void press(uint16_t code) {
        input.router().key(code, true);
        input.router().frame();
    }
    [[nodiscard]] bool status_bit() {
        return (vmm.read<uint16_t>(pci::RegionIndex::kConfig, pci::config::kStatus) &
                pci::kStatusInterrupt) != 0;
    }
    void command(uint16_t value) {
        vmm.write(pci::RegionIndex::kConfig, pci::config::kCommand, value);
    }
};

}  // namespace

TEST_CASE("input functions have a line that masks itself, the card has none") {
    Rig rig;
    const IrqInfo info = rig.vmm.irq_info(kIrqIntx);
    CHECK(info.count == 1);
    CHECK(info.flags == (kIrqEventfd | kIrqMaskable | kIrqAutomasked));
    EchoMachine card;
    VfioUserClient vmm{card.loop, card.path};
    vmm.negotiate();
    CHECK(vmm.irq_info(kIrqIntx).count == 0);
    CHECK(vmm.read<uint8_t>(pci::RegionIndex::kConfig, pci::config::kInterruptPin) == 0);
}

TEST_CASE("the line is told once until the driver has seen to it") {
    Rig rig;
    CHECK_FALSE(rig.signalled());
    rig.press(KEY_A);
    CHECK(rig.signalled());
    CHECK(rig.status_bit());
    rig.press(KEY_B);
    CHECK_FALSE(rig.signalled());
    // QEMU unmasks at the driver's first access, which may be another one than that of the ISR.
    rig.set(kUnmask);
    CHECK(rig.signalled());
    CHECK(rig.driver->isr() == virtio::kIsrQueue);
    CHECK_FALSE(rig.status_bit());
    rig.set(kUnmask);
    CHECK_FALSE(rig.signalled());
    CHECK(rig.driver->isr() == 0);
    rig.press(KEY_C);
    CHECK(rig.signalled());
    // Seen to, and active again, before the VMM has unmasked.
    CHECK(rig.driver->isr() != 0);
    rig.press(KEY_D);
    CHECK_FALSE(rig.signalled());
    rig.set(kUnmask);
    CHECK(rig.signalled());
}

TEST_CASE("KVM unmasks by an eventfd") {
    Rig rig;
    rig.set(kMask);
    rig.give(kUnmask, rig.unmask);
    rig.set(kUnmask);
    rig.press(KEY_A);
    CHECK(rig.signalled());
    const uint64_t one = 1;
    REQUIRE(::write(rig.unmask.get(), &one, sizeof one) == sizeof one);
    CHECK(rig.signalled());  // still active
    CHECK(rig.driver->isr() != 0);
    REQUIRE(::write(rig.unmask.get(), &one, sizeof one) == sizeof one);
    CHECK_FALSE(rig.signalled());
    rig.press(KEY_B);
    CHECK(rig.signalled());
    // Taken back.
    const IrqSet none{.argsz = 20, .flags = kIrqSetDataEventfd | kUnmask, .count = 1};
    rig.vmm.expect(Command::kDeviceSetIrqs, bytes_of(none));
    REQUIRE(::write(rig.unmask.get(), &one, sizeof one) == sizeof one);
    CHECK_FALSE(rig.signalled());
}

TEST_CASE(
    "a masked line is told when it is unmasked, and one without a listener when it gets one") {
    Rig rig;
    SUBCASE("masked") {
        rig.set(kMask);
        rig.press(KEY_A);
        CHECK_FALSE(rig.signalled());
        rig.set(kUnmask);
    }
    SUBCASE("nobody listens") {
        rig.set(kTrigger, 0);
        rig.press(KEY_A);
        CHECK_FALSE(rig.signalled());
        rig.give(kTrigger, rig.eventfd);
    }
    SUBCASE("disabled by the driver") {
        rig.command(0x0406);
        rig.press(KEY_A);
        CHECK_FALSE(rig.signalled());
        CHECK(rig.status_bit());
        rig.command(0x0006);
    }
    CHECK(rig.signalled());
}

TEST_CASE("a reset of the driver or the machine, and MSI-X, take the line back") {
    Rig rig;
    rig.press(KEY_A);
    CHECK(rig.signalled());
    SUBCASE("driver") {
        rig.driver->reset();
    }
    SUBCASE("machine") {
        rig.vmm.reset_device();
    }
    SUBCASE("MSI-X") {
        rig.vmm.write<uint16_t>(pci::RegionIndex::kConfig, rig.driver->probe().msix + 2U, 0x8002);
    }
    CHECK_FALSE(rig.status_bit());
    rig.set(kUnmask);
    CHECK_FALSE(rig.signalled());
}

TEST_CASE("what a VMM can't ask of a line is refused, and nothing changes") {
    Rig rig;
    const auto error = [&rig](const IrqSet& set, const UniqueFd* fd = nullptr) {
        const int number = fd != nullptr ? fd->get() : -1;
        return rig.vmm
            .call(Command::kDeviceSetIrqs, bytes_of(set),
                  std::span<const int>{&number, fd != nullptr ? size_t{1} : size_t{0}})
            .error();
    };
    CHECK(error({.argsz = 20, .flags = kIrqSetDataNone | kTrigger, .count = 2}) == EINVAL);
    CHECK(error({.argsz = 20, .flags = kIrqSetDataNone | kUnmask, .start = 1, .count = 1}) ==
          EINVAL);
    CHECK(error({.argsz = 20, .flags = kIrqSetDataEventfd | kMask, .count = 1}, &rig.unmask) ==
          EINVAL);
    const UniqueFd pipe_like{::dup(rig.ram.fd())};
    CHECK(error({.argsz = 20, .flags = kIrqSetDataEventfd | kTrigger, .count = 1}, &pipe_like) ==
          EINVAL);
    rig.press(KEY_A);
    CHECK(rig.signalled());
}
