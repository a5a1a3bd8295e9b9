// SPDX-License-Identifier: MIT
#include "vdpy/screen_edid.h"

#include <algorithm>
#include <cstring>

#include "edid/edid.h"

namespace oriel::app::vdpy {
namespace {

// VESA E-EDID A.2, section 3: the base block.
constexpr size_t kBlock = 128;
constexpr size_t kExtensions = 126;
constexpr size_t kChecksum = 127;

}  // namespace

void write_edid(const ScreenInfo& screen, ScanoutId number, std::span<uint8_t> into) {
    std::ranges::fill(into, uint8_t{0});
    const edid::Blob blob = edid::build({.preferred = screen.preferred,
                                         .refresh_mhz = screen.refresh_mhz,
                                         .physical_mm = screen.physical_mm,
                                         .serial = number + 1});
    const size_t blocks = std::min(blob.size(), into.size()) / kBlock;
    if (blocks == 0) {
        return;
    }
    std::memcpy(into.data(), blob.data(), blocks * kBlock);
    const size_t dropped = blob.size() / kBlock - blocks;
    // The bytes of a block add up to 0.
    into[kExtensions] = static_cast<uint8_t>(into[kExtensions] - dropped);
    into[kChecksum] = static_cast<uint8_t>(into[kChecksum] + dropped);
}

}  // namespace oriel::app::vdpy
