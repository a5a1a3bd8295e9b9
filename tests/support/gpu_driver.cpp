// SPDX-License-Identifier: MIT
#include "support/gpu_driver.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace oriel::test {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kLargeRun = uint64_t{2} << 20;
constexpr uint64_t kPixel = 4;

wire::Rect to_wire(const Rect& rect) {
    return {rect.x, rect.y, rect.width, rect.height};
}

template <class Head>
std::vector<std::byte> with_entries(const Head& head,
                                    const std::vector<gpu::command::BackingEntry>& entries) {
    std::vector<std::byte> request(sizeof head + entries.size() * sizeof(wire::MemEntry));
    ByteWriter writer{request};
    writer.write(head);
    for (const auto& entry : entries) {
        writer.write(wire::MemEntry{entry.address, entry.length, 0});
    }
    return request;
}

wire::Type type_of(const wire::Header& header) {
    return static_cast<wire::Type>(header.type);
}

}  // namespace

std::vector<std::byte> GpuDriver::raw(std::span<const std::byte> request, uint32_t response_bytes,
                                      uint16_t queue) {
    return wait(link_.submit(queue, request, response_bytes));
}

GpuDriver::Token GpuDriver::post_raw(std::span<const std::byte> request, uint32_t response_bytes,
                                     uint16_t queue) {
    return link_.submit(queue, request, response_bytes);
}

std::vector<std::byte> GpuDriver::wait(Token token) {
    for (;;) {
        if (auto response = link_.poll(token)) {
            return std::move(*response);
        }
        if (!link_.pump()) {
            throw std::runtime_error{"the device doesn't answer"};
        }
    }
}

bool GpuDriver::answered(Token token) {
    while (link_.pump()) {
    }
    return link_.answered(token);
}

wire::Header GpuDriver::header_of(std::span<const std::byte> response) {
    const auto header = ByteReader{response}.read<wire::Header>();
    if (!header) {
        throw std::runtime_error{"an answer of " + std::to_string(response.size()) + " bytes"};
    }
    return *header;
}

wire::Type GpuDriver::create_2d(uint32_t id, Size size, wire::Format format) {
    return type_of(send(
        wire::Type::kResourceCreate2d,
        wire::ResourceCreate2d{{}, id, static_cast<uint32_t>(format), size.width, size.height}));
}

wire::Type GpuDriver::unref(uint32_t id) {
    return type_of(send(wire::Type::kResourceUnref, wire::ResourceUnref{{}, id, 0}));
}

wire::Type GpuDriver::attach_backing(uint32_t id,
                                     const std::vector<gpu::command::BackingEntry>& entries) {
    const auto head =
        with_header(wire::Type::kResourceAttachBacking,
                    wire::ResourceAttachBacking{{}, id, static_cast<uint32_t>(entries.size())});
    return type_of(header_of(raw(with_entries(head, entries), sizeof(wire::Header))));
}

wire::Type GpuDriver::create_blob(uint32_t id, uint64_t size,
                                  const std::vector<gpu::command::BackingEntry>& entries,
                                  uint32_t memory, uint32_t flags) {
    const auto head =
        with_header(wire::Type::kResourceCreateBlob,
                    wire::ResourceCreateBlob{
                        {}, id, memory, flags, static_cast<uint32_t>(entries.size()), 0, size});
    return type_of(header_of(raw(with_entries(head, entries), sizeof(wire::Header))));
}

wire::Type GpuDriver::set_scanout_blob(uint32_t scanout, uint32_t id, const BlobView& view,
                                       const Rect& source) {
    return type_of(
        send(wire::Type::kSetScanoutBlob, wire::SetScanoutBlob{{},
                                                               to_wire(source),
                                                               scanout,
                                                               id,
                                                               view.size.width,
                                                               view.size.height,
                                                               static_cast<uint32_t>(view.format),
                                                               0,
                                                               {view.stride},
                                                               {view.offset}}));
}

wire::Type GpuDriver::detach_backing(uint32_t id) {
    return type_of(send(wire::Type::kResourceDetachBacking, wire::ResourceUnref{{}, id, 0}));
}

wire::Type GpuDriver::set_scanout(uint32_t scanout, uint32_t id, const Rect& rect) {
    return type_of(send(wire::Type::kSetScanout, wire::SetScanout{{}, to_wire(rect), scanout, id}));
}

wire::Type GpuDriver::transfer(uint32_t id, const Rect& rect, uint64_t offset) {
    return type_of(send(wire::Type::kTransferToHost2d,
                        wire::TransferToHost2d{{}, to_wire(rect), offset, id, 0}));
}

wire::Type GpuDriver::flush(uint32_t id, const Rect& rect) {
    return type_of(header_of(wait(post_flush(id, rect))));
}

GpuDriver::Token GpuDriver::post_flush(uint32_t id, const Rect& rect) {
    return post(wire::Type::kResourceFlush, wire::ResourceFlush{{}, to_wire(rect), id, 0});
}

wire::Type GpuDriver::update_cursor(uint32_t scanout, uint32_t id, Point position, Point hotspot) {
    wire::UpdateCursor command{};
    command.pos = {scanout, static_cast<uint32_t>(position.x), static_cast<uint32_t>(position.y),
                   0};
    command.resource_id = id;
    command.hot_x = static_cast<uint32_t>(hotspot.x);
    command.hot_y = static_cast<uint32_t>(hotspot.y);
    return type_of(send(wire::Type::kUpdateCursor, command, wire::kCursorQueue));
}

