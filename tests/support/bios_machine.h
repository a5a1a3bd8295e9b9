// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/event_loop.h"
#include "scanout/null_display.h"
#include "vga/vga_device.h"

struct x86emu_s;

namespace oriel::test {

/// A PC with nothing but a CPU (libx86emu), RAM, the VGA in it and a real VGA BIOS.
///
/// The card is at 00:02.0, with BAR0 and BAR2 above 3 GiB, behind configuration mechanism 1. Each
/// port access takes a microsecond of the machine's clock, so that waiting for a retrace ends. The
/// system BIOS knows int 15h, AH=87h (copy above 1 MiB); every other vector is an IRET until the
/// ROM sets it. Whatever goes wrong (a ROM that is none, code that doesn't come to an end) throws
/// std::runtime_error with a line that says what.
class BiosMachine {
public:
    /// 16-bit registers of a call, in and out.
    struct Call {
        uint16_t ax = 0;
        uint16_t bx = 0;
        uint16_t cx = 0;
        uint16_t dx = 0;
        uint16_t bp = 0;
        uint16_t di = 0;
        uint16_t es = 0;
    };
    static constexpr uint64_t kVideoMemory = uint64_t{16} << 20;
    /// A real-mode segment of RAM for buffers of calls: kBuffer * 16 is its address.
    static constexpr uint16_t kBuffer = 0x2000;

    /// Loads the image at 0xc0000 and calls its entry point, as a system BIOS does at power-on.
    explicit BiosMachine(const std::string& rom_file, uint64_t video_memory = kVideoMemory);
    ~BiosMachine();
    BiosMachine(const BiosMachine&) = delete;
    BiosMachine& operator=(const BiosMachine&) = delete;

    // --- int 10h

    Call int10(const Call& call);
    void set_mode(uint8_t mode) { int10({.ax = mode}); }
    void move_cursor(uint8_t column, uint8_t row, uint8_t page = 0);
    /// AH=13h: text with an attribute; the cursor follows.
    void write(uint8_t column, uint8_t row, uint8_t attribute, std::string_view text);
    /// AH=0eh: as a terminal, with its control characters. `colour` counts in graphics modes.
    void type(std::string_view text, uint8_t colour = 7);
    /// AH=09h: `count` times the same at the cursor, which stays.
    void repeat(char character, uint8_t attribute, uint16_t count);
    /// AH=06h and 07h: lines inside a rectangle (both corners belong to it); 0 lines clear it.
    void scroll_up(uint8_t lines, uint8_t attribute, uint8_t left, uint8_t top, uint8_t right,
                   uint8_t bottom);
    void scroll_down(uint8_t lines, uint8_t attribute, uint8_t left, uint8_t top, uint8_t right,
                     uint8_t bottom);
    /// AH=0ch and 0dh.
    void put_pixel(uint16_t x, uint16_t y, uint8_t colour);
    [[nodiscard]] uint8_t pixel(uint16_t x, uint16_t y);
    /// AX=4F02h; false if the BIOS refuses. `mode` with bit 14: linear frame buffer, 15: no clear.
    bool set_vbe_mode(uint16_t mode);
    /// AX=4F01h's answer, 256 bytes at kBuffer:0; empty if the BIOS doesn't know the mode.
    [[nodiscard]] std::span<const std::byte> vbe_mode_info(uint16_t mode);

    // --- the machine

    /// RAM and ROM, 1 MiB; where the VGA's window is, nothing of it shows here.
    [[nodiscard]] std::span<std::byte> ram() { return memory_; }
    [[nodiscard]] uint8_t peek(uint32_t address);
    [[nodiscard]] uint16_t peek_word(uint32_t address);
    void poke(uint32_t address, uint8_t value);
    /// Copies to kBuffer:0.
    void fill_buffer(std::span<const std::byte> bytes);
    [[nodiscard]] uint8_t in(uint16_t port);
    void out(uint16_t port, uint8_t value);
    [[nodiscard]] vga::VgaDevice& vga() { return vga_; }
    /// What is on the screen, brought up to date; null while it is dark. Nothing blinks.
    [[nodiscard]] FramebufferRef shown();
    [[nodiscard]] ManualClock& clock() { return clock_; }
    [[nodiscard]] EventLoop& loop() { return loop_; }

private:
    /// Keeps what is attached.
    class Screen final : public NullDisplay {
    public:
        using NullDisplay::NullDisplay;
        void attach(ScanoutId, FramebufferRef framebuffer, const Rect&) override {
            attached = std::move(framebuffer);
        }
        void detach(ScanoutId) override { attached.reset(); }
        FramebufferRef attached;
    };
    struct Hooks;  // what libx86emu calls
    struct EmulatorDeleter {
        void operator()(x86emu_s* emulator) const;
    };

    void load_rom(const std::string& file);
    void set_up_vectors();
    void call_far(uint16_t segment, uint16_t offset, bool interrupt);
    void push(uint16_t word);
    [[nodiscard]] uint32_t read_io(uint16_t port, unsigned bytes);
    void write_io(uint16_t port, unsigned bytes, uint32_t value);
    [[nodiscard]] uint32_t read_config() const;
    [[nodiscard]] uint8_t read_bar2(uint32_t offset);
    [[nodiscard]] uint32_t load(uint32_t address, unsigned bytes);
    void store(uint32_t address, unsigned bytes, uint32_t value);
    bool int15();

    ManualClock clock_;
    EventLoop loop_{clock_};
    Screen screen_{{ScreenInfo{}}};
    vga::VgaDevice vga_;
    std::vector<std::byte> memory_ = std::vector<std::byte>(size_t{1} << 20);
    uint32_t config_address_ = 0;
    std::unique_ptr<x86emu_s, EmulatorDeleter> emulator_;
};

}  // namespace oriel::test
