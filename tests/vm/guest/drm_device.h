// SPDX-License-Identifier: MIT
#pragma once

#include <drm_mode.h>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// The kernel's mode setting interface by plain ioctls (drm.h, drm_mode.h), as far as the test
// guest needs it: connectors, dumb buffers, damage, page flips and the cursor. Everything that
// fails ends the program with one line: in this guest nobody could do better.

namespace oriel::guest {

// A kernel-allocated linear XRGB8888 buffer, mapped. Sizes in pixels, pitch in bytes.
struct DumbBuffer {
    uint32_t width = 0;
    uint32_t height = 0;
    uint32_t pitch = 0;
    uint32_t handle = 0;
    uint32_t framebuffer_id = 0;  // 0 for a cursor image
    uint8_t* pixels = nullptr;

    uint32_t* row(uint32_t y) const {
        // The kernel's pitch is a multiple of 4 and its mapping is page-aligned.
        return static_cast<uint32_t*>(static_cast<void*>(pixels + uint64_t{y} * pitch));
    }
};

// A damaged rectangle in pixels: x1 and y1 included, x2 and y2 not.
struct Box {
    uint32_t x1 = 0;
    uint32_t y1 = 0;
    uint32_t x2 = 0;
    uint32_t y2 = 0;
};

// A connected screen with the CRTC that drives it; `index` is the CRTC's index, which is the
// scanout's number in virtio-gpu.
struct Screen {
    uint32_t connector_id = 0;
    uint32_t crtc_id = 0;
    uint32_t index = 0;
    drm_mode_modeinfo mode{};  // what the device prefers, until choose_mode()
    std::vector<drm_mode_modeinfo> modes;
    std::vector<uint8_t> edid;
};

class DrmDevice {
public:
    // Opens the first card whose driver is virtio_gpu, waiting up to `timeout_s` for it.
    static DrmDevice open(int timeout_s);

    int fd() const { return fd_; }
    const std::string& driver() const { return driver_; }

    std::vector<Screen> connected_screens() const;
    DumbBuffer create_buffer(uint32_t width, uint32_t height) const;
    DumbBuffer create_cursor_image(uint32_t width, uint32_t height) const;
    // The handle of another driver's buffer.
    uint32_t import_dmabuf(int dmabuf) const;
    // Makes a buffer one that can be shown.
    void add_framebuffer(DumbBuffer& buffer) const;
    // The opposite, and lets go of the handle. It stays mapped.
    void remove(const DumbBuffer& buffer) const;

    void show(const Screen& screen, const DumbBuffer& buffer) const;
    void mark_dirty(const DumbBuffer& buffer, const std::vector<Box>& damage) const;
    // Shows the buffer at the next (virtual) vertical blank, waits for its event, and returns the
    // number that the event has: `number`, unless the kernel mixes them up.
    uint64_t flip(const Screen& screen, const DumbBuffer& buffer, uint64_t number = 0) const;
    void set_cursor(const Screen& screen, const DumbBuffer& image, int hot_x, int hot_y) const;
    void move_cursor(const Screen& screen, int x, int y) const;
    void hide_cursor(const Screen& screen) const;

private:
    DrmDevice(int fd, std::string driver) : fd_(fd), driver_(std::move(driver)) {}

    DumbBuffer create_dumb(uint32_t width, uint32_t height) const;
    std::vector<uint8_t> read_edid(uint32_t connector_id) const;
    std::optional<std::vector<uint8_t>> try_edid(uint32_t connector_id) const;

    int fd_;  // open until the program ends
    std::string driver_;
};

// Sets screen.mode to the listed mode of that size, else to a made-up 60 Hz timing of that size.
void choose_mode(Screen& screen, uint32_t width, uint32_t height);

// Prints "guest: " and the message, and exits with status 1.
[[noreturn]] void fail(const std::string& message);

}  // namespace oriel::guest
