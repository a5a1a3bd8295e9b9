// SPDX-License-Identifier: MIT
#include "edid/edid.h"

#include <algorithm>
#include <cassert>
#include <span>
#include <string_view>
#include <vector>

#include "displayid.h"
#include "timing.h"

namespace oriel::edid {
namespace {

constexpr size_t kBlockBytes = 128;
constexpr size_t kDescriptorBytes = 18;
constexpr uint32_t kMinSide = 16;
constexpr uint32_t kMaxSide = 16384;  // no guest has larger pictures
constexpr uint32_t kMinRefreshMhz = 20'000;
constexpr uint32_t kMaxRefreshMhz = 500'000;

using Bytes = std::span<std::byte>;

void put(Bytes bytes, size_t at, uint32_t value) {
    bytes[at] = static_cast<std::byte>(value & 0xff);
}

void put_u16(Bytes bytes, size_t at, uint32_t value) {
    put(bytes, at, value);
    put(bytes, at + 1, value >> 8);
}

void put_all(Bytes bytes, size_t at, std::initializer_list<uint8_t> values) {
    for (const uint8_t value : values) {
        put(bytes, at++, value);
    }
}

/// Every block's bytes add up to 0.
void seal(Bytes block) {
    uint32_t sum = 0;
    for (const std::byte byte : block.first(kBlockBytes - 1)) {
        sum += std::to_integer<uint32_t>(byte);
    }
    put(block, kBlockBytes - 1, 256 - sum % 256);
}

/// Detailed timing descriptor (E-EDID A.2, 3.10.2).
void put_timing(Bytes at, const Timing& timing, Size mm) {
    const auto high = [](uint32_t value) { return value >> 8 & 0xf; };
    put_u16(at, 0, timing.clock_10khz);
    put(at, 2, timing.active.width);
    put(at, 3, timing.h_blank);
    put(at, 4, high(timing.active.width) << 4 | high(timing.h_blank));
    put(at, 5, timing.active.height);
    put(at, 6, timing.v_blank);
    put(at, 7, high(timing.active.height) << 4 | high(timing.v_blank));
    put(at, 8, timing.h_front);
    put(at, 9, timing.h_sync);
    put(at, 10, (timing.v_front & 0xf) << 4 | (timing.v_sync & 0xf));
    put(at, 11,
        (timing.h_front >> 8 & 3) << 6 | (timing.h_sync >> 8 & 3) << 4 |
            (timing.v_front >> 4 & 3) << 2 | (timing.v_sync >> 4 & 3));
    put(at, 12, mm.width);
    put(at, 13, mm.height);
    put(at, 14, high(mm.width) << 4 | high(mm.height));
    // Digital separate sync; positive horizontal and negative vertical: CVT's mark of reduced
    // blanking.
    put(at, 17, 0x1a);
}

constexpr size_t kMaxText = 13;

/// What a display descriptor can hold of `name`; never empty.
std::string printable(std::string_view name) {
    std::string text;
    for (const char c : name) {
        if (text.size() < kMaxText && c >= ' ' && c <= '~') {
            text.push_back(c);
        }
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text.empty() ? "Oriel" : text;
}

/// Display product name (E-EDID A.2, 3.10.3.4).
void put_name(Bytes at, std::string_view name) {
    put_all(at, 0, {0, 0, 0, 0xfc, 0});
    std::string text = printable(name);
    if (text.size() < kMaxText) {
        text.push_back('\n');
    }
    text.resize(kMaxText, ' ');
    for (size_t i = 0; i < kMaxText; ++i) {
        put(at, 5 + i, static_cast<uint8_t>(text[i]));
    }
}

/// Dummy descriptor (E-EDID A.2, 3.10.3.11).
void put_dummy(Bytes at) {
    put_all(at, 0, {0, 0, 0, 0x10});
}

/// What the range limits must cover; in Hz, kHz and 10 MHz as the descriptor has them.
struct Ranges {
    // The classic timings and those below: 640x480 has 31.47 kHz and 59.94 Hz, 1920x1080p60 148.5
    // MHz, 1920x1200 at 60 Hz with full blanking 74.6 kHz and 193.25 MHz.
    uint64_t min_v = 59;
    uint64_t max_v = 61;
    uint64_t min_h = 31;
    uint64_t max_h = 75;
    uint64_t clock_10mhz = 20;

    void cover(const Timing& timing) {
        min_v = std::min(min_v, timing.refresh_mhz() / 1000);
        max_v = std::max(max_v, timing.refresh_mhz() / 1000 + 1);
        min_h = std::min(min_h, timing.line_rate_hz() / 1000);
        max_h = std::max(max_h, timing.line_rate_hz() / 1000 + 1);
        clock_10mhz = std::max<uint64_t>(clock_10mhz, (timing.clock_10khz + 999) / 1000);
    }
    /// They fit the descriptor, which is optional.
    [[nodiscard]] bool expressible() const {
        return max_v <= 510 && max_h <= 510 && clock_10mhz <= 255;
    }
};

/// Display range limits (E-EDID A.2, 3.10.3.3). A maximum above 255 is stored with an offset.
void put_ranges(Bytes at, const Ranges& ranges) {
    const bool v_offset = ranges.max_v > 255;
    const bool h_offset = ranges.max_h > 255;
    const auto limited = [](uint64_t value, bool offset) {
        return static_cast<uint32_t>(std::clamp<uint64_t>(offset ? value - 255 : value, 1, 255));
    };
    put_all(at, 0, {0, 0, 0, 0xfd});
    put(at, 4, (h_offset ? 0x08U : 0U) | (v_offset ? 0x02U : 0U));
    put(at, 5, limited(ranges.min_v, false));
    put(at, 6, limited(ranges.max_v, v_offset));
    put(at, 7, limited(ranges.min_h, false));
    put(at, 8, limited(ranges.max_h, h_offset));
    put(at, 9, static_cast<uint32_t>(ranges.clock_10mhz));
    put_all(at, 10, {0x01, '\n', ' ', ' ', ' ', ' ', ' ', ' '});  // 0x01: no formula, limits only
}

/// Standard timings (E-EDID A.2, 3.9), 60 Hz: width / 8 - 31, and the aspect ratio.
void put_standard_timings(Bytes at) {
    constexpr uint8_t k16by10 = 0x00;
    constexpr uint8_t k5by4 = 0x80;
    constexpr uint8_t k16by9 = 0xc0;
    constexpr auto width = [](uint32_t px) { return static_cast<uint8_t>(px / 8 - 31); };
    put_all(at, 0,
            {width(1280), k16by9, width(1280), k16by10, width(1280), k5by4, width(1440), k16by10,
             width(1600), k16by9, width(1680), k16by10, width(1920), k16by9, width(1920), k16by10});
}

Size known_mm(Size mm) {
    const auto sane = [](uint32_t side) { return side >= 100 && side <= 2550; };
    return sane(mm.width) && sane(mm.height) ? mm : Size{};
}

/// `native`: `preferred` is what the monitor really has.
void put_base(Bytes block, const Monitor& monitor, const Timing& preferred, bool native,
              const Ranges& ranges) {
    const Size mm = known_mm(monitor.physical_mm);
    put_all(block, 0, {0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00});
    // Manufacturer: three letters of five bits, big-endian. "ORL" is not registered to anybody.
    constexpr uint32_t kOrl = ('O' - '@') << 10 | ('R' - '@') << 5 | ('L' - '@');
    put_all(block, 8, {kOrl >> 8, kOrl & 0xff});
    put_u16(block, 10, kProduct);
    put_u16(block, 12, monitor.serial);
    put_u16(block, 14, monitor.serial >> 16);
    put_all(block, 16, {0xff, kModelYear - 1990, 1, 4});  // model year, EDID 1.4
    put(block, 20, 0xa5);                                 // digital, 8 bits a colour, DisplayPort
    put(block, 21, (mm.width + 5) / 10);
    put(block, 22, (mm.height + 5) / 10);
    put(block, 23, 120);                   // gamma 2.2
    put(block, 24, native ? 0x06 : 0x04);  // RGB 4:4:4, sRGB is the default, 2: timing is native
    put_all(block, 25, {0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54});  // sRGB
    put_all(block, 35, {0x21, 0x08, 0x00});  // 640x480, 800x600, 1024x768, all at 60 Hz
    put_standard_timings(block.subspan(38));
    put_timing(block.subspan(54), preferred, mm);
    const Bytes second = block.subspan(54 + kDescriptorBytes);
    if (ranges.expressible()) {
        put_ranges(second, ranges);
    } else {
        put_dummy(second);
    }
    put_name(block.subspan(54 + 2 * kDescriptorBytes), monitor.name);
    // No serial number as text: with one, the number above would have to be 0.
    put_dummy(block.subspan(54 + 3 * kDescriptorBytes));
    put(block, 126, native ? 1 : 2);  // extensions
    seal(block);
}

/// The video codes (CTA-861-H, 7.5.1) that are not larger than the native resolution: a larger one
/// would count as preferred. (That 640x480 exists is said by the established timings, too.)
std::vector<uint8_t> video_codes(Size native) {
    struct Code {
        uint8_t vic;
        Size size;
    };
    constexpr std::array<Code, 3> kCodes{{{16, {1920, 1080}}, {4, {1280, 720}}, {1, {640, 480}}}};
    std::vector<uint8_t> codes;
    for (const Code& code : kCodes) {
        if (code.size.width <= native.width && code.size.height <= native.height) {
            codes.push_back(code.vic);
        }
    }
    return codes;
}

/// CTA-861-H, 7.5. `second` may be null. `native`: the first detailed timing is.
void put_cta(Bytes block, Size largest, bool native, const Timing* second, Size mm) {
    put_all(block, 0, {0x02, 0x03});
    size_t at = 4;
    // Where the native timing is in DisplayID, the first of these would count as preferred.
    const auto codes = native ? video_codes(largest) : std::vector<uint8_t>{};
    if (!codes.empty()) {
        put(block, at++, 0x40 | static_cast<uint32_t>(codes.size()));
        for (const uint8_t vic : codes) {
            put(block, at++, vic);
        }
    }
    // Video capability data block: RGB range selectable, nothing is overscanned.
    put_all(block, at, {0xe2, 0x00, 0x4a});
    at += 3;
    put(block, 2, static_cast<uint32_t>(at));
    put(block, 3, native ? 0x81 : 0x80);  // underscans IT formats; how many timings are native
    if (second != nullptr) {
        put_timing(block.subspan(at, kDescriptorBytes), *second, mm);
    }
    seal(block);
}

/// At a refresh rate whose pixel clock is not above `max_clock`: the one asked for, divided.
Mode slowed_to(Size size, uint32_t refresh_mhz, uint32_t max_clock) {
    const uint32_t wanted = std::clamp(refresh_mhz, kMinRefreshMhz, kMaxRefreshMhz);
    uint32_t refresh = wanted;
    for (uint32_t divisor = 2; reduced_blanking(size, refresh).clock_10khz > max_clock; ++divisor) {
        refresh = wanted / divisor;
    }
    return {size, refresh};
}

}  // namespace

Mode expressible(Size size, uint32_t refresh_mhz) {
    size.width = std::max(size.width, kMinSide);
    size.height = std::max(size.height, kMinSide);
    const uint64_t longest = std::max(size.width, size.height);
    if (longest > kMaxDtdSide) {
        const auto scaled = [longest](uint32_t side) {
            const auto fit = static_cast<uint32_t>(uint64_t{side} * kMaxDtdSide / longest);
            return std::max(fit / 8 * 8, kMinSide);  // whole character cells
        };
        size = {scaled(size.width), scaled(size.height)};
    }
    return slowed_to(size, refresh_mhz, kMaxDtdClock);
}

Mode offered(Size size, uint32_t refresh_mhz) {
    const auto side = [](uint32_t px) { return std::clamp(px, kMinSide, kMaxSide); };
    return slowed_to({side(size.width), side(size.height)}, refresh_mhz, kMaxDisplayIdClock);
}

Blob build(const Monitor& monitor) {
    const Mode wanted = offered(monitor.preferred, monitor.refresh_mhz);
    const Mode mode = expressible(monitor.preferred, monitor.refresh_mhz);
    const bool native = mode == wanted;
    const Timing preferred = reduced_blanking(mode.size, mode.refresh_mhz);
    Ranges ranges;
    ranges.cover(preferred);

    // A guest that doesn't care for high rates finds the same size at 60 Hz.
    const Timing at_60 = reduced_blanking(mode.size, 60'000);
    const bool offer_60 = mode.refresh_mhz > 61'000;
    if (offer_60) {
        ranges.cover(at_60);
    }

    Blob blob(native ? 2 * kBlockBytes : 3 * kBlockBytes);
    const Bytes bytes{blob};
    if (!native) {
        const Timing real = reduced_blanking(wanted.size, wanted.refresh_mhz);
        ranges.cover(real);
        const Bytes block = bytes.subspan(2 * kBlockBytes);
        put_displayid(
            block, {.native = real, .mm = known_mm(monitor.physical_mm), .serial = monitor.serial});
        seal(block);
    }
    put_base(bytes.first(kBlockBytes), monitor, preferred, native, ranges);
    put_cta(bytes.subspan(kBlockBytes, kBlockBytes), mode.size, native, offer_60 ? &at_60 : nullptr,
            known_mm(monitor.physical_mm));
    return blob;
}

}  // namespace oriel::edid
