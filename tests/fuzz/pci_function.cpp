// SPDX-License-Identifier: MIT
// A guest's driver that accesses the registers of a card, or of a device with an interrupt line, in
// any way, with rings in its memory. The process that serves it may end, and another one goes on.
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include "core/byte_reader.h"
#include "core/clock.h"
#include "core/event_loop.h"
#include "core/state_record.h"
#include "harness.h"
#include "pci/display_function.h"
#include "support/driver_queue.h"
#include "support/echo_device.h"
#include "support/fake_vga.h"
#include "support/guest_ram.h"
#include "support/rom_image.h"

using namespace oriel;
using namespace oriel::test;
using pci::RegionIndex;

namespace {

constexpr uint16_t kRingSize = 64;
/// From the start of virtio's window of configuration space, a capability (4.1.4.9).
constexpr uint32_t kWindowBar = 4;
constexpr uint32_t kWindowOffset = 8;
constexpr uint32_t kWindowLength = 12;
constexpr uint32_t kWindowData = 16;

struct Listener final : pci::Interrupts {
    void raise(uint32_t) override {}
    void set_line(bool) override {}
};

const pci::OptionRom& option_rom() {
    static const pci::OptionRom rom =
        pci::OptionRom::parse(RomImage{.vendor = 0x1af4, .device = 0x1050}.bytes(),
                              pci::DisplayFunction::kIds)
            .value();
    return rom;
}

class Machine {
public:
    explicit Machine(FuzzInput& input) : options_{input.take<uint8_t>()} {
        static_cast<void>(
            memory_.map(0, ram_.size(), UniqueFd{::fcntl(ram_.fd(), F_DUPFD_CLOEXEC, 0)}, 0, true));
        make_function();
        function_->set_interrupts(&listener_);
        function_->keep(&record_);
        start(1);
    }
    ~Machine() { function_->set_interrupts(nullptr); }
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;

    void step(FuzzInput& input);
    void dispatch() { loop_.dispatch(Nanoseconds{0}); }

private:
    [[nodiscard]] bool is_card() const { return options_ % 4 != 3; }
    /// Where virtio's registers are, and from where on: a card's VGA has the first ones.
    [[nodiscard]] RegionIndex bar() const {
        return is_card() ? RegionIndex::kBar2 : RegionIndex::kBar0;
    }
    [[nodiscard]] uint32_t common() const { return is_card() ? 0x1000 : 0; }

    template <class T>
    void write(uint64_t offset, T value) {
        function_->write(bar(), offset, bytes_of(value));
    }
    void make_function();
    void start(uint16_t queues);
    void access(FuzzInput& input);
    void damage(FuzzInput& input);
    void publish(FuzzInput& input);
    void through_window(FuzzInput& input);
    void set_field(FuzzInput& input);
    void next_process(FuzzInput& input);
    void disturb(FuzzInput& input);

