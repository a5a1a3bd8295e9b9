// SPDX-License-Identifier: MIT
#include "virtio/pci_registers.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/byte_reader.h"
#include "core/clock.h"
#include "support/driver_queue.h"
#include "support/echo_device.h"
#include "support/guest_ram.h"
#include "support/log_lines.h"

using namespace oriel;
using namespace oriel::test;
using namespace oriel::virtio;

namespace {

constexpr uint16_t kVectors = 3;
constexpr uint8_t kReady = kStatusAcknowledge | kStatusDriver | kStatusFeaturesOk | kStatusDriverOk;

struct Card final : VectorRaiser {
    Card() {
        REQUIRE(
            memory.map(0, ram.size(), UniqueFd{::fcntl(ram.fd(), F_DUPFD_CLOEXEC, 0)}, 0, true));
    }

    template <class T>
    T read(uint32_t field) {
        T value{};
        registers->read(Block::kCommon, field, std::as_writable_bytes(std::span{&value, 1}));
        return value;
    }
    template <class T>
    void write(uint32_t field, T value) {
        registers->write(Block::kCommon, field, bytes_of(value));
    }
    uint8_t status() { return read<uint8_t>(common::kDeviceStatus); }
    uint8_t isr() {
        std::array<std::byte, 1> value{};
        registers->read(Block::kIsr, 0, value);
        return std::to_integer<uint8_t>(value[0]);
    }
    void notify(uint32_t index) {
        registers->write(Block::kNotify, index * kNotifyMultiplier,
                         bytes_of(static_cast<uint16_t>(index)));
    }
    void settle() {
        while (loop.dispatch(Nanoseconds{0})) {
        }
    }
    void accept(uint64_t features) {
        for (uint32_t half = 0; half < 2; ++half) {
            write(common::kDriverFeatureSelect, half);
            write(common::kDriverFeature, static_cast<uint32_t>(features >> (32 * half)));
        }
        write<uint8_t>(common::kDeviceStatus,
                       kStatusAcknowledge | kStatusDriver | kStatusFeaturesOk);
    }
    void set_up_queue(uint16_t index, const DriverQueue& rings) {
        write(common::kQueueSelect, index);
        write(common::kQueueSize, rings.size());
        write(common::kQueueVector, static_cast<uint16_t>(index + 1));
        write(common::kQueueDesc, rings.descriptors());
        write(common::kQueueDriver, rings.available_ring());
        write(common::kQueueDevice, rings.used_ring());
        write<uint16_t>(common::kQueueEnable, 1);
    }
    /// Everything up to DRIVER_OK, with queue 0 on `ring`.
    void start() {
        accept(kFeatureVersion1 | kFeatureRingIndirectDesc | kFeatureRingReset);
        write<uint16_t>(common::kConfigVector, 0);
        set_up_queue(0, ring);
        write(common::kDeviceStatus, kReady);
        settle();
        raised.clear();
        device.kicks = 0;
    }
    void add_request() {
        const std::array out{DriverQueue::Buffer{buffer, 4}};
        const std::array in{DriverQueue::Buffer{buffer + 16, 4}};
        ring.add(out, in);
    }

    LogLines log;
    ManualClock clock;
    EventLoop loop{clock};
    GuestRam ram{size_t{1} << 20};
    guest::GuestMemory memory;
    EchoDevice device;
    std::vector<uint16_t> raised;
    bool line = false;
    bool has_line = false;
    bool has_interrupts = true;
    std::optional<PciRegisters> registers{std::in_place, loop, memory, device, kVectors, *this};
    DriverQueue ring{ram, {.size = 16}};
    uint64_t buffer = ram.allocate(64);

private:
    void raise(uint16_t vector) override { raised.push_back(vector); }
    bool set_line(bool due) override {
        line = due;
        return has_line;
    }
    [[nodiscard]] bool can_interrupt() const override { return has_interrupts; }
};

}  // namespace

TEST_CASE("the device's features and those of the rings are offered") {
    Card card;
    card.write<uint32_t>(common::kDeviceFeatureSelect, 0);
    uint64_t features = card.read<uint32_t>(common::kDeviceFeature);
    card.write<uint32_t>(common::kDeviceFeatureSelect, 1);
    features |= uint64_t{card.read<uint32_t>(common::kDeviceFeature)} << 32;
    CHECK(features == (1 | kFeatureVersion1 | kFeatureAccessPlatform | kFeatureRingIndirectDesc |
                       kFeatureRingEventIdx | kFeatureRingReset));
    card.write<uint32_t>(common::kDeviceFeatureSelect, 2);
    CHECK(card.read<uint32_t>(common::kDeviceFeature) == 0);
}

