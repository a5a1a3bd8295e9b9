// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "core/geometry.h"

namespace oriel::vga {

/// Indices of the bochs display interface ("VBE DISPI", bochs vbe_display_api.txt). What each
/// version brought: B0C0 up to kBank, 8 bpp; B0C1 the virtual size and the offsets; B0C2 4 and 15
/// to 32 bpp, no-clear, the linear frame buffer; B0C3 get-caps, the 8-bit DAC; B0C4 8 MiB of memory
/// and B0C5 16, with kVideoMemory64K. As in bochs and QEMU all of it works under each id: a program
/// only asks whether the id that it writes is known.
enum class DispiIndex : uint16_t {
    kId = 0,
    kXres = 1,
    kYres = 2,
    kBpp = 3,
    kEnable = 4,
    kBank = 5,
    kVirtWidth = 6,
    kVirtHeight = 7,
    kXOffset = 8,
    kYOffset = 9,
    kVideoMemory64K = 10,
};
constexpr uint16_t kDispiRegisterCount = 11;

/// A mode that the interface has enabled; everything in it lies inside video memory.
struct DispiMode {
    Size size;         ///< visible, in px; not empty
    uint16_t bpp = 0;  ///< 4, 8, 15, 16, 24 or 32
    uint64_t stride =
        0;  ///< from a row to the next, in bytes; 4 bpp: in units of 4 bytes, 8 pixels
    uint64_t offset = 0;  ///< of the first visible pixel, measured like stride
    friend bool operator==(const DispiMode&, const DispiMode&) = default;

    /// "bochs 1024x768x32"
    [[nodiscard]] std::string name() const;
};

/// The bochs display interface's registers. What doesn't fit into video memory is refused as QEMU's
/// bochs hardware does: an enabled mode's registers move to the nearest that can be had, which a
/// driver sees by reading them back, so that what mode() says always lies in video memory.
class Dispi {
public:
    static constexpr uint16_t kOldestId = 0xb0c0;
    static constexpr uint16_t kNewestId = 0xb0c5;
    static constexpr uint16_t kMaxXres = 16384 - 8;
    static constexpr uint16_t kMaxYres = 12000;
    static constexpr uint16_t kMaxBpp = 32;
    /// A picture takes 4 bytes a pixel, whatever the mode's depth. A mode whose picture would take
    /// more than this loses rows; no screen that there is has as many.
    static constexpr uint64_t kMaxPictureBytes = uint64_t{512} << 20;

    // Bits of kEnable.
    static constexpr uint16_t kEnabled = 0x01;
    static constexpr uint16_t kGetCaps = 0x02;
    static constexpr uint16_t k8BitDac = 0x20;
    static constexpr uint16_t kLinearFramebuffer = 0x40;
    static constexpr uint16_t kNoClearMemory = 0x80;

    /// `memory_bytes`: size of the video memory, a multiple of 64 KiB.
    explicit Dispi(uint64_t memory_bytes) : memory_bytes_{memory_bytes} {}

    struct WriteResult {
        bool mode_may_have_changed = false;
        /// The mode was just enabled without "no clear": so many bytes of video memory become zero.
        uint64_t clear_bytes = 0;
    };

    /// An unknown index reads as 0 and ignores writes.
    [[nodiscard]] uint16_t read(uint16_t index) const;
    WriteResult write(uint16_t index, uint16_t value);
    void reset();
    /// What has to be written after a reset for the registers to be as they are now.
    [[nodiscard]] std::array<std::pair<DispiIndex, uint16_t>, 11> writes() const;

    [[nodiscard]] bool enabled() const { return (enable_ & kEnabled) != 0; }
    [[nodiscard]] bool dac_8bit() const { return (enable_ & k8BitDac) != 0; }
    /// Where the window at 0xa0000 begins in video memory; 4 bpp: in units.
    [[nodiscard]] uint64_t bank_offset() const { return uint64_t{bank_} << 16; }
    [[nodiscard]] bool planar() const { return bpp_ == 4; }

    /// The order of the bytes in a pixel, a register of QEMU's bochs-display. Matters from 15 bpp
    /// on.
    [[nodiscard]] bool big_endian() const { return big_endian_; }
    void set_big_endian(bool big) { big_endian_ = big; }

    /// Only while enabled().
    [[nodiscard]] DispiMode mode() const;

private:
    WriteResult write_enable(uint16_t value);
    void clamp();
    /// Both in bytes, or in units at 4 bpp.
    [[nodiscard]] uint64_t row_length(uint64_t pixels) const;
    [[nodiscard]] uint64_t memory_length() const;
    [[nodiscard]] uint16_t bank_mask() const;

    uint64_t memory_bytes_;
    bool big_endian_ = false;
    uint16_t id_ = kNewestId;
    uint16_t xres_ = 0;
    uint16_t yres_ = 0;
    uint16_t bpp_ = 8;
    uint16_t enable_ = 0;
    uint16_t bank_ = 0;
    uint16_t virt_width_ = 0;
    uint16_t virt_height_ = 0;
    uint16_t x_offset_ = 0;
    uint16_t y_offset_ = 0;
};

}  // namespace oriel::vga