    uint8_t options_;
    ManualClock clock_;
    EventLoop loop_{clock_};
    guest::GuestMemory memory_;
    GuestRam ram_{0x10000};
    std::optional<EchoDevice> device_;
    FakeVga vga_;
    StateRecord record_ = StateRecord::create().value();
    Listener listener_;
    std::unique_ptr<pci::VirtioFunction> function_;
};

void Machine::make_function() {
    function_.reset();
    device_.emplace();
    if (is_card()) {
        const auto kind = options_ % 4 == 2 ? pci::DisplayClass::kDisplay : pci::DisplayClass::kVga;
        function_ = std::make_unique<pci::DisplayFunction>(
            pci::DisplayFunction::Setup{loop_, memory_, *device_, vga_, vga_,
                                        options_ % 4 == 1 ? &option_rom() : nullptr, kind});
    } else {
        function_ = std::make_unique<pci::VirtioFunction>(pci::VirtioFunction::Setup{
            loop_, memory_, *device_, {.vendor = 0x1af4, .device = 0x1052}});
    }
}

/// As many queues ready for requests, as far as the device takes that.
void Machine::start(uint16_t queues) {
    const uint32_t common = this->common();
    write<uint8_t>(common + 0x14, 0);
    write<uint32_t>(common + 0x08, 0);
    write<uint32_t>(common + 0x0c, (options_ & 12U) << 26U);  // indirect, event index
    write<uint32_t>(common + 0x08, 1);
    write<uint32_t>(common + 0x0c, 0x101);  // version 1, reset of a queue
    write<uint8_t>(common + 0x14, 11);
    for (uint16_t queue = 0; queue < queues; ++queue) {
        const uint64_t at = 0x1000 + 0x4000 * uint64_t{queue};
        write<uint16_t>(common + 0x16, queue);
        write<uint64_t>(common + 0x20, at);
        write<uint64_t>(common + 0x28, at + 0x1000);
        write<uint64_t>(common + 0x30, at + 0x2000);
        write<uint16_t>(common + 0x1c, 1);
    }
    write<uint8_t>(common + 0x14, 15);
}

/// Any bytes of any region that is there.
void Machine::access(FuzzInput& input) {
    constexpr std::array kRegions{RegionIndex::kBar2, RegionIndex::kBar0, RegionIndex::kConfig,
                                  RegionIndex::kBar4, RegionIndex::kBar1, RegionIndex::kBar5,
                                  RegionIndex::kRom,  RegionIndex::kVga};
    const auto what = input.take<uint8_t>();
    const RegionIndex index = kRegions.at(what % kRegions.size());
    const pci::Region region = function_->region(index);
    if (region.size == 0) {
        return;
    }
    const uint64_t offset =
        (index == RegionIndex::kVga ? input.take<uint32_t>() : input.take<uint16_t>()) %
        region.size;
    std::array<std::byte, 16> bytes{};
    const uint64_t length =
        std::min<uint64_t>(1 + input.take<uint8_t>() % bytes.size(), region.size - offset);
    const auto part = std::span{bytes}.first(length);
    if (what >= 128 && region.writable) {
        const auto taken = input.take_bytes(length);
        std::copy(taken.begin(), taken.end(), bytes.begin());
        function_->write(index, offset, part);
    } else {
        function_->read(index, offset, part);
    }
}

void Machine::damage(FuzzInput& input) {
    const uint64_t at = input.take<uint16_t>() & 0x7fffU;
    const auto bytes = input.take_bytes(input.take<uint8_t>() % 32);
    std::memcpy(ram_.at(at, bytes.size()).data(), bytes.data(), bytes.size());
    write<uint16_t>(0x3000 + 4 * (at % 2), 0);
}

void Machine::publish(FuzzInput& input) {
    const uint16_t queue = input.take<uint8_t>() % 2;
    const auto length = input.take<uint8_t>();
    const uint64_t at = 0x1000 + 0x4000 * uint64_t{queue};
    const auto index = ram_.load<uint16_t>(at + 0x1002);
    const auto slot = static_cast<uint16_t>(index % kRingSize);
    ram_.store(at + uint64_t{16} * slot,
               DriverQueue::Descriptor{0xa000, length,
                                       length % 2 == 0 ? DriverQueue::kWrite : uint16_t{0}, 0});
    ram_.store(at + 0x1004 + uint64_t{2} * slot, slot);
    ram_.store(at + 0x1002, static_cast<uint16_t>(index + 1));
    write<uint16_t>(0x3000 + 4U * queue, queue);
}

/// As firmware does that maps no BAR.
void Machine::through_window(FuzzInput& input) {
    std::array<std::byte, 256> config{};
    function_->read(RegionIndex::kConfig, 0, config);
    constexpr std::byte kVendor{9};
    constexpr std::byte kWindow{5};
    auto at = std::to_integer<uint32_t>(config[0x34]);
    for (int left = 48; at != 0 && at + 20 < config.size() && left > 0; --left) {
        if (config.at(at) == kVendor && config.at(at + 3) == kWindow) {
            break;
        }
        at = std::to_integer<uint32_t>(config.at(at + 1));
    }
    if (at == 0 || at + 20 >= config.size()) {
        std::abort();
    }
    const auto how = input.take<uint8_t>();
    const auto put = [&](uint32_t offset, auto value) {
        function_->write(RegionIndex::kConfig, at + offset, bytes_of(value));
    };
    put(kWindowBar, static_cast<uint8_t>(how % 8));
    put(kWindowOffset, uint32_t{input.take<uint16_t>()});
    put(kWindowLength, how < 192 ? 1U << how / 8U % 3U : uint32_t{how});
    std::array<std::byte, 4> data{};
    if (how % 2 == 0) {
        function_->read(RegionIndex::kConfig, at + kWindowData, data);
    } else {
        put(kWindowData, input.take<uint32_t>());
    }
}

/// A register of virtio's, whole.
void Machine::set_field(FuzzInput& input) {
    struct Field {
        uint32_t offset;
        uint32_t bytes;
    };
    constexpr std::array<Field, 14> kFields{{{0x00, 4},
                                             {0x08, 4},
                                             {0x0c, 4},
                                             {0x10, 2},
                                             {0x14, 1},
                                             {0x16, 2},
                                             {0x18, 2},
                                             {0x1a, 2},
                                             {0x1c, 2},
                                             {0x20, 8},
                                             {0x28, 8},
                                             {0x30, 8},
                                             {0x3a, 2},
                                             {0x14, 1}}};
    const Field& field = kFields.at(input.take<uint8_t>() % kFields.size());
    const uint64_t value =
        input.take<uint8_t>() % 2 == 0 ? input.take<uint8_t>() % 4U : input.take<uint16_t>();
    const uint64_t shifted = field.bytes == 8 ? value << 4U : value;
    function_->write(bar(), common() + field.offset,
                     std::as_bytes(std::span{&shifted, 1}).first(field.bytes));
}

/// Goes on where the record says, which nobody has to believe.
void Machine::next_process(FuzzInput& input) {
    const auto how = input.take<uint8_t>();
    function_->keep(nullptr);
    make_function();
    function_->set_interrupts(&listener_);
    if (how % 4 == 3) {
        auto words = record_.words();
        words[input.take<uint16_t>() % words.size()] = input.take<uint8_t>();
    }
    if (how % 16 == 15) {
        record_.clear();
    }
    static_cast<void>(function_->resume(record_));
    function_->keep(&record_);
}

void Machine::disturb(FuzzInput& input) {
    switch (input.take<uint8_t>() % 10) {
        case 0:
            function_->reset();
            break;
        case 1:
            function_->power_off();
            break;
        case 2:
            function_->set_interrupts(nullptr);
            function_->set_interrupts(&listener_);
            break;
        case 3:
            device_->change_config();
            break;
        case 4:
            device_->hold = !device_->hold;
            break;
        case 5:
            device_->answer_held();
            break;
        case 6: {
            // Bus master, and the line.
            const auto command = static_cast<uint16_t>(input.take<uint8_t>() % 8U |
                                                       (input.take<uint8_t>() & 4U) << 8U);
            function_->write(RegionIndex::kConfig, 4, bytes_of(command));
            break;
        }
        case 7:
            next_process(input);
            break;
        case 8:
            device_->most_a_turn = 1 + input.take<uint8_t>();
            break;
        default:
            start(1 + input.take<uint8_t>() % 2U);
            break;
    }
}

void Machine::step(FuzzInput& input) {
    switch (input.take<uint8_t>() % 10) {
        case 0:
            return damage(input);
        case 1:
        case 2:
            return publish(input);
        case 3:
            return through_window(input);
        case 4:
        case 5:
            return set_field(input);
        case 6:
            return disturb(input);
        default:
            return access(input);
    }
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    FuzzInput input{data, size};
    Machine machine{input};
    while (!input.empty()) {
        const Turn turn;
        machine.step(input);
        machine.dispatch();
    }
}
