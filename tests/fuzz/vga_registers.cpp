// SPDX-License-Identifier: MIT
// A guest that writes anything to a VGA: legacy registers, the bochs interface, video memory, and
// the picture is made after each. What is brought up to date has the pixels of one that is made
// anew, and nothing changes outside the damage; a whole device goes the same way.
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/event_loop.h"
#include "harness.h"
#include "support/recording_display.h"
#include "vga/picture.h"
#include "vga/vga_device.h"
#include "vga_shaders.h"

namespace {

using namespace oriel;
using namespace oriel::test;

constexpr uint64_t kMemoryBytes = uint64_t{256} << 10;
/// Of a picture these many pixels are looked at, or a line.
constexpr uint64_t kMostPixels = 16 * 1024;
constexpr int kMostSteps = 60;

using Lines = std::vector<std::vector<uint32_t>>;

/// Lines of it, the same ones for pictures of the same size.
Lines some_lines(const vga::Picture& picture) {
    const Size size = picture.data().size;
    const uint64_t count = std::clamp<uint64_t>(kMostPixels / size.width, 1, size.height);
    Lines lines;
    for (uint64_t i = 0; i < count; ++i) {
        const auto y = static_cast<uint32_t>(i * size.height / count);
        lines.emplace_back(size.width);
        picture.rasterise(0, y, size.width, reinterpret_cast<std::byte*>(lines.back().data()));
    }
    return lines;
}

/// The picture of registers and memory, kept up to date.
class Screen {
public:
    void show(std::optional<vga::Layout> layout, std::span<const std::byte> memory,
              vga::BlinkPhase phase) {
        if (!layout) {
            picture_.reset();
            return;
        }
        const vga::Layout same = *layout;
        if (picture_ && picture_->fits(same)) {
            picture_->set_layout(std::move(*layout));
        } else {
            picture_ = std::make_shared<vga::Picture>(std::move(*layout));
            lines_.clear();
        }
        Region damage = picture_->update(memory);
        damage.add(picture_->set_phase(phase));
        Lines lines = some_lines(*picture_);
        check_damage(lines, damage);
        lines_ = std::move(lines);
        const auto anew = std::make_shared<vga::Picture>(same);
        static_cast<void>(anew->update(memory));
        static_cast<void>(anew->set_phase(phase));
        require(some_lines(*anew) == lines_);
        require(shaders_agree(picture_, damage));
    }

private:
    void check_damage(const Lines& lines, const Region& damage) const {
        const Size size = picture_->data().size;
        for (size_t i = 0; i < lines.size() && i < lines_.size(); ++i) {
            const auto y = static_cast<uint32_t>(i * size.height / lines.size());
            for (uint32_t x = 0; x < size.width; ++x) {
                if (lines[i][x] != lines_[i][x]) {
                    require(damage.contains({x, y, 1, 1}));
                }
            }
        }
    }

    std::shared_ptr<vga::Picture> picture_;
    Lines lines_;
};

/// Registers, memory and their picture, and a device that gets the same writes.
class Card {
public:
    Card() {
        // Something to see everywhere: what is black on black hides a fault.
        uint32_t value = 1;
        for (std::byte& byte : memory_) {
            value = value * 1664525 + 1013904223;
            byte = static_cast<std::byte>(value >> 24U);
        }
        std::copy(memory_.begin(), memory_.end(), device_.video_memory().begin());
        set_up_text();
    }

    void step(FuzzInput& input) {
        write_something(input);
        const auto mode = dispi_.enabled() ? std::optional{dispi_.mode()} : std::nullopt;
        const vga::BlinkPhase phase{input.take<uint8_t>() % 2 == 0, true};
        if (!mode) {
            screen_.show(vga::decode(registers_), memory_, phase);
        } else if (mode->bpp <= 8) {
            screen_.show(vga::decode(registers_, *mode), memory_, phase);
        }
        clock_.advance(vga::VgaDevice::kSettledAtLast);
        loop_.dispatch(Nanoseconds{0});
        display_.forget_calls();
    }

private:
    void write_something(FuzzInput& input) {
        switch (input.take<uint8_t>() % 10) {
            case 0:
                return port(static_cast<uint16_t>(vga::Registers::kFirstPort +
                                                  input.take<uint8_t>() % 0x30),
                            input.take<uint8_t>());
            case 1:
                return indexed(0x3c4, input.take<uint8_t>() % 5, input.take<uint8_t>());
            case 2:
            case 3:
                return indexed(0x3d4, input.take<uint8_t>() % 25, input.take<uint8_t>());
            case 4:
                return indexed(0x3ce, input.take<uint8_t>() % 9, input.take<uint8_t>());
            case 5:
                return attribute(input.take<uint8_t>() % 21, input.take<uint8_t>());
            case 6:
                return dispi(input.take<uint8_t>() % 12, input.take<uint16_t>());
            case 7:
                return window(input);
            case 8:
                return memory(input);
            default:
                return colours_or_reset(input);
        }
    }

