// SPDX-License-Identifier: MIT
#include "pci/legacy_vga.h"

#include <cstring>

#include "display_layout.h"

namespace oriel::pci {
namespace {

bool within(uint32_t offset, uint32_t start, uint32_t size) {
    return offset >= start && offset - start < size;
}

bool is_window(uint32_t offset) {
    return within(offset, layout::kVgaWindow, layout::kVgaWindowSize);
}

bool is_port(uint32_t offset) {
    return within(offset, layout::kVgaMonochromePorts, layout::kVgaMonochromePortsSize) ||
           within(offset, layout::kVgaPorts, layout::kVgaPortsSize);
}

/// These ports exist for 16-bit accesses only, at odd addresses too.
bool is_word_port(uint32_t offset, size_t length) {
    return length == sizeof(uint16_t) &&
           within(offset, layout::kVgaDispiPorts, layout::kVgaDispiPortsSize);
}

}  // namespace

void LegacyVga::read(uint32_t offset, std::span<std::byte> bytes) {
    if (is_word_port(offset, bytes.size())) {
        const uint16_t word = vga_.read_word_port(static_cast<uint16_t>(offset));
        std::memcpy(bytes.data(), &word, sizeof word);
        return;
    }
    for (std::byte& byte : bytes) {
        if (is_window(offset)) {
            byte = std::byte{vga_.read_window(offset - layout::kVgaWindow)};
        } else if (is_port(offset)) {
            byte = std::byte{vga_.read_port(static_cast<uint16_t>(offset))};
        } else {
            byte = std::byte{0xff};
        }
        ++offset;
    }
}

void LegacyVga::write(uint32_t offset, std::span<const std::byte> bytes) {
    if (is_word_port(offset, bytes.size())) {
        uint16_t word = 0;
        std::memcpy(&word, bytes.data(), sizeof word);
        vga_.write_word_port(static_cast<uint16_t>(offset), word);
        return;
    }
    for (const std::byte byte : bytes) {
        const auto value = std::to_integer<uint8_t>(byte);
        if (is_window(offset)) {
            vga_.write_window(offset - layout::kVgaWindow, value);
        } else if (is_port(offset)) {
            vga_.write_port(static_cast<uint16_t>(offset), value);
        }
        ++offset;
    }
}

}  // namespace oriel::pci
