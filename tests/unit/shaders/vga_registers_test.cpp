// SPDX-License-Identifier: MIT
// Whatever a guest writes to the registers, with whatever is in its video memory: shaders draw the
// pixels of the CPU rasteriser. (vga_picture_test.cpp has the pictures that nobody would program.)
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/log_lines.h"
#include "support/offscreen.h"
#include "support/random.h"
#include "vga/picture.h"

namespace oriel::test {
namespace {

constexpr uint64_t kMemoryBytes = uint64_t{64} << 10;

/// A guest whose writes are random, but for the sizes, which are small, and the screen, which is
/// on.
class WildGuest {
public:
    explicit WildGuest(uint32_t seed) : random_{seed}, memory_(kMemoryBytes) {
        std::generate(memory_.begin(), memory_.end(), [this] { return std::byte{byte()}; });
        write_colours(256);
        write_all();
    }

    void write_all() {
        registers_.write(0x3c2, static_cast<uint8_t>(byte() | 0x01));
        for (uint8_t index = 0; index < 5; ++index) {
            write_sequencer(index);
        }
        registers_.write(0x3d4, 0x11);
        registers_.write(0x3d5, static_cast<uint8_t>(byte() & 0x7f));
        for (uint8_t index = 0; index < 25; ++index) {
            write_crtc(index);
        }
        for (uint8_t index = 0; index < 9; ++index) {
            write_indexed(0x3ce, index, byte());
        }
        constexpr std::array<uint8_t, 3> kShifts{0x00, 0x20, 0x40};
        write_indexed(0x3ce, 0x05, kShifts.at(random_.below(3)));
        for (uint8_t index = 0; index < 21; ++index) {
            write_attribute(index);
        }
        random_mode();
    }

    /// One thing of what there is.
    void write_something() {
        switch (random_.below(6)) {
            case 0:
                return write_crtc(static_cast<uint8_t>(8 + random_.below(17)));
            case 1:
                return write_attribute(static_cast<uint8_t>(random_.below(21)));
            case 2:
                return write_colours(1 + random_.below(4));
            case 3:
                return write_sequencer(3);
            case 4:
                registers_.write(0x3c6, static_cast<uint8_t>(byte() | 0x0f));
                return;
            default:
                for (uint32_t i = random_.below(200); i > 0; --i) {
                    memory_[random_.below(kMemoryBytes)] = std::byte{byte()};
                }
        }
    }

    [[nodiscard]] std::optional<vga::Layout> layout() {
        return mode_ ? vga::decode(registers_, *mode_) : vga::decode(registers_);
    }
    [[nodiscard]] const std::vector<std::byte>& memory() const { return memory_; }
    [[nodiscard]] vga::BlinkPhase phase() { return {random_.one_in(2), random_.one_in(2)}; }

private:
    uint8_t byte() { return static_cast<uint8_t>(random_()); }

    void write_indexed(uint16_t port, uint8_t index, uint8_t value) {
        registers_.write(port, index);
        registers_.write(static_cast<uint16_t>(port + 1), value);
    }
    void write_sequencer(uint8_t index) {
        constexpr uint8_t kScreenOff = 0x20;
        write_indexed(0x3c4, index,
                      static_cast<uint8_t>(index == 1 ? byte() & ~kScreenOff : byte()));
    }
    void write_crtc(uint8_t index) {
        uint8_t value = byte();
        if (index == 0x01) {
            value &= 0x1f;  // characters in a line, less one
        } else if (index == 0x07) {
            value &= 0xbd;  // less than 256 lines
        } else if (index == 0x11) {
            value &= 0x7f;  // not protected
        } else if (index == 0x17) {
            value |= 0x80;  // with syncs
        }
        write_indexed(0x3d4, index, value);
    }
    void write_attribute(uint8_t index) {
        static_cast<void>(registers_.read(0x3da));
        registers_.write(0x3c0, index);
        registers_.write(0x3c0, byte());
        registers_.write(0x3c0, 0x20);
    }
    void write_colours(uint32_t count) {
        registers_.write(0x3c8, byte());
        for (uint32_t i = 0; i < count * 3; ++i) {
            registers_.write(0x3c9, byte());
        }
    }
    /// Bochs' modes with a palette, now and then.
    void random_mode() {
        mode_.reset();
        if (!random_.one_in(4)) {
            return;
        }
        vga::Dispi dispi{kMemoryBytes};
        const auto write = [&dispi](vga::DispiIndex index, uint32_t value) {
            dispi.write(static_cast<uint16_t>(index), static_cast<uint16_t>(value));
        };
        write(vga::DispiIndex::kXres, 1 + random_.below(300));
        write(vga::DispiIndex::kYres, 1 + random_.below(150));
        write(vga::DispiIndex::kBpp, random_.one_in(2) ? 4 : 8);
        write(vga::DispiIndex::kEnable, vga::Dispi::kEnabled);
        write(vga::DispiIndex::kVirtWidth, random_.below(400));
        write(vga::DispiIndex::kXOffset, random_.below(40));
        write(vga::DispiIndex::kYOffset, random_.below(40));
        mode_ = dispi.mode();
    }

