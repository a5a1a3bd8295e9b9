// SPDX-License-Identifier: MIT
#include "pci/option_rom.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>
#include <optional>

#include "core/byte_reader.h"

namespace oriel::pci {
namespace {

constexpr size_t kBlock = 512;
constexpr uint16_t kSignature = 0xaa55;
constexpr uint32_t kPcirSignature = 0x52494350;  // "PCIR"
constexpr uint8_t kCodeTypeX86 = 0;
constexpr uint8_t kClassDisplay = 0x03;
constexpr uint8_t kLastImage = 0x80;

/// PCI Firmware 3.0, 5.1.1 and 5.1.4: what an image starts with.
struct RomHeader {
    uint16_t signature;
    uint8_t blocks;  ///< of an x86 image: how much a BIOS copies and adds up
    std::array<uint8_t, 21> code;
    uint16_t pcir;  ///< where the PCI data structure is
} __attribute__((packed));
static_assert(sizeof(RomHeader) == 26);

/// 5.1.2: the PCI data structure.
struct Pcir {
    uint32_t signature;
    uint16_t vendor;
    uint16_t device;
    uint16_t device_list;
    uint16_t length;
    uint8_t revision;
    std::array<uint8_t, 3> class_code;  ///< interface, sub-class, base class
    uint16_t image_blocks;
    uint16_t code_revision;  ///< a number of the vendor's: no firmware looks at it
    uint8_t code_type;
    uint8_t indicator;
    uint16_t reserved;
} __attribute__((packed));
static_assert(sizeof(Pcir) == 24);

struct Image {
    RomHeader header;
    Pcir pcir;

    [[nodiscard]] size_t size() const { return pcir.image_blocks * kBlock; }
    [[nodiscard]] bool last() const { return (pcir.indicator & kLastImage) != 0; }
    [[nodiscard]] bool x86() const { return pcir.code_type == kCodeTypeX86; }
};

uint8_t sum(std::span<const std::byte> bytes) {
    return std::accumulate(bytes.begin(), bytes.end(), uint8_t{0}, [](uint8_t total, std::byte b) {
        return static_cast<uint8_t>(total + std::to_integer<uint8_t>(b));
    });
}

/// The image that `bytes` start with; its size is at most theirs, and above 0.
Result<Image> read_image(std::span<const std::byte> bytes) {
    ByteReader reader{bytes};
    const auto header = reader.read<RomHeader>();
    if (!header) {
        return host_error("is too short for an option ROM: {} bytes", bytes.size());
    }
    if (header->signature != kSignature) {
        return host_error("is no option ROM: it doesn't start with 55 aa");
    }
    const size_t at = header->pcir;
    if (at < sizeof(RomHeader) || at > bytes.size()) {
        return host_error("has its PCI data structure outside the image, at {:#x}", at);
    }
    const auto pcir = ByteReader{bytes.subspan(at)}.read<Pcir>();
    if (!pcir) {
        return host_error("has its PCI data structure outside the image, at {:#x}", at);
    }
    if (pcir->signature != kPcirSignature) {
        return host_error("has no PCI data structure: no \"PCIR\" at {:#x}", at);
    }
    const Image image{*header, *pcir};
    if (image.size() == 0 || image.size() > bytes.size()) {
        return host_error("is cut off or damaged: its image has {} bytes, the file {}",
                          image.size(), bytes.size());
    }
    return image;
}

/// What only an x86 image for a display has to obey.
Result<void> check_x86(const Image& image, size_t available) {
    const size_t copied = image.header.blocks * kBlock;
    if (copied == 0 || copied > available) {
        return host_error("is cut off or damaged: its length byte says {} bytes, the file has {}",
                          copied, available);
    }
    if (image.header.pcir + sizeof(Pcir) > copied) {
        return host_error("has its PCI data structure outside the image, at {:#x}",
                          uint16_t{image.header.pcir});
    }
    const auto& code = image.pcir.class_code;
    if (code[2] != kClassDisplay) {
        return host_error("is for another kind of device: class {:02x}{:02x}{:02x}, not a display",
                          code[2], code[1], code[0]);
    }
    return {};
}

}  // namespace

Result<OptionRom> OptionRom::parse(std::span<const std::byte> file, const Ids& card) {
    if (file.size() > kMaxFileSize) {
        return host_error("is larger than an option ROM may be: over {} KiB", kMaxFileSize / 1024);
    }
    std::optional<Image> found;
    std::span<const std::byte> found_bytes;
    size_t others = 0;
    for (std::span<const std::byte> rest = file;;) {
        const auto image = read_image(rest);
        if (!image) {
            // Whatever follows a good image, there is nobody who would run it.
            if (found || others > 0) {
                break;
            }
            return tl::unexpected(image.error());
        }
        if (!found && image->x86()) {
            if (const auto checked = check_x86(*image, rest.size()); !checked) {
                return tl::unexpected(checked.error());
            }
            found = *image;
            found_bytes = rest;
        } else {
            ++others;
        }
        if (image->last() || image->size() == rest.size()) {
            break;
        }
        rest = rest.subspan(image->size());
    }
    if (!found) {
        return host_error("has no image for a BIOS (x86), only {} for other firmware", others);
    }

    const size_t copied = found->header.blocks * kBlock;
    const size_t size = std::max(copied, found->size());
    OptionRom rom;
    rom.made_for_ = {found->pcir.vendor, found->pcir.device};
    rom.images_left_out_ = others;
    rom.bytes_.assign(std::max(std::bit_ceil(size), kMinBarSize), std::byte{0xff});
    std::copy_n(found_bytes.begin(), size, rom.bytes_.begin());

    const auto summed = std::span{rom.bytes_}.first(copied);
    rom.checksum_was_right_ = sum(summed) == 0;
    Pcir pcir = found->pcir;
    pcir.vendor = card.vendor;
    pcir.device = card.device;
    pcir.indicator |= kLastImage;
    const auto put = [&] {
        std::memcpy(rom.bytes_.data() + found->header.pcir, &pcir, sizeof pcir);
    };
    put();
    // Which byte a ROM's maker corrects the sum with is nowhere said, and others may be code.
    pcir.code_revision = static_cast<uint16_t>((pcir.code_revision & 0xff00) |
                                               ((pcir.code_revision - sum(summed)) & 0xff));
    put();
    return rom;
}

}  // namespace oriel::pci
