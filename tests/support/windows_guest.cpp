// SPDX-License-Identifier: MIT
#include "support/windows_guest.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace oriel::test {
namespace {

using wire::Type;

constexpr uint64_t kPage = 4096;

void expect(Type answer, const char* what) {
    if (answer != Type::kOkNodata) {
        throw std::runtime_error{what};
    }
}

uint64_t whole_pages(uint64_t bytes) {
    return (bytes + kPage - 1) / kPage * kPage;
}

}  // namespace

void VioGpuDo::start() {
    const wire::RespDisplayInfo info = driver_.display_info();
    const uint32_t scanouts = driver_.config().num_scanouts;
    preferred_ = {info.pmodes[0].r.width, info.pmodes[0].r.height};
    for (uint32_t i = 0; i < scanouts; ++i) {
        if (info.pmodes[i].enabled != 0) {
            // One buffer for all: the last one's stays.
            edid_ = driver_.edid(i);
        }
    }
}

void VioGpuDo::destroy_frame_buffer() {
    if (frame_buffer_) {
        expect(driver_.detach_backing(frame_buffer_->id()), "DETACH_BACKING");
        expect(driver_.unref(frame_buffer_->id()), "RESOURCE_UNREF");
        frame_buffer_.reset();
    }
}

void VioGpuDo::set_mode(Size mode) {
    destroy_frame_buffer();
    frame_buffer_ = driver_.create(mode, Pages::kScattered, wire::Format::kB8G8R8A8);
    expect(driver_.set_scanout(0, frame_buffer_->id(), Rect::of(mode)), "SET_SCANOUT");
    expect(frame_buffer_->transfer(), "TRANSFER_TO_HOST_2D");
    expect(driver_.flush(frame_buffer_->id(), frame_buffer_->all()), "RESOURCE_FLUSH");
}

GpuDriver::Token VioGpuDo::present(const Rect& rect, uint32_t value) {
    frame_buffer_->fill(rect, value);
    return frame_buffer_->post_flush(rect);
}

void VioGpuDo::config_changed() {
    driver_.clear_events(driver_.config().events_read);
    const wire::RespDisplayInfo info = driver_.display_info();
    preferred_ = {info.pmodes[0].r.width, info.pmodes[0].r.height};
    set_mode(preferred_);
}

void VioGpuDo::crash() {
    destroy_frame_buffer();
    expect(driver_.set_scanout(0, 0, {}), "SET_SCANOUT");
}

uint32_t DvServer::start() {
    static_cast<void>(driver_.display_info());
    uint32_t count = 0;
    for (uint32_t screen = 0; screen < kScreens; ++screen) {
        const wire::GetEdid get{{static_cast<uint32_t>(Type::kGetEdid)}, screen, 0};
        const auto header = GpuDriver::header_of(driver_.raw(bytes_of(get)));
        count += header.type == static_cast<uint32_t>(Type::kOkEdid) ? 1 : 0;
    }
    return count;
}

Type DvServer::show(uint32_t screen, Size size) {
    Blob& blob = blobs_[screen];
    blob = {driver_.next_id(), size};
    const uint32_t stride = size.width * 4;
    const uint64_t bytes = whole_pages(uint64_t{stride} * size.height * 4);
    expect(driver_.create_blob(blob.id, bytes, driver_.allocate(bytes)), "RESOURCE_CREATE_BLOB");
    return driver_.set_scanout_blob(
        screen, blob.id, {.size = size, .stride = stride, .format = wire::Format::kB8G8R8A8},
        Rect::of(size));
}

GpuDriver::Token DvServer::flush(uint32_t screen) {
    wire::ResourceFlush command{};
    command.header.fence_id = screen;
    command.r = {0, 0, blobs_[screen].size.width, blobs_[screen].size.height};
    command.resource_id = blobs_[screen].id;
    return driver_.post(Type::kResourceFlush, command);
}

Type DvServer::free(uint32_t screen) {
    return driver_.unref(blobs_[screen].id);
}

Type DvServer::set_cursor(uint32_t screen, uint32_t value, Point position) {
    const uint64_t bytes = kCursor.area() * 4;
    const auto entries = driver_.allocate(bytes, Pages::kContiguous);
    std::vector<uint32_t> pixels(kCursor.area(), value);
    std::memcpy(driver_.link().bytes(entries.front().address, bytes).data(), pixels.data(), bytes);
    const uint32_t id = driver_.next_id();
    expect(driver_.create_blob(id, bytes, entries), "RESOURCE_CREATE_BLOB");
    return driver_.update_cursor(screen, id, position);
}

}  // namespace oriel::test
