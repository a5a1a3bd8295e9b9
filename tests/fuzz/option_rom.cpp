// SPDX-License-Identifier: MIT
// Any file as an option ROM: refused in one line, or good for a BIOS.
#include <cstdint>
#include <cstring>
#include <vector>

#include "harness.h"
#include "pci/option_rom.h"
#include "support/rom_image.h"

namespace {

using oriel::test::require;

using oriel::pci::OptionRom;
using oriel::test::RomImage;

void parse_one(std::span<const std::byte> file) {
    constexpr OptionRom::Ids card{.vendor = 0x1af4, .device = 0x1050};
    const auto rom = OptionRom::parse(file, card);
    if (!rom) {
        require(rom.error().message().find('\n') == std::string::npos);
        return;
    }
    // What a BIOS does with it.
    const auto bytes = rom->bytes();
    require(bytes.size() >= OptionRom::kMinBarSize && (bytes.size() & (bytes.size() - 1)) == 0);
    require(std::to_integer<int>(bytes[0]) == 0x55 && std::to_integer<int>(bytes[1]) == 0xaa);
    const size_t copied = std::to_integer<size_t>(bytes[2]) * 512;
    require(copied > 0 && copied <= bytes.size());
    require(RomImage::sum(bytes.first(copied)) == 0);
    uint16_t pcir = 0;
    std::memcpy(&pcir, bytes.data() + 0x18, sizeof pcir);
    require(size_t{pcir} + RomImage::kPcirSize <= copied);
    OptionRom::Ids ids;
    std::memcpy(&ids.vendor, bytes.data() + pcir + 4, sizeof ids.vendor);
    std::memcpy(&ids.device, bytes.data() + pcir + 6, sizeof ids.device);
    require(ids == card);
    require((bytes[pcir + 21U] & std::byte{0x80}) != std::byte{0});
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    // A copy of exactly this size, so that a sanitizer sees a read beyond the end.
    const std::vector<uint8_t> copy(data, data + size);
    parse_one(std::as_bytes(std::span{copy}));
    // Random bytes are never a ROM: change a few of a good one, with another behind it or not.
    std::vector<std::byte> file = RomImage{.last = false}.bytes();
    if (size % 2 != 0) {
        const auto second = RomImage{.code_type = 3, .blocks = 1, .image_blocks = 1, .size = 512};
        const auto bytes = second.bytes();
        file.insert(size % 4 == 1 ? file.begin() : file.end(), bytes.begin(), bytes.end());
    }
    constexpr size_t kInteresting = 0x60;  // header and PCI data structure
    for (size_t i = 0; i + 1 < size && i < 16; i += 2) {
        file[data[i] % kInteresting] = static_cast<std::byte>(data[i + 1]);
    }
    file.resize(file.size() - (size > 0 ? data[0] % 8 == 0 ? data[size - 1] : 0 : 0));
    parse_one(file);
}
