// SPDX-License-Identifier: MIT
#include "support/bios_machine.h"

#include <fmt/format.h>
#include <x86emu.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "vga/memory_window.h"

namespace oriel::test {
namespace {

constexpr uint32_t kRomAddress = 0xc0000;
constexpr uint16_t kRomSegment = 0xc000;
constexpr uint16_t kRomEntry = 3;
constexpr size_t kRomBlock = 512;
constexpr size_t kRomLimit = 0x20000;

// The system BIOS: where a finished call halts, and an interrupt that does nothing.
constexpr uint16_t kSystemSegment = 0xf000;
constexpr uint16_t kHaltOffset = 0x0000;
constexpr uint16_t kIretOffset = 0x0010;
constexpr uint8_t kHalt = 0xf4;
constexpr uint8_t kIret = 0xcf;

constexpr uint16_t kStackSegment = 0x8000;
constexpr uint16_t kStackTop = 0xfff0;
constexpr uint64_t kInstructions = 400'000'000;

constexpr uint16_t kBdaEquipment = 0x410;
constexpr uint16_t kBdaMemorySize = 0x413;

constexpr uint16_t kConfigAddressPort = 0xcf8;
constexpr uint16_t kConfigDataPort = 0xcfc;
constexpr uint16_t kCard = 0x0010;  // 00:02.0
constexpr uint32_t kBar0 = 0xe0000000;
constexpr uint32_t kBar2 = 0xfebf0000;
constexpr uint32_t kBar2Size = 0x1000;
constexpr uint32_t kBar2Ports = 0x400;
constexpr uint32_t kBar2Dispi = 0x500;

constexpr uint16_t kFirstPort = 0x3b0;
constexpr uint16_t kLastPort = 0x3df;
constexpr uint16_t kFirstWordPort = 0x1ce;
constexpr uint16_t kLastWordPort = 0x1d0;

uint16_t word(uint8_t high, uint8_t low) {
    return static_cast<uint16_t>(high << 8 | low);
}

unsigned width_of(unsigned type) {
    switch (type & 0xff) {
        case X86EMU_MEMIO_16:
            return 2;
        case X86EMU_MEMIO_32:
            return 4;
        default:
            return 1;
    }
}

}  // namespace

struct BiosMachine::Hooks {
    static BiosMachine& machine(x86emu_s* emulator) {
        return *static_cast<BiosMachine*>(emulator->_private);
    }

    static unsigned memory_or_io(x86emu_s* emulator, uint32_t address, uint32_t* value,
                                 unsigned type) {
        BiosMachine& self = machine(emulator);
        const unsigned width = width_of(type);
        switch (type & ~0xffU) {
            case X86EMU_MEMIO_W:
                self.store(address, width, *value);
                break;
            case X86EMU_MEMIO_I:
                *value = self.read_io(static_cast<uint16_t>(address), width);
                break;
            case X86EMU_MEMIO_O:
                self.write_io(static_cast<uint16_t>(address), width, *value);
                break;
            default:
                *value = self.load(address, width);
                break;
        }
        return 0;
    }

