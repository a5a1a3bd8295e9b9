// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/clock.h"

namespace oriel::vga {

struct PortWrite {
    uint16_t port = 0;
    uint16_t value = 0;
};

/// The registers of an IBM VGA, ports 0x3b0 to 0x3df (IBM VGA technical reference; FreeVGA). They
/// answer and keep state; what they mean for the picture is not here.
class Registers {
public:
    static constexpr uint16_t kFirstPort = 0x3b0;
    static constexpr uint16_t kLastPort = 0x3df;

    /// `clock` (lent, outlives this) drives the retrace bits.
    explicit Registers(const Clock& clock) : clock_{clock} { reset(); }

    /// A port that nobody decodes reads as 0xff.
    [[nodiscard]] uint8_t read(uint16_t port);
    void write(uint16_t port, uint8_t value);
    /// The state after power-on.
    void reset();

    /// What has to be written after a reset for the registers to be as they are now, but for a
    /// colour that is being read. The DAC must have 8 bits meanwhile.
    [[nodiscard]] std::vector<PortWrite> writes() const;
    /// The same of the colours, before those.
    [[nodiscard]] std::vector<PortWrite> colour_writes() const;

    /// bochs DISPI widens the DAC to 8 bits a colour.
    void set_dac_8bit(bool wide) { dac_8bit_ = wide; }
    /// Colour `index` as red, green, blue, 0 to 255.
    [[nodiscard]] std::array<uint8_t, 3> colour(uint8_t index) const;

    // What the registers hold, without a guest's side effects of reading. An index that doesn't
    // exist reads as 0.
    [[nodiscard]] uint8_t sequencer(uint8_t index) const;
    [[nodiscard]] uint8_t crtc(uint8_t index) const;
    [[nodiscard]] uint8_t graphics(uint8_t index) const;
    [[nodiscard]] uint8_t attribute(uint8_t index) const;
    [[nodiscard]] uint8_t misc() const { return misc_; }
    /// The palette is the screen's, not the CPU's (attribute index, bit 5): there is a picture.
    [[nodiscard]] bool palette_access() const;

private:
    static constexpr size_t kSequencerCount = 5;
    static constexpr size_t kCrtcCount = 25;
    static constexpr size_t kGraphicsCount = 9;
    static constexpr size_t kAttributeCount = 21;

    [[nodiscard]] bool decodes(uint16_t port) const;
    [[nodiscard]] uint8_t input_status_1();
    void write_attribute(uint8_t value);
    void write_crtc(uint8_t value);
    [[nodiscard]] uint8_t dac_mask() const { return dac_8bit_ ? 0xff : 0x3f; }
    [[nodiscard]] uint8_t read_dac();
    void write_dac(uint8_t value);

    const Clock& clock_;
    uint8_t misc_ = 0;
    uint8_t feature_ = 0;
    uint8_t sequencer_index_ = 0;
    uint8_t crtc_index_ = 0;
    uint8_t graphics_index_ = 0;
    uint8_t attribute_index_ = 0;
    bool attribute_expects_data_ = false;
    std::array<uint8_t, kSequencerCount> sequencer_{};
    std::array<uint8_t, kCrtcCount> crtc_{};
    std::array<uint8_t, kGraphicsCount> graphics_{};
    std::array<uint8_t, kAttributeCount> attribute_{};

    uint8_t pel_mask_ = 0xff;
    uint8_t dac_read_index_ = 0;
    uint8_t dac_write_index_ = 0;
    uint8_t dac_component_ = 0;  // 0 to 2: red, green, blue
    bool dac_reading_ = false;
    bool dac_8bit_ = false;
    std::array<uint8_t, 3> dac_latch_{};
    std::array<std::array<uint8_t, 3>, 256> dac_{};
};

}  // namespace oriel::vga
