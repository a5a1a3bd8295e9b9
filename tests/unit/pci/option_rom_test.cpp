// SPDX-License-Identifier: MIT
#include "pci/option_rom.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "support/rom_image.h"

using namespace oriel;
using namespace oriel::pci;
using oriel::test::RomImage;

namespace {

using Bytes = std::vector<std::byte>;

constexpr OptionRom::Ids kCard{.vendor = 0x1af4, .device = 0x1050};

OptionRom parsed(const Bytes& file) {
    auto rom = OptionRom::parse(file, kCard);
    REQUIRE_MESSAGE(rom.has_value(), (rom ? "" : rom.error().message()));
    return std::move(*rom);
}

std::string refused(const Bytes& file) {
    const auto rom = OptionRom::parse(file, kCard);
    REQUIRE_FALSE(rom.has_value());
    CHECK(rom.error().message().find('\n') == std::string::npos);
    return rom.error().message();
}

bool has(const std::string& line, const char* part) {
    if (line.find(part) == std::string::npos) {
        MESSAGE(line);
        return false;
    }
    return true;
}

template <class T>
T at(std::span<const std::byte> bytes, size_t offset) {
    T value{};
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

Bytes joined(const std::vector<RomImage>& images) {
    Bytes file;
    for (const RomImage& image : images) {
        const Bytes bytes = image.bytes();
        file.insert(file.end(), bytes.begin(), bytes.end());
    }
    return file;
}

/// Offsets at which what is shown differs from the file.
std::vector<size_t> changed(std::span<const std::byte> shown, const Bytes& file) {
    std::vector<size_t> offsets;
    for (size_t i = 0; i < file.size(); ++i) {
        if (shown[i] != file[i]) {
            offsets.push_back(i);
        }
    }
    return offsets;
}

}  // namespace

TEST_CASE("a ROM for another display names this one, and still adds up to zero") {
    const Bytes file = RomImage{}.bytes();
    REQUIRE(RomImage::sum(file) == 0);
    const OptionRom rom = parsed(file);
    CHECK(rom.made_for() == OptionRom::Ids{0x1234, 0x1111});
    CHECK(rom.checksum_was_right());
    CHECK(rom.images_left_out() == 0);
    REQUIRE(rom.bytes().size() == 2048);
    CHECK(at<uint16_t>(rom.bytes(), 0x44) == 0x1af4);
    CHECK(at<uint16_t>(rom.bytes(), 0x46) == 0x1050);
    CHECK(RomImage::sum(rom.bytes()) == 0);
    // The class is the ROM's own, and no code is touched: only ids and the code's revision.
    CHECK(changed(rom.bytes(), file) == std::vector<size_t>{0x44, 0x45, 0x46, 0x47, 0x52});
}

TEST_CASE("a ROM for this card stays as it is") {
    const Bytes file = RomImage{.vendor = 0x1af4, .device = 0x1050}.bytes();
    const OptionRom rom = parsed(file);
    CHECK(rom.made_for() == kCard);
    CHECK(changed(rom.bytes(), file).empty());
}

TEST_CASE("a wrong checksum is corrected, and known") {
    Bytes file = RomImage{}.bytes();
    file[0x100] ^= std::byte{1};
    const OptionRom rom = parsed(file);
    CHECK_FALSE(rom.checksum_was_right());
    CHECK(RomImage::sum(rom.bytes()) == 0);
}

TEST_CASE("what is shown is a power of two, filled up with 0xff") {
    const OptionRom small = parsed(RomImage{.blocks = 1, .image_blocks = 1, .size = 512}.bytes());
    REQUIRE(small.bytes().size() == 2048);
    CHECK(std::all_of(small.bytes().begin() + 512, small.bytes().end(),
                      [](std::byte b) { return b == std::byte{0xff}; }));
    const OptionRom odd = parsed(RomImage{.blocks = 9, .image_blocks = 9, .size = 4608}.bytes());
    REQUIRE(odd.bytes().size() == 8192);
    CHECK(odd.bytes()[4608] == std::byte{0xff});
    CHECK(RomImage::sum(odd.bytes().first(4608)) == 0);
    // The image may be longer than what a BIOS copies of it, and a file longer than the image.
    const OptionRom longer = parsed(RomImage{.blocks = 2, .image_blocks = 6, .size = 5000}.bytes());
    REQUIRE(longer.bytes().size() == 4096);
    CHECK(longer.bytes()[3071] != std::byte{0xff});
    CHECK(longer.bytes()[3072] == std::byte{0xff});
    CHECK(RomImage::sum(longer.bytes().first(1024)) == 0);
    const OptionRom largest =
        parsed(RomImage{.blocks = 255, .image_blocks = 255, .size = 255 * 512}.bytes());
    CHECK(largest.bytes().size() == 128 * 1024);
}

TEST_CASE("of several images only the one for a BIOS is kept, as the last") {
    const RomImage x86{.last = false};
    const RomImage efi{.code_type = 3, .blocks = 2, .image_blocks = 8, .size = 4096};
    for (const bool efi_first : {false, true}) {
        CAPTURE(efi_first);
        RomImage first = efi_first ? efi : x86;
        RomImage second = efi_first ? x86 : efi;
        first.last = false;
        second.last = true;
        const OptionRom rom = parsed(joined({first, second}));
        CHECK(rom.images_left_out() == 1);
        CHECK(rom.bytes().size() == 2048);
        CHECK(at<uint8_t>(rom.bytes(), 0x54) == 0);
        CHECK(at<uint8_t>(rom.bytes(), 0x55) == 0x80);
        CHECK(at<uint16_t>(rom.bytes(), 0x44) == 0x1af4);
        CHECK(RomImage::sum(rom.bytes()) == 0);
    }
    CHECK(has(refused(RomImage{.code_type = 3}.bytes()), "no image for a BIOS"));
    // Rubbish after an image that doesn't call itself the last one.
    Bytes padded = x86.bytes();
    padded.resize(8192, std::byte{0xff});
    CHECK(parsed(padded).images_left_out() == 0);
}

TEST_CASE("each wrong file is refused with what is wrong") {
    CHECK(has(refused({}), "too short for an option ROM: 0 bytes"));
    CHECK(has(refused(Bytes(25)), "too short for an option ROM: 25 bytes"));
    CHECK(has(refused(Bytes(4096)), "doesn't start with 55 aa"));
    CHECK(has(refused(Bytes(OptionRom::kMaxFileSize + 1)), "over 1024 KiB"));

    Bytes cut = RomImage{}.bytes();
    cut.resize(2047);
    CHECK(has(refused(cut), "cut off"));
    CHECK(has(refused(RomImage{.image_blocks = 5}.bytes()), "its image has 2560 bytes, the file"));
    CHECK(has(refused(RomImage{.image_blocks = 0}.bytes()), "its image has 0 bytes"));
    CHECK(has(refused(RomImage{.blocks = 5}.bytes()), "length byte says 2560 bytes, the file"));
    CHECK(has(refused(RomImage{.blocks = 0}.bytes()), "length byte says 0 bytes"));

    for (const uint16_t pcir : std::to_array<uint16_t>({0, 0x19, 0x7e9, 0x800, 0xffff})) {
        CAPTURE(pcir);
        CHECK(has(refused(RomImage{.pcir = pcir}.bytes()), "PCI data structure outside"));
    }
    CHECK(parsed(RomImage{.pcir = 0x7e0}.bytes()).bytes().size() == 2048);
    // In the file, but not in what a BIOS copies.
    CHECK(
        has(refused(RomImage{.blocks = 1, .pcir = 0x1f0}.bytes()), "outside the image, at 0x1f0"));
    Bytes unnamed = RomImage{}.bytes();
    unnamed[0x43] = std::byte{'X'};
    CHECK(has(refused(unnamed), "no \"PCIR\" at 0x40"));

    CHECK(has(refused(RomImage{.class_code = 0x020000}.bytes()),
              "another kind of device: class 020000, not a display"));
    CHECK(parsed(RomImage{.class_code = 0x038000}.bytes()).made_for().vendor == 0x1234);
}
