// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace oriel::match {

template <size_t N>
[[nodiscard]] inline bool begins_with(std::span<const std::byte> bytes,
                                      const std::array<uint8_t, N>& magic) {
    return bytes.size() >= N &&
           std::equal(magic.begin(), magic.end(), bytes.begin(),
                      [](uint8_t a, std::byte b) { return a == std::to_integer<uint8_t>(b); });
}

[[nodiscard]] inline bool is_psf1(std::span<const std::byte> bytes) {
    return begins_with(bytes, std::array<uint8_t, 2>{0x36, 0x04});
}
[[nodiscard]] inline bool is_psf2(std::span<const std::byte> bytes) {
    return begins_with(bytes, std::array<uint8_t, 4>{0x72, 0xb5, 0x4a, 0x86});
}
[[nodiscard]] inline bool is_pf2(std::span<const std::byte> bytes) {
    return begins_with(bytes,
                       std::array<uint8_t, 12>{'F', 'I', 'L', 'E', 0, 0, 0, 4, 'P', 'F', 'F', '2'});
}
[[nodiscard]] inline bool is_gzip(std::span<const std::byte> bytes) {
    return begins_with(bytes, std::array<uint8_t, 3>{0x1f, 0x8b, 8});
}
[[nodiscard]] inline bool is_option_rom(std::span<const std::byte> bytes) {
    return begins_with(bytes, std::array<uint8_t, 2>{0x55, 0xaa});
}
/// The header of Linux/x86's boot protocol.
[[nodiscard]] inline bool is_linux(std::span<const std::byte> bytes) {
    return bytes.size() > 0x260 &&
           begins_with(bytes.subspan(0x202), std::array<uint8_t, 4>{'H', 'd', 'r', 'S'});
}
/// A firmware volume has its signature at byte 40 (UEFI PI 1.8, volume 3, 3.2.1).
[[nodiscard]] inline bool is_firmware(std::span<const std::byte> bytes) {
    return bytes.size() > 44 &&
           begins_with(bytes.subspan(40), std::array<uint8_t, 4>{'_', 'F', 'V', 'H'});
}

}  // namespace oriel::match
