// SPDX-License-Identifier: MIT
#include "vga/vga_device.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <utility>

#include "core/core_dump.h"
#include "core/log.h"
#include "core/memfd.h"
#include "ports.h"

namespace oriel::vga {
namespace {

constexpr uint16_t kMonochromeCrtcIndexPort = kCrtcIndexPort - kMonochromeDistance;
constexpr uint16_t kMonochromeCrtcDataPort = kCrtcDataPort - kMonochromeDistance;
constexpr uint16_t kDispiIndexPort = 0x1ce;
constexpr uint16_t kDispiDataPort = 0x1cf;
constexpr uint16_t kDispiAlignedDataPort = 0x1d0;
constexpr uint8_t kScreenOff = 0x20;     // sequencer register 1
constexpr uint8_t kSyncsEnabled = 0x80;  // CRTC register 17h

UniqueFd create_memory(uint64_t bytes, UniqueFd before) {
    if (before && has_fixed_size(before.get(), bytes)) {
        return before;
    }
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

/// A new file in place of the one that is mapped there.
Result<UniqueFd> renew_memory(std::span<std::byte> memory) {
    auto fd = create_memfd("oriel-vga", memory.size(), MemfdSeals::kFixedSize);
    if (fd && ::mmap(memory.data(), memory.size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                     fd->get(), 0) == MAP_FAILED) {
        return system_error("video memory: mmap");
    }
    keep_out_of_core_dump(memory);
    return fd;
}

std::string name_of(const Screen& screen) {
    if (const auto* layout = std::get_if<Layout>(&screen)) {
        return layout->name;
    }
    return std::get<PixelMode>(screen).mode.name();
}

}  // namespace

VgaDevice::VgaDevice(EventLoop& loop, Display& display, uint64_t memory_bytes, UniqueFd memory)
    : LedgerItem{HeldFor::kVga},
      clock_{loop.clock()},
      display_{display},
      registers_{loop.clock()},
      dispi_{memory_bytes},
      memory_fd_{create_memory(memory_bytes, std::move(memory))},
      mapping_{map_memory(memory_fd_.get(), memory_bytes)},
      window_{registers_, dispi_, mapping_.bytes()},
      scanner_{loop, display, mapping_.bytes()},
      wake_{loop, [this] { scanner_.wake(); }},
      save_{loop, [this] { save(); }},
      settle_timer_{loop, [this] { update_screen(); }},
      dark_timer_{loop, [this] { scanner_.hide(); }} {
    assert(std::has_single_bit(memory_bytes) && memory_bytes >= 0x10000);
    display_.listen(this);
}

VgaDevice::~VgaDevice() {
    display_.listen(nullptr);
}

uint32_t VgaDevice::shown_value(uint16_t port) {
    constexpr uint32_t kAlwaysNew = UINT32_MAX;
    switch (port) {
        case kSequencerDataPort: {
            const uint8_t index = registers_.read(kSequencerIndexPort);
            return index == 1 || index == 3 ? registers_.sequencer(index) : 0U;
        }
        case kGraphicsDataPort: {
            // Drawing writes the other registers all the time; they change no mode.
            const uint8_t index = registers_.read(kGraphicsIndexPort);
            return index == 5   ? registers_.graphics(5) & 0x60U
                   : index == 6 ? registers_.graphics(6) & 0x01U
                                : 0U;
        }
        case kCrtcDataPort:
        case kMonochromeCrtcDataPort: {
            const bool colour = port == kCrtcDataPort;
            return registers_.crtc(
                registers_.read(colour ? kCrtcIndexPort : kMonochromeCrtcIndexPort));
        }
        case kAttributePort:
        case kPelMaskPort:
        case kDacDataPort:
            return kAlwaysNew;
        default:
            return 0;
    }
}

void VgaDevice::write_port(uint16_t port, uint8_t value) {
    const uint32_t before = shown_value(port);
    const bool was_blanked = blanked();
    registers_.write(port, value);
    colours_changed_ |= port == kDacDataPort;
    registers_written();
    knows_blanking_ |= registers_.palette_access();
    if (blanked() && !was_blanked) {
        // What is on the screen stays as it is now, until something else is.
        scanner_.look_now();
    }
    const uint32_t after = shown_value(port);
    if (after != before || after == UINT32_MAX) {
        registers_changed();
    }
}

void VgaDevice::write_dispi(uint16_t index, uint16_t value) {
    const bool turns_off = static_cast<DispiIndex>(index) == DispiIndex::kEnable &&
                           dispi_.enabled() && (value & Dispi::kEnabled) == 0;
    if (turns_off) {
        scanner_.look_now();
    }
    const Dispi::WriteResult result = dispi_.write(index, value);
    registers_.set_dac_8bit(dispi_.dac_8bit());
    registers_written();
    if (result.clear_bytes > 0) {
        std::memset(mapping_.data(), 0, std::min<uint64_t>(result.clear_bytes, mapping_.size()));
    }
    if (result.mode_may_have_changed) {
        registers_changed();
    }
}

uint16_t VgaDevice::read_word_port(uint16_t port) {
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
        registers_written();
    } else if (port == kDispiDataPort || port == kDispiAlignedDataPort) {
        write_dispi(dispi_index_, value);
    }
}

void VgaDevice::write_window(uint32_t offset, uint8_t value) {
    window_.write(offset, value);
    wake_.schedule();
}

void VgaDevice::set_big_endian(bool big) {
    if (big != dispi_.big_endian()) {
        dispi_.set_big_endian(big);
        registers_written();
        registers_changed();
    }
}

/// Once in a turn, however many a guest writes in it.
void VgaDevice::registers_written() {
    if (record_ != nullptr) {
        save_.schedule();
    }
}

void VgaDevice::registers_changed() {
    const TimePoint now = clock_.now();
    if (!changed_since_) {
        changed_since_ = now;
        scanner_.pause();
    }
    settle_timer_.arm_at(std::min(now + kSettled, *changed_since_ + kSettledAtLast));
}

bool VgaDevice::blanked() const {
    const bool screen_off = (registers_.sequencer(1) & kScreenOff) != 0;
    if (dispi_.enabled()) {
        // Drivers for a bochs display without a VGA never open the palette.
        return screen_off || (knows_blanking_ && !registers_.palette_access());
    }
    const bool no_syncs = (registers_.crtc(0x17) & kSyncsEnabled) == 0;
    return screen_off || no_syncs || !registers_.palette_access();
}

std::optional<Screen> VgaDevice::screen() const {
    if (blanked()) {
        return std::nullopt;
    }
    if (!dispi_.enabled()) {
        auto layout = decode(registers_);
        return layout ? std::optional<Screen>{std::move(*layout)} : std::nullopt;
    }
    const DispiMode mode = dispi_.mode();
    if (mode.bpp <= 8) {
        return decode(registers_, mode);
    }
    return PixelMode{mode, dispi_.big_endian()};
}

void VgaDevice::update_screen() {
    changed_since_.reset();
    settle_timer_.disarm();
    if (std::optional<Screen> next = screen()) {
        dark_timer_.disarm();
        const std::string name = name_of(*next);
        if (name != std::exchange(shown_mode_, name)) {
            log_debug("vga", "mode {}", name);
        }
        scanner_.show(std::move(*next));
    } else if (scanner_.showing()) {
        scanner_.pause();
        if (!dark_timer_.deadline()) {
            dark_timer_.arm_after(kDarkAfter);
        }
    }
}

void VgaDevice::update_picture() {
    if (changed_since_) {
        update_screen();
    }
    scanner_.update_picture();
}

void VgaDevice::reset() {
    if (changed_since_) {
        // It may have been a cursor's move only: what a crashing guest says last is to be seen.
        update_screen();
    }
    scanner_.look_now();
    registers_.reset();
    dispi_.reset();
    dispi_index_ = 0;
    window_.reset();
    knows_blanking_ = false;
    colours_changed_ = true;
    registers_written();
    update_screen();
    if (!scanner_.active()) {
        // Nobody sees it go, and it must not come back when VGA gets the screen again.
        dark_timer_.disarm();
        scanner_.hide();
    }
}

void VgaDevice::power_off() {
    reset();
    auto fd = renew_memory(mapping_.bytes());
    if (fd) {
        memory_fd_ = std::move(*fd);
        return;
    }
    if (log_limiter_.admit(clock_.now())) {
        log_warn("vga", "{}: the next VM gets the last one's video memory, cleared",
                 fd.error().message());
    }
    std::memset(mapping_.data(), 0, mapping_.size());
}

void VgaDevice::visibility_changed(ScanoutId screen) {
    if (screen == Scanner::kScanout) {
        scanner_.visibility_changed();
    }
}

void VgaDevice::screen_given(ScanoutId screen, bool given) {
    if (screen == Scanner::kScanout) {
        scanner_.set_active(given);
    }
}

std::string VgaDevice::mode_name() const {
    const std::optional<Screen> now = screen();
    return now ? name_of(*now) : "dark";
}

}  // namespace oriel::vga