TEST_CASE("features that are not offered, or lack VERSION_1, leave FEATURES_OK clear") {
    Card card;
    card.accept(kFeatureVersion1 | 2);
    CHECK((card.status() & kStatusFeaturesOk) == 0);
    card.accept(1);
    CHECK((card.status() & kStatusFeaturesOk) == 0);
    CHECK(card.registers->negotiated() == 0);
    card.accept(kFeatureVersion1 | 1);
    CHECK((card.status() & kStatusFeaturesOk) != 0);
    CHECK(card.registers->negotiated() == (kFeatureVersion1 | 1));
}

TEST_CASE("features are fixed once they are agreed on") {
    Card card;
    card.accept(kFeatureVersion1);
    card.accept(kFeatureVersion1 | 1);
    CHECK(card.registers->negotiated() == kFeatureVersion1);
}

TEST_CASE("DRIVER_OK without FEATURES_OK is not taken, and nothing is processed") {
    Card card;
    card.set_up_queue(0, card.ring);
    CHECK(card.read<uint16_t>(common::kQueueEnable) == 0);
    card.write(common::kDeviceStatus,
               static_cast<uint8_t>(kStatusAcknowledge | kStatusDriver | kStatusDriverOk));
    CHECK(card.status() == (kStatusAcknowledge | kStatusDriver));
    card.notify(0);
    card.settle();
    CHECK(card.device.kicks == 0);
}

TEST_CASE("status bits are only taken back by a reset, which brings everything to the start") {
    Card card;
    card.start();
    card.write<uint8_t>(common::kDeviceStatus, kStatusAcknowledge);
    CHECK(card.status() == kReady);
    card.write<uint8_t>(common::kDeviceStatus, 0);
    CHECK(card.status() == 0);
    CHECK(card.device.resets == 1);
    CHECK(card.read<uint16_t>(common::kConfigVector) == kNoVector);
    CHECK(card.read<uint16_t>(common::kQueueEnable) == 0);
    CHECK(card.read<uint16_t>(common::kQueueSize) == EchoDevice::kQueueSize);
    CHECK(card.read<uint16_t>(common::kQueueVector) == kNoVector);
    CHECK(card.read<uint64_t>(common::kQueueDesc) == 0);
    CHECK(card.registers->negotiated() == 0);
}

TEST_CASE("a vector that doesn't exist reads back as none") {
    Card card;
    for (const uint32_t field : {common::kConfigVector, common::kQueueVector}) {
        card.write<uint16_t>(field, 2);
        CHECK(card.read<uint16_t>(field) == 2);
        card.write<uint16_t>(field, kVectors);
        CHECK(card.read<uint16_t>(field) == kNoVector);
    }
}

TEST_CASE("a queue that doesn't exist has size 0 and takes nothing") {
    Card card;
    card.accept(kFeatureVersion1);
    CHECK(card.read<uint16_t>(common::kNumQueues) == 2);
    card.write<uint16_t>(common::kQueueSelect, 2);
    CHECK(card.read<uint16_t>(common::kQueueSize) == 0);
    CHECK(card.read<uint16_t>(common::kQueueVector) == kNoVector);
    card.write<uint16_t>(common::kQueueSize, 8);
    card.write<uint16_t>(common::kQueueEnable, 1);
    CHECK(card.read<uint16_t>(common::kQueueEnable) == 0);
    CHECK(card.read<uint16_t>(common::kQueueSize) == 0);
}

TEST_CASE("a queue's size is a power of two up to its maximum, and fixed once it runs") {
    Card card;
    for (const uint16_t bad : {uint16_t{0}, uint16_t{3}, uint16_t{128}}) {
        card.write(common::kQueueSize, bad);
        CHECK(card.read<uint16_t>(common::kQueueSize) == EchoDevice::kQueueSize);
    }
    card.start();
    CHECK(card.read<uint16_t>(common::kQueueSize) == 16);
    card.write<uint16_t>(common::kQueueSize, 32);
    card.write<uint64_t>(common::kQueueDesc, 0);
    CHECK(card.read<uint16_t>(common::kQueueSize) == 16);
    CHECK(card.read<uint64_t>(common::kQueueDesc) == card.ring.descriptors());
}