    static int interrupt(x86emu_s* emulator, uint8_t number, unsigned) {
        return number == 0x15 && machine(emulator).int15() ? 1 : 0;
    }
};

void BiosMachine::EmulatorDeleter::operator()(x86emu_s* emulator) const {
    x86emu_done(emulator);
}

BiosMachine::BiosMachine(const std::string& rom_file, uint64_t video_memory)
    : vga_{loop_, screen_, video_memory},
      emulator_{x86emu_new(X86EMU_PERM_RWX | X86EMU_PERM_VALID, X86EMU_PERM_RW)} {
    emulator_->_private = this;
    x86emu_set_memio_handler(emulator_.get(), &Hooks::memory_or_io);
    x86emu_set_intr_handler(emulator_.get(), &Hooks::interrupt);
    vga_.freeze_blink(true);
    // SeaBIOS calls ROMs in "big real mode": data segments reach 4 GiB, and with them the BARs.
    for (auto* segment = emulator_->x86.seg; segment != emulator_->x86.seg + R_NOSEG_INDEX;
         ++segment) {
        segment->limit = 0xffffffff;
    }
    set_up_vectors();
    load_rom(rom_file);
    emulator_->x86.R_EAX = kCard;
    call_far(kRomSegment, kRomEntry, false);
}

BiosMachine::~BiosMachine() = default;

void BiosMachine::set_up_vectors() {
    const size_t system = size_t{kSystemSegment} * 16;
    memory_[system + kHaltOffset] = std::byte{kHalt};
    memory_[system + kIretOffset] = std::byte{kIret};
    for (uint32_t vector = 0; vector < 256; ++vector) {
        store(vector * 4, 2, kIretOffset);
        store(vector * 4 + 2, 2, kSystemSegment);
    }
    store(kBdaEquipment, 2, 0x0000);
    store(kBdaMemorySize, 2, 640);
}

void BiosMachine::load_rom(const std::string& file) {
    std::ifstream stream{file, std::ios::binary};
    const std::vector<char> image{std::istreambuf_iterator<char>{stream}, {}};
    const auto byte_at = [&](size_t at) { return static_cast<uint8_t>(image[at]); };
    if (image.size() < kRomBlock || image.size() > kRomLimit || byte_at(0) != 0x55 ||
        byte_at(1) != 0xaa || byte_at(2) * kRomBlock > image.size()) {
        throw std::runtime_error{file + ": not an option ROM"};
    }
    std::memcpy(&memory_[kRomAddress], image.data(), image.size());
}

void BiosMachine::push(uint16_t value) {
    auto& cpu = emulator_->x86;
    cpu.R_SP = static_cast<uint16_t>(cpu.R_SP - 2);
    store(kStackSegment * 16U + cpu.R_SP, 2, value);
}

void BiosMachine::call_far(uint16_t segment, uint16_t offset, bool interrupt) {
    auto& cpu = emulator_->x86;
    x86emu_set_seg_register(emulator_.get(), cpu.R_SS_SEL, kStackSegment);
    cpu.R_ESP = kStackTop;
    if (interrupt) {
        push(F_ALWAYS_ON);
    }
    push(kSystemSegment);
    push(kHaltOffset);
    x86emu_set_seg_register(emulator_.get(), cpu.R_CS_SEL, segment);
    cpu.R_EIP = offset;
    cpu.R_EFLG = F_ALWAYS_ON;
    // It counts from when it was made.
    emulator_->max_instr = cpu.R_TSC + kInstructions;
    const unsigned stopped = x86emu_run(emulator_.get(), X86EMU_RUN_MAX_INSTR);
    if (stopped != 0 || cpu.R_CS != kSystemSegment) {
        throw std::runtime_error{
            fmt::format("the BIOS doesn't come back: {:04x}:{:04x}", cpu.R_CS, cpu.R_IP)};
    }
}

BiosMachine::Call BiosMachine::int10(const Call& call) {
    auto& cpu = emulator_->x86;
    cpu.R_EAX = call.ax;
    cpu.R_EBX = call.bx;
    cpu.R_ECX = call.cx;
    cpu.R_EDX = call.dx;
    cpu.R_EBP = call.bp;
    cpu.R_EDI = call.di;
    cpu.R_ESI = 0;
    x86emu_set_seg_register(emulator_.get(), cpu.R_ES_SEL, call.es);
    x86emu_set_seg_register(emulator_.get(), cpu.R_DS_SEL, 0);
    constexpr uint32_t kVector = 0x10 * 4;
    call_far(peek_word(kVector + 2), peek_word(kVector), true);
    return {.ax = cpu.R_AX,
            .bx = cpu.R_BX,
            .cx = cpu.R_CX,
            .dx = cpu.R_DX,
            .bp = cpu.R_BP,
            .di = cpu.R_DI,
            .es = cpu.R_ES};
}

// --- int 10h

void BiosMachine::move_cursor(uint8_t column, uint8_t row, uint8_t page) {
    int10({.ax = 0x0200, .bx = word(page, 0), .dx = word(row, column)});
}

void BiosMachine::write(uint8_t column, uint8_t row, uint8_t attribute, std::string_view text) {
    fill_buffer(std::as_bytes(std::span{text}));
    int10({.ax = 0x1301,
           .bx = attribute,
           .cx = static_cast<uint16_t>(text.size()),
           .dx = word(row, column),
           .bp = 0,
           .es = kBuffer});
}

void BiosMachine::type(std::string_view text, uint8_t colour) {
    for (const char character : text) {
        int10({.ax = word(0x0e, static_cast<uint8_t>(character)), .bx = colour});
    }
}

void BiosMachine::repeat(char character, uint8_t attribute, uint16_t count) {
    int10({.ax = word(0x09, static_cast<uint8_t>(character)), .bx = attribute, .cx = count});
}

void BiosMachine::scroll_up(uint8_t lines, uint8_t attribute, uint8_t left, uint8_t top,
                            uint8_t right, uint8_t bottom) {
    int10({.ax = word(0x06, lines),
           .bx = word(attribute, 0),
           .cx = word(top, left),
           .dx = word(bottom, right)});
}

void BiosMachine::scroll_down(uint8_t lines, uint8_t attribute, uint8_t left, uint8_t top,
                              uint8_t right, uint8_t bottom) {
    int10({.ax = word(0x07, lines),
           .bx = word(attribute, 0),
           .cx = word(top, left),
           .dx = word(bottom, right)});
}

void BiosMachine::put_pixel(uint16_t x, uint16_t y, uint8_t colour) {
    int10({.ax = word(0x0c, colour), .cx = x, .dx = y});
}

uint8_t BiosMachine::pixel(uint16_t x, uint16_t y) {
    return static_cast<uint8_t>(int10({.ax = 0x0d00, .cx = x, .dx = y}).ax);
}

bool BiosMachine::set_vbe_mode(uint16_t mode) {
    return int10({.ax = 0x4f02, .bx = mode}).ax == 0x004f;
}

std::span<const std::byte> BiosMachine::vbe_mode_info(uint16_t mode) {
    constexpr size_t kInfo = 256;
    const auto answer = int10({.ax = 0x4f01, .cx = mode, .es = kBuffer});
    const auto buffer = std::span{memory_}.subspan(kBuffer * size_t{16}, kInfo);
    return answer.ax == 0x004f ? buffer : buffer.first(0);
}

FramebufferRef BiosMachine::shown() {
    // Long enough for a change of mode to be taken for complete, and a mode that went for dark.
    for (int i = 0; i < 300; ++i) {
        while (loop_.dispatch(Nanoseconds{0})) {
        }
        clock_.advance(std::chrono::milliseconds{1});
    }
    vga_.update_picture();
    return screen_.attached;
}

// --- memory and ports

uint8_t BiosMachine::peek(uint32_t address) {
    return static_cast<uint8_t>(load(address, 1));
}

uint16_t BiosMachine::peek_word(uint32_t address) {
    return static_cast<uint16_t>(load(address, 2));
}

void BiosMachine::poke(uint32_t address, uint8_t value) {
    store(address, 1, value);
}

void BiosMachine::fill_buffer(std::span<const std::byte> bytes) {
    std::copy(bytes.begin(), bytes.end(), memory_.begin() + kBuffer * 16);
}

uint8_t BiosMachine::in(uint16_t port) {
    return static_cast<uint8_t>(read_io(port, 1));
}

void BiosMachine::out(uint16_t port, uint8_t value) {
    write_io(port, 1, value);
}

uint32_t BiosMachine::load(uint32_t address, unsigned bytes) {
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; ++i, ++address) {
        uint8_t byte = 0xff;
        const uint32_t in_window = address - vga::MemoryWindow::kFirstAddress;
        if (in_window < vga::MemoryWindow::kBytes) {
            byte = vga_.read_window(in_window);
        } else if (address < memory_.size()) {
            byte = std::to_integer<uint8_t>(memory_[address]);
        } else if (address - kBar0 < vga_.video_memory().size()) {
            byte = std::to_integer<uint8_t>(vga_.video_memory()[address - kBar0]);
        } else if (address - kBar2 < kBar2Size) {
            byte = read_bar2(address - kBar2);
        }
        value |= uint32_t{byte} << (8 * i);
    }
    return value;
}

