// SPDX-License-Identifier: MIT
#include "vga/dispi.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace oriel::vga {
namespace {

constexpr uint64_t kBankBytes = 0x10000;
constexpr uint64_t kUnitBytes = 4;
constexpr uint64_t kUnitPixels = 8;
constexpr uint64_t kPicturePixelBytes = 4;

bool known_depth(uint16_t bpp) {
    return bpp == 4 || bpp == 8 || bpp == 15 || bpp == 16 || bpp == 24 || bpp == 32;
}

}  // namespace

std::string DispiMode::name() const {
    return fmt::format("bochs {}x{}x{}", size.width, size.height, bpp);
}

uint64_t Dispi::row_length(uint64_t pixels) const {
    if (planar()) {
        return (pixels + kUnitPixels - 1) / kUnitPixels;
    }
    // 15 bits are stored in 16.
    return pixels * ((bpp_ + 7U) / 8);
}

uint64_t Dispi::memory_length() const {
    return planar() ? memory_bytes_ / kUnitBytes : memory_bytes_;
}

uint16_t Dispi::bank_mask() const {
    // The smallest memory has less than a bank of units: all of it is bank 0.
    return static_cast<uint16_t>(std::max<uint64_t>(memory_length() / kBankBytes, 1) - 1);
}

void Dispi::reset() {
    *this = Dispi{memory_bytes_};
}

uint16_t Dispi::read(uint16_t index) const {
    const bool caps = (enable_ & kGetCaps) != 0;
    switch (static_cast<DispiIndex>(index)) {
        case DispiIndex::kId:
            return id_;
        case DispiIndex::kXres:
            return caps ? kMaxXres : xres_;
        case DispiIndex::kYres:
            return caps ? kMaxYres : yres_;
        case DispiIndex::kBpp:
            return caps ? kMaxBpp : bpp_;
        case DispiIndex::kEnable:
            return enable_;
        case DispiIndex::kBank:
            return bank_;
        case DispiIndex::kVirtWidth:
            return virt_width_;
        case DispiIndex::kVirtHeight:
            return virt_height_;
        case DispiIndex::kXOffset:
            return x_offset_;
        case DispiIndex::kYOffset:
            return y_offset_;
        case DispiIndex::kVideoMemory64K:
            return static_cast<uint16_t>(memory_bytes_ / kBankBytes);
    }
    return 0;
}

Dispi::WriteResult Dispi::write(uint16_t index, uint16_t value) {
    switch (static_cast<DispiIndex>(index)) {
        case DispiIndex::kId:
            if (value >= kOldestId && value <= kNewestId) {
                id_ = value;
            }
            return {};
        case DispiIndex::kXres:
            xres_ = value;
            break;
        case DispiIndex::kYres:
            yres_ = value;
            break;
        case DispiIndex::kBpp:
            // 0 means 8 to programs older than the register.
            if (const uint16_t bpp = value == 0 ? uint16_t{8} : value; known_depth(bpp)) {
                bpp_ = bpp;
            }
            break;
        case DispiIndex::kEnable:
            return write_enable(value);
        case DispiIndex::kBank:
            bank_ = value & bank_mask();
            return {};
        case DispiIndex::kVirtWidth:
            virt_width_ = value;
            break;
        case DispiIndex::kVirtHeight:
            // Follows from the memory and the width while a mode is on.
            virt_height_ = value;
            break;
        case DispiIndex::kXOffset:
            x_offset_ = value;
            break;
        case DispiIndex::kYOffset:
            y_offset_ = value;
            break;
        default:  // read-only or not there
            return {};
    }
    if (!enabled()) {
        return {};
    }
    clamp();
    return {.mode_may_have_changed = true};
}

Dispi::WriteResult Dispi::write_enable(uint16_t value) {
    const bool turned_on = (value & kEnabled) != 0 && !enabled();
    const bool changed = ((value ^ enable_) & (kEnabled | k8BitDac)) != 0;
    enable_ = value & (kEnabled | kGetCaps | k8BitDac | kLinearFramebuffer | kNoClearMemory);
    bank_ = 0;
    WriteResult result{.mode_may_have_changed = changed};
    if (turned_on) {
        virt_width_ = xres_;
        x_offset_ = y_offset_ = 0;
        clamp();
        if ((value & kNoClearMemory) == 0) {
            const uint64_t length = std::min(row_length(virt_width_) * yres_, memory_length());
            result.clear_bytes = planar() ? length * kUnitBytes : length;
        }
    }
    return result;
}

void Dispi::clamp() {
    xres_ = std::clamp<uint16_t>(xres_, 1, kMaxXres);
    yres_ = std::clamp<uint16_t>(yres_, 1, kMaxYres);
    virt_width_ = std::clamp<uint16_t>(virt_width_, xres_, kMaxXres);
    bank_ &= bank_mask();
    const uint64_t rows = memory_length() / row_length(virt_width_);
    const uint64_t most_shown = kMaxPictureBytes / (xres_ * kPicturePixelBytes);
    yres_ = static_cast<uint16_t>(std::clamp<uint64_t>(yres_, 1, std::min(rows, most_shown)));
    virt_height_ = static_cast<uint16_t>(std::min<uint64_t>(rows, UINT16_MAX));
    x_offset_ = std::min(x_offset_, static_cast<uint16_t>(virt_width_ - xres_));
    const uint64_t bottom_row = rows - yres_;
    y_offset_ = static_cast<uint16_t>(std::min<uint64_t>(y_offset_, bottom_row));
}

DispiMode Dispi::mode() const {
    assert(enabled());
    const uint64_t stride = row_length(virt_width_);
    // Planar offsets start at a whole unit.
    const uint64_t column = planar() ? x_offset_ / kUnitPixels : row_length(x_offset_);
    return {.size = {xres_, yres_},
            .bpp = bpp_,
            .stride = stride,
            .offset = y_offset_ * stride + column};
}

}  // namespace oriel::vga
