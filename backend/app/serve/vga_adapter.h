// SPDX-License-Identifier: MIT
#pragma once

#include "edid/edid.h"
#include "gpu/gpu_device.h"
#include "pci/vga_registers.h"
#include "vga/vga_device.h"

namespace oriel::app {

/// What the PCI function asks of a VGA, answered by the VGA device and, for the EDID, by the GPU:
/// the card has one connector. Layers below don't know each other; both parts are lent and must
/// outlive this.
class VgaAdapter final : public pci::VgaRegisters {
public:
    VgaAdapter(vga::VgaDevice& vga, const gpu::GpuDevice& gpu) : vga_{vga}, gpu_{gpu} {
        edid_changed();
    }

    [[nodiscard]] std::span<std::byte> video_memory() override { return vga_.memory(); }
    [[nodiscard]] int video_memory_fd() const override { return vga_.memory_fd(); }
    [[nodiscard]] uint8_t read_port(uint16_t port) override { return vga_.read_port(port); }
    void write_port(uint16_t port, uint8_t value) override { vga_.write_port(port, value); }
    [[nodiscard]] uint16_t read_word_port(uint16_t port) override {
        return vga_.read_word_port(port);
    }
    void write_word_port(uint16_t port, uint16_t value) override {
        vga_.write_word_port(port, value);
    }
    [[nodiscard]] uint8_t read_window(uint32_t offset) override { return vga_.read_window(offset); }
    void write_window(uint32_t offset, uint8_t value) override { vga_.write_window(offset, value); }
    [[nodiscard]] uint16_t read_dispi(uint16_t index) override { return vga_.read_dispi(index); }
    void write_dispi(uint16_t index, uint16_t value) override { vga_.write_dispi(index, value); }
    [[nodiscard]] bool big_endian() override { return vga_.big_endian(); }
    void set_big_endian(bool big) override { vga_.set_big_endian(big); }
    [[nodiscard]] std::span<const std::byte> edid() override { return edid_; }
    void reset() override { vga_.reset(); }

    /// The GPU's EDID of scanout 0 may have changed.
    void edid_changed() { edid_ = gpu_.edid(0); }

private:
    vga::VgaDevice& vga_;
    const gpu::GpuDevice& gpu_;
    edid::Blob edid_{};
};

}  // namespace oriel::app