TEST_CASE("64-bit addresses are written whole or by halves, other fields in part") {
    Card card;
    card.write<uint32_t>(common::kQueueDesc + 4, 0x11223344);
    card.write<uint32_t>(common::kQueueDesc, 0x55667780);
    CHECK(card.read<uint64_t>(common::kQueueDesc) == 0x1122334455667780);
    CHECK(card.read<uint32_t>(common::kQueueDesc + 4) == 0x11223344);
    card.write<uint64_t>(common::kQueueDriver, 0x8877665544332210);
    CHECK(card.read<uint32_t>(common::kQueueDriver) == 0x44332210);
    card.write<uint8_t>(common::kQueueDriver + 7, 0x99);
    CHECK(card.read<uint64_t>(common::kQueueDriver) == 0x9977665544332210);
    // Two fields in one access.
    card.write<uint32_t>(common::kQueueSize, 0x00010008);
    CHECK(card.read<uint16_t>(common::kQueueSize) == 8);
    CHECK(card.read<uint16_t>(common::kQueueVector) == 1);
    // Read-only fields stay.
    card.write<uint16_t>(common::kNumQueues, 77);
    CHECK(card.read<uint16_t>(common::kNumQueues) == 2);
    // Beyond the structure there is nothing.
    CHECK(card.read<uint64_t>(common::kSize) == 0);
    CHECK(card.read<uint64_t>(0x700) == 0);
    card.write<uint64_t>(0x700, ~uint64_t{0});
}

TEST_CASE("a kick reaches the device in the loop's next turn, not at once") {
    Card card;
    card.start();
    card.add_request();
    card.notify(0);
    CHECK(card.device.kicks == 0);
    card.settle();
    CHECK(card.device.kicks == 1);
    CHECK(card.raised == std::vector<uint16_t>{1});
    CHECK(card.isr() == kIsrQueue);
    CHECK(card.isr() == 0);
}

TEST_CASE("kicks of one turn are one, as are the interrupts of their answers") {
    Card card;
    card.start();
    for (int i = 0; i < 5; ++i) {
        card.add_request();
        card.notify(0);
    }
    card.settle();
    CHECK(card.device.kicks == 1);
    CHECK(card.raised == std::vector<uint16_t>{1});
    CHECK(card.ring.used_index() == 5);
}

TEST_CASE("a kick of a queue that doesn't run, or doesn't exist, is nothing") {
    Card card;
    card.start();
    card.notify(1);
    card.notify(2);
    card.notify(1000);
    card.settle();
    CHECK(card.device.kicks == 0);
}

TEST_CASE("what waits when the driver says OK is processed without a kick") {
    Card card;
    card.accept(kFeatureVersion1 | kFeatureRingIndirectDesc);
    card.set_up_queue(0, card.ring);
    card.add_request();
    card.write(common::kDeviceStatus, kReady);
    card.settle();
    CHECK(card.ring.used_index() == 1);
}

TEST_CASE("a broken ring needs a reset, says so once by interrupt, and then nothing is processed") {
    Card card;
    card.start();
    card.ring.write_descriptor(0, {0xffffffffff, 4, 0, 0});
    card.ring.publish(0);
    card.notify(0);
    card.settle();
    CHECK((card.status() & kStatusNeedsReset) != 0);
    CHECK(card.raised == std::vector<uint16_t>{0});
    CHECK(card.isr() == kIsrConfig);
    CHECK(card.registers->counters().ring_errors == 1);
    CHECK(card.log.count("is broken") == 1);

    card.notify(0);
    card.settle();
    CHECK(card.device.kicks == 1);
    // The bit is the device's: a driver neither sets nor clears it.
    card.write(common::kDeviceStatus, kReady);
    CHECK((card.status() & kStatusNeedsReset) != 0);

    card.write<uint8_t>(common::kDeviceStatus, 0);
    CHECK(card.status() == 0);
    DriverQueue fresh{card.ram, {.size = 16}};
    card.accept(kFeatureVersion1);
    card.set_up_queue(0, fresh);
    card.write(common::kDeviceStatus, kReady);
    const std::array out{DriverQueue::Buffer{card.buffer, 4}};
    fresh.add(out, {}, DriverQueue::Table::kDirect);
    card.notify(0);
    card.settle();
    CHECK(fresh.used_index() == 1);
}

TEST_CASE("a driver can't set NEEDS_RESET") {
    Card card;
    card.write<uint8_t>(common::kDeviceStatus, kStatusAcknowledge | kStatusNeedsReset);
    CHECK(card.status() == kStatusAcknowledge);
}

