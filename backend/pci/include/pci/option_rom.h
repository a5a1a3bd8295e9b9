// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/result.h"

namespace oriel::pci {

/// A display's expansion ROM for a BIOS (PCI Firmware 3.0, 5.1), checked, and made to name this
/// card: a BIOS runs a ROM only for the vendor and device in the ROM's PCI data structure ("PCIR").
///
/// Only the x86 image of a file with several is kept. UEFI runs whatever EFI image a ROM has,
/// and one that was written for another card is of no use here.
class OptionRom {
public:
    /// x86 images have up to 127.5 KiB; a few images for other firmware may lie beside.
    static constexpr size_t kMaxFileSize = size_t{1} << 20;
    /// The smallest ROM BAR (PCI Local Bus 3.0, 6.2.5.2: address bits start at bit 11).
    static constexpr size_t kMinBarSize = 2048;

    struct Ids {
        uint16_t vendor = 0;
        uint16_t device = 0;
        friend bool operator==(const Ids&, const Ids&) = default;
    };

    /// The error says what is wrong with `file`, as the rest of a sentence about it: "is too short
    /// …".
    [[nodiscard]] static Result<OptionRom> parse(std::span<const std::byte> file, const Ids& card);

    /// What the ROM BAR shows: the image and 0xff behind it, a power of two of at least
    /// kMinBarSize.
    [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }
    /// The card that the file names.
    [[nodiscard]] const Ids& made_for() const { return made_for_; }
    /// Images of the file that are not in bytes().
    [[nodiscard]] size_t images_left_out() const { return images_left_out_; }
    /// The file's image added up to 0, as a BIOS wants it (that of bytes() does).
    [[nodiscard]] bool checksum_was_right() const { return checksum_was_right_; }

private:
    OptionRom() = default;

    std::vector<std::byte> bytes_;
    Ids made_for_;
    size_t images_left_out_ = 0;
    bool checksum_was_right_ = true;
};

}  // namespace oriel::pci