wire::Type GpuDriver::move_cursor(uint32_t scanout, Point position) {
    wire::UpdateCursor command{};
    command.pos = {scanout, static_cast<uint32_t>(position.x), static_cast<uint32_t>(position.y),
                   0};
    return type_of(send(wire::Type::kMoveCursor, command, wire::kCursorQueue));
}

wire::RespDisplayInfo GpuDriver::display_info() {
    const wire::Header header = with_header(wire::Type::kGetDisplayInfo, wire::GetEdid{}).header;
    const auto response = raw(bytes_of(header));
    const auto info = ByteReader{response}.read<wire::RespDisplayInfo>();
    if (!info) {
        throw std::runtime_error{"GET_DISPLAY_INFO is not answered in full"};
    }
    return *info;
}

std::vector<std::byte> GpuDriver::edid(uint32_t scanout) {
    const auto response =
        raw(bytes_of(with_header(wire::Type::kGetEdid, wire::GetEdid{{}, scanout, 0})));
    const auto answer = ByteReader{response}.read<wire::RespEdid>();
    if (!answer || answer->size > answer->edid.size()) {
        throw std::runtime_error{"GET_EDID is not answered in full"};
    }
    return {answer->edid.begin(), answer->edid.begin() + answer->size};
}

wire::Config GpuDriver::config() {
    wire::Config config{};
    link_.read_config(0, std::as_writable_bytes(std::span{&config, 1}));
    return config;
}

void GpuDriver::clear_events(uint32_t events) {
    link_.write_config(offsetof(wire::Config, events_clear), bytes_of(events));
}

std::vector<gpu::command::BackingEntry> GpuDriver::allocate(uint64_t bytes, Pages pages) {
    if (pages == Pages::kContiguous) {
        return {{link_.allocate(bytes), static_cast<uint32_t>(bytes)}};
    }
    // Backward, with a hole after each run: no two are contiguous in either direction.
    const uint64_t run = pages == Pages::kLargeRuns ? kLargeRun : kPage;
    const uint64_t count = (bytes + run - 1) / run;
    const uint64_t base = link_.allocate(count * (run + kPage));
    std::vector<gpu::command::BackingEntry> entries;
    for (uint64_t i = 0; i < count; ++i) {
        entries.push_back({base + (count - 1 - i) * (run + kPage), static_cast<uint32_t>(run)});
    }
    return entries;
}

GpuDriver::Screen GpuDriver::create(Size size, Pages pages, wire::Format format) {
    const uint32_t id = next_id();
    auto entries = allocate(size.area() * kPixel, pages);
    if (create_2d(id, size, format) != wire::Type::kOkNodata ||
        attach_backing(id, entries) != wire::Type::kOkNodata) {
        throw std::runtime_error{"the device refuses a resource"};
    }
    return {*this, id, size, std::move(entries)};
}

GpuDriver::Screen GpuDriver::show(uint32_t scanout, Size size, Pages pages) {
    Screen screen = create(size, pages);
    if (screen.show_on(scanout) != wire::Type::kOkNodata) {
        throw std::runtime_error{"the device refuses to show a resource"};
    }
    return screen;
}

GpuDriver::Screen::Screen(GpuDriver& driver, uint32_t id, Size size,
                          std::vector<gpu::command::BackingEntry> entries)
    : driver_{&driver}, id_{id}, size_{size}, entries_{std::move(entries)} {}

std::byte* GpuDriver::Screen::at(uint32_t x, uint32_t y) const {
    // All entries are of one length: either there is one, or each is a page.
    const uint64_t offset = (uint64_t{y} * size_.width + x) * kPixel;
    const uint64_t length = entries_.front().length;
    const auto& entry = entries_.at(offset / length);
    return driver_->link_.bytes(entry.address + offset % length, kPixel).data();
}

void GpuDriver::Screen::set(uint32_t x, uint32_t y, uint32_t value) {
    std::memcpy(at(x, y), &value, sizeof value);
}

uint32_t GpuDriver::Screen::get(uint32_t x, uint32_t y) const {
    uint32_t value = 0;
    std::memcpy(&value, at(x, y), sizeof value);
    return value;
}

void GpuDriver::Screen::fill(const Rect& rect, uint32_t value) {
    for (uint32_t y = rect.y; y < rect.bottom(); ++y) {
        for (uint32_t x = rect.x; x < rect.right(); ++x) {
            set(x, y, value);
        }
    }
}

wire::Type GpuDriver::Screen::transfer(const Rect& rect) {
    return driver_->transfer(id_, rect, (uint64_t{rect.y} * size_.width + rect.x) * kPixel);
}

wire::Type GpuDriver::Screen::flush(const Rect& rect) {
    const wire::Type type = transfer(rect);
    return type == wire::Type::kOkNodata ? driver_->flush(id_, rect) : type;
}

GpuDriver::Token GpuDriver::Screen::post_flush(const Rect& rect) {
    if (transfer(rect) != wire::Type::kOkNodata) {
        throw std::runtime_error{"the device refuses a transfer"};
    }
    return driver_->post_flush(id_, rect);
}

}  // namespace oriel::test
