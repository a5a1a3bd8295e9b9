// SPDX-License-Identifier: MIT
// The expansion ROM, as a VMM finds and reads it.
#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <vector>

#include "pci/option_rom.h"
#include "support/bytes.h"
#include "support/echo_machine.h"
#include "support/rom_image.h"
#include "support/vfio_user_client.h"

using namespace oriel;
using namespace oriel::test;
using pci::RegionIndex;

namespace {

constexpr size_t kImageSize = 28'672;
constexpr size_t kBarSize = 32'768;
constexpr uint32_t kRomBar = pci::config::kRomBar;

pci::OptionRom rom() {
    const RomImage image{
        .blocks = kImageSize / 512, .image_blocks = kImageSize / 512, .size = kImageSize};
    return pci::OptionRom::parse(image.bytes(), pci::DisplayFunction::kIds).value();
}

struct Guest : EchoMachine {
    VfioUserClient vmm{loop, path};

    explicit Guest(std::optional<pci::OptionRom> card_rom = rom())
        : EchoMachine{std::move(card_rom)} {
        vmm.negotiate();
    }

    std::vector<std::byte> read(uint64_t offset, size_t length) {
        std::vector<std::byte> bytes(length);
        vmm.read_region(RegionIndex::kRom, offset, bytes);
        return bytes;
    }
};

}  // namespace

TEST_CASE("the ROM's region has a power of two of bytes that can only be read") {
    Guest guest;
    const auto region = guest.vmm.region_info(RegionIndex::kRom);
    CHECK(region.info.size == kBarSize);
    CHECK(region.info.flags == vfio_user::kRegionReadable);
    CHECK_FALSE(region.memory.valid());
    CHECK_THROWS_AS(guest.vmm.write(RegionIndex::kRom, 0, uint32_t{0}), ErrorReply);
}

TEST_CASE("the ROM's BAR is sized as firmware does it") {
    Guest guest;
    CHECK(guest.vmm.read<uint32_t>(RegionIndex::kConfig, kRomBar) == 0);
    guest.vmm.write(RegionIndex::kConfig, kRomBar, uint32_t{0xfffff800});
    CHECK(guest.vmm.read<uint32_t>(RegionIndex::kConfig, kRomBar) == 0xffff8000);
    guest.vmm.write(RegionIndex::kConfig, kRomBar, uint32_t{0xfea00001});
    CHECK(guest.vmm.read<uint32_t>(RegionIndex::kConfig, kRomBar) == 0xfea00001);
    guest.vmm.reset_device();
    CHECK(guest.vmm.read<uint32_t>(RegionIndex::kConfig, kRomBar) == 0);
}

TEST_CASE("the whole ROM comes in one message, as QEMU asks for it, or in parts") {
    Guest guest;
    const auto whole = guest.read(0, kBarSize);
    const auto expected = guest.option_rom->bytes();
    CHECK(std::equal(whole.begin(), whole.end(), expected.begin(), expected.end()));
    CHECK(RomImage::sum(std::span{whole}.first(kImageSize)) == 0);
    CHECK(guest.vmm.read<uint32_t>(RegionIndex::kRom, 0x44) == 0x10501af4);

    std::vector<std::byte> parts;
    for (size_t length = 1; parts.size() < kBarSize; length = length % 1000 + 7) {
        const auto part = guest.read(parts.size(), std::min(length, kBarSize - parts.size()));
        parts.insert(parts.end(), part.begin(), part.end());
    }
    CHECK(parts == whole);
    CHECK_THROWS_AS(guest.read(1, kBarSize), ErrorReply);
    CHECK_THROWS_AS(guest.read(kBarSize, 1), ErrorReply);
}

TEST_CASE("a card without a ROM has no such region and no such BAR") {
    Guest guest{std::nullopt};
    const auto region = guest.vmm.region_info(RegionIndex::kRom);
    CHECK(region.info.size == 0);
    CHECK(region.info.flags == 0);
    guest.vmm.write(RegionIndex::kConfig, kRomBar, uint32_t{0xfffff801});
    CHECK(guest.vmm.read<uint32_t>(RegionIndex::kConfig, kRomBar) == 0);
    CHECK_THROWS_AS(guest.read(0, 4), ErrorReply);
}