uint8_t BiosMachine::read_bar2(uint32_t offset) {
    if (offset >= kBar2Dispi) {
        const uint32_t at = offset - kBar2Dispi;
        const uint16_t value = vga_.read_dispi(static_cast<uint16_t>(at / 2));
        return static_cast<uint8_t>(value >> (8 * (at % 2)));
    }
    return 0;
}

void BiosMachine::store(uint32_t address, unsigned bytes, uint32_t value) {
    if (address - kBar2 < kBar2Size) {
        if (bytes == 2 && address - kBar2 >= kBar2Dispi) {
            vga_.write_dispi(static_cast<uint16_t>((address - kBar2 - kBar2Dispi) / 2),
                             static_cast<uint16_t>(value));
        } else if (bytes == 1 && address - kBar2 >= kBar2Ports) {
            vga_.write_port(static_cast<uint16_t>(0x3c0 + address - kBar2 - kBar2Ports),
                            static_cast<uint8_t>(value));
        }
        return;
    }
    for (unsigned i = 0; i < bytes; ++i, ++address) {
        const auto byte = static_cast<uint8_t>(value >> (8 * i));
        const uint32_t in_window = address - vga::MemoryWindow::kFirstAddress;
        if (in_window < vga::MemoryWindow::kBytes) {
            vga_.write_window(in_window, byte);
        } else if (address < memory_.size()) {
            memory_[address] = std::byte{byte};
        } else if (address - kBar0 < vga_.video_memory().size()) {
            vga_.video_memory()[address - kBar0] = std::byte{byte};
        }
    }
}

