// SPDX-License-Identifier: MIT
#include "displayid.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace oriel::edid {
namespace {

// DisplayID 1.3, 2.1: version, bytes of all data blocks, product type, extensions; behind the
// blocks a checksum. In an EDID (2.2) a tag comes first.
constexpr uint8_t kExtensionTag = 0x70;
constexpr uint8_t kVersion = 0x13;
constexpr uint8_t kStandaloneMonitor = 3;
constexpr size_t kSectionHeaderBytes = 4;

// Data blocks: a tag, a revision, how many bytes follow.
constexpr size_t kBlockHeaderBytes = 3;
constexpr uint8_t kProductTag = 0x00;     // 4.1
constexpr uint8_t kParametersTag = 0x01;  // 4.2
constexpr uint8_t kTimingTag = 0x03;      // 4.4.1: type I, detailed
constexpr uint8_t kInterfaceTag = 0x0f;   // 4.13
constexpr size_t kProductBytes = 12;
constexpr size_t kParametersBytes = 12;
constexpr size_t kTimingBytes = 20;
constexpr size_t kInterfaceBytes = 10;

constexpr uint32_t kPreferred = 0x80;
constexpr uint32_t kPositive = 0x8000;

uint32_t aspect_ratio(Size size) {
    struct Ratio {
        uint32_t across;
        uint32_t down;
    };
    constexpr std::array<Ratio, 8> kKnown{
        {{1, 1}, {5, 4}, {4, 3}, {15, 9}, {16, 9}, {16, 10}, {64, 27}, {256, 135}}};
    for (uint32_t i = 0; i < kKnown.size(); ++i) {
        if (uint64_t{size.width} * kKnown[i].down == uint64_t{size.height} * kKnown[i].across) {
            return i;
        }
    }
    return kKnown.size();  // not defined
}

void put(std::span<std::byte> bytes, size_t at, uint32_t value, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        bytes[at + i] = static_cast<std::byte>(value >> (8 * i) & 0xff);
    }
}

using Bytes = std::span<std::byte>;

void put_product(Bytes bytes, uint32_t serial) {
    // The manufacturer, first, stays 0: unlike in the base block it has to be a registered one.
    put(bytes, 3, kProduct, 2);
    put(bytes, 5, serial, 4);
    put(bytes, 9, 0xff, 1);  // the year is that of the model
    put(bytes, 10, kModelYear - 2000, 1);
}

void put_parameters(Bytes bytes, const Timing& native, Size mm) {
    put(bytes, 0, mm.width * 10, 2);
    put(bytes, 2, mm.height * 10, 2);
    put(bytes, 4, native.active.width, 2);
    put(bytes, 6, native.active.height, 2);
    put(bytes, 9, 120, 1);  // gamma 2.2
    const uint64_t longer = std::max(native.active.width, native.active.height);
    const uint64_t shorter = std::min(native.active.width, native.active.height);
    put(bytes, 10, static_cast<uint32_t>(std::min<uint64_t>(longer * 100 / shorter - 100, 255)), 1);
    put(bytes, 11, 0x77, 1);  // 8 bits a colour
}

/// Every number is stored less one.
void put_timing(Bytes bytes, const Timing& timing) {
    put(bytes, 0, timing.clock_10khz - 1, 3);
    put(bytes, 3, kPreferred | aspect_ratio(timing.active), 1);
    put(bytes, 4, timing.active.width - 1, 2);
    put(bytes, 6, timing.h_blank - 1, 2);
    // As in the detailed timing descriptors: reduced blanking has a positive horizontal sync.
    put(bytes, 8, (timing.h_front - 1) | kPositive, 2);
    put(bytes, 10, timing.h_sync - 1, 2);
    put(bytes, 12, timing.active.height - 1, 2);
    put(bytes, 14, timing.v_blank - 1, 2);
    put(bytes, 16, timing.v_front - 1, 2);
    put(bytes, 18, timing.v_sync - 1, 2);
}

void put_interface(Bytes bytes) {
    put(bytes, 0, 0xa4, 1);  // DisplayPort, four lanes
    put(bytes, 1, 0x12, 1);  // of version 1.2
    put(bytes, 2, 0x02, 1);  // RGB with 8 bits a colour
}

/// The next block of a section.
Bytes add_block(Bytes section, size_t& used, uint8_t tag, size_t bytes) {
    const Bytes block = section.subspan(kSectionHeaderBytes + used);
    put(block, 0, tag, 1);
    put(block, 2, static_cast<uint32_t>(bytes), 1);
    used += kBlockHeaderBytes + bytes;
    return block.subspan(kBlockHeaderBytes, bytes);
}

}  // namespace

void put_displayid(std::span<std::byte> block, const DisplayId& monitor) {
    put(block, 0, kExtensionTag, 1);
    const Bytes section = block.subspan(1);
    size_t used = 0;
    put_product(add_block(section, used, kProductTag, kProductBytes), monitor.serial);
    put_parameters(add_block(section, used, kParametersTag, kParametersBytes), monitor.native,
                   monitor.mm);
    put_timing(add_block(section, used, kTimingTag, kTimingBytes), monitor.native);
    put_interface(add_block(section, used, kInterfaceTag, kInterfaceBytes));
    put(section, 0, kVersion, 1);
    put(section, 1, static_cast<uint32_t>(used), 1);
    put(section, 2, kStandaloneMonitor, 1);
    uint32_t sum = 0;
    for (const std::byte byte : section.first(kSectionHeaderBytes + used)) {
        sum += std::to_integer<uint32_t>(byte);
    }
    put(section, kSectionHeaderBytes + used, 0x100 - sum % 0x100, 1);
}

}  // namespace oriel::edid
