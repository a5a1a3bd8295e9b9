// SPDX-License-Identifier: MIT
// Debian's VGA BIOS images, run on our VGA: what they draw is compared with reference pictures
// (reference/*.png) that somebody has looked at. ORIEL_WRITE_REFERENCES=1 writes them anew.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <string>

#include "match/png.h"
#include "support/bios_machine.h"

namespace oriel::vga {
namespace {

using test::BiosMachine;

constexpr const char* kSeaBios = "/usr/share/seabios/vgabios-stdvga.bin";
constexpr const char* kIsaSeaBios = "/usr/share/seabios/vgabios-isavga.bin";
constexpr const char* kLgplBios = "/usr/share/vgabios/vgabios.bin";

bool present(const char* rom) {
    if (std::filesystem::exists(rom)) {
        return true;
    }
    std::cout << "SKIP " << rom << " is not installed\n";
    return false;
}

match::Picture picture(BiosMachine& machine) {
    const FramebufferRef shown = machine.shown();
    REQUIRE(shown);
    match::Picture image{shown->size(), {}};
    const MemoryBuffer& pixels = shown->memory()->latest();
    for (uint32_t y = 0; y < image.size.height; ++y) {
        for (uint32_t x = 0; x < image.size.width; ++x) {
            uint32_t pixel = 0;
            std::memcpy(&pixel, pixels.row(y) + size_t{x} * 4, sizeof pixel);
            image.pixels.push_back(pixel & 0x00ffffff);
        }
    }
    return image;
}

void check_picture(BiosMachine& machine, const std::string& name) {
    CAPTURE(name);
    const std::string file = fmt::format("{}/vga/reference/{}.png", TEST_FOLDER, name);
    const match::Picture seen = picture(machine);
    if (std::getenv("ORIEL_WRITE_REFERENCES") != nullptr) {
        REQUIRE(match::write_png(
            file, {seen.size, seen.size.width * 4, std::as_bytes(std::span{seen.pixels})}));
    }
    const auto expected = match::read_png(file);
    REQUIRE(expected.has_value());
    CHECK(seen.size == expected->size);
    CHECK(seen == *expected);
}

/// A page with the marks of a right picture: corners, colours, text that scrolled.
void draw_text(BiosMachine& machine, uint8_t columns) {
    machine.write(0, 0, 0x1f, "\xda\xc4 Oriel");
    machine.write(static_cast<uint8_t>(columns - 2), 0, 0x4e, "\xc4\xbf");
    machine.write(0, 24, 0x2e, "\xc0");
    for (uint8_t attribute = 0; attribute < 16; ++attribute) {
        machine.move_cursor(static_cast<uint8_t>(2 + attribute * 2), 3);
        machine.repeat('A', static_cast<uint8_t>(attribute), 1);
        machine.move_cursor(static_cast<uint8_t>(2 + attribute * 2), 4);
        machine.repeat('B', static_cast<uint8_t>((attribute & 7) << 4 | 0x0f), 2);
    }
    for (uint8_t line = 0; line < 8; ++line) {
        machine.write(4, static_cast<uint8_t>(8 + line), 0x07, fmt::format("line {}", line));
    }
    machine.scroll_up(2, 0x30, 2, 8, 20, 15);
    machine.scroll_down(1, 0x50, 2, 12, 20, 15);
    machine.scroll_up(0, 0x60, 24, 8, 36, 10);
    machine.move_cursor(2, 18);
    machine.type("typed\r\nnext \x0d\x0a  there");
}

void draw_graphics(BiosMachine& machine, uint16_t width, uint16_t height, uint8_t colours) {
    machine.move_cursor(1, 1);
    machine.type("Oriel", static_cast<uint8_t>(colours - 1));
    machine.move_cursor(1, 3);
    machine.type("scrolled", 1);
    machine.scroll_up(1, 0, 0, 2, 12, 4);
    for (uint16_t x = 0; x < width; ++x) {
        const auto colour = static_cast<uint8_t>(x * colours / width);
        for (uint16_t y = 0; y < 8; ++y) {
            machine.put_pixel(x, static_cast<uint16_t>(height / 2 + y), colour);
        }
        machine.put_pixel(x, 0, static_cast<uint8_t>(colours - 1));
        machine.put_pixel(x, static_cast<uint16_t>(height - 1), 1);
    }
    for (uint16_t y = 0; y < height; ++y) {
        machine.put_pixel(0, y, 1);
        machine.put_pixel(static_cast<uint16_t>(width - 1), y, static_cast<uint8_t>(colours - 1));
        machine.put_pixel(y, y, 1);
    }
    // Not further right: LGPL VGABIOS reads mode 6 as if it had four pixels a byte.
    CHECK(machine.pixel(2, 2) == 1);
}

struct Graphics {
    uint8_t mode;
    uint16_t width;
    uint16_t height;
    uint8_t colours;
};
constexpr std::array<Graphics, 8> kGraphics{{{0x04, 320, 200, 4},
                                             {0x05, 320, 200, 4},
                                             {0x06, 640, 200, 2},
                                             {0x0d, 320, 200, 16},
                                             {0x0e, 640, 200, 16},
                                             {0x10, 640, 350, 16},
                                             {0x12, 640, 480, 16},
                                             {0x13, 320, 200, 255}}};

TEST_SUITE("VGA BIOS") {
    TEST_CASE("text modes 0 to 3") {
        for (const char* rom : {kSeaBios, kIsaSeaBios, kLgplBios}) {
            if (!present(rom)) {
                continue;
            }
            CAPTURE(std::string{rom});
            BiosMachine machine{rom};
            for (uint8_t mode = 0; mode < 4; ++mode) {
                machine.set_mode(mode);
                const uint8_t columns = mode < 2 ? 40 : 80;
                CHECK(machine.peek(0x449) == mode);
                CHECK(machine.peek_word(0x44a) == columns);
                draw_text(machine, columns);
                // In memory: the attribute of the top right corner.
                CHECK(machine.peek_word(0xb8000U + columns * 2U - 2U) == 0x4ebf);
                CHECK(machine.vga().mode_name() == fmt::format("text {}x25", columns));
                check_picture(machine,
                              fmt::format("text-{}{}", columns, rom == kLgplBios ? "-lgpl" : ""));
            }
        }
    }

    TEST_CASE("graphics modes 4 to 6, 0Dh, 0Eh, 10h, 12h and 13h" * doctest::test_suite("long")) {
        for (const char* rom : {kSeaBios, kLgplBios}) {
            if (!present(rom)) {
                continue;
            }
            CAPTURE(std::string{rom});
            BiosMachine machine{rom};
            for (const Graphics& graphics : kGraphics) {
                CAPTURE(int{graphics.mode});
                machine.set_mode(graphics.mode);
                draw_graphics(machine, graphics.width, graphics.height, graphics.colours);
                check_picture(machine, fmt::format("mode-{:02x}", graphics.mode));
            }
        }
    }

    TEST_CASE("fonts: 43 and 50 rows, a letter of our own, two maps") {
        if (!present(kSeaBios)) {
            return;
        }
        BiosMachine machine{kSeaBios};
        machine.set_mode(3);
        machine.int10({.ax = 0x1112});
        CHECK(machine.peek(0x484) == 49);
        machine.write(0, 49, 0x1e, "row 50");
        CHECK(machine.vga().mode_name() == "text 80x50");
        check_picture(machine, "text-80x50");

        machine.set_mode(3);
        machine.int10({.ax = 0x1111});
        machine.write(0, 27, 0x1e, "row 28, 14 lines each");
        CHECK(machine.peek(0x484) == 27);

        machine.set_mode(3);
        std::array<std::byte, 16> box{};
        box.fill(std::byte{0x81});
        box.front() = box.back() = std::byte{0xff};
        machine.fill_buffer(box);
        // One letter of 16 lines, 'A', into map 1, which attribute bit 3 chooses from now on.
        machine.int10({.ax = 0x1114, .bx = 0x0001});
        machine.int10(
            {.ax = 0x1100, .bx = 0x1001, .cx = 1, .dx = 'A', .bp = 0, .es = BiosMachine::kBuffer});
        machine.int10({.ax = 0x1103, .bx = 0x0004});
        machine.write(0, 0, 0x07, "AB");
        machine.write(2, 0, 0x0f, "AB");
        check_picture(machine, "text-two-fonts");
    }

    TEST_CASE("palettes: attribute colours, the DAC, a block of it") {
        if (!present(kSeaBios)) {
            return;
        }
        BiosMachine machine{kSeaBios};
        machine.set_mode(3);
        machine.int10({.ax = 0x1000, .bx = 0x0401});  // colour 1 shows DAC colour 4
        machine.int10({.ax = 0x1010, .bx = 2, .cx = 0x3f00, .dx = 0x3f00});  // 2: yellow
        const auto block =
            std::to_array<std::byte>({std::byte{0x3f}, std::byte{0x10}, std::byte{0}, std::byte{0},
                                      std::byte{0x3f}, std::byte{0x3f}});
        machine.fill_buffer(block);
        machine.int10({.ax = 0x1012, .bx = 5, .cx = 1, .dx = 0, .es = BiosMachine::kBuffer});
        for (uint8_t colour = 1; colour < 6; ++colour) {
            machine.write(0, colour, static_cast<uint8_t>(colour << 4), "          ");
        }
        const match::Picture image = picture(machine);
        const auto at = [&](uint32_t row) { return image.pixels[(row * 16 + 2) * 720]; };
        CHECK(at(1) == 0xaa0000);
        CHECK(at(2) == 0xffff00);
        CHECK(at(5) == 0xff4100);
    }

    TEST_CASE("VBE modes of every depth, with and without the linear frame buffer") {
        for (const char* rom : {kSeaBios, kLgplBios}) {
            if (!present(rom)) {
                continue;
            }
            CAPTURE(std::string{rom});
            BiosMachine machine{rom};
            struct Vbe {
                uint16_t mode;
                uint8_t bpp;
            };
            for (const Vbe& vbe :
                 {Vbe{0x101, 8}, {0x110, 15}, {0x111, 16}, {0x112, 24}, {0x142, 32}}) {
                CAPTURE(vbe.mode);
                const auto info = machine.vbe_mode_info(vbe.mode);
                if (info.empty()) {
                    // LGPL VGABIOS numbers its 32-bit modes otherwise.
                    CHECK(vbe.bpp == 32);
                    continue;
                }
                CHECK(std::to_integer<uint8_t>(info[0x19]) == vbe.bpp);
                uint16_t stride = 0;
                std::memcpy(&stride, &info[0x10], sizeof stride);
                CHECK(stride == 640 * ((vbe.bpp + 7) / 8));
                for (const uint16_t linear : {uint16_t{0}, uint16_t{0x4000}}) {
                    REQUIRE(machine.set_vbe_mode(vbe.mode | linear));
                    CHECK(machine.vga().mode_name() == fmt::format("bochs 640x480x{}", vbe.bpp));
                    // 128 KiB in, by the way that the BIOS offers: its banks or the linear frame
                    // buffer.
                    constexpr size_t kAt = 0x20003;
                    if (linear == 0) {
                        machine.int10({.ax = 0x4f05, .bx = 0, .dx = kAt >> 16});
                        machine.poke(0xa0000 + (kAt & 0xffff), vbe.bpp);
                    } else {
                        uint32_t frame_buffer = 0;
                        std::memcpy(&frame_buffer, &machine.vbe_mode_info(vbe.mode)[0x28], 4);
                        machine.poke(frame_buffer + kAt, vbe.bpp);
                    }
                    CHECK(machine.vga().video_memory()[kAt] == std::byte{vbe.bpp});
                }
            }
            CHECK_FALSE(machine.set_vbe_mode(0x1ee));
            machine.set_mode(3);
            CHECK(machine.vga().mode_name() == "text 80x25");
        }
    }

    TEST_CASE("a file that is no ROM is refused") {
        CHECK_THROWS_WITH(BiosMachine{"/dev/null"}, "/dev/null: not an option ROM");
    }
}

}  // namespace
}  // namespace oriel::vga
