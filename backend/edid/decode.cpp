// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>
#include <span>

#include "edid/edid.h"
#include "timing.h"

namespace oriel::edid {
namespace {

constexpr size_t kBlockLength = 128;
constexpr size_t kFirstTiming = 54;
constexpr size_t kDescriptorLength = 18;
constexpr size_t kDescriptors = 4;
constexpr uint32_t kNameTag = 0xfc;
constexpr uint32_t kDisplayIdTag = 0x70;
constexpr uint32_t kTypeOneTag = 0x03;  // DisplayID 1.3, 4.4.1
constexpr size_t kTypeOneBytes = 20;

using CodedBytes = std::span<const std::byte>;

uint32_t at(CodedBytes bytes, size_t index) {
    return std::to_integer<uint32_t>(bytes[index]);
}

uint32_t number(CodedBytes bytes, size_t index, size_t count) {
    uint32_t value = 0;
    for (size_t i = 0; i < count; ++i) {
        value |= at(bytes, index + i) << (8 * i);
    }
    return value;
}

/// Detailed timing descriptor (E-EDID A.2, 3.10.2), as far as it says the mode.
Timing detailed_timing(CodedBytes from) {
    return {.active = {at(from, 2) | (at(from, 4) & 0xf0) << 4, at(from, 5) | (at(from, 7) & 0xf0)
                                                                                  << 4},
            .h_blank = at(from, 3) | (at(from, 4) & 0x0f) << 8,
            .v_blank = at(from, 6) | (at(from, 7) & 0x0f) << 8,
            .clock_10khz = number(from, 0, 2)};
}

/// Type I, detailed (DisplayID 1.3, 4.4.1): every number is stored less one.
Timing displayid_timing(CodedBytes from) {
    return {.active = {number(from, 4, 2) + 1, number(from, 12, 2) + 1},
            .h_blank = number(from, 6, 2) + 1,
            .v_blank = number(from, 14, 2) + 1,
            .clock_10khz = number(from, 0, 3) + 1};
}

/// The first timing of a DisplayID block; what does not fit into it is not looked at.
std::optional<Timing> timing_in(CodedBytes block) {
    constexpr size_t kHeader = 5;  // the EDID's tag and the section's four bytes
    const size_t end = std::min(kHeader + at(block, 2), kBlockLength);
    for (size_t data = kHeader; data + 3 <= end; data += 3 + at(block, data + 2)) {
        if (at(block, data) == kTypeOneTag && data + 3 + kTypeOneBytes <= end) {
            return displayid_timing(block.subspan(data + 3));
        }
    }
    return std::nullopt;
}

std::string text_of(CodedBytes descriptor) {
    std::string text;
    for (size_t i = 5; i < kDescriptorLength && at(descriptor, i) != '\n'; ++i) {
        text.push_back(static_cast<char>(at(descriptor, i)));
    }
    return text;
}

bool is_sealed(CodedBytes block) {
    uint32_t sum = 0;
    for (const std::byte byte : block) {
        sum += std::to_integer<uint32_t>(byte);
    }
    return sum % 256 == 0;
}

}  // namespace

std::optional<Monitor> decode(std::span<const std::byte> blob) {
    if (blob.size() < kBlockLength || number(blob, 0, 4) != 0xffffff00 ||
        number(blob, 4, 4) != 0x00ffffff) {
        return std::nullopt;
    }
    Timing preferred = detailed_timing(blob.subspan(kFirstTiming));
    const CodedBytes timing = blob.subspan(kFirstTiming);
    Monitor monitor{.physical_mm = {at(timing, 12) | (at(timing, 14) & 0xf0) << 4,
                                    at(timing, 13) | (at(timing, 14) & 0x0f) << 8},
                    .name = {},
                    .serial = number(blob, 12, 4)};
    for (size_t i = 1; i < kDescriptors; ++i) {
        const CodedBytes descriptor = blob.subspan(kFirstTiming + i * kDescriptorLength);
        if (number(descriptor, 0, 3) == 0 && at(descriptor, 3) == kNameTag) {
            monitor.name = text_of(descriptor);
        }
    }
    for (size_t start = 0; start + kBlockLength <= blob.size(); start += kBlockLength) {
        const CodedBytes block = blob.subspan(start, kBlockLength);
        if (!is_sealed(block)) {
            return std::nullopt;
        }
        if (start > 0 && at(block, 0) == kDisplayIdTag) {
            preferred = timing_in(block).value_or(preferred);
        }
    }
    if (preferred.active.empty()) {
        return std::nullopt;
    }
    monitor.preferred = preferred.active;
    monitor.refresh_mhz = static_cast<uint32_t>(preferred.refresh_mhz());
    return monitor;
}

}  // namespace oriel::edid