TEST_CASE("a queue whose rings are not in memory needs a reset when it is enabled") {
    Card card;
    card.accept(kFeatureVersion1);
    card.write<uint64_t>(common::kQueueDesc, 0x100000000);
    card.write<uint16_t>(common::kQueueEnable, 1);
    CHECK((card.status() & kStatusNeedsReset) != 0);
    CHECK(card.log.count("share=on") == 0);
}

TEST_CASE("a driver that fails over and over doesn't fill the log") {
    Card card;
    for (int i = 0; i < 100; ++i) {
        card.write<uint8_t>(common::kDeviceStatus, kStatusFailed);
        card.write<uint8_t>(common::kDeviceStatus, 0);
    }
    CHECK(card.log.count("gave up") > 5);
    CHECK(card.log.count("gave up") < 20);
}

TEST_CASE("a driver that has failed is not served any more") {
    Card card;
    card.start();
    card.write(common::kDeviceStatus, static_cast<uint8_t>(kReady | kStatusFailed));
    card.add_request();
    card.notify(0);
    card.settle();
    CHECK(card.device.kicks == 0);
}

TEST_CASE("a driver that has failed and then says that it is ready is not served either") {
    Card card;
    card.accept(kFeatureVersion1);
    card.set_up_queue(0, card.ring);
    card.write(common::kDeviceStatus,
               static_cast<uint8_t>((kReady & ~kStatusDriverOk) | kStatusFailed));
    card.write(common::kDeviceStatus, static_cast<uint8_t>(kReady | kStatusFailed));
    card.add_request();
    card.notify(0);
    card.settle();
    CHECK(card.device.kicks == 0);
}

TEST_CASE(
    "the configuration's generation changes, and there is an interrupt once a driver is there") {
    Card card;
    const auto before = card.read<uint8_t>(common::kConfigGeneration);
    card.device.change_config();
    card.settle();
    CHECK(card.read<uint8_t>(common::kConfigGeneration) != before);
    CHECK(card.raised.empty());
    card.start();
    card.device.change_config();
    card.device.change_config();
    card.settle();
    CHECK(card.raised == std::vector<uint16_t>{0});
}

TEST_CASE("without a vector there is no interrupt, only the ISR") {
    Card card;
    card.start();
    card.write<uint16_t>(common::kConfigVector, kNoVector);
    card.device.change_config();
    card.settle();
    CHECK(card.raised.empty());
    CHECK(card.isr() == kIsrConfig);
}

TEST_CASE("one queue's reset needs the feature") {
    Card card;
    card.accept(kFeatureVersion1);
    card.set_up_queue(0, card.ring);
    card.write<uint16_t>(common::kQueueReset, 1);
    CHECK(card.device.queue_resets == 0);
    CHECK(card.read<uint16_t>(common::kQueueEnable) == 1);
}

TEST_CASE("a queue that was reset alone is as after power-on") {
    Card card;
    card.start();
    card.write<uint16_t>(common::kQueueReset, 1);
    CHECK(card.device.queue_resets == 1);
    CHECK(card.read<uint16_t>(common::kQueueEnable) == 0);
    CHECK(card.read<uint16_t>(common::kQueueReset) == 0);
    CHECK(card.read<uint16_t>(common::kQueueSize) == EchoDevice::kQueueSize);
    CHECK(card.read<uint64_t>(common::kQueueDesc) == 0);
    card.notify(0);
    card.settle();
    CHECK(card.device.kicks == 0);
}

TEST_CASE("memory that is not shared is told in one line, that says share=on") {
    Card card;
    card.start();
    card.notify(0);
    card.notify(0);
    card.settle();
    CHECK(card.log.count("share=on") == 1);
    // The same VMM's guest tries again after a reboot: it has been said.
    card.registers->reset();
    card.start();
    card.notify(0);
    card.settle();
    CHECK(card.log.count("share=on") == 1);
    card.registers->detached();
    card.notify(0);
    card.settle();
    CHECK(card.log.count("share=on") == 2);
}

TEST_CASE("memory without a file is told in one line, that says share=on") {
    Card card;
    REQUIRE(card.memory.map(0x40000000, 0x100000, UniqueFd{}, 0, true));
    card.accept(kFeatureVersion1);
    card.write<uint64_t>(common::kQueueDesc, 0x40000000);
    card.write<uint16_t>(common::kQueueEnable, 1);
    card.write<uint16_t>(common::kQueueSelect, 1);
    card.write<uint64_t>(common::kQueueDesc, 0x40000000);
    card.write<uint16_t>(common::kQueueEnable, 1);
    CHECK((card.status() & kStatusNeedsReset) != 0);
    CHECK(card.log.count("share=on") == 1);
}

