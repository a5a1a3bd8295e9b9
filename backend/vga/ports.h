// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace oriel::vga {

// Ports of an IBM VGA.
constexpr uint16_t kAttributePort = 0x3c0;
constexpr uint16_t kAttributeReadPort = 0x3c1;
constexpr uint16_t kMiscWritePort = 0x3c2;  // reads as input status 0
constexpr uint16_t kSequencerIndexPort = 0x3c4;
constexpr uint16_t kSequencerDataPort = 0x3c5;
constexpr uint16_t kPelMaskPort = 0x3c6;
constexpr uint16_t kDacReadIndexPort = 0x3c7;  // reads as the DAC's state
constexpr uint16_t kDacWriteIndexPort = 0x3c8;
constexpr uint16_t kDacDataPort = 0x3c9;
constexpr uint16_t kFeatureReadPort = 0x3ca;
constexpr uint16_t kMiscReadPort = 0x3cc;
constexpr uint16_t kGraphicsIndexPort = 0x3ce;
constexpr uint16_t kGraphicsDataPort = 0x3cf;
// These three move between 0x3bx (monochrome) and 0x3dx (colour) with bit 0 of misc output.
constexpr uint16_t kCrtcIndexPort = 0x3d4;
constexpr uint16_t kCrtcDataPort = 0x3d5;
constexpr uint16_t kInputStatus1Port = 0x3da;  // written: feature control
constexpr uint16_t kMonochromeDistance = 0x20;
constexpr uint8_t kMiscColour = 0x01;

}  // namespace oriel::vga
