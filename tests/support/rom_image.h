// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace oriel::test {

/// An expansion ROM image as a file has it, good for a BIOS unless a field says otherwise.
struct RomImage {
    uint16_t vendor = 0x1234;
    uint16_t device = 0x1111;
    uint32_t class_code = 0x030000;
    uint8_t code_type = 0;  ///< 0: x86, 3: EFI
    uint8_t blocks = 4;     ///< the length byte
    uint16_t image_blocks = 4;
    uint16_t pcir = 0x40;
    bool last = true;
    size_t size = 2048;

    static constexpr size_t kPcirSize = 24;

    /// Every byte that means nothing tells where it is; the sum over the length byte's is 0.
    [[nodiscard]] std::vector<std::byte> bytes() const {
        std::vector<std::byte> all(size);
        for (size_t i = 0; i < size; ++i) {
            all[i] = static_cast<std::byte>(i * 7 + i / 256);
        }
        const auto put = [&all](size_t at, uint32_t value, size_t length) {
            std::memcpy(all.data() + at, &value, length);
        };
        if (pcir + kPcirSize <= size) {
            std::memcpy(all.data() + pcir, "PCIR", 4);
            put(pcir + 4U, vendor, 2);
            put(pcir + 6U, device, 2);
            put(pcir + 10U, kPcirSize, 2);
            put(pcir + 13U, class_code, 3);
            put(pcir + 16U, image_blocks, 2);
            put(pcir + 20U, code_type, 1);
            put(pcir + 21U, last ? 0x80 : 0, 1);
        }
        put(0, 0xaa55, 2);
        put(2, blocks, 1);
        put(0x18, pcir, 2);
        if (const size_t copied = blocks * size_t{512}; copied > 0 && copied <= size) {
            all[copied - 1] = std::byte{0};
            all[copied - 1] = static_cast<std::byte>(0x100 - sum(std::span{all}.first(copied)));
        }
        return all;
    }

    /// What a BIOS wants to be 0.
    [[nodiscard]] static uint8_t sum(std::span<const std::byte> bytes) {
        uint8_t total = 0;
        for (const std::byte byte : bytes) {
            total = static_cast<uint8_t>(total + std::to_integer<uint8_t>(byte));
        }
        return total;
    }
};

}  // namespace oriel::test
