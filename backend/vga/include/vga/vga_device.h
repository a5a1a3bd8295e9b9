// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/event_loop.h"
#include "core/ledger.h"
#include "core/mapping.h"
#include "core/unique_fd.h"
#include "scanout/display.h"
#include "vga/dispi.h"
#include "vga/memory_window.h"
#include "vga/registers.h"
#include "vga/scanner.h"
#include "vga/vga_registers.h"

namespace oriel::vga {

/// The VGA half of the card: legacy registers, the bochs display interface and the video memory
/// behind both. Shows scanout 0 of its display.
class VgaDevice final : public VgaRegisters, public LedgerItem, private SourceListener {
public:
    static constexpr uint64_t kDefaultMemoryBytes = uint64_t{16} << 20;
    /// How long a picture stays when its mode was switched off: firmware and drivers switch off
    /// and on again to change something.
    static constexpr Nanoseconds kDarkAfter{100'000'000};
    /// Modes are set in many writes: what the registers say counts once nobody has written them for
    /// so long, and at the latest after kSettledAtLast.
    static constexpr Nanoseconds kSettled{1'000'000};
    static constexpr Nanoseconds kSettledAtLast{16'000'000};

    /// `loop` and `display` (a card's source) are lent and must outlive the device, which listens
    /// to the display from now on. `memory_bytes`: a power of two of at least 64 KiB. Throws
    /// StartupError without that much memory.
    /// `memory`: what an earlier process had, which a guest has mapped; taken if it is so large and
    /// can't be resized.
    VgaDevice(EventLoop& loop, Display& display, uint64_t memory_bytes = kDefaultMemoryBytes,
              UniqueFd memory = {});
    ~VgaDevice() override;

    // VgaRegisters
    [[nodiscard]] std::span<std::byte> video_memory() override { return mapping_.bytes(); }
    /// Can't be resized.
    [[nodiscard]] int video_memory_fd() const override { return memory_fd_.get(); }
    [[nodiscard]] uint8_t read_port(uint16_t port) override { return registers_.read(port); }
    void write_port(uint16_t port, uint8_t value) override;
    /// 0x1ce chooses a register, 0x1cf and 0x1d0 (the same at an aligned address) are its value.
    /// Other ports read as all ones and ignore writes.
    [[nodiscard]] uint16_t read_word_port(uint16_t port) override;
    void write_word_port(uint16_t port, uint16_t value) override;
    [[nodiscard]] uint8_t read_window(uint32_t offset) override { return window_.read(offset); }
    void write_window(uint32_t offset, uint8_t value) override;
    /// See DispiIndex.
    [[nodiscard]] uint16_t read_dispi(uint16_t index) override { return dispi_.read(index); }
    void write_dispi(uint16_t index, uint16_t value) override;
    /// The byte order of pixels of 15 bpp and more; little after a reset.
    [[nodiscard]] bool big_endian() override { return dispi_.big_endian(); }
    void set_big_endian(bool big) override;
    /// The screen goes dark unless a mode comes soon. Memory stays.
    void reset() override;
    void power_off() override;
    void keep(StateRecord* record) override;
    void resume(const StateRecord& record) override;

    // SourceListener
    void visibility_changed(ScanoutId screen) override;
    void screen_given(ScanoutId screen, bool given) override;

    /// Video memory, as much of it as was ever written.
    [[nodiscard]] Held held() const override { return {file_bytes_of(memory_fd_), 1}; }

    /// Brings the picture up to date with video memory now, for a screenshot.
    void update_picture();
    /// Cursor and text that blink are always shown.
    void freeze_blink(bool freeze) { scanner_.freeze_blink(freeze); }

    /// For people: "text 80x25", "planar 640x480x4", "bochs 1024x768x32", "dark".
    [[nodiscard]] std::string mode_name() const;
    /// The mode of the picture that is shown, or was last; the registers may say another one by
    /// now.
    [[nodiscard]] const std::string& shown_mode() const { return shown_mode_; }

private:
    void registers_written();
    void registers_changed();
    void update_screen();
    [[nodiscard]] bool blanked() const;
    [[nodiscard]] std::optional<Screen> screen() const;
    [[nodiscard]] uint32_t shown_value(uint16_t port);
    void save();
    void resume_write(const PortWrite& write);

    const Clock& clock_;
    Display& display_;
    Registers registers_;
    Dispi dispi_;
    UniqueFd memory_fd_;
    Mapping mapping_;
    MemoryWindow window_;
    /// The DISPI register that port 0x1ce has chosen.
    uint16_t dispi_index_ = 0;
    Scanner scanner_;
    /// The guest may write thousands of bytes in a turn of the loop, one by one.
    DeferredCall wake_;
    DeferredCall save_;
    Timer settle_timer_;
    Timer dark_timer_;
    /// When the registers began to say something that the scanner doesn't know yet.
    std::optional<TimePoint> changed_since_;
    /// The guest has switched the palette's access on since the reset.
    bool knows_blanking_ = false;
    StateRecord* record_ = nullptr;  // lent by keep()
    bool colours_changed_ = false;   // since they were written down
    std::string shown_mode_;
    LogLimiter log_limiter_;
};

}  // namespace oriel::vga
