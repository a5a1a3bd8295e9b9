// SPDX-License-Identifier: MIT
#include "support/blob_screen.h"

#include <cstring>
#include <stdexcept>

namespace oriel::test {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kPixel = 4;

uint64_t blob_bytes(const GpuDriver::BlobView& view) {
    const uint64_t end = view.offset + uint64_t{view.stride} * view.size.height;
    return (end + kPage - 1) / kPage * kPage;
}

}  // namespace

BlobScreen::BlobScreen(GpuDriver& driver, Size size, const Options& options)
    : driver_{&driver},
      id_{driver.next_id()},
      size_{size},
      view_{.size = size,
            .offset = options.offset,
            .stride =
                options.stride != 0 ? options.stride : static_cast<uint32_t>(size.width * kPixel),
            .format = options.format},
      byte_size_{blob_bytes(view_)},
      entries_{driver.allocate(byte_size_, options.pages)} {
    if (driver.create_blob(id_, byte_size_, entries_) != wire::Type::kOkNodata) {
        throw std::runtime_error{"the device refuses a blob"};
    }
}

std::byte* BlobScreen::at(uint32_t x, uint32_t y) const {
    // All entries are of one length: either there is one, or each is a run.
    const uint64_t offset = view_.offset + uint64_t{y} * view_.stride + x * kPixel;
    const uint64_t length = entries_.front().length;
    const auto& entry = entries_.at(offset / length);
    return driver_->link().bytes(entry.address + offset % length, kPixel).data();
}

void BlobScreen::set(uint32_t x, uint32_t y, uint32_t value) {
    std::memcpy(at(x, y), &value, sizeof value);
}

uint32_t BlobScreen::get(uint32_t x, uint32_t y) const {
    uint32_t value = 0;
    std::memcpy(&value, at(x, y), sizeof value);
    return value;
}

void BlobScreen::fill(const Rect& rect, uint32_t value) {
    for (uint32_t y = rect.y; y < rect.bottom(); ++y) {
        for (uint32_t x = rect.x; x < rect.right(); ++x) {
            set(x, y, value);
        }
    }
}

wire::Type BlobScreen::show_on(uint32_t scanout, const Rect& source) {
    return driver_->set_scanout_blob(scanout, id_, view_, source);
}

wire::Type BlobScreen::flush(const Rect& rect) {
    return driver_->flush(id_, rect);
}

GpuDriver::Token BlobScreen::post_flush(const Rect& rect) {
    return driver_->post_flush(id_, rect);
}

wire::Type BlobScreen::transfer() {
    return driver_->transfer(id_, all(), view_.offset);
}

wire::Type BlobScreen::unref() {
    return driver_->unref(id_);
}

BlobFlipper::BlobFlipper(GpuDriver& driver, uint32_t scanout, Size size, size_t buffers,
                         const BlobScreen::Options& options)
    : scanout_{scanout} {
    for (size_t i = 0; i < buffers; ++i) {
        buffers_.emplace_back(driver, size, options);
    }
}

BlobScreen& BlobFlipper::front() {
    return buffers_[(back_ + buffers_.size() - 1) % buffers_.size()];
}

GpuDriver::Token BlobFlipper::post_flip() {
    BlobScreen& shown = back();
    if (shown.show_on(scanout_) != wire::Type::kOkNodata) {
        throw std::runtime_error{"the device refuses to show a blob"};
    }
    back_ = (back_ + 1) % buffers_.size();
    return shown.post_flush();
}

wire::Type BlobFlipper::flip() {
    BlobScreen& shown = back();
    if (const wire::Type type = shown.show_on(scanout_); type != wire::Type::kOkNodata) {
        return type;
    }
    back_ = (back_ + 1) % buffers_.size();
    return shown.flush();
}

}  // namespace oriel::test