    void port(uint16_t number, uint8_t value) {
        registers_.write(number, value);
        device_.write_port(number, value);
        require(registers_.read(0x3cc) == device_.read_port(0x3cc));
    }
    void indexed(uint16_t number, uint32_t index, uint8_t value) {
        port(number, static_cast<uint8_t>(index));
        port(static_cast<uint16_t>(number + 1), value);
    }
    void attribute(uint32_t index, uint8_t value) {
        static_cast<void>(registers_.read(0x3da));
        static_cast<void>(device_.read_port(0x3da));
        port(0x3c0, static_cast<uint8_t>(index));
        port(0x3c0, value);
        port(0x3c0, 0x20);
    }
    void dispi(uint32_t index, uint16_t value) {
        const auto result = dispi_.write(static_cast<uint16_t>(index), value);
        std::fill_n(memory_.begin(), std::min<uint64_t>(result.clear_bytes, kMemoryBytes),
                    std::byte{0});
        registers_.set_dac_8bit(dispi_.dac_8bit());
        device_.write_dispi(static_cast<uint16_t>(index), value);
        for (uint16_t i = 0; i < vga::kDispiRegisterCount; ++i) {
            require(dispi_.read(i) == device_.read_dispi(i));
        }
    }
    void window(FuzzInput& input) {
        const uint32_t at = (uint32_t{input.take<uint16_t>()} << 1U) % vga::MemoryWindow::kBytes;
        const auto bytes = input.take_bytes(1 + input.take<uint8_t>() % 32);
        require(window_.read(at) == device_.read_window(at));
        for (uint32_t i = 0; i < bytes.size() && at + i < vga::MemoryWindow::kBytes; ++i) {
            window_.write(at + i, std::to_integer<uint8_t>(bytes[i]));
            device_.write_window(at + i, std::to_integer<uint8_t>(bytes[i]));
        }
    }
    /// Straight into video memory, as through a BAR.
    void memory(FuzzInput& input) {
        const size_t at = (size_t{input.take<uint16_t>()} << 2U) % kMemoryBytes;
        const auto bytes = input.take_bytes(1 + input.take<uint8_t>() % 64);
        const size_t count = std::min<size_t>(bytes.size(), kMemoryBytes - at);
        std::copy_n(bytes.begin(), count, memory_.begin() + static_cast<std::ptrdiff_t>(at));
        std::copy_n(bytes.begin(), count, device_.video_memory().subspan(at).begin());
    }
    void colours_or_reset(FuzzInput& input) {
        const auto what = input.take<uint8_t>();
        if (what < 240) {
            port(0x3c8, what);
            for (const std::byte byte : input.take_bytes(6)) {
                port(0x3c9, std::to_integer<uint8_t>(byte));
            }
        } else {
            registers_.reset();
            dispi_.reset();
            window_.reset();
            device_.reset();
            clock_.advance(vga::VgaDevice::kDarkAfter);
            set_up_text();
        }
    }

    /// The mode that a PC starts with, 80x25, with small sizes in reach.
    void set_up_text() {
        constexpr std::array<uint8_t, 5> kSequencer{0x03, 0x00, 0x03, 0x00, 0x02};
        constexpr std::array<uint8_t, 25> kCrtc{
            0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00,
            0x00, 0x00, 0x00, 0x9c, 0x0e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff};
        constexpr std::array<uint8_t, 9> kGraphics{0x00, 0x00, 0x00, 0x00, 0x00,
                                                   0x10, 0x0e, 0x00, 0xff};
        port(0x3c2, 0x67);
        for (uint32_t i = 0; i < kSequencer.size(); ++i) {
            indexed(0x3c4, i, kSequencer.at(i));
        }
        indexed(0x3d4, 0x11, 0x0e);
        for (uint32_t i = 0; i < kCrtc.size(); ++i) {
            indexed(0x3d4, i, kCrtc.at(i));
        }
        for (uint32_t i = 0; i < kGraphics.size(); ++i) {
            indexed(0x3ce, i, kGraphics.at(i));
        }
        for (uint8_t i = 0; i < 16; ++i) {
            attribute(i, i);
        }
        attribute(0x10, 0x0c);
        port(0x3c8, 0);
        for (uint32_t i = 0; i < 3 * 256; ++i) {
            port(0x3c9, static_cast<uint8_t>(i * 37 % 64));
        }
    }

    ManualClock clock_;
    EventLoop loop_{clock_};
    vga::Registers registers_{clock_};
    vga::Dispi dispi_{kMemoryBytes};
    std::vector<std::byte> memory_ = std::vector<std::byte>(kMemoryBytes);
    vga::MemoryWindow window_{registers_, dispi_, memory_};
    Screen screen_;
    RecordingDisplay display_;
    vga::VgaDevice device_{loop_, display_, kMemoryBytes};
};

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    FuzzInput input{data, size};
    Card card;
    for (int i = 0; i < kMostSteps && !input.empty(); ++i) {
        // The picture is made by the device, from registers and memory of the test's own, and
        // compared.
        const Turn turn{3};
        card.step(input);
    }
}
