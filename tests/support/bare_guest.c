// SPDX-License-Identifier: MIT
// A guest without an operating system: a multiboot kernel for QEMU's PCs (-kernel) that draws by
// the bochs display interface of the first VGA that it finds. Its command line's last word says
// what it does:
//   once     draws one frame, shows it for a tenth of a second, and turns itself off
//   stay     draws one frame, and does nothing more
//   never    draws nothing
//   sizes    has another size a thousand times a second, for ever
//   flips    changes the picture's first line 30 times a second, for ever
//   text     sets a text mode of 80x25, without a font, and writes a line
//   panic    draws one frame and tells QEMU's pvpanic device
#include <stdint.h>

enum {
    kMultibootMagic = 0x1badb002,
    kConfigAddress = 0xcf8,
    kConfigData = 0xcfc,
    kPowerControl = 0x604,  // where QEMU's firmware puts it on both PCs
    kPowerTimer = 0x608,    // 3.579545 MHz, 24 bits
    kPvpanic = 0x505,
    kTicksPerMs = 3580,
    kBuses = 8,
    kVgaPorts = 0x400,  // 0x3c0 to 0x3df, in the same BAR as
    kDispiRegisters = 0x500,
};
// Registers of the bochs display interface.
enum { kWidth = 1, kHeight = 2, kDepth = 3, kEnable = 4 };

struct MultibootHeader {
    uint32_t magic;
    uint32_t flags;
    uint32_t checksum;
};
__attribute__((section(".multiboot"), used)) static const struct MultibootHeader header = {
    kMultibootMagic, 0, 0U - kMultibootMagic};

struct MultibootInfo {
    uint32_t flags;
    uint32_t memory[2];
    uint32_t boot_device;
    uint32_t command_line;
};

struct Vga {
    volatile uint32_t* pixels;
    volatile uint16_t* registers;
    volatile uint8_t* ports;
};

