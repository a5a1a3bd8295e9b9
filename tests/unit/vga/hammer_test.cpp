// SPDX-License-Identifier: MIT
// A guest that writes anything anywhere. What it sees of itself must never reach outside of video
// memory: this is run under AddressSanitizer.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "support/recording_display.h"
#include "support/vga_modes.h"
#include "vga/vga_device.h"

namespace oriel::vga {
namespace {

struct Hammered {
    explicit Hammered(uint64_t memory) : vga{loop, display, memory} {
        // After power-on everything is black.
        std::generate(vga.video_memory().begin(), vga.video_memory().end(),
                      [this] { return std::byte{byte()}; });
        vga.write_port(0x3c8, 0);
        for (int i = 0; i < 256 * 3; ++i) {
            vga.write_port(0x3c9, byte());
        }
    }

    uint8_t byte() { return static_cast<uint8_t>(random()); }

    /// Every register of every block, once, in a random order of blocks.
    void write_every_register() {
        const auto indexed = [&](uint16_t port, uint8_t count) {
            for (uint8_t index = 0; index < count; ++index) {
                vga.write_port(port, index);
                vga.write_port(static_cast<uint16_t>(port + 1), byte());
            }
        };
        vga.write_port(0x3c2, static_cast<uint8_t>(byte() | 0x02));
        indexed(0x3c4, 8);
        indexed(0x3ce, 16);
        // Unprotect the first registers now and then.
        vga.write_port(0x3d4, 0x11);
        vga.write_port(0x3d5, static_cast<uint8_t>(byte() & 0x7f));
        indexed(0x3d4, 64);
        indexed(0x3b4, 64);
        static_cast<void>(vga.read_port(0x3da));
        for (uint8_t index = 0; index < 32; ++index) {
            vga.write_port(0x3c0, index);
            vga.write_port(0x3c0, byte());
        }
        vga.write_port(0x3c0, 0x20);
        for (uint16_t port = 0x3b0; port <= 0x3df; ++port) {
            if (random() % 4 == 0) {
                vga.write_port(port, byte());
                static_cast<void>(vga.read_port(port));
            }
        }
        if (random() % 2 == 0) {
            for (uint16_t index = 0; index < 12; ++index) {
                const bool small = random() % 2 == 0;
                vga.write_word_port(0x1ce, index);
                vga.write_word_port(0x1cf,
                                    static_cast<uint16_t>(small ? random() % 900 : random()));
                static_cast<void>(vga.read_word_port(0x1d0));
            }
        }
        vga.set_big_endian(random() % 2 == 0);
    }

    void touch_window() {
        for (int i = 0; i < 200; ++i) {
            const auto offset = static_cast<uint32_t>(random() % MemoryWindow::kBytes);
            vga.write_window(offset, byte());
            static_cast<void>(vga.read_window(offset));
        }
        vga.write_window(MemoryWindow::kBytes - 1, byte());
        static_cast<void>(vga.read_window(MemoryWindow::kBytes - 1));
    }

    /// Draws what the screen shows, all of it and from what has changed.
    void render() {
        vga.update_picture();
        if (const FramebufferRef shown = display.attached(0)) {
            ++shown_rounds;
            look_at(*shown);
        }
        display.forget_calls();  // and the framebuffers in them
        clock.advance(std::chrono::milliseconds{150});
        while (loop.dispatch(Nanoseconds{0})) {
        }
    }

    void look_at(const Framebuffer& shown) {
        const Size size = shown.size();
        REQUIRE_FALSE(size.empty());
        if (std::max(size.width, size.height) > Layout::kMaxSide) {
            // Bochs: at least half a byte a pixel.
            CHECK(size.width <= Dispi::kMaxXres);
            CHECK(size.height <= Dispi::kMaxYres);
            CHECK(size.area() <= vga.video_memory().size() * 2);
        }
        const MemoryBuffer& drawn = shown.memory()->latest();
        REQUIRE(drawn.size() == size);
        const size_t row_bytes = size_t{size.width} * sizeof(uint32_t);
        std::vector<std::byte> anew(row_bytes);
        bool lit = false;
        for (uint32_t y = 0; y < size.height; ++y) {
            const std::byte* row = drawn.row(y);
            lit |= std::any_of(row, row + row_bytes, [](std::byte b) { return b != std::byte{0}; });
            if (shown.vga() != nullptr) {
                // Drawn piece by piece, it is the picture that there is now.
                shown.vga()->rasterise(0, y, size.width, anew.data());
                REQUIRE(std::memcmp(row, anew.data(), row_bytes) == 0);
            }
        }
        lit_rounds += lit ? 1 : 0;
    }

    std::mt19937 random{3};
    int shown_rounds = 0;
    int lit_rounds = 0;  // not all black
    ManualClock clock;
    EventLoop loop{clock};
    test::RecordingDisplay display;
    VgaDevice vga;
};

TEST_SUITE("a guest that writes anything") {
    TEST_CASE("whatever every register of every block holds, the screen can be drawn" *
              doctest::test_suite("long")) {
        for (const uint64_t memory :
             {uint64_t{64} << 10, uint64_t{128} << 10, uint64_t{16} << 20}) {
            CAPTURE(memory);
            Hammered hammered{memory};
            for (int round = 0; round < 150; ++round) {
                hammered.write_every_register();
                hammered.touch_window();
                hammered.render();
            }
            // The others are blanked.
            CHECK(hammered.shown_rounds >= 50);
            CHECK(hammered.lit_rounds >= 40);
            hammered.vga.reset();
            CHECK(hammered.vga.read_word_port(0x1ce) == 0);
            CHECK_FALSE(hammered.vga.big_endian());
        }
    }

    TEST_CASE("fonts and palettes that change between looks") {
        Hammered hammered{uint64_t{16} << 20};
        test::vga_ports_of_device(hammered.vga).set_mode(test::vga_modes::kText80x25);
        for (int round = 0; round < 60; ++round) {
            hammered.vga.write_port(0x3c8, hammered.byte());
            hammered.vga.write_port(0x3c9, hammered.byte());
            hammered.render();
            for (size_t i = 2; i < 0x8000; i += 4) {
                hammered.vga.video_memory()[i] = std::byte{hammered.byte()};
            }
            hammered.vga.write_port(0x3c9, hammered.byte());
            hammered.vga.update_picture();
        }
        CHECK(hammered.lit_rounds >= 40);
        CHECK(hammered.vga.read_port(0x3c7) == 0);
    }
}

}  // namespace
}  // namespace oriel::vga
