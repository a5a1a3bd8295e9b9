// SPDX-License-Identifier: MIT
#include "vga/vga_device.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <utility>

#include "core/log.h"
#include "core/memfd.h"

namespace oriel::vga {
namespace {

constexpr uint16_t kCrtcDataPort = 0x3d5;
constexpr uint16_t kDispiIndexPort = 0x1ce;
constexpr uint16_t kDispiDataPort = 0x1cf;
constexpr uint16_t kDispiAlignedDataPort = 0x1d0;
constexpr uint16_t kShownBpp = 32;

UniqueFd create_memory(uint64_t bytes) {
    auto fd = create_memfd("oriel-vga", bytes, MemfdSeals::kFixedSize);
    if (!fd) {
        throw StartupError{fd.error()};
    }
    return std::move(*fd);
}

Mapping map_memory(int fd, uint64_t bytes) {
    auto mapping = Mapping::map(fd, 0, bytes, MapAccess::kReadWrite);
    if (!mapping) {
        throw StartupError{mapping.error()};
    }
    return std::move(*mapping);
}

}  // namespace

VgaDevice::VgaDevice(EventLoop& loop, Display& display, uint64_t memory_bytes)
    : registers_{loop.clock()},
      dispi_{memory_bytes},
      memory_fd_{create_memory(memory_bytes)},
      mapping_{map_memory(memory_fd_.get(), memory_bytes)},
      window_{registers_, dispi_, mapping_.bytes()},
      scanner_{loop, display, mapping_.bytes()},
      dark_timer_{loop, [this] { go_dark(); }} {
    assert(std::has_single_bit(memory_bytes) && memory_bytes >= 0x10000);
}

void VgaDevice::write_port(uint16_t port, uint8_t value) {
    registers_.write(port, value);
    if (port == kCrtcDataPort && !dispi_.enabled()) {
        // A VGA mode is being set: say what comes of it, unless a bochs mode follows soon.
        vga_mode_set_ = true;
        if (!dark_timer_.deadline()) {
            dark_timer_.arm_after(kDarkAfter);
        }
    }
    scanner_.wake();
}

void VgaDevice::write_dispi(uint16_t index, uint16_t value) {
    const Dispi::WriteResult result = dispi_.write(index, value);
    registers_.set_dac_8bit(dispi_.dac_8bit());
    if (result.clear_bytes > 0) {
        std::memset(mapping_.data(), 0, std::min<uint64_t>(result.clear_bytes, mapping_.size()));
    }
    if (result.mode_may_have_changed) {
        update_mode();
    }
}

uint16_t VgaDevice::read_word_port(uint16_t port) const {
    switch (port) {
        case kDispiIndexPort:
            return dispi_index_;
        case kDispiDataPort:
        case kDispiAlignedDataPort:
            return read_dispi(dispi_index_);
        default:
            return 0xffff;
    }
}

void VgaDevice::write_word_port(uint16_t port, uint16_t value) {
    if (port == kDispiIndexPort) {
        dispi_index_ = value;
    } else if (port == kDispiDataPort || port == kDispiAlignedDataPort) {
        write_dispi(dispi_index_, value);
    }
}

void VgaDevice::write_window(uint32_t offset, uint8_t value) {
    window_.write(offset, value);
    scanner_.wake();
}

void VgaDevice::set_big_endian(bool big) {
    dispi_.set_big_endian(big);
    scanner_.wake();
}

void VgaDevice::update_mode() {
    if (!dispi_.enabled()) {
        dark_timer_.arm_after(kDarkAfter);
        return;
    }
    dark_timer_.disarm();
    if (dispi_.mode().bpp == kShownBpp) {
        log_debug("vga", "mode {}", dispi_.mode().name());
        scanner_.show(dispi_.mode());
    } else {
        go_dark();
    }
}

void VgaDevice::go_dark() {
    scanner_.hide();
    if (!dispi_.enabled() && !vga_mode_set_) {
        return;
    }
    const std::string what = dispi_.enabled() ? dispi_.mode().name() : "VGA text and planar modes";
    if (what != std::exchange(told_, what)) {
        log_info("vga", "not shown yet: {}; the screen is dark", what);
    }
}

void VgaDevice::reset() {
    registers_.reset();
    dispi_.reset();
    dispi_index_ = 0;
    window_.reset();
    vga_mode_set_ = false;
    dark_timer_.disarm();
    if (!scanner_.active()) {
        // Nobody sees it go, and it must not come back when VGA gets the screen again.
        scanner_.hide();
    } else if (scanner_.showing()) {
        dark_timer_.arm_after(kDarkAfter);
    }
}

std::string VgaDevice::mode_name() const {
    return scanner_.showing() && dispi_.enabled() ? dispi_.mode().name() : "dark";
}

}  // namespace oriel::vga
