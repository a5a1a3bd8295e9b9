// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <fmt/format.h>
#include "support/bios_machine.h"
using namespace oriel;
using oriel::test::BiosMachine;
TEST_CASE("x") {
    for (const char* rom : {"/usr/share/seabios/vgabios-stdvga.bin", "/usr/share/vgabios/vgabios.bin", "/usr/share/seabios/vgabios-isavga.bin","/usr/share/seabios/vgabios-bochs-display.bin"}) {
        try {
        BiosMachine m{rom};
        fmt::print("{} mode {:x}\n", rom, m.peek(0x449));
        m.set_mode(3);
        m.write(3, 2, 0x1e, "Hello");
        for (int i = 0; i < 12; ++i) fmt::print("{:02x} ", m.peek(0xb8000 + 2*160+6 + i));
        fmt::print("\n4f02 {} misc {:x}\n", m.set_vbe_mode(0x4118), m.in(0x3cc));
        } catch (std::exception& e) { fmt::print("{}: {}\n", rom, e.what()); }
    }
}