TEST_CASE("RAM that shrinks under a ring makes the device need a reset") {
    Card card;
    card.start();
    card.add_request();
    card.ram.shrink(0);
    card.notify(0);
    card.settle();
    CHECK((card.status() & kStatusNeedsReset) != 0);
    CHECK(card.log.count("shrank") == 1);
}

TEST_CASE("a kick that is under way when the registers go is forgotten") {
    Card card;
    card.start();
    card.add_request();
    card.notify(0);
    card.registers.reset();
    card.settle();
    CHECK(card.device.kicks == 0);
}

TEST_CASE("what has no vector is on the line until the ISR status is read") {
    Card card;
    card.has_line = true;
    card.start();
    CHECK_FALSE(card.line);
    SUBCASE("read") {
        card.write<uint16_t>(common::kConfigVector, kNoVector);
        card.device.change_config();
        card.settle();
        CHECK(card.line);
        CHECK(card.isr() == kIsrConfig);
    }
    SUBCASE("reset") {
        card.write<uint16_t>(common::kQueueSelect, 0);
        card.write<uint16_t>(common::kQueueVector, kNoVector);
        const uint64_t before = card.registers->counters().interrupts;
        card.add_request();
        card.notify(0);
        card.settle();
        CHECK(card.line);
        CHECK(card.registers->counters().interrupts == before + 1);
        card.registers->reset();
    }
    CHECK_FALSE(card.line);
    CHECK(card.raised.empty());
}

TEST_CASE("a driver that lets go of its rings is neither read nor answered any more") {
    Card card;
    card.start();
    card.device.hold = true;
    card.add_request();
    card.notify(0);
    card.settle();
    REQUIRE(card.device.held.size() == 1);
    const auto held = card.device.held;
    card.registers->let_go();
    CHECK(card.status() == (kReady & ~kStatusDriverOk));
    CHECK(card.device.held.empty());
    card.device.held = held;
    card.device.answer_held();
    card.add_request();
    card.notify(0);
    card.settle();
    CHECK(card.device.kicks == 1);
    CHECK(card.ring.used_index() == 0);
    CHECK(card.raised.empty());
    // And comes back.
    card.device.hold = false;
    card.registers->reset();
    const DriverQueue fresh{card.ram, {.size = 16}};
    card.accept(kFeatureVersion1);
    card.set_up_queue(0, fresh);
    card.write(common::kDeviceStatus, kReady);
    card.settle();
    CHECK(card.device.kicks == 2);
}

TEST_CASE("a kick of a device that nobody has set up is told once") {
    Card card;
    SUBCASE("by a guest whose state came without the device's") {
        for (int i = 0; i < 100; ++i) {
            card.notify(0);
        }
        CHECK(card.log.count("has not set up") == 1);
        card.registers->detached();
        card.notify(0);
        CHECK(card.log.count("has not set up") == 2);
    }
    SUBCASE("by a driver that says OK and has set up no queue, as after a sleep") {
        card.accept(kFeatureVersion1);
        card.write(common::kDeviceStatus, kReady);
        CHECK(card.log.count("has not set up") == 0);
        card.notify(0);
        card.notify(0);
        CHECK(card.log.count("has not set up") == 1);
    }
    SUBCASE("but not a kick that is only early, late, or of another queue") {
        card.accept(kFeatureVersion1 | kFeatureRingReset);
        card.set_up_queue(0, card.ring);
        card.notify(0);
        card.write(common::kDeviceStatus, kReady);
        card.notify(1);
        card.registers->reset();
        card.notify(0);
        CHECK(card.log.count("has not set up") == 0);
    }
}

TEST_CASE("a driver that gives up where it can't have interrupts is told why") {
    Card card;
    card.has_interrupts = false;
    card.write<uint8_t>(common::kDeviceStatus, kStatusFailed);
    CHECK(card.log.count("pci=nomsi") == 1);
    card.has_interrupts = true;
    card.write<uint8_t>(common::kDeviceStatus, 0);
    card.write<uint8_t>(common::kDeviceStatus, kStatusFailed);
    CHECK(card.log.count("gave up") == 2);
    CHECK(card.log.count("pci=nomsi") == 1);
}

TEST_CASE("an empty ring in memory that is in use is not taken for memory that isn't shared") {
    Card card;
    card.ram.store(0x2000, uint32_t{0x1234});
    card.start();
    for (int i = 0; i < 20; ++i) {
        card.notify(0);
    }
    card.settle();
    CHECK(card.log.count("share=on") == 0);
}
