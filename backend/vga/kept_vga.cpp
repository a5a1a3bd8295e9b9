// SPDX-License-Identifier: MIT
// What a process that ends leaves of the registers, and how the next one goes on with it: as
// writes, which need no checks that a guest's own writes have not passed.
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/byte_reader.h"
#include "core/state_record.h"
#include "ports.h"
#include "vga/dispi.h"
#include "vga/registers.h"
#include "vga/vga_device.h"

namespace oriel::vga {
namespace {

constexpr StateRecord::Key kKeptWrites{0x76676120, 0};  // "vga "
/// Apart, as they are seven times as many as all others, and rarely change.
constexpr StateRecord::Key kKeptColours{0x76676120, 1};
// Nothing that a guest can make needs more: 256 colours, each register, and what is around them.
constexpr size_t kMostBytes = 2000 * sizeof(PortWrite);

// Not ports of a VGA: what is kept besides.
constexpr uint16_t kByteOrder = 1;
constexpr uint16_t kKnowsBlanking = 2;
constexpr uint16_t kDispiChosen = 3;
constexpr uint16_t kFirstDispi = 0x100;

/// More than all registers but the colours are.
constexpr size_t kMostWrites = 256;

std::optional<std::span<const std::byte>> whole_writes(const StateRecord& record,
                                                       StateRecord::Key key) {
    const auto bytes = record.find(key);
    return bytes && bytes->size() <= kMostBytes && bytes->size() % sizeof(PortWrite) == 0
               ? bytes
               : std::nullopt;
}

}  // namespace

std::vector<PortWrite> Registers::writes() const {
    std::vector<PortWrite> all;
    all.reserve(kMostWrites);
    const auto put = [&all](int port, uint8_t value) {
        all.push_back({static_cast<uint16_t>(port), value});
    };
    const auto put_indexed = [&put](int port, const auto& values, uint8_t chosen) {
        for (uint8_t i = 0; i < values.size(); ++i) {
            put(port, i);
            put(port + 1, values[i]);
        }
        put(port, chosen);
    };
    // First, as it says where the CRTC is.
    put(kMiscWritePort, misc_);
    const uint16_t down = (misc_ & kMiscColour) != 0 ? 0 : kMonochromeDistance;
    put(kInputStatus1Port - down, feature_);
    put_indexed(kSequencerIndexPort, sequencer_, sequencer_index_);
    // The register that protects the first ones is behind them.
    put_indexed(kCrtcIndexPort - down, crtc_, crtc_index_);
    put_indexed(kGraphicsIndexPort, graphics_, graphics_index_);
    for (uint8_t i = 0; i < attribute_.size(); ++i) {
        put(kAttributePort, i);
        put(kAttributePort, attribute_[i]);
    }
    put(kAttributePort, attribute_index_);
    if (!attribute_expects_data_) {
        put(kAttributePort, attribute(attribute_index_ & 0x1f));
    }
    put(kPelMaskPort, pel_mask_);
    put(kDacWriteIndexPort, dac_write_index_);
    if (dac_reading_) {
        put(kDacReadIndexPort, dac_read_index_);
    } else {
        for (uint8_t i = 0; i < dac_component_; ++i) {
            put(kDacDataPort, dac_latch_[i]);
        }
    }
    return all;
}

std::vector<PortWrite> Registers::colour_writes() const {
    std::vector<PortWrite> all{{kDacWriteIndexPort, 0}};
    for (const auto& rgb : dac_) {
        for (const uint8_t part : rgb) {
            all.push_back({kDacDataPort, part});
        }
    }
    return all;
}

std::array<std::pair<DispiIndex, uint16_t>, 11> Dispi::writes() const {
    // A mode is switched on when it is known, and what that sets follows. Without one the bank may
    // be of another depth.
    constexpr uint16_t kMostBanks = 8;
    return {{{DispiIndex::kId, id_},
             {DispiIndex::kXres, xres_},
             {DispiIndex::kYres, yres_},
             {DispiIndex::kBpp, enabled() ? bpp_ : kMostBanks},
             {DispiIndex::kEnable, enable_},
             {DispiIndex::kVirtWidth, virt_width_},
             {DispiIndex::kVirtHeight, virt_height_},
             {DispiIndex::kXOffset, x_offset_},
             {DispiIndex::kYOffset, y_offset_},
             {DispiIndex::kBank, bank_},
             {DispiIndex::kBpp, bpp_}}};
}

void VgaDevice::keep(StateRecord* record) {
    record_ = record;
    colours_changed_ = true;
    save();
}

void VgaDevice::save() {
    if (record_ == nullptr) {
        return;
    }
    std::vector<PortWrite> all = registers_.writes();
    for (const auto& [index, value] : dispi_.writes()) {
        all.push_back({static_cast<uint16_t>(kFirstDispi + static_cast<uint16_t>(index)), value});
    }
    all.push_back({kDispiChosen, dispi_index_});
    all.push_back({kByteOrder, dispi_.big_endian() ? uint16_t{1} : uint16_t{0}});
    all.push_back({kKnowsBlanking, knows_blanking_ ? uint16_t{1} : uint16_t{0}});
    record_->put(kKeptWrites, std::as_bytes(std::span{all}));
    if (std::exchange(colours_changed_, false)) {
        const std::vector<PortWrite> colours = registers_.colour_writes();
        record_->put(kKeptColours, std::as_bytes(std::span{colours}));
    }
}

void VgaDevice::resume(const StateRecord& record) {
    if (!whole_writes(record, kKeptWrites)) {
        return;
    }
    registers_.reset();
    dispi_.reset();
    // The colours are kept as they are, and the DAC may have been wider before.
    registers_.set_dac_8bit(true);
    for (const auto& key : {kKeptColours, kKeptWrites}) {
        ByteReader reader{whole_writes(record, key).value_or(std::span<const std::byte>{})};
        while (const auto write = reader.read<PortWrite>()) {
            resume_write(*write);
        }
    }
    registers_.set_dac_8bit(dispi_.dac_8bit());
    registers_changed();
}

void VgaDevice::resume_write(const PortWrite& write) {
    if (write.port >= Registers::kFirstPort) {
        registers_.write(write.port, static_cast<uint8_t>(write.value));
    } else if (write.port >= kFirstDispi) {
        // Video memory is kept, too: nothing is cleared.
        static_cast<void>(
            dispi_.write(static_cast<uint16_t>(write.port - kFirstDispi), write.value));
    } else if (write.port == kDispiChosen) {
        dispi_index_ = write.value;
    } else if (write.port == kByteOrder) {
        dispi_.set_big_endian(write.value != 0);
    } else if (write.port == kKnowsBlanking) {
        knows_blanking_ = write.value != 0;
    }
}

}  // namespace oriel::vga
