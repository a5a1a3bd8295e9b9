// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "support/gpu_driver.h"

namespace oriel::test {

/// A blob resource in guest memory and the guest's picture in it. Copies are the same resource.
///
///     BlobScreen screen{driver, {640, 480}};
///     screen.fill(0xff336699);
///     screen.show_on(0);
///     screen.flush();
class BlobScreen {
public:
    struct Options {
        Pages pages = Pages::kScattered;
        wire::Format format = wire::Format::kB8G8R8X8;
        uint32_t offset = 0;  ///< of the picture in the blob, bytes
        uint32_t stride = 0;  ///< bytes; 0: the width's
    };

    /// Creates the resource, with an id of its own; it is not shown yet.
    BlobScreen(GpuDriver& driver, Size size, const Options& options);
    BlobScreen(GpuDriver& driver, Size size) : BlobScreen{driver, size, Options{}} {}

    [[nodiscard]] uint32_t id() const { return id_; }
    [[nodiscard]] Size size() const { return size_; }
    [[nodiscard]] Rect all() const { return Rect::of(size_); }
    [[nodiscard]] const GpuDriver::BlobView& view() const { return view_; }
    /// Of the blob, whole pages.
    [[nodiscard]] uint64_t byte_size() const { return byte_size_; }
    [[nodiscard]] const std::vector<gpu::command::BackingEntry>& entries() const {
        return entries_;
    }

    // Drawing, in guest memory only; a value is the four bytes in little-endian order.
    void set(uint32_t x, uint32_t y, uint32_t value);
    [[nodiscard]] uint32_t get(uint32_t x, uint32_t y) const;
    void fill(uint32_t value) { fill(all(), value); }
    void fill(const Rect& rect, uint32_t value);

    // Commands.

    /// SET_SCANOUT_BLOB: all of the picture, or a part of it.
    wire::Type show_on(uint32_t scanout) { return show_on(scanout, all()); }
    wire::Type show_on(uint32_t scanout, const Rect& source);
    /// Only the flush, as Linux does it for what another driver has drawn.
    wire::Type flush() { return flush(all()); }
    wire::Type flush(const Rect& rect);
    [[nodiscard]] GpuDriver::Token post_flush() { return post_flush(all()); }
    [[nodiscard]] GpuDriver::Token post_flush(const Rect& rect);
    /// TRANSFER_TO_HOST_2D, as Linux sends it before the flush of what its CPU has drawn.
    wire::Type transfer();
    wire::Type unref();

private:
    [[nodiscard]] std::byte* at(uint32_t x, uint32_t y) const;

    GpuDriver* driver_;
    uint32_t id_;
    Size size_;
    GpuDriver::BlobView view_;
    uint64_t byte_size_;
    std::vector<gpu::command::BackingEntry> entries_;
};

/// A guest that draws to one buffer while another is shown, and flips.
///
///     BlobFlipper flipper{driver, 0, {640, 480}};
///     flipper.back().fill(0xff336699);
///     flipper.flip();
class BlobFlipper {
public:
    BlobFlipper(GpuDriver& driver, uint32_t scanout, Size size, size_t buffers = 2,
                const BlobScreen::Options& options = {});

    /// Where to draw next.
    [[nodiscard]] BlobScreen& back() { return buffers_[back_]; }
    /// What was flipped to last.
    [[nodiscard]] BlobScreen& front();
    /// Shows the back buffer (SET_SCANOUT_BLOB, FLUSH) and waits for the answer.
    wire::Type flip();
    /// The same without waiting for the flush.
    [[nodiscard]] GpuDriver::Token post_flip();

private:
    uint32_t scanout_;
    std::vector<BlobScreen> buffers_;
    size_t back_ = 0;
};

}  // namespace oriel::test
