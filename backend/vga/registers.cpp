// SPDX-License-Identifier: MIT
#include "vga/registers.h"

#include <algorithm>

#include "ports.h"

namespace oriel::vga {
namespace {

constexpr uint8_t kMiscMask = 0xef;
constexpr uint8_t kFeatureMask = 0x0b;
/// Input status 0: a monitor loads the DAC's outputs.
constexpr uint8_t kSwitchSense = 0x10;
constexpr uint8_t kAttributeIndexMask = 0x1f;
constexpr uint8_t kAttributePaletteEnable = 0x20;
constexpr uint8_t kCrtcVerticalTotal = 0x06;
constexpr uint8_t kCrtcOverflow = 0x07;
constexpr uint8_t kCrtcVerticalRetraceEnd = 0x11;
constexpr uint8_t kCrtcVerticalDisplayEnd = 0x12;
constexpr uint8_t kCrtcProtect = 0x80;
constexpr uint8_t kCrtcLineCompareBit8 = 0x10;
constexpr uint8_t kStatusBlank = 0x01;
constexpr uint8_t kStatusVerticalRetrace = 0x08;

// Bits that exist; the others read as zero.
constexpr std::array<uint8_t, 5> kSequencerMask{0x03, 0x3d, 0x0f, 0x3f, 0x0e};
constexpr std::array<uint8_t, 9> kGraphicsMask{0x0f, 0x0f, 0x0f, 0x1f, 0x03,
                                               0x7b, 0x0f, 0x0f, 0xff};

constexpr std::array<uint8_t, 5> kAttributeControlMask{0xef, 0xff, 0x3f, 0x0f, 0x0f};
constexpr uint8_t kAttributeColours = 16;
constexpr uint8_t kAttributeColourMask = 0x3f;

// A line is 31.8 us in every mode, the last fifth of it not visible. Without a sane mode in the
// CRTC there are as many lines as in 640x480 at 60 Hz.
constexpr int64_t kLineNs = 31'778;
constexpr int64_t kVisibleLineNs = 25'422;
constexpr int64_t kLines = 525;
constexpr int64_t kVisibleLines = 480;
constexpr int64_t kFewestLines = 100;

template <size_t N>
uint8_t at(const std::array<uint8_t, N>& registers, uint8_t index) {
    return index < N ? registers[index] : uint8_t{0};
}

}  // namespace

void Registers::reset() {
    // Not the 0 of real hardware: through BAR2 a guest can reach the colour ports only.
    misc_ = kMiscColour;
    feature_ = 0;
    sequencer_index_ = crtc_index_ = graphics_index_ = attribute_index_ = 0;
    attribute_expects_data_ = false;
    sequencer_.fill(0);
    crtc_.fill(0);
    graphics_.fill(0);
    attribute_.fill(0);
    pel_mask_ = 0xff;
    dac_read_index_ = dac_write_index_ = dac_component_ = 0;
    dac_reading_ = false;
    dac_8bit_ = false;
    dac_latch_.fill(0);
    dac_.fill({});
}

bool Registers::decodes(uint16_t port) const {
    if (port >= kAttributePort && port <= kGraphicsDataPort) {
        return true;
    }
    const bool colour = (misc_ & kMiscColour) != 0;
    return colour == (port > kGraphicsDataPort);
}

uint8_t Registers::input_status_1() {
    // Reading it makes the attribute controller's port expect an index again.
    attribute_expects_data_ = false;
    const int overflow = crtc_[kCrtcOverflow];
    int64_t lines =
        (crtc_[kCrtcVerticalTotal] | (overflow & 0x01) << 8 | (overflow & 0x20) << 4) + 2;
    int64_t visible =
        (crtc_[kCrtcVerticalDisplayEnd] | (overflow & 0x02) << 7 | (overflow & 0x40) << 3) + 1;
    if (lines < kFewestLines || visible >= lines) {
        lines = kLines;
        visible = kVisibleLines;
    }
    const int64_t in_frame = clock_.now().time_since_epoch().count() % (lines * kLineNs);
    if (in_frame / kLineNs >= visible) {
        return kStatusVerticalRetrace | kStatusBlank;
    }
    return in_frame % kLineNs >= kVisibleLineNs ? kStatusBlank : uint8_t{0};
}

uint8_t Registers::read(uint16_t port) {
    if (port < kFirstPort || port > kLastPort || !decodes(port)) {
        return 0xff;
    }
    if (port < kAttributePort) {
        port = static_cast<uint16_t>(port + kMonochromeDistance);
    }
    switch (port) {
        case kAttributePort:
            return attribute_index_;
        case kAttributeReadPort:
            return at(attribute_, attribute_index_ & kAttributeIndexMask);
        case kMiscWritePort:
            return kSwitchSense;
        case kSequencerIndexPort:
            return sequencer_index_;
        case kSequencerDataPort:
            return at(sequencer_, sequencer_index_);
        case kPelMaskPort:
            return pel_mask_;
        case kDacReadIndexPort:
            return dac_reading_ ? 0x03 : 0x00;
        case kDacWriteIndexPort:
            return dac_write_index_;
        case kDacDataPort:
            return read_dac();
        case kFeatureReadPort:
            return feature_;
        case kMiscReadPort:
            return misc_;
        case kGraphicsIndexPort:
            return graphics_index_;
        case kGraphicsDataPort:
            return at(graphics_, graphics_index_);
        case kCrtcIndexPort:
            return crtc_index_;
        case kCrtcDataPort:
            return at(crtc_, crtc_index_);
        case kInputStatus1Port:
            return input_status_1();
        default:
            return 0xff;
    }
}

void Registers::write(uint16_t port, uint8_t value) {
    if (port < kFirstPort || port > kLastPort || !decodes(port)) {
        return;
    }
    if (port < kAttributePort) {
        port = static_cast<uint16_t>(port + kMonochromeDistance);
    }
    switch (port) {
        case kAttributePort:
            return write_attribute(value);
        case kMiscWritePort:
            misc_ = value & kMiscMask;
            return;
        case kSequencerIndexPort:
            sequencer_index_ = value & 0x07;
            return;
        case kSequencerDataPort:
            if (sequencer_index_ < kSequencerCount) {
                sequencer_[sequencer_index_] = value & kSequencerMask[sequencer_index_];
            }
            return;
        case kPelMaskPort:
            pel_mask_ = value;
            return;
        case kDacReadIndexPort:
            dac_read_index_ = value;
            dac_component_ = 0;
            dac_reading_ = true;
            return;
        case kDacWriteIndexPort:
            dac_write_index_ = value;
            dac_component_ = 0;
            dac_reading_ = false;
            return;
        case kDacDataPort:
            return write_dac(value);
        case kGraphicsIndexPort:
            graphics_index_ = value & 0x0f;
            return;
        case kGraphicsDataPort:
            if (graphics_index_ < kGraphicsCount) {
                graphics_[graphics_index_] = value & kGraphicsMask[graphics_index_];
            }
            return;
        case kCrtcIndexPort:
            crtc_index_ = value & 0x3f;
            return;
        case kCrtcDataPort:
            return write_crtc(value);
        case kInputStatus1Port:
            feature_ = value & kFeatureMask;
            return;
        default:
            return;
    }
}

void Registers::write_attribute(uint8_t value) {
    if (!attribute_expects_data_) {
        attribute_index_ = value & (kAttributeIndexMask | kAttributePaletteEnable);
    } else {
        const uint8_t index = attribute_index_ & kAttributeIndexMask;
        if (index < kAttributeColours) {
            attribute_[index] = value & kAttributeColourMask;
        } else if (index < kAttributeCount) {
            attribute_[index] = value & kAttributeControlMask[index - kAttributeColours];
        }
    }
    attribute_expects_data_ = !attribute_expects_data_;
}

void Registers::write_crtc(uint8_t value) {
    if (crtc_index_ >= kCrtcCount) {
        return;
    }
    uint8_t& target = crtc_[crtc_index_];
    if ((crtc_[kCrtcVerticalRetraceEnd] & kCrtcProtect) != 0 && crtc_index_ <= kCrtcOverflow) {
        // Protected, but for one bit of the line compare register.
        if (crtc_index_ == kCrtcOverflow) {
            target = static_cast<uint8_t>((target & ~kCrtcLineCompareBit8) |
                                          (value & kCrtcLineCompareBit8));
        }
        return;
    }
    target = value;
}

uint8_t Registers::read_dac() {
    const uint8_t value = dac_[dac_read_index_][dac_component_] & dac_mask();
    if (++dac_component_ == 3) {
        dac_component_ = 0;
        ++dac_read_index_;
    }
    return value;
}

void Registers::write_dac(uint8_t value) {
    dac_latch_[dac_component_] = value & dac_mask();
    if (++dac_component_ == 3) {
        // A colour takes effect as a whole.
        dac_[dac_write_index_] = dac_latch_;
        dac_component_ = 0;
        ++dac_write_index_;
    }
}

std::array<uint8_t, 3> Registers::colour(uint8_t index) const {
    std::array<uint8_t, 3> rgb = dac_[index & pel_mask_];
    if (!dac_8bit_) {
        for (uint8_t& part : rgb) {
            part = static_cast<uint8_t>((part & 0x3f) << 2 | (part & 0x3f) >> 4);
        }
    }
    return rgb;
}

uint8_t Registers::sequencer(uint8_t index) const {
    return at(sequencer_, index);
}

uint8_t Registers::crtc(uint8_t index) const {
    return at(crtc_, index);
}

uint8_t Registers::graphics(uint8_t index) const {
    return at(graphics_, index);
}

uint8_t Registers::attribute(uint8_t index) const {
    return at(attribute_, index);
}

bool Registers::palette_access() const {
    return (attribute_index_ & kAttributePaletteEnable) != 0;
}

}  // namespace oriel::vga