static void out8(uint16_t port, uint8_t value) {
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}
static void out16(uint16_t port, uint16_t value) {
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}
static void out32(uint16_t port, uint32_t value) {
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}
static uint32_t in32(uint16_t port) {
    uint32_t value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static uint32_t config(uint32_t device, uint32_t offset) {
    out32(kConfigAddress, 0x80000000U | device << 11 | offset);
    return in32(kConfigData);
}

static void sleep_ms(uint32_t ms) {
    // In pieces: the timer has 24 bits.
    for (; ms > 0; --ms) {
        const uint32_t start = in32(kPowerTimer);
        while (((in32(kPowerTimer) - start) & 0xffffff) < kTicksPerMs) {
        }
    }
}

static void sleep_for_ever(void) {
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

/// The first VGA; the firmware has given it addresses.
static struct Vga find_vga(void) {
    for (uint32_t device = 0; device < kBuses * 32; ++device) {
        if (config(device, 8) >> 16 == 0x0300) {
            const uintptr_t bar = config(device, 0x18) & ~0xfU;
            return (struct Vga){(volatile uint32_t*)(uintptr_t)(config(device, 0x10) & ~0xfU),
                                (volatile uint16_t*)(bar + kDispiRegisters),
                                (volatile uint8_t*)(bar + kVgaPorts)};
        }
    }
    sleep_for_ever();
    __builtin_unreachable();
}

static void set_mode(const struct Vga* vga, uint16_t width, uint16_t height) {
    vga->registers[kEnable] = 0;
    vga->registers[kWidth] = width;
    vga->registers[kHeight] = height;
    vga->registers[kDepth] = 32;
    vga->registers[kEnable] = 0x41;  // on, with all of its memory in one piece
}

static void fill(const struct Vga* vga, uint32_t pixels, uint32_t colour) {
    for (uint32_t i = 0; i < pixels; ++i) {
        vga->pixels[i] = colour;
    }
}

/// Whether the command line ends with this word.
static int asked_for(const struct MultibootInfo* info, const char* word) {
    const char* line = (const char*)(uintptr_t)info->command_line;
    uint32_t length = 0;
    uint32_t letters = 0;
    while (line[length] != 0) {
        ++length;
    }
    while (word[letters] != 0) {
        ++letters;
    }
    if (letters > length) {
        return 0;
    }
    for (uint32_t i = 0; i < letters; ++i) {
        if (line[length - letters + i] != word[i]) {
            return 0;
        }
    }
    return 1;
}

static void change_sizes(const struct Vga* vga) {
    for (uint32_t step = 0;; ++step) {
        set_mode(vga, (uint16_t)(320 + step % 64 * 8), (uint16_t)(200 + step % 48 * 8));
        vga->pixels[0] = step;
        sleep_ms(1);
    }
}

static void flip(const struct Vga* vga) {
    for (uint32_t step = 0;; ++step) {
        fill(vga, 320, step * 0x010305U & 0xffffff);
        sleep_ms(33);
    }
}

static void write_port(const struct Vga* vga, uint16_t port, uint8_t value) {
    vga->ports[port - 0x3c0] = value;
}

static void write_table(const struct Vga* vga, uint16_t port, uint8_t first, const uint8_t* values,
                        uint8_t count) {
    for (uint8_t i = 0; i < count; ++i) {
        write_port(vga, port, (uint8_t)(first + i));
        write_port(vga, (uint16_t)(port + 1), values[i]);
    }
}

/// A VGA BIOS' mode 3: text of 80x25, cells of 9x16.
static void write_text(const struct Vga* vga, const char* line) {
    static const uint8_t sequencer[4] = {0x00, 0x03, 0x00, 0x02};
    static const uint8_t crtc[25] = {0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00,
                                     0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x0e,
                                     0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff};
    static const uint8_t graphics[9] = {0, 0, 0, 0, 0, 0x10, 0x0e, 0, 0xff};
    static const uint8_t attribute[21] = {0,  1,  2,  3,  4,  5,  6,    7,  8, 9, 10,
                                          11, 12, 13, 14, 15, 12, 0x00, 15, 8, 0};
    vga->registers[kEnable] = 0;
    write_port(vga, 0x3c2, 0x67);
    write_table(vga, 0x3c4, 1, sequencer, 4);
    write_table(vga, 0x3d4, 0x11, (const uint8_t[1]){0x0e}, 1);  // the others may be written
    write_table(vga, 0x3d4, 0, crtc, 25);
    write_table(vga, 0x3ce, 0, graphics, 9);
    (void)vga->ports[0x3da - 0x3c0];
    for (uint8_t i = 0; i < 21; ++i) {
        write_port(vga, 0x3c0, i);
        write_port(vga, 0x3c0, attribute[i]);
    }
    write_port(vga, 0x3c0, 0x20);  // shown
    // A character and its attribute lie side by side, as two of four planes; each other place of
    // these is not shown.
    for (uint32_t i = 0; i < 80 * 25; ++i) {
        vga->pixels[2 * i] = 0x0720;
    }
    for (uint32_t i = 0; line[i] != 0; ++i) {
        vga->pixels[2 * (2 * 80 + 5 + i)] = 0x0700U | (uint8_t)line[i];
    }
}

__attribute__((used)) static void guest_main(const struct MultibootInfo* info) {
    if (asked_for(info, "never")) {
        sleep_for_ever();
    }
    const struct Vga vga = find_vga();
    if (asked_for(info, "text")) {
        write_text(&vga, "Bare guest: 80x25");
        sleep_for_ever();
    }
    set_mode(&vga, 320, 200);
    fill(&vga, 320 * 200, 0x2040c0);
    if (asked_for(info, "sizes")) {
        change_sizes(&vga);
    }
    if (asked_for(info, "flips")) {
        flip(&vga);
    }
    if (asked_for(info, "stay")) {
        sleep_for_ever();
    }
    sleep_ms(100);
    if (asked_for(info, "panic")) {
        out8(kPvpanic, 1);
    }
    out16(kPowerControl, 0x2000);  // S5
    sleep_for_ever();
}

__asm__(
    ".globl start\n"
    "start:\n"
    "    mov $stack_end, %esp\n"
    "    push %ebx\n"  // what the loader says
    "    push $0\n"
    "    jmp guest_main\n"
    ".bss\n"
    ".skip 16384\n"
    "stack_end:\n"
    ".text\n");