uint32_t BiosMachine::read_io(uint16_t port, unsigned bytes) {
    clock_.advance(std::chrono::microseconds{1});
    if (bytes == 2 && port >= kFirstWordPort && port <= kLastWordPort) {
        return vga_.read_word_port(port);
    }
    if (port >= kConfigDataPort && port < kConfigDataPort + 4) {
        return read_config() >> (8 * (port - kConfigDataPort));
    }
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; ++i, ++port) {
        const bool vga = port >= kFirstPort && port <= kLastPort;
        value |= uint32_t{vga ? vga_.read_port(port) : uint8_t{0xff}} << (8 * i);
    }
    return value;
}

void BiosMachine::write_io(uint16_t port, unsigned bytes, uint32_t value) {
    clock_.advance(std::chrono::microseconds{1});
    if (bytes == 2 && port >= kFirstWordPort && port <= kLastWordPort) {
        vga_.write_word_port(port, static_cast<uint16_t>(value));
        return;
    }
    if (port == kConfigAddressPort && bytes == 4) {
        config_address_ = value;
        return;
    }
    for (unsigned i = 0; i < bytes; ++i, ++port) {
        if (port >= kFirstPort && port <= kLastPort) {
            vga_.write_port(port, static_cast<uint8_t>(value >> (8 * i)));
        }
    }
}

uint32_t BiosMachine::read_config() const {
    if ((config_address_ >> 8 & 0xffff) != kCard) {
        return 0xffffffff;
    }
    switch (config_address_ & 0xfc) {
        case 0x00:
            return 0x11111234;
        case 0x04:
            return 0x00000003;
        case 0x08:
            return 0x03000001;
        case 0x10:
            return kBar0 | 8;
        case 0x18:
            return kBar2;
        default:
            return 0;
    }
}

bool BiosMachine::int15() {
    auto& cpu = emulator_->x86;
    if (cpu.R_AH != 0x87) {
        return false;
    }
    // ES:SI: descriptors of 8 bytes; the third is the source, the fourth the destination.
    const uint32_t table = cpu.R_ES_BASE + cpu.R_SI;
    const auto base = [&](uint32_t descriptor) {
        return (load(descriptor + 2, 4) & 0xffffff) | load(descriptor + 7, 1) << 24;
    };
    const uint32_t from = base(table + 0x10);
    const uint32_t to = base(table + 0x18);
    for (uint32_t at = 0; at < cpu.R_CX * 2U; at += 2) {
        store(to + at, 2, load(from + at, 2));
    }
    cpu.R_AH = 0;
    X86EMU_CLEAR_FLAG(emulator_.get(), F_CF);
    return true;
}

}  // namespace oriel::test