    Random random_;
    ManualClock clock_;
    vga::Registers registers_{clock_};
    std::optional<vga::DispiMode> mode_;
    std::vector<std::byte> memory_;
};

/// The screen of a guest, drawn by shaders from what has changed.
class WildScreen {
public:
    explicit WildScreen(Offscreen& offscreen) : offscreen_{offscreen} {}

    /// Where it first differs from the reference; empty if it doesn't.
    [[nodiscard]] std::string show(vga::Layout layout, WildGuest& guest) {
        if (picture_ && picture_->fits(layout)) {
            picture_->set_layout(std::move(layout));
        } else {
            picture_ = std::make_shared<vga::Picture>(std::move(layout));
            framebuffer_.emplace(picture_);
            offscreen_.resize(picture_->data().size);
        }
        Region damage = picture_->update(guest.memory());
        damage.add(picture_->set_phase(guest.phase()));
        if (!offscreen_.renderer().draw(*framebuffer_, Rect::of(picture_->data().size), damage,
                                        damage)) {
            return "not drawn";
        }
        return difference();
    }
    [[nodiscard]] VgaKind kind() const { return picture_->data().kind; }
    /// Not all the same colour.
    [[nodiscard]] bool has_content() const {
        const auto pixels = offscreen_.pixels();
        return std::any_of(pixels.begin(), pixels.end(),
                           [&](uint32_t pixel) { return pixel != pixels.front(); });
    }

private:
    [[nodiscard]] std::string difference() const {
        const Size size = picture_->data().size;
        const auto actual = offscreen_.pixels();
        std::vector<uint32_t> line(size.width);
        for (uint32_t y = 0; y < size.height; ++y) {
            picture_->rasterise(0, y, size.width, reinterpret_cast<std::byte*>(line.data()));
            const auto is = actual.begin() + std::ptrdiff_t{y} * size.width;
            const auto [wanted, found] = std::mismatch(line.begin(), line.end(), is);
            if (wanted != line.end()) {
                return fmt::format("({}, {}) is {:06x}, should be {:06x}", wanted - line.begin(), y,
                                   *found, *wanted);
            }
        }
        return "";
    }

    Offscreen& offscreen_;
    std::shared_ptr<vga::Picture> picture_;
    std::optional<Framebuffer> framebuffer_;
};

}  // namespace

TEST_CASE("whatever the registers hold, shaders draw what the CPU would") {
    auto offscreen = Offscreen::open();
    if (!offscreen) {
        MESSAGE("SKIP ", offscreen.error().message());
        return;
    }
    LogLines log;
    std::array<int, 4> shown{};  // of each kind, with something to see
    WildScreen screen{**offscreen};
    for (uint32_t seed = 1; seed <= 160; ++seed) {
        CAPTURE(seed);
        WildGuest guest{seed};
        for (int change = 0; change < 10; ++change) {
            CAPTURE(change);
            if (auto layout = guest.layout()) {
                const std::string name = layout->name;
                CAPTURE(name);
                REQUIRE(screen.show(std::move(*layout), guest) == "");
                shown.at(static_cast<size_t>(screen.kind())) += screen.has_content() ? 1 : 0;
            }
            guest.write_something();
        }
    }
    for (const int count : shown) {
        CHECK(count >= 50);
    }
    CHECK(log.lines == std::vector<std::string>{});  // that the CPU drew any of them
}

}  // namespace oriel::test
